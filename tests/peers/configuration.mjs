// How the provider is set up.

import { randomBytes } from 'node:crypto';

import { errors } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

import { resource } from './resources.mjs';

const API_SCOPES = 'read:orders write:orders';

const cookieKey = randomBytes(32).toString('base64url');

export function configuration(keys, clients, { requirePushedAuthorizationRequests }) {
  return {
    // One store for all providers of this process, where by default each would have its own.
    adapter: (model) => new MemoryAdapter(model),
    jwks: { keys },
    clients,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none'],
    scopes: ['openid', 'offline_access', ...API_SCOPES.split(' ')],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: [cookieKey] },
    features: {
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      // Whoever types a name is that person: the pages are the library's own.
      devInteractions: { enabled: true },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests },
      resourceIndicators: { enabled: true, getResourceServerInfo },
      revocation: { enabled: true },
    },
    fetch: fetchFromLoopback,
    findAccount,
    pkce: { required: () => true },
    // A second use of a refresh token ends the whole grant.
    rotateRefreshToken: true,
    // ID tokens outlive access tokens, so that a service whose clock runs ahead of ours can renew several times.
    ttl: { AccessToken: 600, ClientCredentials: 600, IdToken: 7200 },
  };
}

/** Clients that wait for a logout do so on this machine, which the library's own dispatcher does not let through. */
function fetchFromLoopback(url, { dispatcher, ...options }) {
  return fetch(url, options);
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
