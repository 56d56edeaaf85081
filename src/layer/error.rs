//! Why a request was refused.

use crate::{
    principal::{Denied, PrincipalError},
    types::ClaimsMismatch,
    validator::TokenError,
};

use super::{
    CredentialsError,
    browser::{self, LoginError},
};

/// Why a request was refused. It stands in the extensions of the response that refuses it, beside its
/// [`DecisionRecord`](super::DecisionRecord); the client learns only its [`kind`](Self::kind).
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The request brings no credentials.
    #[error("the request brings no credentials")]
    NoCredentials,
    /// The credentials cannot be read.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The token was refused, or could not be checked.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token is good, but names no principal that may come in.
    #[error(transparent)]
    Principal(#[from] PrincipalError),
    /// The principal is known, but a rule of the route refuses it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The verified claims do not fit the type that the handler asks for.
    #[error(transparent)]
    Claims(#[from] ClaimsMismatch),
    /// A login, a refresh or a logout failed, or a session cannot be found.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// A guard or an extractor is mounted where the [`AuthLayer`](super::AuthLayer) of its [`Auth`](super::Auth) was not passed, or where
    /// something else has put a principal there, or taken the layer's away.
    #[error("a guard was reached without the layer of its `Auth`: put `.layer(auth.layer())` outside of it")]
    NotLayered,
}

/// The kinds of refusal: all that a client learns, and the label that logs and metrics count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthErrorKind {
    /// No credentials were sent.
    NoCredentials,
    /// The request is malformed (RFC 6750 section 3.1, `invalid_request`).
    InvalidRequest,
    /// The token is not accepted (RFC 6750 section 3.1, `invalid_token`).
    InvalidToken,
    /// The proof that came with the token is not accepted (RFC 9449 section 7.1, `invalid_dpop_proof`).
    InvalidProof,
    /// The token lacks a scope (RFC 6750 section 3.1, `insufficient_scope`).
    InsufficientScope,
    /// The last login is too long ago (RFC 9470 section 3, `insufficient_user_authentication`).
    LoginTooOld,
    /// The last login is of another class, or by other methods, than is asked for (RFC 9470 section 3,
    /// `insufficient_user_authentication`).
    LoginTooWeak,
    /// Known, but not allowed.
    Forbidden,
    /// A login, a refresh or a logout did not come to its end.
    Login,
    /// The verdict needs the provider, and it cannot be reached.
    Unavailable,
    /// The service is wired wrongly.
    Misconfigured,
}

impl AuthErrorKind {
    /// The kind in snake case, as logs and metrics show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InvalidProof => "invalid_dpop_proof",
            Self::InsufficientScope => "insufficient_scope",
            Self::LoginTooOld => "login_too_old",
            Self::LoginTooWeak => "login_too_weak",
            Self::Forbidden => "forbidden",
            Self::Login => "login",
            Self::Unavailable => "unavailable",
            Self::Misconfigured => "misconfigured",
        }
    }

    /// `type` of the problem document that refuses a request (RFC 9457 section 3.1.1): one for each kind, and the same for all its
    /// reasons. It identifies; there is nothing to fetch.
    #[must_use]
    pub const fn problem_type(self) -> &'static str {
        match self {
            Self::NoCredentials => "urn:tower-oidc:refusal:no_credentials",
            Self::InvalidRequest => "urn:tower-oidc:refusal:invalid_request",
            Self::InvalidToken => "urn:tower-oidc:refusal:invalid_token",
            Self::InvalidProof => "urn:tower-oidc:refusal:invalid_dpop_proof",
            Self::InsufficientScope => "urn:tower-oidc:refusal:insufficient_scope",
            Self::LoginTooOld => "urn:tower-oidc:refusal:login_too_old",
            Self::LoginTooWeak => "urn:tower-oidc:refusal:login_too_weak",
            Self::Forbidden => "urn:tower-oidc:refusal:forbidden",
            Self::Login => "urn:tower-oidc:refusal:login",
            Self::Unavailable => "urn:tower-oidc:refusal:unavailable",
            Self::Misconfigured => "urn:tower-oidc:refusal:misconfigured",
        }
    }
}

impl AuthError {
    /// What kind of refusal this is.
    #[must_use]
    pub fn kind(&self) -> AuthErrorKind {
        match self {
            Self::NoCredentials => AuthErrorKind::NoCredentials,
            Self::Credentials(CredentialsError::Repeated) => AuthErrorKind::InvalidRequest,
            Self::Credentials(CredentialsError::Malformed) => AuthErrorKind::InvalidToken,
            Self::Token(error) if error.is_unavailable() => AuthErrorKind::Unavailable,
            Self::Token(TokenError::Proof(_)) => AuthErrorKind::InvalidProof,
            Self::Token(_) => AuthErrorKind::InvalidToken,
            Self::Principal(error) if error.is_malformed() => AuthErrorKind::InvalidToken,
            Self::Principal(_) | Self::Claims(_) => AuthErrorKind::Forbidden,
            Self::Denied(denied) if denied.is_too_weak() => AuthErrorKind::LoginTooWeak,
            Self::Denied(denied) if denied.max_age().is_some() => AuthErrorKind::LoginTooOld,
            Self::Denied(denied) if !denied.scopes().is_empty() => AuthErrorKind::InsufficientScope,
            Self::Denied(_) => AuthErrorKind::Forbidden,
            Self::Login(error) => browser::kind(error),
            Self::NotLayered => AuthErrorKind::Misconfigured,
        }
    }
}
