//! Keys that sign.

use std::{collections::BTreeMap, fmt, sync::Arc};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
        RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::types::Algorithm;

use super::{random, rsa::RsaKey};

/// A private key for one algorithm, with the id under which its public half is published.
///
/// No two keys that live at the same time have the same private half, but for clones.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    key_id: Arc<str>,
    pair: Arc<KeyPair>,
}

enum KeyPair {
    Rsa(RsaKey, &'static dyn RsaEncoding),
    Ecdsa(EcdsaKeyPair, &'static str),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// A new key: RSA with 2048 bits, ECDSA on the curve of the algorithm, or Ed25519.
    /// Its id is random.
    ///
    /// # Panics
    /// When the system gives no randomness.
    #[must_use]
    pub fn generate(algorithm: Algorithm) -> Self {
        Self { algorithm, key_id: random::identifier().into(), pair: Arc::new(KeyPair::generate(algorithm)) }
    }

    /// The same key under another id: two keys with one id, or an id as long as a book.
    #[must_use]
    pub fn with_key_id(mut self, key_id: &str) -> Self {
        self.key_id = key_id.into();
        self
    }

    /// The algorithm it signs with: `alg` of its tokens and of its JWK.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its id: `kid` of its tokens and of its JWK.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public half as a JWK (RFC 7517 section 4): `kty`, `use`, `alg`, `kid` and the members of its type
    /// (RFC 7518 section 6, RFC 8037 section 2).
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.pair.public_members();
        jwk.extend([
            ("use", "sig".to_owned()),
            ("alg", self.algorithm.name().to_owned()),
            ("kid", self.key_id.to_string()),
        ]);
        jwk.into_iter().collect()
    }

    /// Signs, in the form that a JWS carries: for ECDSA `r` and `s` at fixed length (RFC 7518 section 3.4).
    ///
    /// # Panics
    /// When the system gives no randomness.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message)
    }

    /// Gives the key up; see [`RsaKey::recycle`]. Nothing happens while a clone lives.
    pub(super) fn recycle(self) {
        if let Some(KeyPair::Rsa(key, _)) = Arc::into_inner(self.pair) {
            key.recycle();
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl KeyPair {
    fn generate(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rs256 => Self::Rsa(RsaKey::generate(), &RSA_PKCS1_SHA256),
            Algorithm::Rs384 => Self::Rsa(RsaKey::generate(), &RSA_PKCS1_SHA384),
            Algorithm::Rs512 => Self::Rsa(RsaKey::generate(), &RSA_PKCS1_SHA512),
            Algorithm::Ps256 => Self::Rsa(RsaKey::generate(), &RSA_PSS_SHA256),
            Algorithm::Ps384 => Self::Rsa(RsaKey::generate(), &RSA_PSS_SHA384),
            Algorithm::Ps512 => Self::Rsa(RsaKey::generate(), &RSA_PSS_SHA512),
            Algorithm::Es256 => Self::ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
            Algorithm::Es384 => Self::ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
            Algorithm::EdDsa => Self::Ed25519(Ed25519KeyPair::generate().expect("the system has randomness")),
        }
    }

    fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, curve: &'static str) -> Self {
        Self::Ecdsa(EcdsaKeyPair::generate(algorithm).expect("the system has randomness"), curve)
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(key, encoding) => key.sign(*encoding, message),
            Self::Ecdsa(pair, _) => {
                let signed = pair.sign(&SystemRandom::new(), message);
                signed.expect("the system has randomness").as_ref().to_vec()
            }
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// The members that make the public key, and nothing else.
    fn public_members(&self) -> BTreeMap<&'static str, String> {
        match self {
            Self::Rsa(key, _) => {
                [("kty", "RSA".to_owned()), ("n", base64url(key.modulus())), ("e", base64url(key.exponent()))].into()
            }
            Self::Ecdsa(pair, curve) => {
                let (x, y) = coordinates(pair.public_key().as_ref());
                [("kty", "EC".to_owned()), ("crv", (*curve).to_owned()), ("x", base64url(x)), ("y", base64url(y))]
                    .into()
            }
            Self::Ed25519(pair) => {
                let x = base64url(pair.public_key().as_ref());
                [("kty", "OKP".to_owned()), ("crv", "Ed25519".to_owned()), ("x", x)].into()
            }
        }
    }
}

/// The two halves of an uncompressed point: `04 || x || y` (SEC 1 section 2.3.3).
fn coordinates(point: &[u8]) -> (&[u8], &[u8]) {
    let coordinates = &point[1..];
    coordinates.split_at(coordinates.len() / 2)
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_that_live_at_once_are_the_same() {
        for &algorithm in Algorithm::ALL {
            let (one, other) = (SigningKey::generate(algorithm), SigningKey::generate(algorithm));
            assert_ne!(one.pair.public_members(), other.pair.public_members(), "{algorithm}");
            assert_ne!(one.key_id(), other.key_id(), "{algorithm}");
        }
    }

    #[test]
    fn a_key_that_was_given_up_is_not_handed_on_while_a_clone_lives() {
        let key = SigningKey::generate(Algorithm::Rs256);
        key.clone().recycle();
        for _ in 0..3 {
            assert_ne!(SigningKey::generate(Algorithm::Rs256).pair.public_members(), key.pair.public_members());
        }
    }

    #[test]
    fn a_public_jwk_holds_the_members_of_its_type_at_full_length() {
        let lengths = |algorithm, members: [&str; 2]| {
            let jwk = SigningKey::generate(algorithm).public_jwk();
            members.map(|member| URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap().len())
        };
        assert_eq!(lengths(Algorithm::Ps384, ["n", "e"]), [256, 3]);
        assert_eq!(lengths(Algorithm::Es256, ["x", "y"]), [32, 32]);
        assert_eq!(lengths(Algorithm::Es384, ["x", "y"]), [48, 48]);
        assert_eq!(lengths(Algorithm::EdDsa, ["x", "x"]), [32, 32]);

        let key = SigningKey::generate(Algorithm::Es256).with_key_id("mine");
        let jwk = key.public_jwk();
        assert_eq!((&jwk["kty"], &jwk["crv"], &jwk["alg"]), (&"EC".into(), &"P-256".into(), &"ES256".into()));
        assert_eq!((&jwk["kid"], &jwk["use"]), (&"mine".into(), &"sig".into()));
        assert!(jwk.get("d").is_none(), "the private half stays here");
    }

    #[test]
    fn an_ecdsa_signature_has_fixed_length() {
        assert_eq!(SigningKey::generate(Algorithm::Es256).sign(b"message").len(), 64);
        assert_eq!(SigningKey::generate(Algorithm::Es384).sign(b"message").len(), 96);
    }
}
