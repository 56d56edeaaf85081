// Somebody does not let the application in, and then thinks better of it.

import { app, play, tell } from './browser.mjs';
import { answerOf, choose, code, follow, heading, open, press, whereabouts, whoami } from './person.mjs';

await play(async (page) => {
  const refused = answerOf(page, '/callback');
  await open(page, '/me');
  await choose(page, 'alice');
  await press(page, 'Deny');
  tell({ denied: [(await refused).status(), await heading(page), await code(page)] });

  await follow(page, 'Try again');
  tell({ 'is asked again': await heading(page) });
  await press(page, 'Allow');
  await page.waitForURL(`${app}/**`);
  tell({ 'comes to': whereabouts(page), 'signed in': await whoami(page) });
});
