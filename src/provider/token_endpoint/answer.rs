//! What the answer is: tokens, or which kind of refusal.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use url::Url;

use crate::{
    provider::{
        fetch,
        freshness::{self, MAX_RETRY_AFTER},
    },
    types::{Claims, ClaimsError},
};

use super::{
    error::{OAuthErrorCode, TokenEndpointError},
    response::TokenResponse,
};

/// Longest answer, in bytes: an access, an ID and a refresh token, of which Auth0 lets the claims of the first two reach
/// 100 KB each.
pub const MAX_TOKEN_RESPONSE_BYTES: usize = 256 * 1024;

/// How long to wait when the provider limits requests and does not say until when.
pub const RATE_LIMIT_PAUSE: Duration = Duration::from_secs(5);

/// Shortest time to wait: a limit that opened in the past by our clock has not opened by the provider's.
const MIN_PAUSE: Duration = Duration::from_secs(1);

/// The status tells what the body can be, and no body is read that the status gives no meaning to.
pub(super) fn read(response: Response<Bytes>, url: &Url, now: SystemTime) -> Result<TokenResponse, TokenEndpointError> {
    let (head, body) = response.into_parts();
    let status = head.status;
    if let Some(retry_after) = rate_limit(status, &head.headers, now) {
        return Err(TokenEndpointError::RateLimited { retry_after });
    }
    if status == StatusCode::OK {
        return success(&object(&body).map_err(TokenEndpointError::NotJson)?);
    }
    if status.is_redirection() {
        return Err(TokenEndpointError::Redirect { to: fetch::target(url, &head.headers) });
    }
    match object(&body).ok().as_ref().and_then(error_code) {
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

fn object(body: &[u8]) -> Result<Claims, ClaimsError> {
    let text = std::str::from_utf8(body).map_err(|_| ClaimsError::Json)?;
    Claims::parse(text.to_owned())
}

/// `error` (RFC 6749 section 5.2).
fn error_code(body: &Claims) -> Option<OAuthErrorCode> {
    let code = body.string("error").ok()??;
    Some(OAuthErrorCode::from_name(&code))
}

/// How long the provider wants to be left alone: with status 429 always, with 503 if it says so.
fn rate_limit(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let asked = freshness::retry_after(headers, now);
    let pause = match status {
        StatusCode::TOO_MANY_REQUESTS => {
            asked.or_else(|| freshness::rate_limit_reset(headers, now)).unwrap_or(RATE_LIMIT_PAUSE)
        }
        StatusCode::SERVICE_UNAVAILABLE => asked?,
        _ => return None,
    };
    Some(pause.clamp(MIN_PAUSE, MAX_RETRY_AFTER))
}
