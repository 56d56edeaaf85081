// How the provider is set up.

import { randomBytes } from 'node:crypto';

import { errors } from 'oidc-provider';

import { resource } from './resources.mjs';

const API_SCOPES = 'read:orders write:orders';

const cookieKey = randomBytes(32).toString('base64url');

export function configuration(keys, clients) {
  return {
    jwks: { keys },
    clients,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none'],
    scopes: ['openid', 'offline_access', ...API_SCOPES.split(' ')],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: [cookieKey] },
    features: {
      clientCredentials: { enabled: true },
      // Whoever types a name is that person: the pages are the library's own.
      devInteractions: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo },
    },
    findAccount,
    ttl: { AccessToken: 600, ClientCredentials: 600, IdToken: 600 },
  };
}

function getResourceServerInfo(_context, uri) {
  const info = resource(uri, API_SCOPES);
  if (!info) throw new errors.InvalidTarget();
  return info;
}

/** Everybody has an account. */
function findAccount(_context, name) {
  const claims = () => ({ sub: name, name, email: `${name}@company.com`, email_verified: true });
  return { accountId: name, claims };
}
