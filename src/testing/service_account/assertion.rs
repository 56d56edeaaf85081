//! Client assertions (RFC 7523 section 3).

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{
    jose::{JwkSet, Jws, KeyRing},
    testing::{endpoint::Endpoint, state::State},
    types::{Claims, unix_seconds},
};

/// The client that an assertion says it is of.
pub(super) fn unverified_client(text: &str) -> Option<String> {
    let payload: Value = serde_json::from_slice(&decode(text.split('.').nth(1)?)?).ok()?;
    payload["sub"].as_str().map(str::to_owned)
}

/// The claims of an assertion that the client's secret signed: HS256.
pub(super) fn by_secret(text: &str, secret: &str) -> Option<Claims> {
    let (input, signature) = text.rsplit_once('.')?;
    let (header, payload) = input.split_once('.')?;
    let header: Value = serde_json::from_slice(&decode(header)?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let holds = header["alg"] == "HS256" && hmac::verify(&key, input.as_bytes(), &decode(signature)?).is_ok();
    let claims = String::from_utf8(decode(payload)?).ok()?;
    holds.then(|| Claims::parse(claims).ok())?
}

/// The claims of an assertion that the client's key signed.
pub(super) fn by_key(text: &str, keys: &JwkSet) -> Option<Claims> {
    let jws = Jws::parse(text).ok()?;
    let ring = KeyRing::new([keys], jws.algorithm().into());
    let key = ring.find(jws.key_id(), jws.algorithm()).ok()?;
    jws.verify(key).ok()
}

/// Checks the claims, and gives the id by which an assertion is known again.
pub(super) fn check(claims: &Claims, client_id: &str, state: &State) -> Option<String> {
    let says = |claim| claims.string(claim).ok().flatten();
    let audience = says("aud")?;
    let endpoints = [Endpoint::Token, Endpoint::PushedAuthorization].map(|endpoint| state.address.url(endpoint.path()));
    let for_us = audience == state.address.issuer() || endpoints.iter().any(|url| *url == audience);
    let alive = claims.seconds("exp").ok()?? > unix_seconds(state.clock.now());
    let own = says("iss")? == client_id && says("sub")? == client_id;
    says("jti").filter(|_| for_us && alive && own).map(|id| id.into_owned())
}

fn decode(segment: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(segment).ok()
}
