// Somebody signs in and out without a mouse.

import { app, play, tell } from './browser.mjs';
import { open, whereabouts, whoami } from './person.mjs';

const MOST_STEPS = 12;

/** Goes on with Tab to what has that text, and presses Enter there. How far it was, and whether the focus is seen. */
async function reach(page, text) {
  for (let steps = 1; steps <= MOST_STEPS; steps += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return { text: document.activeElement.textContent.trim(), outline: `${outlineStyle} ${outlineWidth}` };
    });
    if (focused.text === text) {
      await page.keyboard.press('Enter');
      return focused.outline;
    }
  }
  throw new Error(`${text} is not reached with Tab at ${page.url()}`);
}

await play(async (page) => {
  await open(page, '/');
  tell({ 'Sign in': await reach(page, 'Sign in') });
  await page.waitForURL('**/authorize?**');
  tell({ alice: await reach(page, 'alice') });
  await page.waitForURL(`${app}/me`);
  tell({ 'signed in': await whoami(page) });
  tell({ 'Sign out': await reach(page, 'Sign out') });
  await page.waitForURL(`${app}/`);
  tell({ 'comes to': whereabouts(page), 'still signed in': await whoami(page) });
});
