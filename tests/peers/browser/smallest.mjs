// Somebody signs in to the smallest program with a login, and out again.

import { app, play, tell } from './browser.mjs';
import { choose, heading, open, press } from './person.mjs';

await play(async (page) => {
  await open(page, '/');
  await choose(page, 'alice');
  await page.waitForURL(`${app}/`);
  tell({ 'signed in': await page.getByRole('paragraph').innerText() });
  await press(page, 'Sign out');
  await page.waitForURL('**/authorize?**');
  tell({ 'then is asked': await heading(page) });
});
