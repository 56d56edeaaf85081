// Another site sends the logout's form, or embeds its address: nobody is signed out.

import { app, play, tell } from './browser.mjs';
import { elsewhere } from './elsewhere.mjs';
import { answerOf, code, heading, open, press, signIn, whoami } from './person.mjs';

await play(async (page) => {
  await signIn(page, 'alice');
  const form = `<form method="post" action="${app}/logout"><button>Win</button></form>`;
  await elsewhere(`${form}<img src="${app}/logout" alt="">`, async (address) => {
    await page.goto(address);
    const answer = answerOf(page, '/logout');
    await press(page, 'Win');
    tell({ form: [(await answer).status(), await heading(page), await code(page)] });
    await open(page, '/');
    tell({ 'still signed in': await whoami(page) });
  });
});
