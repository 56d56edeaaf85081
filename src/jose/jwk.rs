//! JWK Sets (RFC 7517), read key by key: one that cannot be used is skipped, and does not take the others with it.

use std::{fmt, ops::RangeInclusive};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::types::Algorithm;

use super::{base64url, error::JwkSetError, key::VerifyingKey, small_order};

/// Most keys of one document. Providers publish two to ten.
pub const MAX_KEYS: usize = 256;

/// Sizes of RSA keys that are taken, in bits: RFC 7518 section 3.3 sets the lower end, aws-lc the upper.
pub const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

/// Longest RSA exponent, in bytes. Everybody uses 65537; a long one only makes verification slow.
const MAX_EXPONENT_BYTES: usize = 4;

/// The usable keys of one JWK Set document.
#[derive(Debug, Clone, Default)]
pub struct JwkSet {
    pub(super) keys: Vec<Jwk>,
    skipped: usize,
}

/// A public signature key as published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Jwk {
    pub(super) key_id: Option<Box<str>>,
    /// The one algorithm the provider meant it for; none: any that fits its type.
    pub(super) algorithm: Option<Algorithm>,
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
    /// than signatures, an unknown type, curve or algorithm, an RSA key outside [`RSA_BITS`], with an even modulus, or
    /// with an exponent that is even, 1 or over 32 bits, a point off its curve (of Ed25519: one of small order, for one off the
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
        let keys: Vec<Jwk> = first.iter().filter_map(|key| Jwk::parse(key.get())).collect();
        Ok(Self { skipped: count - keys.len(), keys })
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
        self.skipped
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
    fn parse(json: &str) -> Option<Self> {
        let members: Members = serde_json::from_str(json).ok().filter(|_| json.starts_with('{'))?;
        let for_signatures = members.r#use.as_deref().is_none_or(|purpose| purpose == "sig")
            && members.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|Operation(verifies)| *verifies));
        if !for_signatures || members.d.is_some() {
            return None;
        }
        let algorithm = match &members.alg {
            Some(name) => Some(Algorithm::from_name(name)?),
            None => None,
        };
        let key = Self { material: members.material()?, key_id: members.kid.map(Into::into), algorithm };
        let parses = key.algorithms().next().is_some_and(|first| VerifyingKey::new(&key.material, first).is_some());
        parses.then_some(key)
    }

    /// The algorithms this key may be used with.
    pub(super) fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL
            .into_iter()
            .filter(|algorithm| self.material.fits(*algorithm) && self.algorithm.is_none_or(|only| only == *algorithm))
    }
}

/// The members of RFC 7517 section 4 and RFC 7518 section 6 that are acted on. A wrong type, or one that stands twice,
/// makes the key unreadable.
#[derive(Deserialize)]
struct Members {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<Operation>>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<IgnoredAny>,
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
    fn material(&self) -> Option<Material> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => rsa(self.n.as_deref()?, self.e.as_deref()?),
            ("EC", Some("P-256")) => self.point(32).map(Material::P256),
            ("EC", Some("P-384")) => self.point(48).map(Material::P384),
            ("OKP", Some("Ed25519")) => {
                let point = coordinate(self.x.as_deref()?, 32)?;
                (!small_order::contains(&point)).then_some(Material::Ed25519(point))
            }
            _ => None,
        }
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

fn rsa(n: &str, e: &str) -> Option<Material> {
    let (n, e) = (integer(n)?, integer(e)?);
    let bits = n.len() * 8 - n.first()?.leading_zeros() as usize;
    let good_exponent = e.last()? & 1 == 1 && e != [1] && e.len() <= MAX_EXPONENT_BYTES;
    let odd_modulus = n.last()? & 1 == 1;
    (RSA_BITS.contains(&bits) && odd_modulus && good_exponent).then_some(Material::Rsa { n, e })
}

/// A big-endian integer without the leading zeros that some providers write.
fn integer(text: &str) -> Option<Vec<u8>> {
    let bytes = base64url::decode(text)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Some(bytes[zeros..].to_vec())
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
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
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
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])})
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
