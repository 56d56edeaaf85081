//! The userinfo endpoint (OpenID Connect Core 1.0 section 5.3).
//!
//! 1. The access token goes in the header alone (section 5.3.1, RFC 6750 section 2.1), and no redirect is followed with it.
//! 2. The media type says what an answer is: `application/json` claims, `application/jwt` a signed or encrypted one (section 5.3.2).
//!    Nothing of a JWT is read here, where nobody can verify it.
//! 3. The `sub` of claims is a non-empty string. Claims without one are nobody's.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use url::Url;

use crate::types::{Claims, ClaimsError, Clock, Secret};

use super::{
    error::ShownUrl,
    fetch::{self, Fetcher, hidden},
    freshness,
    http::HttpError,
    json,
};

/// Longest answer, in bytes. Auth0 lets the claims of a person reach 100 KB. One that is a JWT is a token, and no longer than
/// [`MAX_TOKEN_BYTES`](crate::jose::MAX_TOKEN_BYTES).
pub const MAX_USERINFO_BYTES: usize = 128 * 1024;

const JSON: &str = "application/json";
const JWT: &str = "application/jwt";

/// What is taken. JSON first: a provider that may choose need not sign what TLS keeps.
const ACCEPT: &str = "application/json, application/jwt;q=0.5";

/// What the userinfo endpoint answered.
#[derive(Debug)]
#[non_exhaustive]
pub enum UserinfoAnswer {
    /// Claims, by TLS alone.
    Claims(Claims),
    /// A JWT, for [`ClientValidator::userinfo`](crate::validator::ClientValidator::userinfo).
    Jwt(UserinfoJwt),
}

/// An answer that is a JWT, with everything in it unverified.
pub struct UserinfoJwt(Bytes);

/// The compact form, which need not be one.
impl AsRef<[u8]> for UserinfoJwt {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for UserinfoJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserinfoJwt(***)")
    }
}

/// Why the userinfo endpoint gave no claims. Nothing in it comes from a body.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UserinfoError {
    /// The provider's metadata, which say where the endpoint is, are not known yet. Nothing was sent.
    #[error("the provider's metadata are not known yet")]
    NoMetadata {
        /// When to ask again. At least a second.
        retry_after: Duration,
    },
    /// No answer.
    #[error("the userinfo endpoint cannot be reached")]
    Unreachable(#[source] HttpError),
    /// The provider wants to be left alone: status 429, or 503 with `Retry-After`.
    #[error("the userinfo endpoint limits requests: try again in {} s", .retry_after.as_secs())]
    RateLimited {
        /// For how long; between a second and [`MAX_RETRY_AFTER`](super::MAX_RETRY_AFTER).
        retry_after: Duration,
    },
    /// Status 401: the provider does not take the access token, or not any more (RFC 6750 section 3.1).
    #[error("the userinfo endpoint does not take the access token")]
    Unauthorized,
    /// A redirect, which is never followed: it would take the access token elsewhere.
    #[error("the userinfo endpoint redirects{}, which is not followed", .to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default())]
    Redirect {
        /// Where the answer points to, if it says so in a way that can be read.
        to: Option<ShownUrl>,
    },
    /// Any other status than 200; 403 is an access token without the scope `openid`.
    #[error("the userinfo endpoint answered with status {status}")]
    Status {
        /// The status.
        status: StatusCode,
    },
    /// An answer of another media type than `application/json` and `application/jwt`, or of none.
    #[error("the userinfo endpoint answered with another media type than application/json and application/jwt")]
    MediaType,
    /// An answer that is no JSON object.
    #[error("the userinfo endpoint answered with something else than a JSON object")]
    NotJson(#[source] ClaimsError),
    /// An answer whose `sub` is absent, empty or no string (OpenID Connect Core 1.0 section 5.3.2).
    #[error("the answer of the userinfo endpoint is malformed: `sub` must be a non-empty string")]
    Subject,
}

impl UserinfoError {
    /// The reason as one word, for the log and for metrics to count by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoMetadata { .. } => "no_metadata",
            Self::Unreachable(_) => "unreachable",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unauthorized => "unauthorized",
            Self::Redirect { .. } => "redirect",
            Self::Status { .. } => "status",
            Self::MediaType => "another_media_type",
            Self::NotJson(_) => "not_json",
            Self::Subject => "malformed_subject",
        }
    }

    /// Whether the provider is down, wants to be left alone, or is not known yet: the same request may do better later. An answer that
    /// is too long is an answer, and one that a person may be able to bring about.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unreachable(HttpError::TooLarge { .. }) => false,
            Self::NoMetadata { .. } | Self::Unreachable(_) | Self::RateLimited { .. } => true,
            Self::Status { status } => status.is_server_error() || *status == StatusCode::REQUEST_TIMEOUT,
            Self::Unauthorized | Self::Redirect { .. } | Self::MediaType | Self::NotJson(_) | Self::Subject => false,
        }
    }

    /// When to ask again, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::NoMetadata { retry_after } | Self::RateLimited { retry_after } => Some(*retry_after),
            _ => None,
        }
    }
}

/// Asks `url`, once, who the access token is of.
pub(super) async fn ask(
    fetcher: &Fetcher,
    clock: &dyn Clock,
    url: &Url,
    access_token: &Secret,
) -> Result<UserinfoAnswer, UserinfoError> {
    let request = request(url, access_token).map_err(UserinfoError::Unreachable)?;
    let response = fetcher.send(request, MAX_USERINFO_BYTES).await.map_err(UserinfoError::Unreachable)?;
    read(response, url, clock.now())
}

fn request(url: &Url, access_token: &Secret) -> Result<Request<Bytes>, HttpError> {
    Request::builder()
        .method(Method::GET)
        .uri(url.as_str())
        .header(header::ACCEPT, ACCEPT)
        .header(header::AUTHORIZATION, hidden(format!("Bearer {}", access_token.expose()))?)
        .body(Bytes::new())
        .map_err(|error| HttpError::Other(error.into()))
}

fn read(response: Response<Bytes>, url: &Url, now: SystemTime) -> Result<UserinfoAnswer, UserinfoError> {
    let (head, body) = response.into_parts();
    match head.status {
        StatusCode::OK => answer(&head.headers, body),
        StatusCode::UNAUTHORIZED => Err(UserinfoError::Unauthorized),
        status if status.is_redirection() => Err(UserinfoError::Redirect { to: fetch::target(url, &head.headers) }),
        status => match freshness::rate_limit(status, &head.headers, now) {
            Some(retry_after) => Err(UserinfoError::RateLimited { retry_after }),
            None => Err(UserinfoError::Status { status }),
        },
    }
}

fn answer(headers: &HeaderMap, body: Bytes) -> Result<UserinfoAnswer, UserinfoError> {
    match media_type(headers) {
        Some(found) if found.eq_ignore_ascii_case(JSON) => claims(&body).map(UserinfoAnswer::Claims),
        Some(found) if found.eq_ignore_ascii_case(JWT) => Ok(UserinfoAnswer::Jwt(UserinfoJwt(body))),
        _ => Err(UserinfoError::MediaType),
    }
}

fn claims(body: &[u8]) -> Result<Claims, UserinfoError> {
    let claims = json::object(body).map_err(UserinfoError::NotJson)?;
    let named = claims.string("sub").is_ok_and(|subject| subject.is_some_and(|subject| !subject.is_empty()));
    if named { Ok(claims) } else { Err(UserinfoError::Subject) }
}

/// The media type without its parameters (RFC 9110 section 8.3.1).
fn media_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next().map(str::trim)
}

#[cfg(test)]
mod tests;
