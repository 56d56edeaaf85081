//! Why there are no tokens, as data.

use std::{fmt, time::Duration};

use http::StatusCode;

use crate::{
    provider::{ShownUrl, client_authentication::SigningError, http::HttpError},
    types::ClaimsError,
};

/// Why the token endpoint gave no tokens. Nothing in it comes from a body but which of the known codes it held.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenEndpointError {
    /// The provider refuses (RFC 6749 section 5.2). Its `error_description` is not kept.
    #[error("the token endpoint refuses with {code} (status {status})")]
    OAuth {
        /// `error`.
        code: OAuthErrorCode,
        /// The status.
        status: StatusCode,
    },
    /// The provider wants to be left alone: status 429, or 503 with `Retry-After`.
    #[error("the token endpoint limits requests: try again in {} s", .retry_after.as_secs())]
    RateLimited {
        /// For how long; between a second and [`MAX_RETRY_AFTER`](crate::provider::MAX_RETRY_AFTER).
        retry_after: Duration,
    },
    /// No answer. The request may have been acted on, unless this is [`HttpError::Connect`] or [`HttpError::Tls`].
    #[error("the token endpoint cannot be reached")]
    Unreachable(#[source] HttpError),
    /// A redirect, which is never followed: it would take the client's secret elsewhere.
    #[error("the token endpoint redirects{}, which is not followed", .to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default())]
    Redirect {
        /// Where the answer points to, if it says so in a way that can be read.
        to: Option<ShownUrl>,
    },
    /// Another status than 200, without an OAuth error that goes with it.
    #[error("the token endpoint answered with status {status}")]
    Status {
        /// The status.
        status: StatusCode,
    },
    /// Status 200 with something else than a JSON object.
    #[error("the token endpoint answered with something else than a JSON object")]
    NotJson(#[source] ClaimsError),
    /// A member of the answer is missing or of the wrong type.
    #[error("the answer of the token endpoint is malformed: `{member}` must be {expected}")]
    Malformed {
        /// The member's name.
        member: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The access token is not a bearer token.
    #[error("the access token is of another type than Bearer")]
    UnsupportedTokenType,
    /// The client assertion cannot be signed; nothing was sent.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// `error` of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OAuthErrorCode {
    /// `invalid_request` (RFC 6749 section 5.2).
    InvalidRequest,
    /// `invalid_client` (RFC 6749 section 5.2).
    InvalidClient,
    /// `invalid_grant` (RFC 6749 section 5.2).
    InvalidGrant,
    /// `unauthorized_client` (RFC 6749 section 5.2).
    UnauthorizedClient,
    /// `unsupported_grant_type` (RFC 6749 section 5.2).
    UnsupportedGrantType,
    /// `invalid_scope` (RFC 6749 section 5.2).
    InvalidScope,
    /// `invalid_target` (RFC 8707 section 2).
    InvalidTarget,
    /// Any other, whose text is not kept.
    Other,
}

impl TokenEndpointError {
    /// Whether the same request may do better later, for a grant that may be used again: client credentials. A code or a
    /// rotating refresh token may be spent by now.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Unreachable(_) | Self::NotJson(_) => true,
            Self::Status { status } => status.is_server_error() || *status == StatusCode::REQUEST_TIMEOUT,
            Self::OAuth { .. }
            | Self::Redirect { .. }
            | Self::Malformed { .. }
            | Self::UnsupportedTokenType
            | Self::Signing(_) => false,
        }
    }

    /// Whether the provider does not take the client for who it says it is: `invalid_client`, or status 401, with which
    /// Auth0 sends `access_denied`.
    #[must_use]
    pub fn is_invalid_client(&self) -> bool {
        match self {
            Self::OAuth { code, status } => {
                *code == OAuthErrorCode::InvalidClient || *status == StatusCode::UNAUTHORIZED
            }
            Self::Status { status } => *status == StatusCode::UNAUTHORIZED,
            _ => false,
        }
    }

    /// How long the provider wants to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            _ => None,
        }
    }
}

impl OAuthErrorCode {
    const KNOWN: [Self; 7] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::InvalidScope,
        Self::InvalidTarget,
    ];

    pub(super) fn from_name(name: &str) -> Self {
        Self::KNOWN.into_iter().find(|code| code.as_str() == name).unwrap_or(Self::Other)
    }

    /// The registered name; `other` for any other.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for OAuthErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_of_the_known_ones_or_another() {
        for code in OAuthErrorCode::KNOWN {
            assert_eq!(OAuthErrorCode::from_name(code.as_str()), code);
        }
        for name in ["access_denied", "Invalid_Client", "invalid_client ", "other", ""] {
            assert_eq!(OAuthErrorCode::from_name(name), OAuthErrorCode::Other, "{name}");
        }
    }
}
