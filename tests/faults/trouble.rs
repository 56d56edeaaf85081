//! What a provider can be in.

use std::time::Duration;

use http::StatusCode;
use tower_oidc::{
    provider::{HttpError, ProviderError, TokenEndpointError, UserinfoError},
    testing::{Endpoint, Fault, TestProvider},
    types::Algorithm,
};

/// Longer than any document that the crate reads, by far.
pub(crate) const FIFTY_MEGABYTES: u64 = 50 * 1024 * 1024;

/// For how long a provider that limits requests wants to be left alone, in seconds.
pub(crate) const LIMITED: u64 = 7;

/// What is wrong with an endpoint of the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The whole provider is down.
    Down,
    /// It takes the request and never answers.
    Hang,
    /// It answers, and never comes to the end.
    Trickle,
    /// It closes the connection without an answer.
    Close,
    /// It breaks the connection in the middle of the answer.
    Truncated,
    /// 429 with `Retry-After`.
    Limited,
    /// 500.
    Broken,
    /// A page in place of JSON.
    Html,
    /// JSON that does not parse.
    Malformed,
    /// The right answer as `text/plain`.
    ContentType,
    /// The right answer, behind 50 MB of white space.
    Huge,
    /// A redirect to another provider.
    Redirect,
}

/// A provider in trouble, and the one that it redirects to.
pub(crate) struct InTrouble<'a> {
    trouble: Trouble,
    provider: &'a TestProvider,
    endpoint: Endpoint,
    /// Where a redirect leads.
    elsewhere: TestProvider,
}

impl Trouble {
    /// Begins at that endpoint; with [`Trouble::Down`] at all.
    pub(crate) async fn begin(self, provider: &TestProvider, endpoint: Endpoint) -> InTrouble<'_> {
        let elsewhere = TestProvider::builder().algorithm(Algorithm::Es256).start().await;
        let handle = provider.endpoint(endpoint);
        match self.fault(&elsewhere, endpoint) {
            Some(fault) => handle.fail_with(fault),
            None => provider.go_down(),
        }
        InTrouble { trouble: self, provider, endpoint, elsewhere }
    }

    fn fault(self, elsewhere: &TestProvider, endpoint: Endpoint) -> Option<Fault> {
        Some(match self {
            Self::Down => return None,
            Self::Hang => Fault::Hang,
            Self::Trickle => Fault::Trickle(Duration::from_secs(1)),
            Self::Close => Fault::Close,
            Self::Truncated => Fault::Truncated,
            Self::Limited => Fault::StatusRetryAfter(429, Duration::from_secs(LIMITED)),
            Self::Broken => Fault::Status(500),
            Self::Html => Fault::Html,
            Self::Malformed => Fault::Malformed,
            Self::ContentType => Fault::WrongContentType,
            Self::Huge => Fault::Huge(FIFTY_MEGABYTES),
            Self::Redirect => Fault::RedirectTo(elsewhere.endpoint(endpoint).url()),
        })
    }

    /// Whether whoever asks waits for a time-out.
    pub(crate) fn holds_up(self) -> bool {
        matches!(self, Self::Hang | Self::Trickle)
    }

    /// Whether the provider has acted on the request, and nobody got the answer: a code or a refresh token is spent.
    pub(crate) fn loses_the_answer(self) -> bool {
        matches!(self, Self::Trickle | Self::Truncated | Self::Malformed | Self::Huge)
    }

    /// Whether that is what came of a request for tokens, or for a revocation.
    pub(crate) fn is(self, error: &TokenEndpointError) -> bool {
        use TokenEndpointError as Error;
        match (self, error) {
            (Self::Limited, Error::RateLimited { retry_after }) => *retry_after == Duration::from_secs(LIMITED),
            (Self::Broken, Error::Status { status }) => *status == StatusCode::INTERNAL_SERVER_ERROR,
            (Self::Html | Self::Malformed, Error::NotJson(_)) => true,
            (Self::Redirect, Error::Redirect { to }) => to.is_some(),
            (_, Error::Unreachable(error)) => self.is_no_answer(error),
            _ => false,
        }
    }

    /// Whether that is what came of a request for userinfo.
    pub(crate) fn is_at_userinfo(self, error: &UserinfoError) -> bool {
        use UserinfoError as Error;
        match (self, error) {
            (Self::Limited, Error::RateLimited { retry_after }) => *retry_after == Duration::from_secs(LIMITED),
            (Self::Broken, Error::Status { status }) => *status == StatusCode::INTERNAL_SERVER_ERROR,
            (Self::Html | Self::ContentType, Error::MediaType) | (Self::Malformed, Error::NotJson(_)) => true,
            (Self::Redirect, Error::Redirect { to }) => to.is_some(),
            (_, Error::Unreachable(error)) => self.is_no_answer(error),
            _ => false,
        }
    }

    /// Whether that is what is wrong with metadata or keys.
    pub(crate) fn is_at_documents(self, error: &ProviderError) -> bool {
        use ProviderError as Error;
        match (self, error) {
            (Self::Limited, Error::Status { status, .. }) => *status == StatusCode::TOO_MANY_REQUESTS,
            (Self::Broken, Error::Status { status, .. }) => *status == StatusCode::INTERNAL_SERVER_ERROR,
            (Self::Html, Error::Html { .. }) => true,
            (Self::Malformed, Error::NotJson { .. } | Error::KeyDocument { .. }) => true,
            (Self::Redirect, Error::Redirect { to, .. }) => to.is_some(),
            (_, Error::Unreachable { source, .. }) => self.is_no_answer(source),
            _ => false,
        }
    }

    fn is_no_answer(self, error: &HttpError) -> bool {
        match self {
            // A connection that was open breaks, and a new one is refused.
            Self::Down => matches!(error, HttpError::Connect(_) | HttpError::Other(_)),
            Self::Hang | Self::Trickle => matches!(error, HttpError::Timeout),
            Self::Close | Self::Truncated => matches!(error, HttpError::Other(_)),
            Self::Huge => matches!(error, HttpError::TooLarge { .. }),
            _ => false,
        }
    }
}

impl InTrouble<'_> {
    /// It is over. Nobody was led elsewhere in the meantime.
    pub(crate) async fn end(self) {
        match self.trouble {
            Trouble::Down => self.provider.come_up().await,
            _ => self.provider.endpoint(self.endpoint).heal(),
        }
        assert_eq!(self.elsewhere.requests(self.endpoint), 0, "a redirect is not followed");
    }
}
