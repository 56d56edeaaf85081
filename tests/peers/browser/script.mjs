// A script of a page asks the API: without a session, and with one.

import { app, play, tell } from './browser.mjs';
import { fetched, open, signIn } from './person.mjs';

await play(async (page, context) => {
  await open(page, '/');
  tell({ 'without a session': await fetched(page, '/api/me') });
  const loginUrl = await page.evaluate(async () => (await (await fetch('/api/me')).json()).loginUrl);
  tell({ 'is told to go to': loginUrl.replace(app, '') });
  tell({ 'nothing was started': (await context.cookies()).length });

  await signIn(page, 'alice');
  tell({ 'with a session': await fetched(page, '/api/me') });
  tell({ 'renews its tokens': await fetched(page, '/refresh', { method: 'POST' }) });
});
