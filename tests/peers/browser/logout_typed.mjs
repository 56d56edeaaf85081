// Somebody types the address of the logout.

import { app, play, tell } from './browser.mjs';
import { open, signIn, whereabouts, whoami } from './person.mjs';

await play(async (page) => {
  await signIn(page, 'alice');
  await open(page, '/logout');
  await page.waitForURL(`${app}/`);
  tell({ 'comes to': whereabouts(page), 'signed in': await whoami(page) });
});
