//! Proofs of possession: tokens that bring their own key.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use tower_oidc::{
    jose::{MAX_TOKEN_BYTES, SelfSigned, TokenType},
    validator::{MAX_PROOF_BYTES, PROOF_ALGORITHMS},
};

use super::memory::bounded;

/// Most bytes at once.
const MOST_BYTES: usize = 4 * MAX_TOKEN_BYTES;

/// What only the holder of a key may know.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A proof that can be read has one spelling, says to `serde_json` what it says to us, and its key is public and for its algorithm.
pub fn proof(input: &[u8]) {
    let Ok(proof) = bounded(MOST_BYTES, || SelfSigned::parse(input, MAX_PROOF_BYTES)) else { return };
    assert!(input.len() <= MAX_PROOF_BYTES && PROOF_ALGORITHMS.contains(&proof.algorithm()));
    let header = input.split(|byte| *byte == b'.').next().expect("a segment");
    let bytes = URL_SAFE_NO_PAD.decode(header).expect("base64url");
    assert_eq!(URL_SAFE_NO_PAD.encode(&bytes).as_bytes(), header);
    // It may hold a number that `serde_json` has no value for, or half a surrogate, where nobody has looked.
    let Ok(header) = serde_json::from_slice::<Map<String, Value>>(&bytes) else { return };
    assert_eq!(header["alg"], proof.algorithm().name());
    let is_proof = header.get("typ").and_then(Value::as_str).is_some_and(|typ| {
        let typ = typ.to_ascii_lowercase();
        typ.strip_prefix("application/").unwrap_or(&typ) == "dpop+jwt"
    });
    assert_eq!(proof.token_type() == TokenType::Proof, is_proof);
    let key = header["jwk"].as_object().expect("a key is an object");
    for member in PRIVATE {
        assert!(key.get(member).is_none_or(Value::is_null), "{member}");
    }
    assert!(key.get("alg").is_none_or(|alg| alg.is_null() || *alg == header["alg"]));
    // Whether it is signed is for the key to say, and must not panic.
    let _verified = proof.verify();
}
