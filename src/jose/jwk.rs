//! JWK Sets (RFC 7517), read key by key: one that cannot be used is skipped, and does not take the others with it.

use std::{fmt, ops::RangeInclusive, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::types::Algorithm;

use super::{base64url, error::JwkSetError, key::VerifyingKey, roca, small_order};

/// Most keys of one document. Providers publish two to ten.
pub const MAX_KEYS: usize = 256;

/// Sizes of RSA keys that are taken, in bits: RFC 7518 section 3.3 sets the lower end, aws-lc the upper.
pub const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

/// Longest RSA exponent, in bytes. Everybody uses 65537; a long one only makes verification slow.
const MAX_EXPONENT_BYTES: usize = 4;

/// Longest `issuer` of a key, in bytes: a URL of the length that metadata may have. Entra's have under a hundred.
const MAX_ISSUER_BYTES: usize = 2 * 1024;

/// The usable keys of one JWK Set document.
#[derive(Debug, Clone, Default)]
pub struct JwkSet {
    pub(super) keys: Vec<Jwk>,
    skipped: Vec<SkippedKey>,
}

/// Why a key of a JWK Set cannot be used. Nothing of the key is in it but its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SkippedKey {
    /// Not a JSON object with each member once, of its type and of a length that it may have.
    #[error("cannot be read")]
    Unreadable,
    /// `use` or `key_ops` says that it is for something else than signatures: encryption, as a rule.
    #[error("is not for signatures")]
    Purpose,
    /// The private half stands beside the public one: everybody can sign with it.
    #[error("is published with its private half")]
    Private,
    /// `alg` is none of [`Algorithm::ALL`].
    #[error("is for an algorithm that is not accepted")]
    Algorithm,
    /// An unknown `kty` or `crv`.
    #[error("is of a type or curve that is not accepted")]
    Type,
    /// An RSA key outside of [`RSA_BITS`].
    #[error("is an RSA key of {bits} bits: 2048 to 8192 are accepted")]
    RsaSize {
        /// Bits of its modulus.
        bits: usize,
    },
    /// An RSA key of the flawed generator that CVE-2017-15361 is about: its private half can be worked out.
    #[error("is of a generator whose keys can be guessed (CVE-2017-15361)")]
    Guessable,
    /// Its numbers make no sound key, or do not go with its `alg`.
    #[error("is no sound key")]
    Unsound,
}

/// A public signature key as published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Jwk {
    pub(super) key_id: Option<Box<str>>,
    /// The one algorithm the provider meant it for; none: any that fits its type.
    pub(super) algorithm: Option<Algorithm>,
    /// Whose tokens it may sign, as the provider wrote it: Entra's may be a template.
    pub(super) issuer: Option<Arc<str>>,
    pub(super) material: Material,
}

/// What a public key is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Material {
    /// Big-endian, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// Uncompressed point.
    P256(Vec<u8>),
    /// Uncompressed point.
    P384(Vec<u8>),
    /// Encoded point.
    Ed25519(Vec<u8>),
}

impl JwkSet {
    /// Reads a document. What is not a usable public signature key is skipped and counted: another `use` or `key_ops`
    /// than signatures, an unknown type, curve or algorithm, an RSA key outside [`RSA_BITS`], with an even modulus or one of a
    /// flawed generator (CVE-2017-15361), or with an exponent that is even, 1 or over 32 bits, a point off its curve (of Ed25519: one of small order, for one off the
    /// curve verifies nothing), and a key published with its private half, which everybody can sign with.
    ///
    /// # Errors
    /// - [`JwkSetError::NotASet`]: not a JSON object with an array `keys`;
    /// - [`JwkSetError::TooManyKeys`]: more than [`MAX_KEYS`].
    pub fn parse(document: &[u8]) -> Result<Self, JwkSetError> {
        #[derive(Deserialize)]
        struct Document<'a> {
            #[serde(borrow)]
            keys: Entries<'a>,
        }
        if !document.trim_ascii_start().starts_with(b"{") {
            return Err(JwkSetError::NotASet);
        }
        let document: Document<'_> = serde_json::from_slice(document).map_err(|_| JwkSetError::NotASet)?;
        let Entries { first, count } = document.keys;
        if count > MAX_KEYS {
            return Err(JwkSetError::TooManyKeys { limit: MAX_KEYS });
        }
        let mut set = Self::default();
        for key in first {
            match Jwk::parse(key.get()) {
                Ok(key) => set.keys.push(key),
                Err(reason) => set.skipped.push(reason),
            }
        }
        Ok(set)
    }

    /// How many keys can be used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key can be used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many keys were skipped.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped.len()
    }

    /// Why keys were skipped, one for each.
    pub fn skipped_keys(&self) -> impl Iterator<Item = SkippedKey> {
        self.skipped.iter().copied()
    }

    /// The id of each usable key, if it has one, and its type and size: `RSA 2048`, `P-256`.
    pub fn described(&self) -> impl Iterator<Item = (Option<&str>, String)> {
        self.keys.iter().map(|key| (key.key_id.as_deref(), key.material.to_string()))
    }
}

