// Somebody who is no administrator opens the administrators' page, and comes back as somebody else.

import { app, play, tell } from './browser.mjs';
import { back, code, follow, heading, open, signIn, whereabouts, whoami } from './person.mjs';

await play(async (page) => {
  await signIn(page, 'bob');
  const answer = await open(page, '/admin');
  tell({ bob: [answer.status(), await heading(page), await code(page)] });
  await follow(page, 'Start page');
  tell({ 'still signed in': await whoami(page) });

  await back(page);
  await follow(page, 'Sign in as somebody else');
  await page.waitForURL(`${app}/`);
  tell({ 'comes to': whereabouts(page), 'signed in': await whoami(page) });
  await signIn(page, 'alice', '/admin');
  tell({ alice: await heading(page) });
});
