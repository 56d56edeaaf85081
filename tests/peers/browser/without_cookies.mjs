// Somebody's browser keeps no cookies of the application, but keeps those of the provider: nobody is sent round for ever.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';

import { chromium } from 'playwright-core';

import { app, play, tell } from './browser.mjs';
import { choose, code, follow, heading, open } from './person.mjs';

const BLOCKED = 2;
const PATIENCE_MS = 10_000;

/** A browser whose owner has blocked the cookies of the application's site. */
async function openBlocking(directory) {
  const pattern = `${new URL(app).hostname},*`;
  const exceptions = { cookies: { [pattern]: { setting: BLOCKED } } };
  await mkdir(join(directory, 'Default'));
  await writeFile(join(directory, 'Default', 'Preferences'), JSON.stringify({ profile: { content_settings: { exceptions } } }));
  const context = await chromium.launchPersistentContext(directory, {
    executablePath: env.CHROMIUM,
    args: ['--no-sandbox'],
  });
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

await play(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'without-cookies-'));
  const context = await openBlocking(directory);
  try {
    const page = await context.newPage();
    let callbacks = 0;
    page.on('request', (request) => {
      if (request.isNavigationRequest() && request.url().startsWith(`${app}/callback`)) callbacks += 1;
    });
    await open(page, '/me');
    await choose(page, 'alice');
    await page.locator('footer code >> nth=0').waitFor();
    tell({ 'is told': await heading(page), code: await code(page), callbacks });
    tell({ cookies: (await context.cookies(app)).length });
    await follow(page, 'Try again');
    await page.locator('footer code >> nth=0').waitFor();
    tell({ 'after another try': await code(page) });
  } finally {
    await context.close();
    await rm(directory, { recursive: true, force: true });
  }
});
