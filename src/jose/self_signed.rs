//! A compact JWS that brings the key it is signed with: it proves that somebody holds that key, and nothing more.

use std::fmt;

use crate::types::{Algorithm, Claims};

use super::{
    error::JoseError,
    header::TokenType,
    jwk::{Jwk, SkippedKey},
    jws::{Compact, read_claims},
    key::VerifyingKey,
    thumbprint::Thumbprint,
};

/// A JWS with the public key that it is signed with in its header (RFC 7515 section 4.1.3), not verified yet.
///
/// Whose key it is must be known from elsewhere, by its [thumbprint](Self::thumbprint): that is why [`Jws`](super::Jws) refuses such a
/// header.
pub struct SelfSigned<'t> {
    compact: Compact<'t>,
    claims: Claims,
    key: VerifyingKey,
    thumbprint: Thumbprint,
}

/// Why a text is not a JWS with its own key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelfSignedError {
    /// Not a well-formed JWS.
    #[error(transparent)]
    Jose(#[from] JoseError),
    /// The header has no `jwk`.
    #[error("the header brings no key (jwk)")]
    NoKey,
    /// The key in the header is none that is taken, or not for its `alg`.
    #[error("the key in the header {0}")]
    Key(#[from] SkippedKey),
}

impl<'t> SelfSigned<'t> {
    /// Splits a compact JWS of at most `limit` bytes and reads header, key and payload. The key is held to what holds for every other
    /// one, and must be the public half alone.
    ///
    /// # Errors
    /// [`SelfSignedError`], but not that the signature does not hold.
    pub fn parse(text: &'t [u8], limit: usize) -> Result<Self, SelfSignedError> {
        let (compact, key) = Compact::parse_with_key(text, limit)?;
        let key = key.ok_or(SelfSignedError::NoKey)?;
        let (jwk, key) = Jwk::embedded(&key, compact.header.algorithm)?;
        let claims = read_claims(compact.payload()?)?;
        Ok(Self { compact, claims, key, thumbprint: Thumbprint::of(&jwk.material) })
    }

    /// `alg`: the algorithm that it says it is signed with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.compact.header.algorithm
    }

    /// `typ`: what it says it is.
    #[must_use]
    pub fn token_type(&self) -> TokenType {
        self.compact.header.token_type
    }

    /// That of the key in its header.
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// Verifies the signature by its own key and gives the claims.
    ///
    /// # Errors
    /// As [`Jws::verify`](super::Jws::verify).
    pub fn verify(&self) -> Result<&Claims, JoseError> {
        self.compact.verify(&self.key)?;
        Ok(&self.claims)
    }
}

/// Nothing that whoever sent it may choose freely.
impl fmt::Debug for SelfSigned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelfSigned")
            .field("algorithm", &self.algorithm())
            .field("token_type", &self.token_type())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{SigningKey, jws};

    const LIMIT: usize = 4096;

    fn signed(header: &Value, key: &SigningKey) -> String {
        jws(header.to_string(), r#"{"jti":"1"}"#, key)
    }

    fn header(key: &SigningKey) -> Value {
        json!({"typ": "dpop+jwt", "alg": key.algorithm().name(), "jwk": key.public_jwk()})
    }

    fn refusal(header: &Value, key: &SigningKey) -> SelfSignedError {
        SelfSigned::parse(signed(header, key).as_bytes(), LIMIT).unwrap_err()
    }

    #[test]
    fn every_algorithm_is_verified_by_the_key_that_comes_along() {
        for &algorithm in Algorithm::ALL {
            let key = SigningKey::generate(algorithm);
            let text = signed(&header(&key), &key);
            let proof = SelfSigned::parse(text.as_bytes(), LIMIT).unwrap();
            assert_eq!((proof.algorithm(), proof.token_type()), (algorithm, TokenType::Proof));
            assert!(proof.verify().unwrap().contains("jti"), "{algorithm}");

            let other = SigningKey::generate(algorithm);
            let forged = signed(&header(&other), &key);
            let forged = SelfSigned::parse(forged.as_bytes(), LIMIT).unwrap();
            assert_eq!(forged.verify().unwrap_err(), JoseError::Signature, "{algorithm}");
        }
    }

    #[test]
    fn the_private_half_of_a_key_never_comes_along() {
        for (algorithm, members) in
            [(Algorithm::Es256, &["d", "k"][..]), (Algorithm::Rs256, &["d", "p", "q", "dp", "dq", "qi", "oth"])]
        {
            let key = SigningKey::generate(algorithm);
            for member in members {
                let mut header = header(&key);
                header["jwk"][*member] = json!("AQAB");
                assert_eq!(refusal(&header, &key), SkippedKey::Private.into(), "{member}");
            }
        }
    }

    #[test]
    fn a_key_that_no_set_may_have_does_not_come_along_either() {
        let key = SigningKey::generate(Algorithm::Es256);
        let with = |member: &str, value: Value| {
            let mut header = header(&key);
            header["jwk"][member] = value;
            header
        };
        for (header, expected) in [
            (with("use", json!("enc")), SkippedKey::Purpose),
            (with("alg", json!("HS256")), SkippedKey::Algorithm),
            (with("alg", json!("ES384")), SkippedKey::Unsound),
            (with("crv", json!("secp256k1")), SkippedKey::Type),
            (with("x", json!("AA")), SkippedKey::Unsound),
            (with("kty", json!("oct")), SkippedKey::Type),
            (json!({"alg": "ES256", "jwk": null}), SkippedKey::Unreadable),
            (json!({"alg": "ES256", "jwk": "key"}), SkippedKey::Unreadable),
            (json!({"alg": "ES384", "jwk": key.public_jwk()}), SkippedKey::Unsound),
            (json!({"alg": "RS256", "jwk": key.public_jwk()}), SkippedKey::Unsound),
        ] {
            assert_eq!(refusal(&header, &key), expected.into(), "{header}");
        }
    }

    #[test]
    fn the_header_is_held_to_what_holds_for_every_other() {
        let key = SigningKey::generate(Algorithm::Es256);
        let with = |member: &str, value: Value| {
            let mut header = header(&key);
            header[member] = value;
            header
        };
        for (header, expected) in [
            (json!({"alg": "ES256"}), SelfSignedError::NoKey),
            (with("alg", json!("none")), JoseError::Unsigned.into()),
            (with("alg", json!("HS256")), JoseError::Symmetric.into()),
            (with("crit", json!(["jwk"])), JoseError::Critical.into()),
            (with("jku", json!("https://a.example")), JoseError::EmbeddedKey { parameter: "jku" }.into()),
            (with("x5c", json!([])), JoseError::EmbeddedKey { parameter: "x5c" }.into()),
        ] {
            assert_eq!(refusal(&header, &key), expected, "{header}");
        }
        let text = signed(&header(&key), &key);
        assert!(SelfSigned::parse(text.as_bytes(), text.len()).is_ok());
        let limit = text.len() - 1;
        assert_eq!(
            SelfSigned::parse(text.as_bytes(), limit).unwrap_err(),
            JoseError::TooLong { limit }.into(),
            "a byte too long"
        );
    }
}