/// The first [`MAX_KEYS`] entries of an array, and how many there are: what is too much is counted, and not kept.
struct Entries<'a> {
    first: Vec<&'a RawValue>,
    count: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Entries<'de>, A::Error> {
        let mut entries = Entries { first: Vec::new(), count: 0 };
        while let Some(entry) = array.next_element()? {
            entries.count += 1;
            if entries.count <= MAX_KEYS {
                entries.first.push(entry);
            }
        }
        Ok(entries)
    }
}

impl Jwk {
    fn parse(json: &str) -> Result<Self, SkippedKey> {
        let members = serde_json::from_str(json).ok().filter(|_| json.starts_with('{'));
        let members: Members = members.ok_or(SkippedKey::Unreadable)?;
        let for_signatures = members.r#use.as_deref().is_none_or(|purpose| purpose == "sig")
            && members.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|Operation(verifies)| *verifies));
        if members.has_private_half() {
            return Err(SkippedKey::Private);
        }
        if !for_signatures {
            return Err(SkippedKey::Purpose);
        }
        if members.issuer.as_ref().is_some_and(|issuer| issuer.len() > MAX_ISSUER_BYTES) {
            return Err(SkippedKey::Unreadable);
        }
        let algorithm = match &members.alg {
            Some(name) => Some(Algorithm::from_name(name).ok_or(SkippedKey::Algorithm)?),
            None => None,
        };
        let material = members.material()?;
        let (key_id, issuer) = (members.kid.map(Into::into), members.issuer.map(Into::into));
        let key = Self { key_id, algorithm, issuer, material };
        let parses = key.algorithms().next().is_some_and(|first| VerifyingKey::new(&key.material, first).is_some());
        if parses { Ok(key) } else { Err(SkippedKey::Unsound) }
    }

    /// The key that a token brings along, read as one of a set is, for the algorithm that the token names.
    pub(super) fn embedded(json: &str, algorithm: Algorithm) -> Result<(Self, VerifyingKey), SkippedKey> {
        let key = Self::parse(json)?;
        let fits = key.algorithm.is_none_or(|only| only == algorithm);
        let verifying = VerifyingKey::new(&key.material, algorithm).filter(|_| fits).ok_or(SkippedKey::Unsound)?;
        Ok((key, verifying))
    }

    /// The algorithms this key may be used with.
    pub(super) fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL
            .iter()
            .copied()
            .filter(|algorithm| self.material.fits(*algorithm) && self.algorithm.is_none_or(|only| only == *algorithm))
    }
}

/// The members of RFC 7517 section 4 and RFC 7518 section 6 that are acted on, and `issuer`, which Entra's keys have ('Validate
/// the signing key issuer' of Microsoft's page on access tokens). A wrong type, or one that stands twice, makes the key
/// unreadable.
#[derive(Deserialize)]
struct Members {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<Operation>>,
    issuer: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    dp: Option<IgnoredAny>,
    dq: Option<IgnoredAny>,
    qi: Option<IgnoredAny>,
    oth: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

/// Whether a name of `key_ops` is `verify` (RFC 7517 section 4.3).
#[derive(Deserialize)]
#[serde(from = "String")]
struct Operation(bool);

impl From<String> for Operation {
    fn from(name: String) -> Self {
        Self(name == "verify")
    }
}

impl Members {
    /// Whether one of the members is there that only the holder of the key may know (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1). A factor
    /// of `n` is as good as `d`.
    fn has_private_half(&self) -> bool {
        let Self { d, p, q, dp, dq, qi, oth, k, .. } = self;
        [d, p, q, dp, dq, qi, oth, k].into_iter().any(Option::is_some)
    }

