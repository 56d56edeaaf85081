//! What userinfo says, and to whom (OpenID Connect Core 1.0 section 5).

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header::AUTHORIZATION};
use serde_json::{Map, Value, json};

use crate::testing::{Endpoint, GrantType, TestProvider, TokenBuilder, endpoint, user};

/// What another source says, as the example of section 5.6.2 does.
const PHONE_NUMBER: &str = "+1 (310) 123-4567";

pub(super) fn by_header_alone(provider: &TestProvider) {
    take(provider, |request| request.headers().contains_key(AUTHORIZATION));
}

pub(super) fn by_body_alone(provider: &TestProvider) {
    take(provider, |request| !request.headers().contains_key(AUTHORIZATION));
}

pub(super) fn of_somebody_else(provider: &TestProvider) {
    provider.change_userinfo(|claims| drop(claims.insert("sub".to_owned(), json!("somebody-else"))));
}

pub(super) fn signed(provider: &TestProvider) {
    provider.sign_userinfo(TokenBuilder::sign);
}

pub(super) fn alone_has_what_the_scope_asks_for(provider: &TestProvider) {
    provider.change_id_token(|token, grant| match grant {
        GrantType::Implicit => token,
        _ => user::claims_of_scopes().fold(token, |token, claim| token.without(claim)),
    });
}

pub(super) fn with_claims_of_another_source(provider: &TestProvider) {
    let token = provider.id_token("jane").issuer("https://phones.example").claim("phone_number", PHONE_NUMBER).sign();
    point_to(provider, json!({ "JWT": token }));
}

pub(super) fn with_claims_from_elsewhere(provider: &TestProvider) {
    let url = provider.state().address.url("/claims");
    point_to(provider, json!({ "endpoint": url, "access_token": "for-the-claims" }));
    let path = format!("{}/claims", provider.state().address.path());
    let token = provider.id_token("jane").issuer("https://phones.example").claim("phone_number", PHONE_NUMBER).sign();
    provider.state().hooks_mut().elsewhere =
        Some(Arc::new(move |asked| (asked == path).then(|| Response::new(Bytes::from(token.clone())))));
}

/// Another source, which is described so, has a phone number.
fn point_to(provider: &TestProvider, source: Value) {
    provider.change_userinfo(move |claims: &mut Map<String, Value>| {
        claims.insert("_claim_names".to_owned(), json!({ "phone_number": "phones" }));
        claims.insert("_claim_sources".to_owned(), json!({ "phones": source }));
    });
}

/// Only such requests are taken.
fn take(provider: &TestProvider, is_taken: impl Fn(&Request<Bytes>) -> bool + Send + Sync + 'static) {
    provider.state().hooks_mut().in_place = Some(Arc::new(move |endpoint, request| {
        let is_refused = endpoint == Endpoint::Userinfo && !is_taken(request);
        is_refused.then(|| endpoint::json(StatusCode::UNAUTHORIZED, &Value::Null))
    }));
}
