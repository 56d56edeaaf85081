// Somebody signs out. Neither a reload, nor the back button, nor the old cookies bring the session back.

import { app, newVisitor, play, tell } from './browser.mjs';
import { back, heading, open, press, signIn, whereabouts, whoami } from './person.mjs';

await play(async (page, context) => {
  await signIn(page, 'alice');
  const old = await context.cookies();
  await press(page, 'Sign out');
  await page.waitForURL(`${app}/`);
  tell({ 'comes to': whereabouts(page), 'is told': await heading(page), 'signed in': await whoami(page) });

  await page.reload();
  tell({ 'after a reload': await whoami(page) });

  await back(page);
  tell({ 'the page before': (await page.content()).includes('alice@example.com') });

  await open(page, '/me');
  tell({ 'is asked': await heading(page) });

  const thief = await newVisitor();
  await thief.addCookies(old);
  tell({ 'with the old cookies': (await thief.request.get(`${app}/api/me`)).status() });
});
