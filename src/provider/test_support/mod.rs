//! What the tests of this module run on: a clock moved by hand, a client that answers by script, a secret that is rotated, a
//! log to read.

mod log;
mod manual_clock;
mod scripted_client;
mod secret_file;

pub(crate) use log::Log;
pub(super) use manual_clock::{ManualClock, settle};
pub(super) use scripted_client::{Reply, ScriptedClient};
pub(super) use secret_file::SecretFile;

use std::error::Error;

use bytes::Bytes;
use http::Request;
use url::{Url, form_urlencoded};

use crate::{
    config::{BearerTokenKind, IssuerSettings, ProviderKind},
    types::Algorithm,
};

pub(super) const ISSUER: &str = "https://id.example";
pub(super) const DISCOVERY: &str = "https://id.example/.well-known/openid-configuration";
pub(super) const JWKS: &str = "https://id.example/keys";

/// Settings with discovery at [`DISCOVERY`] and RS256.
pub(super) fn settings(kind: ProviderKind) -> IssuerSettings {
    IssuerSettings {
        path: "authenticationConfiguration".to_owned(),
        name: "Acme".to_owned(),
        kind,
        issuer: None,
        discovery: Some(Url::parse(DISCOVERY).unwrap()),
        key_urls: Vec::new(),
        tenant: None,
        audiences: vec!["https://api.example".to_owned()],
        client_id: None,
        algorithms: Algorithm::Rs256.into(),
        id_token_algorithm: None,
        bearer_token_kind: BearerTokenKind::AccessToken,
        clock_skew: std::time::Duration::from_secs(60),
        token_validity: None,
    }
}

/// Metadata of `issuer` with keys at [`JWKS`].
pub(super) fn metadata(issuer: &str) -> String {
    serde_json::json!({"issuer": issuer, "jwks_uri": JWKS}).to_string()
}

/// A key document with an RS256 key for each id.
pub(super) fn jwks(key_ids: &[&str]) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let keys: Vec<_> = key_ids
        .iter()
        .map(|kid| {
            let fill = kid.bytes().fold(0x80_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) | 0x81;
            serde_json::json!({"kty": "RSA", "kid": kid, "n": URL_SAFE_NO_PAD.encode([fill; 256]), "e": "AQAB"})
        })
        .collect();
    serde_json::json!({ "keys": keys }).to_string()
}

/// The body of a request as text.
pub(super) fn body(request: &Request<Bytes>) -> &str {
    std::str::from_utf8(request.body()).unwrap()
}

/// A field of the form that a request sends.
pub(super) fn field(request: &Request<Bytes>, name: &str) -> Option<String> {
    form_urlencoded::parse(request.body()).find(|(field, _)| field == name).map(|(_, value)| value.into_owned())
}

/// An error with its causes, both ways to show it.
pub(super) fn shown(error: &dyn Error) -> String {
    let mut text = format!("{error:?} {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(" {error:?} {error}"));
        cause = error.source();
    }
    text
}
