// A certified OpenID provider for tests: node provider.mjs [port]
//
// It listens on 127.0.0.1 and speaks JSON, a line at a time, on standard output. The first line says that it is ready:
//   {"issuer": "http://127.0.0.1:40123", "clients": {"client_secret_post": {"client_id": ...}, ...}, "keys": [...]}
// Each line on standard input is a command, answered with the ids of the keys that are published after it and with the
// numbers of token requests and of pushed requests so far: {"keys": [...], "token_requests": 3, "pushed_requests": 0}
//   count     changes nothing
//   rotate    new keys sign, the old ones stay published
//   replace   new keys sign, the old ones are gone
//   pushed    every authorization request must be pushed from now on (RFC 9126)
//   client    registers one more public client, with the metadata that follow on the line (OpenID Connect Registration 1.0)
// It ends when standard input does, so that it never outlives the test that started it.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';

import './quiet.mjs';
import Provider from 'oidc-provider';

import { makeClients, metadata } from './clients.mjs';
import { configuration } from './configuration.mjs';
import { signingKeys } from './keys.mjs';

const say = (message) => stdout.write(`${JSON.stringify(message)}\n`);

const clients = await makeClients();
let keys = await signingKeys();
let answer = (_request, response) => response.writeHead(503).end();
let requirePushedAuthorizationRequests = false;
let tokenRequests = 0;
let pushedRequests = 0;

const server = createServer((request, response) => {
  if (request.url === '/token') tokenRequests += 1;
  if (request.url === '/request') pushedRequests += 1;
  answer(request, response);
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

/** A provider cannot change its keys: a new one takes its place between two requests. What it stored lives on. */
function publish() {
  const provider = new Provider(issuer, configuration(keys, clients.registered, { requirePushedAuthorizationRequests }));
  provider.on('server_error', (_context, error) => console.error(error));
  answer = provider.callback();
}

async function published() {
  const response = await fetch(`${issuer}/jwks`);
  return (await response.json()).keys.map(({ kid }) => kid);
}

const commands = {
  count: () => {},
  rotate: async () => {
    keys = [...(await signingKeys()), ...keys];
  },
  replace: async () => {
    keys = await signingKeys();
  },
  pushed: () => {
    requirePushedAuthorizationRequests = true;
  },
  client: (members) => {
    clients.registered.push(metadata('none', { grant_types: ['authorization_code', 'refresh_token'], ...members }));
  },
};

publish();
say({ issuer, clients: clients.credentials, keys: await published() });
for await (const line of createInterface({ input: stdin })) {
  const [command, argument] = line.split(/ (.*)/s);
  await commands[command](argument && JSON.parse(argument));
  publish();
  say({ keys: await published(), token_requests: tokenRequests, pushed_requests: pushedRequests });
}
process.exit(0);