    fn material(&self) -> Result<Material, SkippedKey> {
        let material = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => return rsa(self.n.as_deref(), self.e.as_deref()),
            ("EC", Some("P-256")) => self.point(32).map(Material::P256),
            ("EC", Some("P-384")) => self.point(48).map(Material::P384),
            ("OKP", Some("Ed25519")) => self.edwards_point().map(Material::Ed25519),
            _ => return Err(SkippedKey::Type),
        };
        material.ok_or(SkippedKey::Unsound)
    }

    fn edwards_point(&self) -> Option<Vec<u8>> {
        coordinate(self.x.as_deref()?, 32).filter(|point| !small_order::contains(point))
    }

    /// The uncompressed point (SEC 1 section 2.3.3); both coordinates are of full length (RFC 7518 section 6.2.1.2).
    fn point(&self, length: usize) -> Option<Vec<u8>> {
        let (x, y) = (coordinate(self.x.as_deref()?, length)?, coordinate(self.y.as_deref()?, length)?);
        Some([&[4][..], &x, &y].concat())
    }
}

fn coordinate(text: &str, length: usize) -> Option<Vec<u8>> {
    base64url::decode(text).filter(|bytes| bytes.len() == length)
}

fn rsa(n: Option<&str>, e: Option<&str>) -> Result<Material, SkippedKey> {
    let (Some(n), Some(e)) = (n.and_then(integer), e.and_then(integer)) else { return Err(SkippedKey::Unsound) };
    let is_odd = |integer: &[u8]| integer.last().is_some_and(|last| last & 1 == 1);
    if !is_odd(&n) || !is_odd(&e) || e == [1] || e.len() > MAX_EXPONENT_BYTES {
        return Err(SkippedKey::Unsound);
    }
    let bits = bits(&n);
    if !RSA_BITS.contains(&bits) {
        return Err(SkippedKey::RsaSize { bits });
    }
    if roca::made(&n) { Err(SkippedKey::Guessable) } else { Ok(Material::Rsa { n, e }) }
}

/// The bits of a big-endian integer without leading zeros.
fn bits(integer: &[u8]) -> usize {
    integer.first().map_or(0, |first| integer.len() * 8 - first.leading_zeros() as usize)
}

/// A big-endian integer without the leading zeros that some providers write.
fn integer(text: &str) -> Option<Vec<u8>> {
    let bytes = base64url::decode(text)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Some(bytes[zeros..].to_vec())
}

impl fmt::Display for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { n, .. } => write!(f, "RSA {}", bits(n)),
            Self::P256(_) => f.write_str("P-256"),
            Self::P384(_) => f.write_str("P-384"),
            Self::Ed25519(_) => f.write_str("Ed25519"),
        }
    }
}

