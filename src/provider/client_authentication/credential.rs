//! What the client proves itself with, and the proof of one attempt.

use std::{path::Path, time::SystemTime};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine, engine::general_purpose::STANDARD};
use url::form_urlencoded::byte_serialize;

use crate::{
    config::{ClientAuthentication, ClientSecret},
    types::{Algorithm, Secret},
};

use super::{
    assertion::{Assertion, Signer},
    error::{ClientAuthenticationError, SigningError},
    private_key::PrivateKey,
};

/// Shortest secret that signs with HS256, in bytes (RFC 7518 section 3.2).
pub const MIN_HS256_SECRET_BYTES: usize = 32;

/// `client_assertion_type` of RFC 7523 section 2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What the client proves itself with, ready for use.
#[derive(Debug)]
pub(in crate::provider) enum Credential {
    /// A public client has none.
    None,
    Secret(SecretMethod, ClientSecret),
    PrivateKey(Box<KeyCredential>),
}

/// A private key, and what it was made of.
#[derive(Debug)]
pub(in crate::provider) struct KeyCredential {
    key: PrivateKey,
    text: ClientSecret,
    /// `privateKeyId`. Without it a JWK's own `kid` is the id.
    key_id: Option<String>,
}

/// What is done with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::provider) enum SecretMethod {
    Basic,
    Post,
    Jwt,
}

