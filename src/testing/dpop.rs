//! Keys that tokens are bound to, and proofs of them: good ones, and every kind that a service must refuse.

use std::{collections::BTreeMap, fmt, sync::Arc, time::SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::types::{Algorithm, Clock, SystemClock, unix_seconds};

use super::{
    jws::{compact, jws},
    key::SigningKey,
    overrides::Overrides,
    random,
    token::to_json,
};

/// A client's own key, to which a provider binds tokens (RFC 9449).
///
/// [`TestProvider::dpop_key`](super::TestProvider::dpop_key) makes one that goes by the provider's clock.
///
/// ```
/// use tower_oidc::testing::TestProvider;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let provider = TestProvider::start().await;
/// let (key, other) = (provider.dpop_key(), provider.dpop_key());
/// let token = provider.token("jane").bound_to(&key).sign();
/// let proof = || key.proof("GET", "https://api.example/orders", &token);
///
/// let good = proof().sign();
/// let for_another_method = proof().method("POST").sign();
/// let for_another_token = proof().token("another").sign();
/// let without_id = proof().without("jti").sign();
/// let by_somebody_else = proof().key(&other).sign();
/// let forged = proof().signed_by(&other).sign();
/// # for proof in [good, for_another_method, for_another_token, without_id, by_somebody_else, forged] {
/// #     assert_eq!(proof.split('.').count(), 3);
/// # }
/// # }
/// ```
#[derive(Clone)]
pub struct DpopKey {
    key: SigningKey,
    clock: Arc<dyn Clock>,
}

impl DpopKey {
    /// A new key, which goes by the system's clock.
    ///
    /// # Panics
    /// When the system gives no randomness.
    #[must_use]
    pub fn generate(algorithm: Algorithm) -> Self {
        Self { key: SigningKey::generate(algorithm), clock: Arc::new(SystemClock::new()) }
    }

    /// The same key, whose proofs are issued at the time on `clock`.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// The public half as a JWK, with the members of its type alone, as it stands in proofs.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        json!(self.members())
    }

    /// The thumbprint of the key (RFC 7638): `jkt` of a token that is bound to it.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        hash(json!(self.members()).to_string())
    }

    /// Begins a proof for a request by that method to that address, with that token. It starts out as one that is good.
    pub fn proof(&self, method: &str, url: &str, token: &str) -> ProofBuilder {
        let proof = ProofBuilder {
            named: self.key.clone(),
            signer: Some(self.key.clone()),
            header: Overrides::default(),
            claims: Map::new(),
        };
        let proof = proof.method(method).url(url).token(token).issued_at(self.clock.now()).id(&random::identifier());
        proof.header("typ", "dpop+jwt").header("jwk", self.public_jwk())
    }

    /// The members that make the key, in the order of their names.
    fn members(&self) -> BTreeMap<String, Value> {
        let jwk = self.key.public_jwk();
        let members = jwk.as_object().into_iter().flatten();
        let own = members.filter(|(name, _)| !matches!(name.as_str(), "use" | "alg" | "kid"));
        own.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// A proof in the making, begun by [`DpopKey::proof`].
///
/// Every method changes one thing, and of two calls about the same thing the last counts.
#[derive(Clone)]
#[must_use = "`sign` makes the proof"]
pub struct ProofBuilder {
    /// Whose `alg` stands in the header.
    named: SigningKey,
    /// Whose signature it has. `None`: nobody's.
    signer: Option<SigningKey>,
    header: Overrides,
    claims: Map<String, Value>,
}

impl ProofBuilder {
    /// Sets `htm`.
    pub fn method(self, method: &str) -> Self {
        self.claim("htm", method)
    }

    /// Sets `htu`.
    pub fn url(self, url: &str) -> Self {
        self.claim("htu", url)
    }

    /// Sets `ath` to the hash of that token.
    pub fn token(self, token: &str) -> Self {
        self.claim("ath", hash(token))
    }

    /// Sets `iat`, in whole seconds. By default it is the time on the key's clock.
    pub fn issued_at(self, time: SystemTime) -> Self {
        self.claim("iat", unix_seconds(time))
    }

    /// Sets `jti`. By default it is random.
    pub fn id(self, id: &str) -> Self {
        self.claim("jti", id)
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
        self
    }

    /// Sets any header parameter to any value: `typ`, `alg`, `jwk` with more in it than there may be.
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

    /// Makes it a proof of that key in all: in its header, and by its signature.
    pub fn key(mut self, key: &DpopKey) -> Self {
        self.named = key.key.clone();
        self.signed_by(key).header("jwk", key.public_jwk())
    }

    /// Signs with that key, and leaves the other one in the header.
    pub fn signed_by(mut self, key: &DpopKey) -> Self {
        self.signer = Some(key.key.clone());
        self
    }

    /// Does not sign: `alg` is `none`, and the signature is empty.
    pub fn unsigned(mut self) -> Self {
        self.signer = None;
        self.header("alg", "none")
    }

    /// The proof, as a compact JWS: the value of a `DPoP` header.
    ///
    /// # Panics
    /// When the system gives no randomness.
    #[must_use]
    pub fn sign(self) -> String {
        let mut header = Map::new();
        header.insert("alg".to_owned(), json!(self.named.algorithm().name()));
        self.header.apply(&mut header);
        let (header, claims) = (Value::Object(header).to_string(), Value::Object(self.claims).to_string());
        match self.signer {
            Some(key) => jws(header, claims, &key),
            None => compact(header, claims, |_| Vec::new()),
        }
    }
}

fn hash(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_ref()))
}

/// The thumbprint, which is public.
impl fmt::Debug for DpopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DpopKey").field("thumbprint", &self.thumbprint()).finish_non_exhaustive()
    }
}

/// Nothing of the proof itself.
impl fmt::Debug for ProofBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofBuilder").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::{SelfSigned, Thumbprint};

    #[test]
    fn a_proof_brings_the_key_of_the_thumbprint_that_tokens_are_bound_to() {
        for &algorithm in Algorithm::ALL {
            let key = DpopKey::generate(algorithm);
            let proof = key.proof("GET", "https://api.example/", "token").sign();
            let read = SelfSigned::parse(proof.as_bytes(), proof.len()).unwrap();
            assert_eq!(Some(read.thumbprint()), Thumbprint::from_text(&key.thumbprint()), "{algorithm}");
            assert!(read.verify().is_ok(), "{algorithm}");
        }
    }
}
