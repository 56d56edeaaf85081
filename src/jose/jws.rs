//! A compact JWS, from text to claims.

use std::{borrow::Cow, fmt, mem::MaybeUninit};

use crate::types::{Algorithm, ClaimError, Claims, ClaimsError};

use super::{
    base64url,
    error::{JoseError, Part},
    header::{Header, TokenType},
    key::{MAX_SIGNATURE_BYTES, VerifyingKey},
};

/// Longest token, in bytes. Entra's with many groups reach 8 KB; common servers take 16 KB for all headers together.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A JWS whose signature is not verified yet.
///
/// It says what is needed to choose a key and nothing more. What it claims comes out of [`verify`](Self::verify):
///
/// ```
/// # use tower_oidc::{jose::{JoseError, Jws, VerifyingKey}, types::Claims};
/// fn claims(jws: Jws<'_>, key: &VerifyingKey) -> Result<Claims, JoseError> {
///     jws.verify(key)
/// }
/// ```
///
/// An unverified claim cannot be read:
///
/// ```compile_fail,E0616
/// # use tower_oidc::{jose::{JoseError, Jws, VerifyingKey}, types::Claims};
/// fn claims(jws: Jws<'_>, key: &VerifyingKey) -> Result<Claims, JoseError> {
///     Ok(jws.claims)
/// }
/// ```
pub struct Jws<'t> {
    compact: Compact<'t>,
    claims: Claims,
}

impl<'t> Jws<'t> {
    /// Splits a compact token in its three segments and reads header and payload (RFC 7515 section 5.2, steps 1 to 6).
    ///
    /// # Errors
    /// Every [`JoseError`] but [`JoseError::Signature`].
    pub fn parse(token: &'t (impl AsRef<[u8]> + ?Sized)) -> Result<Self, JoseError> {
        let compact = Compact::parse(token.as_ref())?;
        let claims = read_claims(compact.payload()?)?;
        Ok(Self { compact, claims })
    }

    /// `alg`: the algorithm the token says it is signed with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.compact.header.algorithm
    }

    /// `kid`: the key the token says it is signed with.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.compact.header.key_id.as_deref()
    }

    /// `typ`: what the token says it is.
    #[must_use]
    pub fn token_type(&self) -> TokenType {
        self.compact.header.token_type
    }

    /// A claim that says whose keys to look among. Not verified: choose a key with it, and nothing else.
    ///
    /// # Errors
    /// [`ClaimError`] when it is not a string.
    pub fn unverified_routing_claim(&self, claim: RoutingClaim) -> Result<Option<Cow<'_, str>>, ClaimError> {
        self.claims.string(match claim {
            RoutingClaim::Issuer => "iss",
            RoutingClaim::Tenant => "tid",
        })
    }

    /// Verifies the signature and gives the claims (RFC 7515 section 5.2, steps 7 and 8).
    ///
    /// # Errors
    /// - [`JoseError::Signature`]: the signature does not hold, or the key is for another algorithm;
    /// - [`JoseError::Base64`]: the signature is not base64url.
    pub fn verify(self, key: &VerifyingKey) -> Result<Claims, JoseError> {
        self.compact.verify(key)?;
        Ok(self.claims)
    }
}

/// A claim that may be read before the signature is verified.
#[derive(Debug, Clone, Copy)]
pub enum RoutingClaim {
    /// `iss`.
    Issuer,
    /// `tid`, which tells the tenant of a templated issuer.
    Tenant,
}

/// Nothing that whoever sent the token may choose freely.
impl fmt::Debug for Jws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jws")
            .field("algorithm", &self.algorithm())
            .field("token_type", &self.token_type())
            .finish_non_exhaustive()
    }
}

/// A compact JWS whose payload may be anything.
pub(super) struct Compact<'t> {
    signing_input: &'t [u8],
    payload: &'t [u8],
    signature: &'t [u8],
    pub(super) header: Header,
}

