//! The one way out: a request, an answer of bounded size.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use crate::types::{BoxError, BoxFuture};

/// What carries requests to the provider. [`ReqwestClient`](super::ReqwestClient) is the default; bring another one for a
/// proxy, a service mesh or a test.
///
/// What every client owes:
///
/// 1. It never follows a redirect: the 3xx is the answer. A key document is trusted for the URL it came from.
/// 2. It stops reading the body once more than `limit` bytes have come, and answers [`HttpError::TooLarge`].
/// 3. It verifies the provider's certificate, and answers within seconds. The key cache gives up by itself after
///    [`FETCH_LIMIT`](super::FETCH_LIMIT), by dropping the future.
/// 4. It does not repeat a request that may have reached the provider.
pub trait HttpClient: fmt::Debug + Send + Sync + 'static {
    /// Sends `request` and reads the answer to its end; `limit` is the longest body in bytes.
    ///
    /// Any status is an answer. An [`HttpError`] says that there was none.
    fn send(
        &self,
        request: http::Request<Bytes>,
        limit: usize,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, HttpError>>;
}

/// A client that several parts share.
impl<C: HttpClient + ?Sized> HttpClient for Arc<C> {
    fn send(
        &self,
        request: http::Request<Bytes>,
        limit: usize,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, HttpError>> {
        (**self).send(request, limit)
    }
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// No connection: the name does not resolve, nobody listens, the network is down.
    #[error("no connection")]
    Connect(#[source] BoxError),
    /// The TLS handshake failed: an unknown root, another name, an expired certificate.
    #[error("the TLS handshake failed")]
    Tls(#[source] BoxError),
    /// No complete answer in time.
    #[error("no complete answer in time")]
    Timeout,
    /// The body is longer than the limit.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Anything else, a connection that broke half-way above all.
    #[error("the request failed")]
    Other(#[source] BoxError),
}

impl HttpError {
    /// The kind of error as one word: `error.type` of a span.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout => "timeout",
            Self::TooLarge { .. } => "too_large",
            Self::Other(_) => "other",
        }
    }
}
