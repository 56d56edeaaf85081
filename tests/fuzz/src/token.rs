//! Compact tokens.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use tower_oidc::jose::{Jws, MAX_TOKEN_BYTES, RoutingClaim};

use super::memory::bounded;

/// Most bytes at once.
const MOST_BYTES: usize = 4 * MAX_TOKEN_BYTES;

/// A token that can be read has one spelling, and says to `serde_json` what it says to us.
pub fn token(input: &[u8]) {
    let Ok(jws) = bounded(MOST_BYTES, || Jws::parse(input)) else { return };
    assert!(input.len() <= MAX_TOKEN_BYTES);
    let segments: Vec<&[u8]> = input.split(|byte| *byte == b'.').collect();
    // The signature is read with the key in hand: until then it may be anything.
    let [header, payload, _signature] = segments[..] else { panic!("{} segments", segments.len()) };
    let [header, payload] = [header, payload].map(|segment| str::from_utf8(segment).expect("base64url is text"));

    if let Some(header) = object(header) {
        assert_eq!(header["alg"], jws.algorithm().name());
        assert_eq!(header.get("kid").map(|kid| kid.as_str().expect("a string")), jws.key_id());
        for parameter in ["enc", "crit", "b64", "jwk", "jku", "x5u", "x5c"] {
            assert!(!header.contains_key(parameter), "{parameter}");
        }
    }
    let Some(claims) = object(payload) else { return };
    for (name, claim) in [("iss", RoutingClaim::Issuer), ("tid", RoutingClaim::Tenant)] {
        match jws.unverified_routing_claim(claim) {
            Ok(value) => assert_eq!(value.as_deref(), claims.get(name).map(|value| value.as_str().expect("a string"))),
            Err(_) => assert!(claims.get(name).is_none_or(|value| !value.is_string())),
        }
    }
}

/// The object in a segment, which is spelt in the one way there is. `None`: it holds a number that `serde_json` has no value for, or
/// half a surrogate, where nobody has looked.
fn object(segment: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(segment).expect("base64url");
    assert_eq!(URL_SAFE_NO_PAD.encode(&bytes), segment);
    serde_json::from_slice(&bytes).ok()
}