impl<'t> Compact<'t> {
    pub(super) fn parse(token: &'t [u8]) -> Result<Self, JoseError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(JoseError::TooLong { limit: MAX_TOKEN_BYTES });
        }
        let [signing_input, payload, signature] = split(token)?;
        let header = Header::parse(&signing_input[..signing_input.len() - payload.len() - 1])?;
        Ok(Self { signing_input, payload, signature, header })
    }

    /// The same of a token that brings its own key, and the JSON text of that key.
    pub(super) fn parse_with_key(token: &'t [u8], limit: usize) -> Result<(Self, Option<String>), JoseError> {
        if token.len() > limit {
            return Err(JoseError::TooLong { limit });
        }
        let [signing_input, payload, signature] = split(token)?;
        let (header, key) = Header::parse_with_key(&signing_input[..signing_input.len() - payload.len() - 1])?;
        Ok((Self { signing_input, payload, signature, header }, key))
    }

    pub(super) fn payload(&self) -> Result<Vec<u8>, JoseError> {
        base64url::decode(self.payload).ok_or(JoseError::Base64 { part: Part::Payload })
    }

    pub(super) fn verify(&self, key: &VerifyingKey) -> Result<(), JoseError> {
        let mut buffer = [MaybeUninit::uninit(); MAX_SIGNATURE_BYTES];
        let signature =
            base64url::decode_into(self.signature, &mut buffer).ok_or(JoseError::Base64 { part: Part::Signature })?;
        key.verify(self.header.algorithm, self.signing_input, signature)
    }
}

/// Signing input, payload and signature of exactly three segments.
fn split(token: &[u8]) -> Result<[&[u8]; 3], JoseError> {
    let mut dots = memchr::memchr_iter(b'.', token);
    let (Some(first), Some(second)) = (dots.next(), dots.next()) else { return Err(JoseError::Segments) };
    let (signing_input, payload) = (&token[..second], &token[first + 1..second]);
    match dots.count() {
        0 if first > 0 && !payload.is_empty() => Ok([signing_input, payload, &token[second + 1..]]),
        2 => Err(JoseError::Encrypted),
        _ => Err(JoseError::Segments),
    }
}

