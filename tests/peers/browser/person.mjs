// What a person does, and what a person sees.

import { app } from './browser.mjs';

/** Opens a page of the application. The answer that it ends with. */
export const open = (page, path) => page.goto(app + path);

/** Goes back, to a page that the browser kept or to one that it loads again. */
export const back = (page) => turn(page, 'goBack');

/** Likewise forward. */
export const forward = (page) => turn(page, 'goForward');

async function turn(page, direction) {
  // A page that was kept is not loaded, so that there is no load to wait for.
  await page[direction]({ waitUntil: 'commit' });
  await page.waitForFunction(() => document.readyState === 'complete');
}

/** Chooses an account at the provider. */
export const choose = (page, name) => press(page, name);

/** Presses a button. */
export const press = (page, name) => page.getByRole('button', { name, exact: true }).click();

/** Follows a link. */
export const follow = (page, name) => page.getByRole('link', { name, exact: true }).click();

/** Opens a page of the application, and signs in on the way to it. */
export async function signIn(page, name, path = '/me') {
  await open(page, path);
  await choose(page, name);
  await page.waitForURL(app + path);
}

/** The next answer of the application from that path to a navigation, when it is there. */
export const answerOf = (page, path) =>
  page.waitForResponse((answer) => {
    const { origin, pathname } = new URL(answer.url());
    return answer.request().isNavigationRequest() && origin === app && pathname === path;
  });

/** The path of a page, or its whole address when it is not the application's. */
export const whereabouts = (page) => (page.url().startsWith(`${app}/`) ? page.url().slice(app.length) : page.url());

/** What a page says first. */
export const heading = (page) => page.getByRole('heading', { level: 1 }).innerText();

/** The reason that a page tells, as a word. */
export const code = (page) => page.locator('footer code >> nth=0').innerText();

/** The name that every page of the application shows of whoever is signed in. */
export async function whoami(page) {
  const shown = page.locator('.whoami');
  return (await shown.count()) === 0 ? null : shown.innerText();
}

/** What the application answers to a script of the page. */
export const fetched = (page, path, options) =>
  page.evaluate(
    async ([path, options]) => {
      const { status, redirected, type } = await fetch(path, options);
      return { status, redirected, type };
    },
    [path, options],
  );
