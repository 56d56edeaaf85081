// Two tabs are on their way to different pages at the same time.

import { play, tell } from './browser.mjs';
import { choose, open, whereabouts, whoami } from './person.mjs';

await play(async (first, context) => {
  const second = await context.newPage();
  await open(first, '/me');
  await open(second, '/admin');

  await choose(second, 'alice');
  await second.waitForURL('**/admin');
  await choose(first, 'alice');
  await first.waitForURL('**/me');

  for (const [name, tab] of Object.entries({ first, second })) {
    await tab.reload();
    tell({ [name]: [whereabouts(tab), await whoami(tab)] });
  }
  const pending = (await context.cookies()).filter(({ name }) => /login|transaction/.test(name));
  tell({ 'left over': pending.map(({ name }) => name) });
});