pub(super) fn read_claims(payload: Vec<u8>) -> Result<Claims, JoseError> {
    let json = String::from_utf8(payload).map_err(|_| JoseError::Payload(ClaimsError::Json))?;
    Claims::parse(json).map_err(JoseError::Payload)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
    };
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::{super::*, *};
    use crate::types::Algorithms;

    const HEADER: &str = r#"{"alg":"ES256","kid":"k"}"#;

    fn encode(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn signed(pair: &EcdsaKeyPair, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", encode(header), encode(payload));
        let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", encode(signature))
    }

    fn pair_and_ring(allowed: Algorithms) -> (EcdsaKeyPair, KeyRing) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref().to_vec();
        let key =
            json!({"kty": "EC", "crv": "P-256", "kid": "k", "x": encode(&point[1..33]), "y": encode(&point[33..])});
        let set = JwkSet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
        (pair, KeyRing::new([&set], allowed))
    }

    fn verify(token: &str, ring: &KeyRing) -> Result<Claims, JoseError> {
        let jws = Jws::parse(token)?;
        let key = ring.find(jws.key_id(), jws.algorithm()).expect("the ring has the key");
        jws.verify(key)
    }

    #[test]
    fn a_good_signature_opens_the_claims() {
        let (pair, ring) = pair_and_ring(Algorithm::Es256.into());
        let token = signed(&pair, HEADER, r#"{"iss":"me","sub":"jane"}"#);
        let jws = Jws::parse(&token).unwrap();
        assert_eq!(jws.unverified_routing_claim(RoutingClaim::Issuer).unwrap().as_deref(), Some("me"));
        assert_eq!(verify(&token, &ring).unwrap().string("sub").unwrap().as_deref(), Some("jane"));
    }

    #[test]
    fn debug_shows_nothing_that_the_sender_chooses() {
        let (pair, _) = pair_and_ring(Algorithm::Es256.into());
        let token = signed(&pair, r#"{"alg":"ES256","kid":"SECRET","typ":"JWT"}"#, r#"{"sub":"SECRET"}"#);
        let shown = format!("{:?}", Jws::parse(&token).unwrap());
        assert_eq!(shown, "Jws { algorithm: Es256, token_type: Jwt, .. }");
    }

    #[test]
    fn a_changed_byte_anywhere_is_refused() {
        let (pair, ring) = pair_and_ring(Algorithm::Es256.into());
        let token = signed(&pair, HEADER, r#"{"sub":"jane"}"#);
        let parts: Vec<&str> = token.split('.').collect();
        let other_payload = format!("{}.{}.{}", parts[0], encode(r#"{"sub":"john"}"#), parts[2]);
        let other_header = format!("{}.{}.{}", encode(r#"{"kid":"k","alg":"ES256"}"#), parts[1], parts[2]);
        let zeros = format!("{}.{}.{}", parts[0], parts[1], encode([0; 64]));
        let none = format!("{}.{}.", parts[0], parts[1]);
        let short = format!("{}.{}.{}", parts[0], parts[1], encode([1; 63]));
        for token in [other_payload, other_header, zeros, none, short] {
            assert_eq!(verify(&token, &ring).unwrap_err(), JoseError::Signature);
        }
    }

    #[test]
    fn a_key_for_another_algorithm_verifies_nothing() {
        let (pair, ring) = pair_and_ring(Algorithm::Es256.into());
        let token = signed(&pair, r#"{"alg":"ES384","kid":"k"}"#, "{}");
        let key = ring.find(Some("k"), Algorithm::Es256).unwrap();
        assert_eq!(Jws::parse(&token).unwrap().verify(key).unwrap_err(), JoseError::Signature);
    }

    #[test]
    fn base64_is_read_strictly() {
        let (pair, ring) = pair_and_ring(Algorithm::Es256.into());
        let token = signed(&pair, HEADER, r#"{"sub":"jan"}"#);
        let (input, signature) = token.rsplit_once('.').unwrap();
        let (header, payload) = input.split_once('.').unwrap();
        let at = |part| JoseError::Base64 { part };
        for (token, error) in [
            (format!("{header}=.{payload}.{signature}"), at(Part::Header)),
            (format!("{header}.{payload}=.{signature}"), at(Part::Payload)),
            (format!("{header}.{payload}.{signature}=="), at(Part::Signature)),
            (format!("{header}.{payload}.{signature}\n"), at(Part::Signature)),
            (format!(" {header}.{payload}.{signature}"), at(Part::Header)),
            (format!("{header}.{payload} .{signature}"), at(Part::Payload)),
            (format!("{header}.{payload}\0.{signature}"), at(Part::Payload)),
            (format!("{header}.{payload}.+/{signature}"), at(Part::Signature)),
            (format!("{header}.{payload}.{}", encode([1; MAX_TOKEN_BYTES / 2])), at(Part::Signature)),
        ] {
            assert_eq!(verify(&token, &ring).unwrap_err(), error, "{token:?}");
        }
        // The last character of 64 bytes carries four bits that must be zero.
        let stray = char::from(signature.bytes().last().unwrap() + 1);
        let token = format!("{input}.{}{stray}", &signature[..signature.len() - 1]);
        assert_eq!(verify(&token, &ring).unwrap_err(), at(Part::Signature));
        let told = [Part::Header, Part::Payload, Part::Signature].map(|part| at(part).to_string());
        assert_eq!(told, ["header", "payload", "signature"].map(|part| format!("the {part} is not strict base64url")));
    }

    #[test]
    fn exactly_three_segments_make_a_token() {
        let h = encode(HEADER);
        for token in ["", ".", "..", "a", "a.b", &format!("{h}..x"), ".e30.x", "a.b.c.d", "a.b.c.d.e.f", "......"] {
            assert_eq!(Jws::parse(token).unwrap_err(), JoseError::Segments, "{token}");
        }
        assert_eq!(Jws::parse("a.b.c.d.e").unwrap_err(), JoseError::Encrypted);
        assert_eq!(Jws::parse(b"a.\xff.c").unwrap_err(), JoseError::Base64 { part: Part::Header });
    }

    #[test]
    fn a_token_of_the_longest_length_is_read_and_a_byte_more_is_refused() {
        let of_length = |length| Jws::parse(&"a".repeat(length)).unwrap_err();
        assert_eq!(of_length(MAX_TOKEN_BYTES), JoseError::Segments);
        assert_eq!(of_length(MAX_TOKEN_BYTES + 1), JoseError::TooLong { limit: MAX_TOKEN_BYTES });
    }

    #[test]
    fn the_payload_is_one_object() {
        let token = |payload: &[u8]| format!("{}.{}.", encode(HEADER), encode(payload));
        for (payload, error) in [
            (&b"[{\"sub\":\"x\"}]"[..], ClaimsError::NotAnObject),
            (b"{\"sub\":\"\xff\"}", ClaimsError::Json),
            (b"{\"sub\":1,\"sub\":2}", ClaimsError::Duplicate),
        ] {
            assert_eq!(Jws::parse(&token(payload)).unwrap_err(), JoseError::Payload(error));
        }
    }
}
