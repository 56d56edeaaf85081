//! Why a login, a refresh or a logout failed, as data.

mod code;
mod kind;

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    principal::PrincipalError,
    provider::{ClientAuthenticationError, TokenEndpointError, UserinfoError},
    session::SessionError,
    types::{BoxError, RandomError},
    validator::TokenError,
};

pub use kind::LoginErrorKind;

use super::{LoginPathsError, Mismatch};

/// Why a login, a refresh or a logout failed. Nothing in it comes from the browser, and nothing from the provider but which of
/// the known codes it was, and what its metadata list.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The path does not answer that method.
    #[error("the path does not answer that method")]
    Method,
    /// The body is too long, or no form.
    #[error("the body is too long or is no form")]
    Body,
    /// A parameter of the request stands twice.
    #[error("the parameter `{name}` stands twice")]
    Repeated {
        /// Its name.
        name: &'static str,
    },
    /// A parameter that must be there is not.
    #[error("the parameter `{name}` is missing")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A parameter is too long, or holds what it cannot hold.
    #[error("the parameter `{name}` is too long or holds what it cannot hold")]
    Malformed {
        /// Its name.
        name: &'static str,
    },
    /// The return address is none that a browser may be sent to.
    #[error("the return address is not one of ours")]
    ReturnAddress,
    /// A login was asked for in the name of another issuer (OpenID Connect Core 1.0 section 4).
    #[error("the login is asked for in the name of another issuer")]
    ForeignIssuer,
    /// The browser only fetches the page ahead: nothing is started for it.
    #[error("a prefetch starts nothing")]
    Prefetch,
    /// A page fetched the address of the login by itself, where nobody would see the provider.
    #[error("only a navigation starts a login")]
    NotANavigation,
    /// The person has just signed in, and the browser does not bring the session, or nobody knows it.
    #[error("the session of a login that has just finished is lost")]
    SessionLost,
    /// The person has just signed in anew, and the provider says that it was longer ago than the route allows.
    #[error("the login is older than the route allows, though it was just renewed")]
    StillTooOld,
    /// The person has signed in anew, and not as the route asks: the ID token has another `acr` or `amr` (OpenID Connect Core 1.0
    /// section 3.1.3.7, step 12).
    #[error("the login is not of the acr or amr that was asked for")]
    TooWeak,
    /// A rule asks for more `acr` and `amr` than a login on its way can carry.
    #[error("the rule asks for more acr and amr than a login can carry")]
    StrengthTooLong,
    /// The provider's metadata are not known yet.
    #[error("the provider cannot be reached")]
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The provider's metadata have no such endpoint.
    #[error("the provider does not offer {what}")]
    NotOffered {
        /// What is missing.
        what: &'static str,
    },
    /// The provider's metadata do not offer what is configured. For the operator: it shows what they do offer.
    #[error("{}", shown(.0))]
    Mismatch(Vec<Mismatch>),
    /// The authorization request could not be pushed (RFC 9126). It goes no other way.
    #[error("the authorization request could not be pushed")]
    Push(#[source] Arc<TokenEndpointError>),
    /// The callback belongs to no login of this browser: it took too long, was used already, or was made up.
    #[error("the callback belongs to no login of this browser")]
    UnknownTransaction,
    /// The same, and starting again did not help: the browser keeps no cookies, or comes back too late each time; or the provider
    /// answers with another `state` than it was sent.
    #[error("the login was started again and came back without its cookie again")]
    Loop,
    /// The answer names another issuer than was asked, or none though the provider promised to (RFC 9207).
    #[error("the answer is of another issuer")]
    ResponseIssuer,
    /// The answer is of another response type than was asked for.
    #[error("the answer is of another response type than was asked for")]
    ResponseType,
    /// The provider answered with an error (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6).
    #[error("the provider answered with {code}")]
    Authorization {
        /// `error`.
        code: AuthorizationErrorCode,
    },
    /// The code could not be exchanged.
    #[error("the code could not be exchanged")]
    Exchange(#[source] Arc<TokenEndpointError>),
    /// The token endpoint gave no ID token.
    #[error("the token endpoint gave no ID token")]
    NoIdToken,
    /// The ID token was refused.
    #[error("the ID token was refused")]
    IdToken(#[source] TokenError),
    /// The ID token is of another organization than was asked for (Auth0 Organizations).
    #[error("the ID token is of another organization than was asked for")]
    Organization,
    /// Userinfo is needed and could not be had.
    #[error("userinfo could not be had")]
    Userinfo(#[source] Arc<UserinfoError>),
    /// Userinfo came as a JWT, which was refused (OpenID Connect Core 1.0 section 5.3.2).
    #[error("the userinfo JWT was refused")]
    UserinfoToken(#[source] TokenError),
    /// The person is known to the provider, but the settings do not let them in.
    #[error(transparent)]
    Principal(#[from] PrincipalError),
    /// The person is not in the directory, and may not sign up.
    #[error("the person is not registered and may not sign up")]
    NotRegistered,
    /// The user directory failed.
    #[error("the user directory failed")]
    Directory(#[source] Arc<BoxError>),
    /// The session cannot be kept or found.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// There is no session to renew.
    #[error("there is no session")]
    NoSession,
    /// The session has no refresh token.
    #[error("the session has no refresh token")]
    NotRenewable,
    /// The provider refused to renew the tokens, or renewed them for somebody else: the session has ended.
    #[error("the provider does not renew the session: it has ended")]
    RenewalRefused,
    /// The provider could not be asked to renew the tokens. The session goes on as far as it may.
    #[error("the provider could not be asked to renew the session")]
    RenewalFailed(#[source] Arc<TokenEndpointError>),
    /// The session is being renewed, by another replica or already for longer than a request waits, and is not good without that.
    #[error("the session is being renewed")]
    RenewalUnderWay,
    /// Another site sent the request.
    #[error("another site sent the request")]
    CrossSite,
    /// The logout token was refused (OpenID Connect Back-Channel Logout 1.0 section 2.6).
    #[error("the logout token was refused")]
    LogoutToken(#[source] TokenError),
    /// The login cannot be at the paths that it was moved to.
    #[error(transparent)]
    Paths(#[from] LoginPathsError),
    /// The client's key or secret cannot be used.
    #[error(transparent)]
    Client(ClientAuthenticationError),
    /// The system gives no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

fn shown(mismatches: &[Mismatch]) -> String {
    mismatches.iter().map(Mismatch::to_string).collect::<Vec<_>>().join("; ")
}

/// `error` of an authorization response (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "as the specifications name them")]
pub enum AuthorizationErrorCode {
    AccessDenied,
    LoginRequired,
    ConsentRequired,
    InteractionRequired,
    AccountSelectionRequired,
    /// Auth0: a rule, an action or a block keeps the person out.
    Unauthorized,
    InvalidRequest,
    InvalidScope,
    UnauthorizedClient,
    UnsupportedResponseType,
    ServerError,
    TemporarilyUnavailable,
    /// Any other, whose text is not kept.
    Other,
}

impl AuthorizationErrorCode {
    /// Reads the value of `error`.
    pub(super) fn from_name(name: &str) -> Self {
        match name {
            "access_denied" => Self::AccessDenied,
            "login_required" => Self::LoginRequired,
            "consent_required" => Self::ConsentRequired,
            "interaction_required" => Self::InteractionRequired,
            "account_selection_required" => Self::AccountSelectionRequired,
            "unauthorized" => Self::Unauthorized,
            "invalid_request" => Self::InvalidRequest,
            "invalid_scope" => Self::InvalidScope,
            "unauthorized_client" => Self::UnauthorizedClient,
            "unsupported_response_type" => Self::UnsupportedResponseType,
            "server_error" => Self::ServerError,
            "temporarily_unavailable" => Self::TemporarilyUnavailable,
            _ => Self::Other,
        }
    }

    /// The code as the specifications write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::Unauthorized => "unauthorized",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::Other => "another_error",
        }
    }
}

impl fmt::Display for AuthorizationErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
