// Another site links to the logout: a page asks first.

import { app, play, tell } from './browser.mjs';
import { elsewhere } from './elsewhere.mjs';
import { follow, heading, open, press, signIn, whereabouts, whoami } from './person.mjs';

await play(async (page) => {
  await signIn(page, 'alice');
  await elsewhere(`<a href="${app}/logout">a kitten</a>`, async (address) => {
    await page.goto(address);
    await follow(page, 'a kitten');
    tell({ 'comes to': whereabouts(page), 'is asked': await heading(page) });
    await follow(page, 'Stay signed in');
    tell({ 'stays signed in': await whoami(page) });

    await page.goto(address);
    await follow(page, 'a kitten');
    await press(page, 'Sign out');
    await page.waitForURL(`${app}/`);
    tell({ 'then comes to': whereabouts(page), 'signed in': await whoami(page) });
    await open(page, '/me');
    tell({ 'later is asked': await heading(page) });
  });
});