/// What goes with one request. It is not shown.
pub(in crate::provider) enum Proof {
    /// The value of the header `Authorization`.
    Authorization(String),
    /// Fields of the form.
    Fields(Vec<(&'static str, String)>),
}

impl Credential {
    pub(in crate::provider) fn new(authentication: ClientAuthentication) -> Result<Self, ClientAuthenticationError> {
        match authentication {
            ClientAuthentication::None => Ok(Self::None),
            ClientAuthentication::Basic(secret) => Self::secret(SecretMethod::Basic, secret),
            ClientAuthentication::Post(secret) => Self::secret(SecretMethod::Post, secret),
            ClientAuthentication::SecretJwt(secret) => Self::secret(SecretMethod::Jwt, secret),
            ClientAuthentication::PrivateKeyJwt { key, key_id, algorithm } => Self::private_key(key, key_id, algorithm),
        }
    }

    fn private_key(
        text: ClientSecret,
        key_id: Option<String>,
        algorithm: Algorithm,
    ) -> Result<Self, ClientAuthenticationError> {
        let key = PrivateKey::parse(&text.secret, key_id.clone(), algorithm)?;
        Ok(Self::PrivateKey(Box::new(KeyCredential { key, text, key_id })))
    }

    fn secret(method: SecretMethod, secret: ClientSecret) -> Result<Self, ClientAuthenticationError> {
        let limit = method.min_bytes();
        if secret.secret.expose().len() < limit {
            return Err(ClientAuthenticationError::ShortSecret { limit });
        }
        Ok(Self::Secret(method, secret))
    }

    /// The proof for one attempt at the time `now`. Where it is an assertion, it is for `audience` and was never sent before.
    pub(in crate::provider) fn prove(
        &self,
        client_id: &str,
        audience: &str,
        now: SystemTime,
    ) -> Result<Proof, SigningError> {
        let assertion = |signer| Assertion { client_id, audience, issued_at: now }.sign(&signer);
        match self {
            Self::None => Ok(Proof::fields([("client_id", client_id)])),
            Self::Secret(SecretMethod::Basic, ClientSecret { secret, .. }) => Ok(basic(client_id, secret)),
            Self::Secret(SecretMethod::Post, ClientSecret { secret, .. }) => {
                Ok(Proof::fields([("client_id", client_id), ("client_secret", secret.expose())]))
            }
            Self::Secret(SecretMethod::Jwt, ClientSecret { secret, .. }) => {
                Ok(asserted(client_id, &assertion(Signer::Secret(secret))?))
            }
            Self::PrivateKey(own) => Ok(asserted(client_id, &assertion(Signer::PrivateKey(&own.key))?)),
        }
    }

    /// The same with the secret or key that its file holds by now, if that is another one.
    pub(in crate::provider) async fn renewed(&self) -> Option<Self> {
        let old = self.text()?;
        let (file, reader) = (old.file.as_deref()?, old.clone());
        let read = tokio::task::spawn_blocking(move || reader.read_again()).await.ok()??;
        let new = read.map_err(|what| unusable(file, &what)).ok()?;
        if verify_slices_are_equal(new.secret.expose().as_bytes(), old.secret.expose().as_bytes()).is_ok() {
            return None;
        }
        let renewed = self.with_text(new)?.map_err(|error| unusable(file, &error.to_string())).ok()?;
        tracing::info!(file = %file.display(), "the file holds another client credential, which is used from now on");
        Some(renewed)
    }

    /// Whether both are the same method with what one and the same file holds: the one that is in use already knows what it held
    /// last when the provider took it.
    pub(in crate::provider) fn has_file_of(&self, other: &Self) -> bool {
        let is_same_method = match (self, other) {
            (Self::Secret(one, _), Self::Secret(other, _)) => one == other,
            (Self::PrivateKey(one), Self::PrivateKey(other)) => {
                (one.key.algorithm(), &one.key_id) == (other.key.algorithm(), &other.key_id)
            }
            _ => false,
        };
        let file = |credential: &Self| credential.text().and_then(|text| text.file.clone());
        is_same_method && file(self).is_some() && file(self) == file(other)
    }

    /// The secret or the key, as it was read.
    fn text(&self) -> Option<&ClientSecret> {
        match self {
            Self::None => None,
            Self::Secret(_, secret) => Some(secret),
            Self::PrivateKey(own) => Some(&own.text),
        }
    }

    /// The same method with another secret or key.
    fn with_text(&self, text: ClientSecret) -> Option<Result<Self, ClientAuthenticationError>> {
        match self {
            Self::None => None,
            Self::Secret(method, _) => Some(Self::secret(*method, text)),
            Self::PrivateKey(own) => Some(Self::private_key(text, own.key_id.clone(), own.key.algorithm())),
        }
    }
}

impl SecretMethod {
    fn min_bytes(self) -> usize {
        match self {
            Self::Basic | Self::Post => 1,
            Self::Jwt => MIN_HS256_SECRET_BYTES,
        }
    }
}

impl Proof {
    fn fields<const N: usize>(fields: [(&'static str, &str); N]) -> Self {
        Self::Fields(fields.map(|(name, value)| (name, value.to_owned())).into())
    }

    /// Whether a field of that name is part of it.
    pub(in crate::provider) fn has(&self, name: &str) -> bool {
        match self {
            Self::Authorization(_) => false,
            Self::Fields(fields) => fields.iter().any(|(own, _)| *own == name),
        }
    }
}

/// Both parts are form-encoded first (RFC 6749 section 2.3.1 and appendix B), so that a colon in the id divides nothing.
fn basic(client_id: &str, secret: &Secret) -> Proof {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client_id), encoded(secret.expose()));
    Proof::Authorization(format!("Basic {}", STANDARD.encode(pair)))
}

/// The assertion names the client already; `client_id` goes with it (RFC 7521 section 4.2 allows it), because Microsoft
/// Entra and others look the client up by it.
fn asserted(client_id: &str, assertion: &str) -> Proof {
    Proof::fields([("client_id", client_id), ("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)])
}

fn unusable(file: &Path, what: &str) {
    tracing::warn!(file = %file.display(), what, "the file holds no usable client credential; the old one stays");
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

    use super::*;

    fn secret(text: &str) -> ClientSecret {
        ClientSecret { secret: Secret::from(text), file: None }
    }

    fn prove(authentication: ClientAuthentication, client_id: &str) -> Proof {
        let credential = Credential::new(authentication).unwrap();
        credential.prove(client_id, "https://id.example/", SystemTime::UNIX_EPOCH).unwrap_or_else(|_| panic!("a proof"))
    }

    #[test]
    fn basic_encodes_both_parts_as_a_form_does_before_base64() {
        for (client_id, text, pair) in [
            ("client", "secret", "client:secret"),
            ("https://app.example/a:b", "p:q", "https%3A%2F%2Fapp.example%2Fa%3Ab:p%3Aq"),
            ("a b", "50%+1 \u{e9}", "a+b:50%25%2B1+%C3%A9"),
            ("*-._", "~/=&?\"\\\n", "*-._:%7E%2F%3D%26%3F%22%5C%0A"),
            ("\u{1f511}", "\u{2011}", "%F0%9F%94%91:%E2%80%91"),
        ] {
            let Proof::Authorization(value) = prove(ClientAuthentication::Basic(secret(text)), client_id) else {
                panic!("a header")
            };
            let decoded = STANDARD.decode(value.strip_prefix("Basic ").unwrap()).unwrap();
            assert_eq!(String::from_utf8(decoded).unwrap(), pair);
        }
    }

    #[test]
    fn a_public_client_gives_its_id_and_a_posted_secret_goes_with_it() {
        let fields = |authentication| match prove(authentication, "a b") {
            Proof::Fields(fields) => fields,
            Proof::Authorization(_) => panic!("fields"),
        };
        assert_eq!(fields(ClientAuthentication::None), [("client_id", "a b".to_owned())]);
        assert_eq!(
            fields(ClientAuthentication::Post(secret("p+q"))),
            [("client_id", "a b".to_owned()), ("client_secret", "p+q".to_owned())]
        );
    }

    #[test]
    fn a_secret_too_short_for_its_method_is_refused() {
        let refused = |authentication| Credential::new(authentication).unwrap_err();
        let short = |limit| ClientAuthenticationError::ShortSecret { limit };
        assert_eq!(refused(ClientAuthentication::Basic(secret(""))), short(1));
        assert_eq!(refused(ClientAuthentication::Post(secret(""))), short(1));
        assert_eq!(refused(ClientAuthentication::SecretJwt(secret(&"x".repeat(31)))), short(32));
        assert!(Credential::new(ClientAuthentication::SecretJwt(secret(&"x".repeat(32)))).is_ok());
    }

    /// What is in use knows what the file held last: it goes on in the place of another that is of that file and is used alike.
    #[test]
    fn a_credential_is_that_of_a_file_by_the_same_method_and_key_alone() {
        let of_file = |file: &str, text: &str| ClientSecret { file: Some(file.into()), ..secret(text) };
        let der =
            STANDARD.encode(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap().to_pkcs8v1().unwrap());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
        let key = |file: &str, id: &str| ClientAuthentication::PrivateKeyJwt {
            key: of_file(file, &pem),
            key_id: Some(id.to_owned()),
            algorithm: Algorithm::Es256,
        };
        let credential = |authentication| Credential::new(authentication).unwrap();
        let basic = credential(ClientAuthentication::Basic(of_file("a", "new")));
        for (own, other, is_that) in [
            (&basic, ClientAuthentication::Basic(of_file("a", "old")), true),
            (&basic, ClientAuthentication::Basic(of_file("b", "new")), false),
            (&basic, ClientAuthentication::Basic(secret("new")), false),
            (&basic, ClientAuthentication::Post(of_file("a", "new")), false),
            (&basic, key("a", "k1"), false),
            (&basic, ClientAuthentication::None, false),
            (&credential(key("a", "k1")), key("a", "k1"), true),
            (&credential(key("a", "k1")), key("a", "k2"), false),
            (&credential(key("a", "k1")), key("b", "k1"), false),
        ] {
            let other = credential(other);
            assert_eq!((own.has_file_of(&other), other.has_file_of(own)), (is_that, is_that), "{own:?} {other:?}");
        }
        assert!(!Credential::None.has_file_of(&Credential::None));
    }

    #[test]
    fn a_credential_is_shown_without_its_secret() {
        let credential = Credential::new(ClientAuthentication::Basic(secret("hunter2"))).unwrap();
        assert!(!format!("{credential:?}").contains("hunter2"));
    }
}
