// What all scenarios share: a browser, somebody who listens to its complaints, and a way to tell what was seen.
//
// A scenario is a program: node SCENARIO.mjs ADDRESS, with the address of the application, and a browser of Chromium's kind in
// CHROMIUM. It tells what it saw as JSON on standard output, an object a line, and last what the browser complained of:
//   {"signed in": "alice@example.com"}
//   {"complaints": []}
// It fails, with a message on standard error, when it cannot go on.

import { argv, env, stdout } from 'node:process';

import { chromium } from 'playwright-core';

// Chromium notes every answer of 400 and above. Scenarios look at the status themselves.
const STATUS_NOTE = 'Failed to load resource: the server responded with a status of';
const PATIENCE_MS = 10_000;

/** The address of the application, without a slash at its end. */
export const app = argv[2];

/** Tells what was seen. */
export const tell = (seen) => stdout.write(`${JSON.stringify(seen)}\n`);

// Pages that were left are kept for the back button, as in everybody's browser. Playwright would switch that off.
const browser = await chromium.launch({
  executablePath: env.CHROMIUM,
  args: ['--no-sandbox'],
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
});
const complaints = [];

/** A browser without a past, with options of playwright's. */
export async function newVisitor(options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  context.on('console', (message) => {
    const isComplaint = ['error', 'warning'].includes(message.type());
    if (isComplaint && !message.text().startsWith(STATUS_NOTE)) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  return context;
}

/** Plays a scenario with a page of a new browser. */
export async function play(scenario, options) {
  try {
    const context = await newVisitor(options);
    await scenario(await context.newPage(), context);
    tell({ complaints });
  } finally {
    await browser.close();
  }
}
