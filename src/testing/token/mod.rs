//! Tokens, as a provider makes them and as none ever should.

mod defaults;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_lc_rs::{digest, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::types::{Algorithm, unix_seconds};

use super::{dpop::DpopKey, jws::compact, key::SigningKey, overrides::Overrides, state::State};

/// How long a token lives unless the test says otherwise.
pub(super) const LIFETIME: Duration = Duration::from_secs(3600);

/// A token in the making, begun by [`TestProvider::token`](super::TestProvider::token),
/// [`id_token`](super::TestProvider::id_token) or [`machine_token`](super::TestProvider::machine_token).
///
/// It starts out as a token that is good; every method changes one thing, and of two calls about the same thing the last
/// counts.
#[derive(Clone)]
#[must_use = "`sign` makes the token"]
pub struct TokenBuilder {
    state: Arc<State>,
    signer: Signer,
    header: Overrides,
    claims: Map<String, Value>,
    raw_claims: Option<String>,
    issued_at: SystemTime,
    lifetime: Duration,
    access_token: Option<String>,
}

/// Whose key signs.
#[derive(Clone)]
enum Signer {
    Provider,
    ProviderWith(Algorithm),
    Key(SigningKey),
    /// HMAC, by this secret.
    Secret(Arc<str>),
    Nobody,
}

impl TokenBuilder {
    /// A token that says only who issued it, and when.
    fn new(state: &Arc<State>, type_: &str) -> Self {
        let token = Self {
            state: Arc::clone(state),
            signer: Signer::Provider,
            header: Overrides::default(),
            claims: Map::new(),
            raw_claims: None,
            issued_at: state.clock.now(),
            lifetime: LIFETIME,
            access_token: None,
        };
        token.type_(type_).issuer(state.address.issuer()).with_times()
    }

    /// Sets `iss`; by default it is the provider's.
    pub fn issuer(self, issuer: &str) -> Self {
        self.claim("iss", issuer)
    }

    /// Sets `aud`: a text, or a list of them.
    ///
    /// # Panics
    /// As [`claim`](Self::claim).
    pub fn audience(self, audience: impl Serialize) -> Self {
        self.claim("aud", audience)
    }

    /// Sets `scope`: words with single spaces between them.
    pub fn scope(self, scope: &str) -> Self {
        self.claim("scope", scope)
    }

    /// Sets `nonce`, as an ID token carries it.
    pub fn nonce(self, nonce: &str) -> Self {
        self.claim("nonce", nonce)
    }

    /// Sets `at_hash` to the hash of `access_token` under the algorithm of the signature (OpenID Connect Core 1.0 section
    /// 3.1.3.6; for EdDSA on Ed25519 that is SHA-512).
    pub fn access_token(mut self, access_token: &str) -> Self {
        self.claims.remove("at_hash");
        self.access_token = Some(access_token.to_owned());
        self
    }

    /// Sets `iat`, in whole seconds, and moves `exp` with it. By default it is the time on the provider's clock.
    pub fn issued_at(mut self, time: SystemTime) -> Self {
        self.issued_at = time;
        self.with_times()
    }

    /// Sets `exp` to so much after `iat`. By default it is an hour.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self.with_times()
    }

    /// Sets `nbf`, in whole seconds.
    pub fn not_before(self, time: SystemTime) -> Self {
        self.claim("nbf", unix_seconds(time))
    }

    /// Binds the token to that key (RFC 9449 section 6.1): sets `cnf`.
    pub fn bound_to(self, key: &DpopKey) -> Self {
        self.claim("cnf", json!({"jkt": key.thumbprint()}))
    }

    /// Sets any claim to any value.
    ///
    /// # Panics
    /// When the value cannot be written as JSON.
    pub fn claim(mut self, name: &str, value: impl Serialize) -> Self {
        self.claims.insert(name.to_owned(), to_json(value));
        self
    }

