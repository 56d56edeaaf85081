//! Published vectors, through the code that every token goes through.
//!
//! - `specifications`: the examples of RFC 7515 and RFC 8037.
//! - `wycheproof`: [Wycheproof](https://github.com/C2SP/wycheproof)'s signatures.
//! - `wycheproof_json`: its whole tokens and keys.
//!
//! Where Wycheproof and this crate differ, a ledger says why. It counts: a verdict that changes, in whichever direction, and a set
//! that grows or shrinks fail the test.

mod specifications;
mod wycheproof;
mod wycheproof_json;

use serde_json::{Value, json};

use crate::types::Algorithm;

use super::{
    error::{JoseError, KeyError},
    jwk::JwkSet,
    jws::Compact,
    key_ring::KeyRing,
};

/// All keys of a document that are taken, each for every algorithm that it fits.
fn ring(document: &Value) -> KeyRing {
    let set = JwkSet::parse(document.to_string().as_bytes()).expect("a set of keys");
    KeyRing::new([&set], Algorithm::ALL.iter().copied().collect())
}

/// The only key of a document, likewise.
fn ring_of(key: &Value) -> KeyRing {
    ring(&json!({"keys": [key]}))
}

/// Why a token is refused whose payload need not be claims.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
enum Refused {
    Token(#[from] JoseError),
    Key(#[from] KeyError),
}

/// The payload of a token that one of these keys has signed.
fn open(token: &str, keys: &KeyRing) -> Result<Vec<u8>, Refused> {
    let token = Compact::parse(token.as_bytes())?;
    let payload = token.payload()?;
    token.verify(keys.find(token.header.key_id.as_deref(), token.header.algorithm)?)?;
    Ok(payload)
}
