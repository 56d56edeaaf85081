// Somebody sees every page that there is, the application's and the provider's.

import { app, play, tell } from './browser.mjs';
import { elsewhere } from './elsewhere.mjs';
import { look } from './look.mjs';
import { choose, follow, heading, open, press } from './person.mjs';

await play(async (page) => {
  const seen = [];
  const faults = [];
  async function see(name) {
    seen.push(`${name}: ${await heading(page)}`);
    faults.push(...(await look(page, name)));
  }

  await open(page, '/');
  await see('start');
  await open(page, '/me');
  await see('sign-in');
  await follow(page, 'Sign in with Acme');
  await see('provider-sign-in');
  const { origin } = new URL(page.url());
  await page.getByRole('textbox', { name: 'Another name' }).fill('mallory');
  await page.getByRole('textbox', { name: 'Claims' }).fill('nonsense');
  await press(page, 'Sign in');
  await see('provider-mistake');
  tell({ 'is kept': await page.getByRole('textbox').evaluateAll((fields) => fields.map(({ value }) => value)) });
  await choose(page, 'alice');
  await see('provider-consent');
  await press(page, 'Deny');
  await see('error');
  await follow(page, 'Try again');
  await press(page, 'Allow');
  await see('me');
  await open(page, '/');
  await see('start-signed-in');
  await open(page, '/admin');
  await see('admin');
  await elsewhere(`<a href="${app}/logout">on</a>`, async (address) => {
    await page.goto(address);
    await follow(page, 'on');
    await see('sign-out');
    await press(page, 'Sign out');
    await see('signed-out');
  });
  await page.context().clearCookies();
  await open(page, '/login?return_to=/admin');
  await choose(page, 'bob');
  await press(page, 'Allow');
  await see('not-allowed');
  await page.goto(`${origin}/authorize`);
  await see('provider-error');
  tell({ seen, faults });
});
