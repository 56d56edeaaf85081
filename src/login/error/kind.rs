//! What kind of failure it is, and what follows from that: the one table.

use std::time::Duration;

use http::StatusCode;

use crate::{login::attend::pause_after, provider::TokenEndpointError, session::SessionError, validator::TokenError};

use super::{AuthorizationErrorCode, LoginError};

/// When to come back, where nobody knows better: longer than a connection takes to be made again, shorter than a person waits.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The kinds of failure: what a page tells, and what metrics count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginErrorKind {
    /// The request makes no sense: 400.
    BadRequest,
    /// The path does not answer that method: 405.
    Method,
    /// Another site sent the request, and nothing was done: 403.
    CrossSite,
    /// The login did not come to its end, and may be tried again: 400.
    Interrupted,
    /// The provider or the person said no, or is not signed in there: 401.
    Refused,
    /// The person is known and may not come in: 403.
    NotAllowed,
    /// Something that is needed cannot be reached: 503.
    Unavailable,
    /// Provider and configuration do not fit: 500. Somebody must mend them.
    Misconfigured,
}

/// The row of the table for a kind of failure.
pub(in crate::login) struct Row {
    pub(in crate::login) status: StatusCode,
    /// What a person reads first.
    pub(in crate::login) heading: &'static str,
    /// What a person reads next, and a program in `detail`.
    pub(in crate::login) explanation: &'static str,
    /// Whether the same may do better at the next attempt.
    pub(in crate::login) retry_helps: bool,
}

impl LoginErrorKind {
    #[rustfmt::skip]
    pub(in crate::login) const fn row(self) -> Row {
        let (status, retry_helps, heading, explanation) = match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, false, "That did not work",
                "The link or form that led here is incomplete, or was changed on its way."),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, false, "Nothing to open here",
                "This address is part of signing in or out, and cannot be used in this way."),
            Self::CrossSite => (StatusCode::FORBIDDEN, false, "Nothing was done",
                "Another website asked for this. If it was your own wish, go to the start page and ask for it there."),
            Self::Interrupted => (StatusCode::BAD_REQUEST, true, "Signing in was interrupted",
                "It took too long, or what came back could not be accepted. Trying again usually helps."),
            Self::Refused => (StatusCode::UNAUTHORIZED, true, "You are not signed in",
                "The sign-in provider did not let you through: it was declined there, or it wants something of you first."),
            Self::NotAllowed => (StatusCode::FORBIDDEN, false, "You have no access",
                "You are known to the sign-in provider, but your account may not use this service."),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, true, "Not available right now",
                "Something that this needs does not answer. It is nothing that you did: please try again in a moment."),
            Self::Misconfigured => (StatusCode::INTERNAL_SERVER_ERROR, false, "This is set up wrongly",
                "It cannot work until the people who run this service have mended it. They will want to know the reference."),
        };
        Row { status, heading, explanation, retry_helps }
    }

    /// The kind in snake case: the end of its [`problem_type`](Self::problem_type).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Method => "method",
            Self::CrossSite => "cross_site",
            Self::Interrupted => "interrupted",
            Self::Refused => "refused",
            Self::NotAllowed => "not_allowed",
            Self::Unavailable => "unavailable",
            Self::Misconfigured => "misconfigured",
        }
    }

    /// What a person reads first on the crate's own page, in English.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        self.row().heading
    }

    /// What a person reads next. For some codes the crate's own page has words of its own in this place.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        self.row().explanation
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.row().status
    }

    /// `type` of the problem document that tells of a failure (RFC 9457 section 3.1.1): one for each kind. It identifies; there is
    /// nothing to fetch.
    #[must_use]
    pub const fn problem_type(self) -> &'static str {
        match self {
            Self::BadRequest => "urn:tower-oidc:login:bad_request",
            Self::Method => "urn:tower-oidc:login:method",
            Self::CrossSite => "urn:tower-oidc:login:cross_site",
            Self::Interrupted => "urn:tower-oidc:login:interrupted",
            Self::Refused => "urn:tower-oidc:login:refused",
            Self::NotAllowed => "urn:tower-oidc:login:not_allowed",
            Self::Unavailable => "urn:tower-oidc:login:unavailable",
            Self::Misconfigured => "urn:tower-oidc:login:misconfigured",
        }
    }
}

