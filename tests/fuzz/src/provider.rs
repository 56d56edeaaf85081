//! The documents of a provider.

use serde_json::Value;
use tower_oidc::{
    jose::{JwkSet, KeyRing, MAX_KEYS},
    provider::{MAX_JWKS_BYTES, MAX_METADATA_BYTES},
    types::{Algorithm, Algorithms},
};

use super::{memory::bounded, stand};

/// Most bytes at once.
const MOST_BYTES_OF_KEYS: usize = 4 * MAX_JWKS_BYTES;

/// Most bytes at once.
const MOST_BYTES_OF_METADATA: usize = 4 * MAX_METADATA_BYTES;

/// Whatever is taken from a key document can be used, is public, and was there.
pub fn jwks(input: &[u8]) {
    if input.len() > MAX_JWKS_BYTES {
        return;
    }
    let Ok(set) = bounded(MOST_BYTES_OF_KEYS, || JwkSet::parse(input)) else { return };
    assert!(set.len() + set.skipped() <= MAX_KEYS);
    let all: Algorithms = Algorithm::ALL.iter().copied().collect();
    let ring = bounded(MOST_BYTES_OF_KEYS, || KeyRing::new([&set], all));
    assert!(ring.len() >= usize::from(!set.is_empty()) && ring.len() <= 6 * set.len());

    let Ok(document) = serde_json::from_slice::<Value>(input) else { return };
    let keys = document["keys"].as_array().expect("an array");
    assert_eq!(keys.len(), set.len() + set.skipped());
    let is_public = |key: &&Value| {
        let type_is_public = ["RSA", "EC", "OKP"].iter().any(|name| key["kty"] == *name);
        type_is_public && key["d"].is_null() && matches!(&key["use"], Value::Null | Value::String(_))
    };
    assert!(set.len() <= keys.iter().filter(is_public).count());
}

/// Metadata are taken only from the issuer that was asked, with addresses that can be asked in their turn.
pub fn metadata(input: &[u8]) {
    stand::with(|stand| {
        let Some(Ok(metadata)) = bounded(MOST_BYTES_OF_METADATA, || stand.metadata(input)) else { return };
        assert_eq!(metadata.issuer.as_str(), stand::ISSUER);
        let endpoints = [
            &metadata.jwks_uri,
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &metadata.userinfo_endpoint,
            &metadata.end_session_endpoint,
            &metadata.revocation_endpoint,
            &metadata.introspection_endpoint,
            &metadata.pushed_authorization_request_endpoint,
        ];
        for url in endpoints.into_iter().flatten() {
            assert!(url.scheme() == "https" && url.has_host(), "{url}");
        }
        if let Ok(document) = serde_json::from_slice::<Value>(input) {
            assert_eq!(document["issuer"], stand::ISSUER);
            assert_eq!(document["token_endpoint"].is_string(), metadata.token_endpoint.is_some());
        }
    });
}
