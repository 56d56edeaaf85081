//! The handle that everything hangs on.

use std::{fmt, sync::Arc};

use crate::{
    config::{Config, ConfigErrors, Notice, Settings, Severity},
    principal::{Principal, Rule},
    provider::{ClientError, HttpClient, Provider, ProviderError, ReqwestClient, Status},
    types::{Clock, SystemClock},
    validator::Validator,
};

use super::{AuthError, AuthLayer, ProtectedResource, RequireLayer, response::Realm};

/// A checked configuration with its providers' keys: makes layers, and validates tokens.
///
/// Cheap to clone; all clones share one set of keys. The tasks that renew the keys end with the last clone.
#[derive(Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    providers: Vec<Provider>,
    validator: Validator,
    clock: Arc<dyn Clock>,
    realm: Realm,
}

/// Why there is no [`Auth`]. Its `Debug` is what it says: a `main` that returns it shows the operator lines to read.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The configuration is not right.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The HTTP client cannot be made, for instance because `caFile` holds no certificate.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A provider answered, and its answer contradicts the configuration.
    #[error("{path}: the provider contradicts the configuration: {source}")]
    Provider {
        /// The block of the configuration that names the provider.
        path: String,
        /// What contradicts.
        source: Arc<ProviderError>,
    },
}

impl Auth {
    /// Checks the configuration, finds its providers and loads their keys: the one asynchronous step of start-up.
    ///
    /// A provider that cannot be reached does not stop the start: `discover` gives up after one attempt, for metadata and
    /// keys twice [`FETCH_LIMIT`](crate::provider::FETCH_LIMIT) (12 seconds) at most. The attempts go on in the background, and
    /// until one succeeds tokens are answered with 503. Ask [`is_ready`](Self::is_ready) where that matters.
    ///
    /// Needs a tokio runtime, which must live as long as the `Auth`.
    ///
    /// # Errors
    /// - [`SetupError::Config`]: every problem of the configuration;
    /// - [`SetupError::Client`]: the HTTP client cannot be made;
    /// - [`SetupError::Provider`]: a provider answered, and its answer contradicts the configuration.
    pub async fn discover(config: Config) -> Result<Self, SetupError> {
        Self::builder(config).discover().await
    }

    /// [`discover`](Self::discover) with a clock or an HTTP client of one's own.
    #[must_use]
    pub fn builder(config: Config) -> AuthBuilder {
        AuthBuilder { config, clock: None, http_client: None }
    }

    /// Validates a bearer token and gives its principal. No HTTP types, no route's rules.
    ///
    /// # Errors
    /// - [`AuthError::Token`]: the token is refused, or there are no keys to check it with;
    /// - [`AuthError::Principal`]: the token is good, but names no principal that may come in.
    pub async fn validate(&self, token: &str) -> Result<Principal, AuthError> {
        let verified = self.inner.validator.access_token(token).await?;
        Ok(Principal::from_access_token(verified, &self.inner.settings.principal)?)
    }

    /// The layer that puts a [`Principal`] in the extensions of every request with good credentials.
    #[must_use]
    pub fn layer(&self) -> AuthLayer {
        AuthLayer::new(self.clone())
    }

    /// A second layer, inside of [`layer`](Self::layer), for the routes that need more than anybody's visit.
    #[must_use]
    pub fn require(&self, rule: impl Into<Rule>) -> RequireLayer {
        RequireLayer::new(self.clone(), rule.into())
    }

    /// Whether the keys of the configured provider are loaded and fresh enough to be used.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.inner.providers.first().is_some_and(|provider| provider.status().ready)
    }

    /// How each issuer's keys stand: the configured provider first, then the trusted issuers.
    #[must_use]
    pub fn status(&self) -> Vec<Status> {
        self.inner.providers.iter().map(Provider::status).collect()
    }

    /// The metadata that tells clients whose tokens are accepted here (RFC 9728). The layer serves it too.
    #[must_use]
    pub fn protected_resource(&self) -> ProtectedResource {
        ProtectedResource::new(&self.inner.settings, &self.inner.providers)
    }

    /// What the configuration means.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Whether both are handles of one and the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(super) fn validator(&self) -> &Validator {
        &self.inner.validator
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    pub(crate) fn realm(&self) -> &Realm {
        &self.inner.realm
    }
}

impl fmt::Debug for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("providers", &self.inner.providers).finish_non_exhaustive()
    }
}

/// Makes an [`Auth`] with a clock or an HTTP client of one's own.
#[derive(Debug)]
pub struct AuthBuilder {
    config: Config,
    clock: Option<Arc<dyn Clock>>,
    http_client: Option<Arc<dyn HttpClient>>,
}

impl AuthBuilder {
    /// Reads time from `clock` in place of the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Asks providers through `client` in place of reqwest. What it owes is said at [`HttpClient`]; a request that takes
    /// longer than [`FETCH_LIMIT`](crate::provider::FETCH_LIMIT), by the clock in use, is given up whatever the client does.
    #[must_use]
    pub fn with_http_client(mut self, client: impl HttpClient) -> Self {
        self.http_client = Some(Arc::new(client));
        self
    }

    /// See [`Auth::discover`].
    ///
    /// # Errors
    /// Those of [`Auth::discover`].
    pub async fn discover(self) -> Result<Auth, SetupError> {
        let settings = self.config.check()?;
        for notice in &settings.notices {
            log(notice);
        }
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let client = match self.http_client {
            Some(client) => client,
            None => Arc::new(ReqwestClient::new(&settings.http)?),
        };
        let start = |issuer: &_| Provider::start(Clone::clone(issuer), &settings.http, client.clone(), clock.clone());
        let providers: Vec<Provider> = settings.issuers.iter().map(start).collect();
        for provider in &providers {
            first_attempt(provider).await?;
        }
        let validator = Validator::new(providers.clone(), clock.clone());
        let realm = Realm::new(&settings);
        Ok(Auth { inner: Arc::new(Inner { settings, providers, validator, clock, realm }) })
    }
}

/// One line for what the operator should know, at a level that is shown by default.
fn log(notice: &Notice) {
    match notice.severity {
        Severity::Warning => tracing::warn!("{notice}"),
        Severity::Note => tracing::info!("{notice}"),
    }
}

/// A provider that cannot be reached is tried again in the background; one that contradicts the configuration is an error.
///
/// All providers make their first attempt at the same time, each on its own task; here they are only waited for.
async fn first_attempt(provider: &Provider) -> Result<(), SetupError> {
    match provider.first_attempt().await {
        Err(source) if source.is_contradiction() => {
            Err(SetupError::Provider { path: provider.settings().path.clone(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
