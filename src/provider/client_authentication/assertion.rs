//! Client assertions (RFC 7523 sections 2.2 and 3, OpenID Connect Core 1.0 section 9).

use std::time::{Duration, SystemTime};

use aws_lc_rs::{hmac, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::types::{Secret, unix_seconds};

use super::{error::SigningError, private_key::PrivateKey};

/// Lifetime of an assertion. Auth0 advises one minute, and takes five at most.
pub const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

/// Bytes of a `jti`: 128 random bits, so that no two assertions ever have the same.
const ID_BYTES: usize = 16;

/// What one assertion says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assertion<'a> {
    pub(super) client_id: &'a str,
    pub(super) audience: &'a str,
    pub(super) issued_at: SystemTime,
}

/// What it is signed with.
#[derive(Debug)]
pub(super) enum Signer<'a> {
    /// `client_secret_jwt`: HS256, with the bytes of the secret's UTF-8 text as the key.
    Secret(&'a Secret),
    /// `private_key_jwt`.
    PrivateKey(&'a PrivateKey),
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    thumbprint: Option<&'a str>,
    typ: &'static str,
}

#[derive(Serialize)]
struct ClaimsSet<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: u64,
    exp: u64,
}

impl Assertion<'_> {
    /// A compact JWS (RFC 7515 section 7.1) with an id that it alone has.
    pub(super) fn sign(&self, signer: &Signer<'_>) -> Result<String, SigningError> {
        let (alg, kid, thumbprint) = (signer.algorithm(), signer.key_id(), signer.thumbprint());
        let header = Header { alg, kid, thumbprint, typ: "JWT" };
        let mut jws = segment(&header)? + "." + &segment(&self.claims()?)?;
        let signature = signer.sign(jws.as_bytes())?;
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jws);
        Ok(jws)
    }

    fn claims(&self) -> Result<ClaimsSet<'_>, SigningError> {
        let iat = unix_seconds(self.issued_at);
        Ok(ClaimsSet {
            iss: self.client_id,
            sub: self.client_id,
            aud: self.audience,
            jti: new_id()?,
            iat,
            exp: iat + ASSERTION_LIFETIME.as_secs(),
        })
    }
}

impl Signer<'_> {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Secret(_) => "HS256",
            Self::PrivateKey(key) => key.algorithm().name(),
        }
    }

    fn key_id(&self) -> Option<&str> {
        match self {
            Self::Secret(_) => None,
            Self::PrivateKey(key) => key.key_id(),
        }
    }

    fn thumbprint(&self) -> Option<&str> {
        match self {
            Self::Secret(_) => None,
            Self::PrivateKey(key) => key.thumbprint(),
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        match self {
            Self::Secret(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
                Ok(hmac::sign(&key, message).as_ref().to_vec())
            }
            Self::PrivateKey(key) => key.sign(message),
        }
    }
}

fn segment(value: &impl Serialize) -> Result<String, SigningError> {
    serde_json::to_vec(value).map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| SigningError)
}

fn new_id() -> Result<String, SigningError> {
    let mut bytes = [0; ID_BYTES];
    rand::fill(&mut bytes).map_err(|_| SigningError)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jsonwebtoken::{Algorithm, DecodingKey, Validation};
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "correct horse battery staple \u{e9}\u{e9}";

    fn sign(client_id: &str) -> String {
        let issued_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let assertion = Assertion { client_id, audience: "https://tenant.us.auth0.com/", issued_at };
        assertion.sign(&Signer::Secret(&Secret::from(SECRET))).unwrap()
    }

    fn read(assertion: &str) -> jsonwebtoken::TokenData<Value> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&["https://tenant.us.auth0.com/"]);
        validation.validate_exp = false;
        jsonwebtoken::decode(assertion, &DecodingKey::from_secret(SECRET.as_bytes()), &validation).unwrap()
    }

    #[test]
    fn an_assertion_says_who_to_whom_and_for_how_long() {
        let mut read = read(&sign("me \"too\""));
        let id = read.claims["jti"].take();
        assert_eq!(URL_SAFE_NO_PAD.decode(id.as_str().unwrap()).unwrap().len(), ID_BYTES);
        assert_eq!(
            read.claims,
            json!({"iss": "me \"too\"", "sub": "me \"too\"", "aud": "https://tenant.us.auth0.com/", "jti": null,
                   "iat": 1_700_000_000, "exp": 1_700_000_060})
        );
        assert_eq!((read.header.alg, read.header.kid), (Algorithm::HS256, None));
    }

    #[test]
    fn a_certificate_beside_the_key_is_named_by_its_thumbprint() {
        const KEY: &str = include_str!("../../../tests/faults/fixtures/leaf.key.pem");
        const CERTIFICATE: &str = include_str!("../../../tests/faults/fixtures/good.pem");
        // By openssl.
        const THUMBPRINT: &str = "Zm0Xo5Je-8ezbV_-zfeIlJvzdi2JYZ0sau0RhULCzk8";
        let header = |pem: &str| {
            let key = PrivateKey::parse(&Secret::from(pem), None, crate::types::Algorithm::Es256).unwrap();
            let assertion =
                Assertion { client_id: "me", audience: "https://id.example", issued_at: SystemTime::UNIX_EPOCH };
            let assertion = assertion.sign(&Signer::PrivateKey(&key)).unwrap();
            let header = URL_SAFE_NO_PAD.decode(assertion.split('.').next().unwrap()).unwrap();
            serde_json::from_slice::<Value>(&header).unwrap()
        };
        for pem in [[KEY, CERTIFICATE].concat(), [CERTIFICATE, KEY].concat()] {
            assert_eq!(header(&pem), json!({"alg": "ES256", "typ": "JWT", "x5t#S256": THUMBPRINT}));
        }
        assert_eq!(header(KEY), json!({"alg": "ES256", "typ": "JWT"}));
    }

    #[test]
    fn no_two_assertions_have_one_id() {
        let ids: HashSet<_> = (0..100).map(|_| read(&sign("me")).claims["jti"].to_string()).collect();
        assert_eq!(ids.len(), 100);
    }
}
