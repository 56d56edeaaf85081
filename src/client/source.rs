//! The handle that everybody else holds.

use std::{fmt, sync::Arc};

use crate::{
    config::Severity,
    provider::{ClientAuthenticationError, ClientError, HttpClient, ReqwestClient},
    types::{Clock, SystemClock},
};

use super::{BearerLayer, BearerToken, Origin, ServiceAccount, TokenSourceError, desk::Desk, requester::Requester};

/// The tokens of one service account: the current one, kept and renewed by the rules of [`client`](super).
///
/// Cheap to clone; all clones share one token. Nothing is asked for before the first call.
#[derive(Clone)]
pub struct TokenSource {
    desk: Arc<Desk>,
    client_id: Arc<str>,
}

/// Why there is no [`TokenSource`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The HTTP client cannot be made, for instance because `caFile` holds no certificate.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The account cannot prove itself: its secret is too short for the method, or its key cannot be used.
    #[error(transparent)]
    ClientAuthentication(#[from] ClientAuthenticationError),
}

impl TokenSource {
    /// A source of tokens for `account`.
    ///
    /// # Errors
    /// - [`StartError::Client`]: the HTTP client cannot be made;
    /// - [`StartError::ClientAuthentication`]: the account's credential cannot be used.
    pub fn start(account: ServiceAccount) -> Result<Self, StartError> {
        Self::builder(account).start()
    }

    /// [`start`](Self::start) with a clock or an HTTP client of one's own.
    #[must_use]
    pub fn builder(account: ServiceAccount) -> TokenSourceBuilder {
        TokenSourceBuilder { account, clock: None, http_client: None }
    }

    /// The current token, or else the next. It waits for at most [`WAIT_LIMIT`](super::WAIT_LIMIT).
    ///
    /// # Errors
    /// [`TokenSourceError`]: why there is none.
    ///
    /// # Panics
    /// Outside a Tokio runtime with a timer and I/O, when a token must be asked for.
    pub async fn token(&self) -> Result<BearerToken, TokenSourceError> {
        self.desk.token().await
    }

    /// A token in the place of `refused`, which a service answered with 401: the one that took its place already, or else a
    /// new one.
    ///
    /// # Errors
    /// [`TokenSourceError::JustReplaced`] within [`REPLACE_INTERVAL`](super::REPLACE_INTERVAL) of the last replacement, and
    /// the errors of [`token`](Self::token).
    ///
    /// # Panics
    /// As [`token`](Self::token).
    pub async fn replace(&self, refused: &BearerToken) -> Result<BearerToken, TokenSourceError> {
        self.desk.replace(refused).await
    }

    /// The Tower layer that adds the token to requests for `origin`, and to no others.
    #[must_use]
    pub fn layer(&self, origin: Origin) -> BearerLayer {
        BearerLayer::new(self.clone(), origin)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Makes a [`TokenSource`] with a clock or an HTTP client of one's own.
#[derive(Debug)]
pub struct TokenSourceBuilder {
    account: ServiceAccount,
    clock: Option<Arc<dyn Clock>>,
    http_client: Option<Arc<dyn HttpClient>>,
}

impl TokenSourceBuilder {
    /// Reads time from `clock` in place of the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Asks the provider through `client` in place of reqwest. A request that takes longer than [`FETCH_LIMIT`](crate::provider::FETCH_LIMIT) is given up whatever the
    /// client does.
    #[must_use]
    pub fn with_http_client(mut self, client: impl HttpClient) -> Self {
        self.http_client = Some(Arc::new(client));
        self
    }

    /// See [`TokenSource::start`].
    ///
    /// # Errors
    /// Those of [`TokenSource::start`].
    pub fn start(self) -> Result<TokenSource, StartError> {
        for notice in &self.account.notices {
            match notice.severity {
                Severity::Warning => tracing::warn!("{notice}"),
                Severity::Note => tracing::info!("{notice}"),
            }
        }
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let client = match self.http_client {
            Some(client) => client,
            None => Arc::new(ReqwestClient::new(&self.account.http)?),
        };
        let client_id = self.account.client_id().into();
        let requester = Requester::new(self.account, client, Arc::clone(&clock))?;
        Ok(TokenSource { desk: Arc::new(Desk::new(requester, clock)), client_id })
    }
}
