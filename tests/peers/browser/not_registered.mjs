// Somebody whom the application does not know signs in, and then somebody whom it knows.

import { app, play, tell } from './browser.mjs';
import { answerOf, back, choose, code, follow, heading, open, signIn, whereabouts, whoami } from './person.mjs';

await play(async (page) => {
  const refused = answerOf(page, '/callback');
  await open(page, '/me');
  await choose(page, 'bob');
  tell({ bob: [(await refused).status(), await heading(page), await code(page)] });

  await open(page, '/');
  tell({ 'signed in': await whoami(page) });
  await back(page);
  await follow(page, 'Sign in as somebody else');
  await page.waitForURL(`${app}/`);
  tell({ 'comes to': whereabouts(page) });
  await signIn(page, 'alice');
  tell({ alice: await whoami(page) });
});
