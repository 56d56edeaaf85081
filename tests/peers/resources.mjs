// The APIs that the provider issues access tokens for: one for each kind of token.

import { randomBytes } from 'node:crypto';

const SIGNATURES = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'];
const LIFETIME = 600;

const jwt = (options) => ({ accessTokenFormat: 'jwt', jwt: options });

/** The last segment of the resource's URI, and how its tokens look. */
const KINDS = new Map([
  ...SIGNATURES.map((alg) => [alg, jwt({ sign: { alg } })]),
  ['HS256', jwt({ sign: { alg: 'HS256', key: randomBytes(32) } })],
  ['encrypted', jwt({ sign: { alg: 'RS256' }, encrypt: { alg: 'dir', enc: 'A256GCM', key: randomBytes(32) } })],
  ['opaque', { accessTokenFormat: 'opaque' }],
]);

/** What oidc-provider asks for: `https://api.example/RS256` to the kind of token that its API takes. */
export function resource(uri, scope) {
  const kind = KINDS.get(uri.replace('https://api.example/', ''));
  return kind && { ...kind, audience: uri, scope, accessTokenTTL: LIFETIME };
}
