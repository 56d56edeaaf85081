// The provider's signing keys, made anew at every call.

import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

const RSA = ['rsa', { modulusLength: 2048 }];
const ec = (namedCurve) => ['ec', { namedCurve }];

/** A key for each algorithm; one RSA key is for all that name none, and no client has to know the ES512 one. */
const KEYS = [
  [{ alg: 'RS256' }, ...RSA],
  [{ alg: 'PS256' }, ...RSA],
  [{}, ...RSA],
  [{ alg: 'ES256' }, ...ec('P-256')],
  [{ alg: 'ES384' }, ...ec('P-384')],
  [{ alg: 'ES512' }, ...ec('P-521')],
  [{ alg: 'EdDSA' }, 'ed25519'],
];

/** Private keys as JWKs. The provider gives each its thumbprint (RFC 7638) as `kid`. */
export function signingKeys() {
  return Promise.all(KEYS.map(([members, ...kind]) => privateJwk(members, kind)));
}

async function privateJwk(members, [type, options]) {
  const { privateKey } = await generate(type, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', ...members };
}

/** The key pair of a client that signs its assertions: PEM for the client, a JWK for the provider. */
export async function clientKey() {
  const { privateKey, publicKey } = await generate('ec', { namedCurve: 'P-256' });
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    jwk: { ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' },
  };
}
