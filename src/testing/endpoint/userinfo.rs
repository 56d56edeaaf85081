//! The userinfo endpoint (OpenID Connect Core 1.0 section 5.3).

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use serde_json::{Map, Value};

use crate::{
    testing::{TokenBuilder, parameters::Parameters, state::State},
    types::{Claims, Scopes, unix_seconds},
};

use super::json;

/// Refusals (RFC 6750 section 3.1), each with its challenge.
const NO_TOKEN: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "Bearer");
const INVALID_TOKEN: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "Bearer error=\"invalid_token\"");
const INSUFFICIENT_SCOPE: (StatusCode, &str) =
    (StatusCode::FORBIDDEN, "Bearer error=\"insufficient_scope\", scope=\"openid\"");

pub(super) fn answer(state: &Arc<State>, request: &Request<Bytes>) -> Response<Bytes> {
    match claims(state, request) {
        Ok(mut claims) => {
            let hooks = state.hooks();
            hooks.userinfo(&mut claims);
            match hooks.signed_userinfo(|| token(state, &claims)) {
                Some(token) => signed(token),
                None => json(StatusCode::OK, &Value::Object(claims)),
            }
        }
        Err((status, challenge)) => {
            let mut response = json(status, &Value::Null);
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            response
        }
    }
}

/// The claims as a token for the client (section 5.3.2).
fn token(state: &Arc<State>, claims: &Map<String, Value>) -> TokenBuilder {
    claims.iter().fold(TokenBuilder::for_client(state, "JWT"), |token, (name, value)| token.claim(name, value))
}

fn signed(token: String) -> Response<Bytes> {
    let mut response = Response::new(token.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
    response
}

fn claims(state: &State, request: &Request<Bytes>) -> Result<Map<String, Value>, (StatusCode, &'static str)> {
    let token = access_token(request).ok_or(NO_TOKEN)?;
    let token = state.own_token(&token).filter(|token| is_good(state, token)).ok_or(INVALID_TOKEN)?;
    let text = |name| token.string(name).ok().flatten();
    let subject = text("sub").ok_or(INVALID_TOKEN)?;
    let scope = text("scope").unwrap_or_default();
    if !Scopes::parse(&scope).contains("openid") {
        return Err(INSUFFICIENT_SCOPE);
    }
    Ok(state.users().claims_for(&subject, &scope))
}

/// The token of the header, or else of the form (RFC 6750 sections 2.1 and 2.2).
fn access_token(request: &Request<Bytes>) -> Option<String> {
    match request.headers().get(AUTHORIZATION) {
        Some(header) => header.to_str().ok()?.strip_prefix("Bearer ").map(str::to_owned),
        None => Parameters::read(request.body()).get("access_token").map(str::to_owned),
    }
}

/// An access token, not an ID token, that is alive.
fn is_good(state: &State, token: &Claims) -> bool {
    let expires_at = token.seconds("exp").ok().flatten().unwrap_or_default();
    let id = token.string("jti").ok().flatten();
    token.contains("scope")
        && expires_at > unix_seconds(state.clock.now())
        && !id.is_some_and(|id| state.grants().is_revoked(&id))
}