impl LoginError {
    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> LoginErrorKind {
        use LoginErrorKind as Kind;
        match self {
            Self::Body | Self::Repeated { .. } | Self::Missing { .. } | Self::ReturnAddress => Kind::BadRequest,
            Self::Malformed { .. } | Self::ForeignIssuer | Self::NotRenewable => Kind::BadRequest,
            Self::Method => Kind::Method,
            Self::CrossSite => Kind::CrossSite,
            Self::Prefetch | Self::UnknownTransaction | Self::Loop => Kind::Interrupted,
            Self::ResponseIssuer | Self::ResponseType | Self::SessionLost => Kind::Interrupted,
            Self::NoSession | Self::RenewalRefused | Self::NotANavigation => Kind::Refused,
            Self::StillTooOld | Self::TooWeak => Kind::Refused,
            Self::Organization | Self::NotRegistered => Kind::NotAllowed,
            Self::RenewalUnderWay => Kind::Unavailable,
            Self::Unavailable { .. } | Self::Userinfo(_) | Self::Directory(_) | Self::Random(_) => Kind::Unavailable,
            Self::NotOffered { .. } | Self::Mismatch(_) | Self::NoIdToken | Self::Client(_) => Kind::Misconfigured,
            Self::StrengthTooLong | Self::Paths(_) => Kind::Misconfigured,
            Self::Authorization { code } => of_authorization(*code),
            Self::Exchange(error) | Self::RenewalFailed(error) => of_token_endpoint(error),
            Self::Push(error) => of_the_client(error),
            Self::IdToken(error) | Self::UserinfoToken(error) => {
                if error.is_unavailable() {
                    Kind::Unavailable
                } else {
                    Kind::Interrupted
                }
            }
            Self::LogoutToken(error) => {
                if error.is_unavailable() {
                    Kind::Unavailable
                } else {
                    Kind::BadRequest
                }
            }
            // The provider has signed claims that break their specification: no other login of the person fares better.
            Self::Principal(error) => {
                if error.is_malformed() {
                    Kind::Misconfigured
                } else {
                    Kind::NotAllowed
                }
            }
            Self::Session(error) => of_session(error),
        }
    }

    /// When to try again: for every failure of [`LoginErrorKind::Unavailable`], and for no other.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let known = match self {
            Self::Unavailable { retry_after } => Some(*retry_after),
            Self::IdToken(TokenError::KeysUnavailable { retry_after })
            | Self::UserinfoToken(TokenError::KeysUnavailable { retry_after })
            | Self::LogoutToken(TokenError::KeysUnavailable { retry_after }) => Some(*retry_after),
            Self::Exchange(error) | Self::Push(error) => error.retry_after(),
            // Until then whoever asks again gets the same failure again.
            Self::RenewalFailed(error) => Some(pause_after(error)),
            Self::Userinfo(error) => error.retry_after(),
            _ => None,
        };
        (self.kind() == LoginErrorKind::Unavailable).then(|| known.unwrap_or(RETRY_AFTER))
    }
}

/// An unknown code is the provider's own way to say no, such as those of Auth0's rules and actions.
fn of_authorization(code: AuthorizationErrorCode) -> LoginErrorKind {
    use AuthorizationErrorCode as Code;
    match code {
        Code::AccessDenied
        | Code::LoginRequired
        | Code::ConsentRequired
        | Code::InteractionRequired
        | Code::AccountSelectionRequired
        | Code::Unauthorized
        | Code::Other => LoginErrorKind::Refused,
        Code::ServerError | Code::TemporarilyUnavailable => LoginErrorKind::Unavailable,
        Code::InvalidRequest | Code::InvalidScope | Code::UnauthorizedClient | Code::UnsupportedResponseType => {
            LoginErrorKind::Misconfigured
        }
    }
}

/// A code that is refused was used already or came too late, or its person is turned away. Every other refusal is about the
/// client.
fn of_token_endpoint(error: &TokenEndpointError) -> LoginErrorKind {
    if error.is_about_the_person() { LoginErrorKind::Interrupted } else { of_the_client(error) }
}

/// Before anybody has come to the provider nothing is about a person.
fn of_the_client(error: &TokenEndpointError) -> LoginErrorKind {
    match error {
        TokenEndpointError::OAuth { status, .. } if status.is_server_error() => LoginErrorKind::Unavailable,
        error if error.is_retryable() => LoginErrorKind::Unavailable,
        _ => LoginErrorKind::Misconfigured,
    }
}

fn of_session(error: &SessionError) -> LoginErrorKind {
    match error {
        SessionError::Store(_) | SessionError::Random(_) => LoginErrorKind::Unavailable,
        SessionError::NoStore | SessionError::Setup(_) | SessionError::TooLong { .. } => LoginErrorKind::Misconfigured,
        // The provider has signed claims that break their specification.
        SessionError::NoSubject | SessionError::Claim(_) | SessionError::Claims(_) => LoginErrorKind::Misconfigured,
        SessionError::Conflict | SessionError::OtherSubject | SessionError::Over => LoginErrorKind::Interrupted,
    }
}
