// The whole way with JavaScript switched off.

import { app, play, tell } from './browser.mjs';
import { choose, heading, open, press, whereabouts, whoami } from './person.mjs';

await play(
  async (page) => {
    await open(page, '/me');
    await choose(page, 'alice');
    // With `form_post`, what would send the form by itself is a button.
    const onward = page.getByRole('button', { name: 'Continue' });
    if ((await onward.count()) > 0) await onward.click();
    await page.waitForURL(`${app}/me`);
    tell({ 'signed in': await whoami(page) });
    await press(page, 'Sign out');
    await page.waitForURL(`${app}/`);
    tell({ 'comes to': whereabouts(page), 'is told': await heading(page) });
  },
  { javaScriptEnabled: false },
);