impl Material {
    fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Rsa { .. } => !matches!(algorithm, Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa),
            Self::P256(_) => algorithm == Algorithm::Es256,
            Self::P384(_) => algorithm == Algorithm::Es384,
            Self::Ed25519(_) => algorithm == Algorithm::EdDsa,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        Ed25519KeyPair, KeyPair,
    };
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::*;

    fn encode(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A modulus by its shape alone: RSA keys are not checked for being a product of two primes.
    fn modulus(bits: usize) -> Vec<u8> {
        let mut bytes = vec![0xa5; bits / 8];
        *bytes.last_mut().unwrap() = 0xa7;
        bytes
    }

    fn rsa_key(bits: usize, e: &[u8]) -> Value {
        json!({"kty": "RSA", "n": encode(&modulus(bits)), "e": encode(e)})
    }

    fn ec_key() -> Value {
        on_curve("P-256", &ECDSA_P256_SHA256_FIXED_SIGNING)
    }

    fn p384_key() -> Value {
        on_curve("P-384", &ECDSA_P384_SHA384_FIXED_SIGNING)
    }

    fn on_curve(name: &str, curve: &'static EcdsaSigningAlgorithm) -> Value {
        let pair = EcdsaKeyPair::generate(curve).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(pair.public_key().as_ref().len() / 2);
        json!({"kty": "EC", "crv": name, "x": encode(x), "y": encode(y)})
    }

    fn edwards_key() -> Value {
        let pair = Ed25519KeyPair::generate().unwrap();
        json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn usable(key: Value) -> bool {
        let set = JwkSet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
        assert_eq!(set.len() + set.skipped(), 1);
        !set.is_empty()
    }

    #[test]
    fn signature_keys_are_taken() {
        assert!(usable(rsa_key(2048, &[1, 0, 1])));
        assert!(usable(rsa_key(8192, &[3])));
        assert!(usable(rsa_key(2048, &[1, 0, 0, 1])));
        assert!(usable(with(rsa_key(2048, &[1, 0, 1]), "alg", json!("PS384"))));
        assert!(usable(with(ec_key(), "use", json!("sig"))));
        assert!(usable(with(ec_key(), "key_ops", json!(["verify"]))));
        assert!(usable(with(ec_key(), "x5c", json!(["ignored"]))));
    }

    #[test]
    fn leading_zeros_of_an_rsa_key_are_stripped() {
        let padded = [&[0, 0][..], &modulus(2048)].concat();
        let key = with(rsa_key(2048, &[0, 1, 0, 1]), "n", json!(encode(&padded)));
        let text = json!({"keys": [key, rsa_key(2048, &[1, 0, 1])]}).to_string();
        let set = JwkSet::parse(text.as_bytes()).unwrap();
        assert_eq!(set.keys[0], set.keys[1]);
    }

    #[test]
    fn the_issuer_of_a_key_is_kept_as_it_is_written() {
        for issuer in ["https://login.microsoftonline.com/{tenantid}/v2.0", "", &"i".repeat(MAX_ISSUER_BYTES)] {
            let keys = [with(ec_key(), "issuer", json!(issuer)), ec_key(), with(ec_key(), "issuer", json!(null))];
            let set = JwkSet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap();
            let issuers: Vec<_> = set.keys.iter().map(|key| key.issuer.as_deref()).collect();
            assert_eq!(issuers, [Some(issuer), None, None]);
        }
    }

    #[test]
    fn a_key_that_cannot_be_used_is_skipped_and_the_others_stay() {
        let off_curve = with(ec_key(), "x", json!(encode(&[7; 32])));
        let even_modulus = with(rsa_key(2048, &[1, 0, 1]), "n", json!(encode(&[0xa4; 256])));
        let keys = [
            rsa_key(1024, &[1, 0, 1]),
            rsa_key(2040, &[1, 0, 1]),
            rsa_key(8200, &[1, 0, 1]),
            rsa_key(2048, &[1]),
            rsa_key(2048, &[2]),
            rsa_key(2048, &[]),
            rsa_key(2048, &[1, 0, 0, 0, 1]),
            even_modulus,
            off_curve,
            with(ec_key(), "crv", json!("P-384")),
            with(ec_key(), "crv", json!("secp256k1")),
            with(ec_key(), "y", json!("AA")),
            with(ec_key(), "use", json!("enc")),
            with(ec_key(), "key_ops", json!(["sign"])),
            with(ec_key(), "key_ops", json!(["verify", 7])),
            with(ec_key(), "key_ops", json!([{"verify": null}])),
            with(ec_key(), "alg", json!("RS256")),
            with(ec_key(), "alg", json!("ECDH-ES")),
            with(ec_key(), "kid", json!(7)),
            with(ec_key(), "issuer", json!(7)),
            with(ec_key(), "issuer", json!(["https://a.example"])),
            with(ec_key(), "issuer", json!("i".repeat(MAX_ISSUER_BYTES + 1))),
            with(ec_key(), "d", json!("c2VjcmV0")),
            json!({"kty": "oct", "k": "c2VjcmV0"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&[0; 32])}),
            json!({"kty": "OKP", "crv": "X25519", "x": encode(&[9; 32])}),
            json!({"kty": "AKP"}),
            json!({}),
            json!("key"),
            json!(["RSA"]),
            json!(null),
        ];
        for key in &keys {
            assert!(!usable(key.clone()), "{key}");
        }
        let mut mixed = keys.to_vec();
        mixed.push(ec_key());
        let set = JwkSet::parse(json!({"keys": mixed}).to_string().as_bytes()).unwrap();
        assert_eq!((set.len(), set.skipped()), (1, keys.len()));
    }

    #[test]
    fn a_skipped_key_says_why_and_a_usable_one_what_it_is() {
        let reason = |key: Value| {
            let set = JwkSet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
            set.skipped_keys().next().unwrap()
        };
        for (key, expected) in [
            (json!("key"), SkippedKey::Unreadable),
            (with(ec_key(), "issuer", json!({})), SkippedKey::Unreadable),
            (with(ec_key(), "issuer", json!("i".repeat(MAX_ISSUER_BYTES + 1))), SkippedKey::Unreadable),
            (with(ec_key(), "use", json!("enc")), SkippedKey::Purpose),
            (with(ec_key(), "d", json!("c2VjcmV0")), SkippedKey::Private),
            (with(with(ec_key(), "d", json!("c2VjcmV0")), "use", json!("enc")), SkippedKey::Private),
            (with(rsa_key(2048, &[1, 0, 1]), "p", json!("AQAB")), SkippedKey::Private),
            (with(rsa_key(2048, &[1, 0, 1]), "oth", json!([])), SkippedKey::Private),
            (with(ec_key(), "k", json!("c2VjcmV0")), SkippedKey::Private),
            (with(ec_key(), "alg", json!("ECDH-ES")), SkippedKey::Algorithm),
            (with(ec_key(), "crv", json!("secp256k1")), SkippedKey::Type),
            (rsa_key(1024, &[1, 0, 1]), SkippedKey::RsaSize { bits: 1024 }),
            (with(rsa_key(2048, &[1, 0, 1]), "n", json!(encode(&[0x7f; 256]))), SkippedKey::RsaSize { bits: 2047 }),
            (with(ec_key(), "alg", json!("RS256")), SkippedKey::Unsound),
            (with(ec_key(), "x", json!(encode(&[7; 32]))), SkippedKey::Unsound),
        ] {
            assert_eq!(reason(key.clone()), expected, "{key}");
        }
        let keys = [with(rsa_key(2048, &[1, 0, 1]), "kid", json!("a")), ec_key(), p384_key(), edwards_key()];
        let set = JwkSet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap();
        let described: Vec<_> = set.described().collect();
        let expected = [(Some("a"), "RSA 2048"), (None, "P-256"), (None, "P-384"), (None, "Ed25519")];
        assert_eq!(described, expected.map(|(id, kind)| (id, kind.to_owned())));
    }

    /// Two guards say so, one of another: which algorithms a key is listed for, and what is made of its material.
    #[test]
    fn a_key_serves_the_algorithms_of_its_kind_and_no_other() {
        let keys = [rsa_key(2048, &[1, 0, 1]), ec_key(), p384_key(), edwards_key()];
        let set = JwkSet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap();
        let names = ["RS256 RS384 RS512 PS256 PS384 PS512", "ES256", "ES384", "EdDSA"];
        for (jwk, names) in set.keys.iter().zip(names) {
            for &algorithm in Algorithm::ALL {
                let serves = names.split(' ').any(|name| Algorithm::from_name(name) == Some(algorithm));
                assert_eq!(jwk.algorithms().any(|listed| listed == algorithm), serves, "{algorithm}, {names}");
                assert_eq!(VerifyingKey::new(&jwk.material, algorithm).is_some(), serves, "{algorithm}, {names}");
            }
        }
    }

    #[test]
    fn a_document_that_is_no_key_set_is_refused() {
        for text in
            ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]"#, r#"[[]]"#, "<html>", r#"{"keys":[],"keys":[]}"#]
        {
            assert_eq!(JwkSet::parse(text.as_bytes()).unwrap_err(), JwkSetError::NotASet, "{text}");
        }
        assert_eq!(JwkSet::parse(b"{\"keys\":[\xff]}").unwrap_err(), JwkSetError::NotASet);
        let set_of = |count| json!({"keys": vec![json!({}); count]}).to_string();
        assert_eq!(JwkSet::parse(set_of(MAX_KEYS).as_bytes()).unwrap().skipped(), MAX_KEYS);
        assert!(matches!(
            JwkSet::parse(set_of(MAX_KEYS + 1).as_bytes()),
            Err(JwkSetError::TooManyKeys { limit: MAX_KEYS })
        ));
    }
}
