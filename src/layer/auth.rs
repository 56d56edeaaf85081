//! The handle that everything hangs on.

use std::{fmt, sync::Arc};

use crate::{
    config::{Config, ConfigErrors, Notice, Settings, Severity},
    principal::{Principal, Rule},
    provider::{ClientError, HttpClient, Provider, ProviderError, ReqwestClient, Status},
    types::{Clock, SystemClock},
    validator::{TokenCache, Validator},
};

use super::{
    AuthError, AuthLayer, ProtectedResource, RequireLayer,
    browser::{Browser, BrowserParts, LoginError},
    pipeline::{self, Undecided},
    response::Realm,
};

/// A checked configuration with its providers' keys: makes layers, and validates tokens.
///
/// Cheap to clone; all clones share one set of keys. The tasks that renew the keys end with the last clone.
///
/// # Revocation
///
/// Accepted tokens are remembered: a token that is sent again costs a look-up in place of a signature check. That changes
/// what a request costs, never how it ends. At every request the token's times count to the second, and a key that the provider
/// no longer publishes takes its tokens along with it, as soon as that is known here; [`TokenCache`] tells the rules in full.
///
/// A JWT cannot be called back by its issuer before it expires, remembered or not: keep its lifetime short, or set
/// `tokenValidity`. [`forget_tokens`](Self::forget_tokens) makes the next request of every token a fresh check, and
/// [`AuthBuilder::without_token_cache`] makes every request one.
#[derive(Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    providers: Vec<Provider>,
    validator: Arc<Validator>,
    token_cache: Option<TokenCache<Principal>>,
    browser: Browser,
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
    /// The login cannot be offered: the client's key cannot be used, or the provider does not offer what is configured.
    #[error("login: {0}")]
    Login(#[from] LoginError),
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
    /// - [`SetupError::Provider`]: a provider answered, and its answer contradicts the configuration;
    /// - [`SetupError::Login`]: the login cannot be offered.
    pub async fn discover(config: Config) -> Result<Self, SetupError> {
        Self::builder(config).discover().await
    }

    /// [`discover`](Self::discover) with a clock or an HTTP client of one's own, or without the memory for tokens.
    #[must_use]
    pub fn builder(config: Config) -> AuthBuilder {
        AuthBuilder { config, clock: None, http_client: None, token_cache: true, browser: BrowserParts::default() }
    }

    /// Validates a bearer token and gives its principal. No HTTP types, no route's rules.
    ///
    /// # Errors
    /// - [`AuthError::Token`]: the token is refused, or there are no keys to check it with;
    /// - [`AuthError::Principal`]: the token is good, but names no principal that may come in.
    pub async fn validate(&self, token: &str) -> Result<Principal, AuthError> {
        match pipeline::principal_of(self, token.as_bytes()) {
            Err(Undecided::Renewal(renewal)) => {
                // Boxed, so that the future of the usual case is a small one.
                Box::pin(renewal.wait()).await?;
                pipeline::principal_of(self, token.as_bytes()).map_err(Undecided::into_verdict)
            }
            decided => decided.map_err(Undecided::into_verdict),
        }
    }

    /// Forgets the accepted tokens: from the next request on, each is checked again and its principal made anew.
    ///
    /// It takes nothing from a token that is still good.
    pub fn forget_tokens(&self) {
        if let Some(cache) = &self.inner.token_cache {
            cache.forget();
        }
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

    pub(super) fn token_cache(&self) -> Option<&TokenCache<Principal>> {
        self.inner.token_cache.as_ref()
    }

    pub(super) fn browser(&self) -> &Browser {
        &self.inner.browser
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

/// Makes an [`Auth`] with a clock or an HTTP client of one's own, or without the memory for tokens.
#[derive(Debug)]
pub struct AuthBuilder {
    config: Config,
    clock: Option<Arc<dyn Clock>>,
    http_client: Option<Arc<dyn HttpClient>>,
    token_cache: bool,
    pub(super) browser: BrowserParts,
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

    /// Checks every token at every request, and remembers none. See [`Auth`] on what that buys and costs.
    #[must_use]
    pub fn without_token_cache(mut self) -> Self {
        self.token_cache = false;
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
        let validator = Arc::new(Validator::new(providers.clone(), clock.clone()));
        let token_cache = self.token_cache.then(|| TokenCache::new(validator.clone()));
        let browser = self.browser.build(&settings, &providers, client, Arc::clone(&clock))?;
        let realm = Realm::new(&settings, browser.login_url());
        Ok(Auth { inner: Arc::new(Inner { settings, providers, validator, token_cache, browser, clock, realm }) })
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
