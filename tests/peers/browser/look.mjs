// How a page looks: pictures to look at, and what a program can tell.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';

const SCHEMES = ['light', 'dark'];
// A common screen, and the narrowest that WCAG 2.2 (criterion 1.4.10) asks for.
const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 320, height: 640 } };

/** Takes a picture of a page in light and dark, wide and narrow: SCREENSHOTS/NAME-SCHEME-SIZE.png. What is wrong with it. */
export async function look(page, name) {
  const faults = [];
  await mkdir(env.SCREENSHOTS, { recursive: true });
  for (const colorScheme of SCHEMES) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      const picture = `${name}-${colorScheme}-${size}`;
      await page.screenshot({ path: join(env.SCREENSHOTS, `${picture}.png`), fullPage: true });
      faults.push(...(await page.evaluate(findFaults)).map((fault) => `${picture}: ${fault}`));
    }
  }
  return faults;
}

/** Runs in the page. */
function findFaults() {
  // WCAG 2.2: criterion 1.4.3 for text, 2.5.8 for what is pressed.
  const LEAST_CONTRAST = 4.5;
  const LEAST_TARGET_PX = 24;

  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  function luminance(colour) {
    const [red, green, blue] = channels(colour)
      .slice(0, 3)
      .map((channel) => channel / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
  function background(element) {
    const { backgroundColor } = getComputedStyle(element);
    const isClear = channels(backgroundColor)[3] === 0;
    return isClear && element.parentElement ? background(element.parentElement) : backgroundColor;
  }
  function contrast(element) {
    const pair = [getComputedStyle(element).color, background(element)].map(luminance);
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  }
  const isShown = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 0;
  const hasText = ({ childNodes }) => [...childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
  const shown = [...document.body.querySelectorAll('*')].filter(isShown);
  const name = (element) => `${element.localName} "${element.textContent.trim().slice(0, 30)}"`;

  const faint = shown.filter(hasText).filter((element) => contrast(element) < LEAST_CONTRAST);
  const small = shown
    .filter((element) => element.matches('button, input:not([type=hidden]), textarea, a:not(p a)'))
    .filter((element) => element.getBoundingClientRect().height < LEAST_TARGET_PX);
  const nameless = shown.filter((element) => element.matches('input, textarea') && element.labels.length === 0);
  const { scrollWidth, clientWidth } = document.documentElement;
  return [
    ...faint.map((element) => `${name(element)} has a contrast of ${contrast(element).toFixed(2)}`),
    ...small.map((element) => `${name(element)} is ${element.getBoundingClientRect().height} px high`),
    ...nameless.map((element) => `${name(element)} has no label`),
    ...(scrollWidth > clientWidth ? [`it is ${scrollWidth} px wide`] : []),
    ...(document.querySelectorAll('h1').length === 1 ? [] : ['it has not one heading']),
    ...(document.querySelector('main') && document.documentElement.lang ? [] : ['it has no main part or no language']),
    ...(document.title ? [] : ['it has no title']),
  ];
}
