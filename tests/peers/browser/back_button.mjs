// After a login somebody goes back through the pages of the login, and opens the callback's address again.

import { play, tell } from './browser.mjs';
import { back, choose, forward, heading, open, whereabouts, whoami } from './person.mjs';

await play(async (page) => {
  let callback;
  page.on('request', (request) => {
    if (request.url().includes('/callback?')) callback ??= request.url();
  });
  await open(page, '/me');
  await choose(page, 'alice');
  await page.waitForURL('**/me');

  await back(page);
  tell({ back: [whereabouts(page), await whoami(page)] });
  await forward(page);
  tell({ forward: [whereabouts(page), await whoami(page)] });

  const answer = await page.goto(callback);
  tell({ 'the callback again': [answer.status(), await heading(page), await whoami(page)] });
});
