// Somebody signs in, sees who they are, and stays signed in.

import { play, tell } from './browser.mjs';
import { choose, heading, open, whereabouts, whoami } from './person.mjs';

await play(async (page, context) => {
  await open(page, '/me?from=a-link&x=%26');
  tell({ asked: await heading(page) });
  await choose(page, 'alice');
  await page.waitForURL('**/me?**');
  tell({ 'comes back to': whereabouts(page), 'is told': await heading(page), 'signed in': await whoami(page) });

  await page.reload();
  tell({ 'after a reload': await whoami(page) });

  const later = await context.newPage();
  await open(later, '/');
  tell({ 'in a new tab': await whoami(later) });

  const answer = await open(later, '/api/me');
  const { name, via } = await answer.json();
  tell({ 'the principal': { name, via } });

  await open(page, '/');
  tell({ 'scripts see': await page.evaluate(() => document.cookie) });
  const cookies = (await context.cookies(page.url())).filter(({ name }) => name.startsWith('oidc_session'));
  tell({ cookies: cookies.map(({ httpOnly, sameSite, path }) => ({ httpOnly, sameSite, path })) });
});
