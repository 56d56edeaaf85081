//! What the answer is: what was asked for, or which kind of refusal.

use std::time::SystemTime;

use bytes::Bytes;
use http::{Response, StatusCode};
use url::Url;

use crate::{
    provider::{fetch, freshness, json},
    types::Claims,
};

use super::{
    error::{OAuthErrorCode, TokenEndpointError},
    pushed::PushedRequest,
    response::TokenResponse,
};

/// Longest answer, in bytes: an access, an ID and a refresh token, of which Auth0 lets the claims of the first two reach
/// 100 KB each.
pub const MAX_TOKEN_RESPONSE_BYTES: usize = 256 * 1024;

/// Tokens (RFC 6749 section 5).
pub(super) fn tokens(
    response: Response<Bytes>,
    url: &Url,
    now: SystemTime,
) -> Result<TokenResponse, TokenEndpointError> {
    let body = accepted(response, StatusCode::OK, url, now)?;
    success(&json::object(&body).map_err(TokenEndpointError::NotJson)?)
}

/// The token is void (RFC 7009 section 2.2). The status says it all, the body is not looked at.
pub(super) fn revoked(response: Response<Bytes>, url: &Url, now: SystemTime) -> Result<(), TokenEndpointError> {
    accepted(response, StatusCode::OK, url, now).map(drop)
}

/// The request is taken (RFC 9126 section 2.2): status 201. With 200 comes no such answer, but the page of a gateway does.
pub(super) fn pushed(
    response: Response<Bytes>,
    url: &Url,
    now: SystemTime,
) -> Result<PushedRequest, TokenEndpointError> {
    if response.status() == StatusCode::OK {
        json::object(response.body()).map_err(TokenEndpointError::NotJson)?;
    }
    let body = accepted(response, StatusCode::CREATED, url, now)?;
    PushedRequest::read(&json::object(&body).map_err(TokenEndpointError::NotJson)?)
}

/// The body of an answer with the status that says yes. The status tells what a body can be, and none is read that the status
/// gives no meaning to.
fn accepted(
    response: Response<Bytes>,
    yes: StatusCode,
    url: &Url,
    now: SystemTime,
) -> Result<Bytes, TokenEndpointError> {
    let (head, body) = response.into_parts();
    let status = head.status;
    if status == yes {
        return Ok(body);
    }
    if let Some(retry_after) = freshness::rate_limit(status, &head.headers, now) {
        return Err(TokenEndpointError::RateLimited { retry_after });
    }
    if status.is_redirection() {
        return Err(TokenEndpointError::Redirect { to: fetch::target(url, &head.headers) });
    }
    match json::object(&body).ok().as_ref().and_then(error_code) {
        Some(code) if status.is_client_error() => Err(TokenEndpointError::OAuth { code, status }),
        _ => Err(TokenEndpointError::Status { status }),
    }
}

/// A body with `error` is a refusal, though some providers send it with status 200.
fn success(body: &Claims) -> Result<TokenResponse, TokenEndpointError> {
    match error_code(body) {
        Some(code) => Err(TokenEndpointError::OAuth { code, status: StatusCode::OK }),
        None => TokenResponse::read(body),
    }
}

/// `error` (RFC 6749 section 5.2).
fn error_code(body: &Claims) -> Option<OAuthErrorCode> {
    let code = body.string("error").ok()??;
    Some(OAuthErrorCode::from_name(&code))
}