    /// Leaves a claim out.
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        if name == "at_hash" {
            self.access_token = None;
        }
        self
    }

    /// Sets the whole payload, to a text that need not be JSON.
    pub fn raw_claims(mut self, text: impl Into<String>) -> Self {
        self.raw_claims = Some(text.into());
        self
    }

    /// Sets the header parameter `typ`.
    pub fn type_(self, type_: &str) -> Self {
        self.header("typ", type_)
    }

    /// Sets any header parameter to any value, `alg` and `kid` included. The signature stays that of the key.
    ///
    /// # Panics
    /// When the value cannot be written as JSON.
    pub fn header(mut self, name: &str, value: impl Serialize) -> Self {
        self.header.set(name, to_json(value));
        self
    }

    /// Leaves a header parameter out.
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.leave_out(name);
        self
    }

    /// Signs with the provider's newest published key for that algorithm. If there is none, the provider publishes one.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.signer = Signer::ProviderWith(algorithm);
        self
    }

    /// Signs with that key, published or not; `alg` and `kid` are the key's.
    pub fn key(mut self, key: &SigningKey) -> Self {
        self.signer = Signer::Key(key.clone());
        self
    }

    /// Signs with a shared secret: `alg` is HS256 (RFC 7518 section 3.2), and there is no `kid`.
    pub fn secret(mut self, secret: &str) -> Self {
        self.signer = Signer::Secret(secret.into());
        self
    }

    /// Does not sign: `alg` is `none`, there is no `kid`, and the signature is empty (RFC 7519 section 6).
    pub fn unsigned(mut self) -> Self {
        self.signer = Signer::Nobody;
        self
    }

    /// Signs with a key of somebody else's under the name of the provider's.
    pub(super) fn by_a_stranger(self) -> Self {
        let own = self.own_key();
        self.key(&SigningKey::generate(own.algorithm()).with_key_id(own.key_id()))
    }

    /// Signs with a new key of the provider's, which is published in place of all others.
    pub(super) fn by_a_new_key(self) -> Self {
        let algorithm = self.own_key().algorithm();
        let key = self.state.keys().replace(algorithm);
        self.key(&key)
    }

    /// The token, as a compact JWS.
    ///
    /// # Panics
    /// When the system gives no randomness.
    #[must_use]
    pub fn sign(self) -> String {
        match self.signer.clone() {
            Signer::Secret(secret) => {
                let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
                let tag = |input: &[u8]| hmac::sign(&secret, input).as_ref().to_vec();
                compact(self.header_of("HS256", None), self.payload_for(Algorithm::Rs256), tag)
            }
            Signer::Nobody => compact(self.header_of("none", None), self.payload_for(Algorithm::Rs256), |_| Vec::new()),
            Signer::Key(key) => self.sign_with(&key),
            Signer::Provider | Signer::ProviderWith(_) => {
                let key = self.own_key();
                self.sign_with(&key)
            }
        }
    }

    fn sign_with(self, key: &SigningKey) -> String {
        let header = self.header_of(key.algorithm().name(), Some(key.key_id()));
        compact(header, self.payload_for(key.algorithm()), |input| key.sign(input))
    }

    /// The key of the provider's that is to sign.
    fn own_key(&self) -> SigningKey {
        match self.signer {
            Signer::ProviderWith(algorithm) => self.state.keys().of(algorithm),
            _ => self.state.keys().signing().clone(),
        }
    }

    fn with_times(self) -> Self {
        let (from, until) = (self.issued_at, self.issued_at + self.lifetime);
        self.claim("iat", unix_seconds(from)).claim("exp", unix_seconds(until))
    }

    fn header_of(&self, algorithm: &str, key_id: Option<&str>) -> String {
        let mut header = Map::new();
        header.insert("alg".to_owned(), json!(algorithm));
        header.extend(key_id.map(|key_id| ("kid".to_owned(), json!(key_id))));
        self.header.apply(&mut header);
        Value::Object(header).to_string()
    }

    fn payload_for(self, algorithm: Algorithm) -> String {
        if let Some(text) = self.raw_claims {
            return text;
        }
        let mut claims = self.claims;
        if let Some(access_token) = self.access_token {
            claims.entry("at_hash").or_insert_with(|| json!(half_hash(algorithm, &access_token)));
        }
        Value::Object(claims).to_string()
    }
}

/// Nothing of the token itself.
impl fmt::Debug for TokenBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBuilder").field("provider", &self.state).finish_non_exhaustive()
    }
}

pub(super) fn to_json(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("a claim or header parameter is a value that JSON can write")
}

/// The left half of the hash that belongs to the algorithm.
fn half_hash(algorithm: Algorithm, text: &str) -> String {
    let hash = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => &digest::SHA256,
        Algorithm::Rs384 | Algorithm::Ps384 | Algorithm::Es384 => &digest::SHA384,
        Algorithm::Rs512 | Algorithm::Ps512 | Algorithm::EdDsa => &digest::SHA512,
    };
    let digest = digest::digest(hash, text.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..digest.as_ref().len() / 2])
}
