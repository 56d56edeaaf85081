//! Why the provider did not do what a form asked for, as data.

use std::{fmt, time::Duration};

use http::StatusCode;

use crate::{
    provider::{ShownUrl, client_authentication::SigningError, http::HttpError},
    types::ClaimsError,
};

/// Why the token endpoint gave no tokens, the revocation endpoint did not revoke one, or an authorization request could not be
/// pushed. Nothing in it comes from a body but
/// which of the known codes it held.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenEndpointError {
    /// The provider's metadata, which say where the endpoint is, are not known yet. Nothing was sent.
    #[error("the provider's metadata are not known yet")]
    NoMetadata {
        /// When to ask again. At least a second.
        retry_after: Duration,
    },
    /// The provider's metadata name no such endpoint. Nothing was sent.
    #[error("the provider's metadata name no such endpoint")]
    NoEndpoint,
    /// The provider refuses (RFC 6749 section 5.2). Its `error_description` is not kept.
    #[error("the provider refuses with {code} (status {status})")]
    OAuth {
        /// `error`.
        code: OAuthErrorCode,
        /// The status.
        status: StatusCode,
    },
    /// The provider wants to be left alone: status 429, or 503 with `Retry-After`.
    #[error("the provider limits requests: try again in {} s", .retry_after.as_secs())]
    RateLimited {
        /// For how long; between a second and [`MAX_RETRY_AFTER`](crate::provider::MAX_RETRY_AFTER).
        retry_after: Duration,
    },
    /// No answer. The request may have been acted on, unless this is [`HttpError::Connect`] or [`HttpError::Tls`].
    #[error("the provider cannot be reached")]
    Unreachable(#[source] HttpError),
    /// A redirect, which is never followed: it would take the client's secret elsewhere.
    #[error("the provider redirects{}, which is not followed", .to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default())]
    Redirect {
        /// Where the answer points to, if it says so in a way that can be read.
        to: Option<ShownUrl>,
    },
    /// Another status than 200, or 201 for a request that is pushed, without an OAuth error that goes with it.
    #[error("the provider answered with status {status}")]
    Status {
        /// The status.
        status: StatusCode,
    },
    /// That status with something else than a JSON object.
    #[error("the provider answered with something else than a JSON object")]
    NotJson(#[source] ClaimsError),
    /// A member of the answer is missing or of the wrong type.
    #[error("the provider's answer is malformed: `{member}` must be {expected}")]
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
    /// `unsupported_token_type` (RFC 7009 section 2.2.1): the provider does not revoke such tokens.
    UnsupportedTokenType,
    /// `interaction_required`: Microsoft Entra wants the person, for a second factor say, before it renews anything.
    InteractionRequired,
    /// `login_required`: the person has to sign in again (OpenID Connect Core 1.0 section 3.1.2.6).
    LoginRequired,
    /// `consent_required`: the person has to consent to something (likewise).
    ConsentRequired,
    /// `access_denied`: a rule of the provider's denies the person, with status 403; Auth0 says it of a client too, with 401.
    AccessDenied,
    /// `unauthorized`: Auth0 does not let the person in, who is blocked or denied by a rule.
    Unauthorized,
    /// `temporarily_unavailable`: Microsoft Entra is too busy.
    TemporarilyUnavailable,
    /// Any other, whose text is not kept.
    Other,
}

impl TokenEndpointError {
    /// The reason as one word, for the log and for metrics to count by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoMetadata { .. } => "no_metadata",
            Self::NoEndpoint => "no_endpoint",
            Self::OAuth { code, .. } => code.as_str(),
            Self::RateLimited { .. } => "rate_limited",
            Self::Unreachable(_) => "unreachable",
            Self::Redirect { .. } => "redirect",
            Self::Status { .. } => "status",
            Self::NotJson(_) => "not_json",
            Self::Malformed { .. } => "malformed_member",
            Self::UnsupportedTokenType => "another_token_type",
            Self::Signing(_) => "client_credential",
        }
    }

    /// Whether the same request may do better later, for what may be sent again: client credentials, a revocation, a request that
    /// is pushed. A code or
    /// a rotating refresh token may be spent by now.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.is_unavailable()
    }

    /// Whether the provider is down, wants to be left alone, or is not known yet: nothing was said about the client or the
    /// grant. A session goes on.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::NoMetadata { .. } | Self::RateLimited { .. } | Self::Unreachable(_) | Self::NotJson(_) => true,
            Self::Status { status } => status.is_server_error() || *status == StatusCode::REQUEST_TIMEOUT,
            Self::OAuth { code, .. } => *code == OAuthErrorCode::TemporarilyUnavailable,
            Self::NoEndpoint
            | Self::Redirect { .. }
            | Self::Malformed { .. }
            | Self::UnsupportedTokenType
            | Self::Signing(_) => false,
        }
    }

    /// Whether the code or the refresh token is dead: no tokens will come of it, and the person must sign in again. That is
    /// `invalid_grant`, whatever its status (Auth0 sends 403), and Microsoft Entra's `interaction_required`.
    ///
    /// Nothing else says so for certain. Some providers have answered `invalid_request` for an expired token, but that is also
    /// what a configuration mistake gets, and it would sign everybody out.
    #[must_use]
    pub fn is_invalid_grant(&self) -> bool {
        matches!(self, Self::OAuth { code: OAuthErrorCode::InvalidGrant | OAuthErrorCode::InteractionRequired, .. })
    }

    /// Whether the provider turns the person away: the grant [is dead](Self::is_invalid_grant), or the person is blocked or
    /// denied there, or has to sign in or consent first.
    ///
    /// What it says of the client is for the operator to mend, and what it says in words of its own may be about anything.
    #[must_use]
    pub fn is_about_the_person(&self) -> bool {
        use OAuthErrorCode as Code;
        match self {
            Self::OAuth { code: Code::AccessDenied, status } => *status != StatusCode::UNAUTHORIZED,
            Self::OAuth { code: Code::LoginRequired | Code::ConsentRequired | Code::Unauthorized, .. } => true,
            error => error.is_invalid_grant(),
        }
    }

    /// Whether the provider does not take the client for who it says it is: `invalid_client`, or status 401, with which
    /// Auth0 sends `access_denied`. What is said of the grant or of the person is not said of the client, whatever its status.
    #[must_use]
    pub fn is_invalid_client(&self) -> bool {
        match self {
            Self::OAuth { code: OAuthErrorCode::InvalidClient, .. } => true,
            Self::OAuth { status, .. } | Self::Status { status } => {
                *status == StatusCode::UNAUTHORIZED && !self.is_about_the_person() && !self.is_unavailable()
            }
            _ => false,
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

impl OAuthErrorCode {
    const KNOWN: [Self; 14] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::InvalidScope,
        Self::InvalidTarget,
        Self::UnsupportedTokenType,
        Self::InteractionRequired,
        Self::LoginRequired,
        Self::ConsentRequired,
        Self::AccessDenied,
        Self::Unauthorized,
        Self::TemporarilyUnavailable,
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
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InteractionRequired => "interaction_required",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::AccessDenied => "access_denied",
            Self::Unauthorized => "unauthorized",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
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
        for name in ["server_error", "Invalid_Client", "invalid_client ", "other", ""] {
            assert_eq!(OAuthErrorCode::from_name(name), OAuthErrorCode::Other, "{name}");
        }
    }
}
