//! Why there is no token, and why a request was not sent.

use std::{sync::Arc, time::Duration};

use crate::{
    provider::{ClientAuthenticationError, ProviderError, TokenEndpointError},
    types::BoxError,
};

use super::Origin;

/// Why there is no token. Nothing of a token or a secret is in it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TokenSourceError {
    /// The provider's metadata cannot be had, contradict the account's settings, or name no token endpoint.
    #[error("the token endpoint cannot be found")]
    Discovery(#[source] Arc<ProviderError>),
    /// The account cannot prove itself with what is configured.
    #[error("the service account has no usable credential")]
    ClientAuthentication(#[source] ClientAuthenticationError),
    /// The token endpoint gave none.
    #[error("the token endpoint gave no token")]
    TokenEndpoint(#[source] Arc<TokenEndpointError>),
    /// The last request failed, and the next one is not yet due.
    #[error("there is no token, and the next request for one comes in {} s", retry_after.as_secs_f32().ceil())]
    Paused {
        /// When to ask again.
        retry_after: Duration,
        /// Why the last request failed.
        source: Box<TokenSourceError>,
    },
    /// No answer within [`WAIT_LIMIT`](super::WAIT_LIMIT). The request goes on.
    #[error("the token did not come in time")]
    Timeout,
    /// The runtime that the request ran on was shut down, or the HTTP client panicked.
    #[error("the request for a token was interrupted")]
    Interrupted,
    /// The token was replaced a moment ago, and refused again: another new one would not help.
    #[error("the token was replaced a moment ago")]
    JustReplaced,
}

impl TokenSourceError {
    /// The reason as one word, for the log and for metrics to count by: what the provider said, where it said no.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Discovery(error) => error.code(),
            Self::TokenEndpoint(error) => error.code(),
            Self::Paused { source, .. } => source.code(),
            Self::ClientAuthentication(_) => "client_credential",
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
            Self::JustReplaced => "just_replaced",
        }
    }

    /// Whether a later call may do better without anybody's doing.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Discovery(error) => error.is_unreachable(),
            Self::TokenEndpoint(error) => error.is_retryable(),
            Self::Paused { source, .. } => source.is_retryable(),
            Self::Timeout | Self::Interrupted | Self::JustReplaced => true,
            Self::ClientAuthentication(_) => false,
        }
    }

    /// How long to leave it, when that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Paused { retry_after, .. } => Some(*retry_after),
            Self::TokenEndpoint(error) => error.retry_after(),
            _ => None,
        }
    }
}

/// Why a request through a [`BearerLayer`](super::BearerLayer) has no response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The request goes to another origin than the token is for. It was not sent.
    #[error("the request does not go to {origin}, which the token is for")]
    OtherOrigin {
        /// The origin that the layer is bound to.
        origin: Origin,
    },
    /// The request brings an `Authorization` header of its own. It was not sent.
    #[error("the request has an Authorization header already")]
    AlreadyAuthorized,
    /// There is no token. The request was not sent.
    #[error("there is no token to send the request with")]
    Token(#[source] TokenSourceError),
    /// The service under the layer failed.
    #[error(transparent)]
    Service(BoxError),
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::provider::OAuthErrorCode;

    /// Who counts failures counts the provider's word, in the pause after it too.
    #[test]
    fn the_word_for_a_failure_is_that_of_its_cause() {
        let refused =
            TokenEndpointError::OAuth { code: OAuthErrorCode::InvalidClient, status: StatusCode::UNAUTHORIZED };
        let refused = TokenSourceError::TokenEndpoint(Arc::new(refused));
        let paused = TokenSourceError::Paused { retry_after: Duration::from_secs(1), source: Box::new(refused) };
        let stopped = TokenSourceError::Discovery(Arc::new(ProviderError::Stopped));
        assert_eq!((paused.code(), stopped.code()), ("invalid_client", "stopped"));
    }
}
