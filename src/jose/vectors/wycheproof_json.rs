//! Wycheproof's whole tokens and keys: `json_web_signature_test.json` and `json_web_key_test.json`.

use serde::Deserialize;
use serde_json::Value;
use wycheproof_ng_kdf_jose::json_web::TestName;

use crate::jose::{JoseError, KeyError, Part};

use super::{Refused, open, ring, ring_of};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    private: Value,
    /// Absent where there is nothing but a shared secret.
    public: Option<Value>,
    tests: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    tc_id: u32,
    jws: String,
    result: String,
}

/// What came of a file.
#[derive(Debug, PartialEq)]
struct Tally {
    /// By both.
    accepted: usize,
    /// By both.
    refused: usize,
    /// Refused here alone, and why. None is accepted here alone.
    ledger: Vec<(u32, Refused)>,
}

fn tally(file: TestName) -> Tally {
    let file: File = serde_json::from_str(file.json_data()).unwrap();
    let mut tally = Tally { accepted: 0, refused: 0, ledger: Vec::new() };
    for group in file.test_groups {
        let keys = group.public.unwrap_or(group.private);
        let keys = if keys["keys"].is_array() { ring(&keys) } else { ring_of(&keys) };
        for vector in group.tests {
            match (open(&vector.jws, &keys), vector.result.as_str()) {
                (Ok(_), "valid") => tally.accepted += 1,
                (Err(_), "invalid") => tally.refused += 1,
                (Err(reason), "valid") => tally.ledger.push((vector.tc_id, reason)),
                (verdict, result) => panic!("{}: {verdict:?}, not {result}", vector.tc_id),
            }
        }
    }
    tally
}

/// A shared secret is no key for a relying party: HMAC is not on the list of algorithms.
const HMAC: Refused = Refused::Token(JoseError::Symmetric);

/// Nothing is no claims.
const EMPTY: Refused = Refused::Token(JoseError::Segments);

/// ES512 is not on the list.
const P521: Refused = Refused::Token(JoseError::UnknownAlgorithm);

/// The token says PS384, its key that it is for PS256.
const MISMATCH: Refused = Refused::Key(KeyError::Unknown);

/// A letter that is none of base64url's stands in the header. It is signed with HMAC besides.
const NOT_BASE64: Refused = Refused::Token(JoseError::Base64 { part: Part::Header });

#[test]
fn a_token_is_accepted_where_wycheproof_does_or_the_ledger_says_why_not() {
    let rows: [(Refused, &[u32]); 5] = [
        (HMAC, &[1, 348, 352, 357, 358, 359, 373, 376, 377]),
        (EMPTY, &[259, 264, 268, 272, 320, 325]),
        (MISMATCH, &[346, 350]),
        (P521, &[347, 351]),
        (NOT_BASE64, &[372]),
    ];
    assert_eq!(tally(TestName::JsonWebSignature), Tally { accepted: 26, refused: 355, ledger: ledger(&rows) });
}

#[test]
fn a_key_is_taken_where_wycheproof_does_or_the_ledger_says_why_not() {
    let rows: [(Refused, &[u32]); 1] = [(HMAC, &[2, 13, 14, 15])];
    assert_eq!(tally(TestName::JsonWebKey), Tally { accepted: 1, refused: 21, ledger: ledger(&rows) });
}

fn ledger(rows: &[(Refused, &[u32])]) -> Vec<(u32, Refused)> {
    let mut ledger: Vec<_> = rows.iter().flat_map(|(reason, ids)| ids.iter().map(|id| (*id, reason.clone()))).collect();
    ledger.sort_by_key(|(id, _)| *id);
    ledger
}
