// A client for each way to authenticate at the token endpoint; its id is the method's name.

import { clientKey } from './keys.mjs';

/** Characters that client_secret_basic must encode before base64 (RFC 6749 section 2.3.1), and 32 bytes for HS256. */
const SECRET = 'a secret: 100% "safe" + a/b=c & d?';

/** Where the service of the tests says that it is: whoever plays the browser knows where it really listens. */
const APP = 'https://app.example';

/** What the provider knows of each client, and what the client knows of itself. */
export async function makeClients() {
  const { pem, jwk } = await clientKey();
  const registered = [
    metadata('client_secret_basic', { client_secret: SECRET }),
    metadata('client_secret_post', { client_secret: SECRET }),
    metadata('client_secret_jwt', { client_secret: SECRET, token_endpoint_auth_signing_alg: 'HS256' }),
    metadata('private_key_jwt', { jwks: { keys: [jwk] }, token_endpoint_auth_signing_alg: 'ES256' }),
    // A public client gets no token for itself (RFC 6749 section 4.4).
    metadata('none', { grant_types: ['authorization_code', 'refresh_token'] }),
  ];
  const credentials = Object.fromEntries(registered.map((client) => [client.client_id, credentialsOf(client, pem)]));
  return { registered, credentials };
}

/** A client that is registered by the tests: all that they do not say is as with the others. */
export function metadata(method, members) {
  return {
    client_id: method,
    token_endpoint_auth_method: method,
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    redirect_uris: ['http://127.0.0.1/callback', `${APP}/callback`],
    post_logout_redirect_uris: [APP],
    ...members,
  };
}

function credentialsOf({ client_id, client_secret, jwks }, pem) {
  return { client_id, client_secret, private_key: jwks && pem };
}
