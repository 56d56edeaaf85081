// Another site: 127.0.0.1 and localhost are two, whatever their ports.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { app } from './browser.mjs';

const OTHER = app.includes('127.0.0.1') ? 'localhost' : '127.0.0.1';

/** Serves a page of another site while a scenario goes on. Its address is given to it. */
export async function elsewhere(content, scenario) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(`<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,">${content}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await scenario(`http://${OTHER}:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
