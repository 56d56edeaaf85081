//! The handle that everything hangs on.

use std::{fmt, sync::Arc};

use arc_swap::{ArcSwap, Guard};
use http::{Method, Uri};
use tokio::sync::Mutex;

use crate::{
    config::{Config, Settings},
    metrics,
    principal::{Principal, Rule},
    provider::{HttpClient, Provider, Status},
    types::{Clock, SystemClock},
    validator::{Proof, SeenProofs, TokenCache, TokenError},
};

use super::{
    AuthError, AuthLayer, ProtectedResource, RequireLayer, SetupError,
    browser::{BrowserParts, BrowserState, SignedOut},
    pipeline::{self, Undecided},
    realm::Realm,
    setup::{Family, Parts, Setup},
};

/// A checked configuration with its providers' keys: makes layers, and validates tokens.
///
/// Cheap to clone; all clones share one set of keys, and [`reload`](Self::reload) changes the configuration of all. The tasks that
/// renew the keys end with the last clone.
///
/// # Revocation
///
/// Accepted tokens are remembered: a token that is sent again costs a look-up in place of a signature check. That changes
/// what a request costs, never how it ends. At every request the token's times count to the second, and a key that the provider
/// no longer publishes takes its tokens along with it, as soon as that is known here; [`validator`](crate::validator)
/// tells the rules in full. Whoever signs out, or is signed out by the provider, is forgotten: the next token of theirs is checked
/// again.
///
/// A JWT cannot be called back by its issuer before it expires, remembered or not: keep its lifetime short, or set
/// `tokenValidity`. [`forget_tokens`](Self::forget_tokens) makes the next request of every token a fresh check, and
/// [`AuthBuilder::without_token_cache`] makes every request one.
#[derive(Clone)]
pub struct Auth {
    shared: Arc<Shared>,
}

struct Shared {
    current: ArcSwap<Setup>,
    parts: Parts,
    /// Held by the reload under way.
    reload: Mutex<()>,
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

    /// [`discover`](Self::discover) with parts of one's own, or without the memory for tokens: see [`AuthBuilder`].
    #[must_use]
    pub fn builder(config: Config) -> AuthBuilder {
        AuthBuilder { config, clock: None, http_client: None, token_cache: true, browser: BrowserParts::default() }
    }

    /// Puts another configuration in the place of this one, in every clone and layer at once. Nobody is turned away for it.
    ///
    /// 1. Everything is checked and prepared first: new providers are found and their keys loaded, as by
    ///    [`discover`](Self::discover). On an error nothing has changed, and the configuration before serves on. It is the same when
    ///    the future is dropped before its end.
    /// 2. A request is judged by one configuration from its beginning to its end, guards and extractors included: those that begin
    ///    after the reload by the new one, those under way by the one they began with.
    /// 3. Kept are the keys of providers whose addresses, issuer and algorithms stay as they are (they need not be there for it), the
    ///    sessions with everything that was ended, logins and renewals under way, the proofs that were used, the session secret that was drawn because none is
    ///    configured, and all [parts](AuthBuilder) that were brought. Sessions of another client,
    ///    provider or `sessionStore` than the one before are over.
    /// 4. Session secrets that are no longer configured go on opening what they sealed, until it is over; a client secret or private
    ///    key from the same file as before stays the one in use, until the provider refuses it.
    /// 5. Accepted tokens are forgotten, and providers that are no longer named end.
    ///
    /// Reloads wait for one another.
    ///
    /// ```
    /// use tower_oidc::{Auth, testing::TestProvider};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let provider = TestProvider::start().await;
    /// let auth = Auth::discover(provider.config().admin("jane")).await?;
    /// let token = provider.token("jane").sign();
    /// assert!(auth.validate(&token).await?.is_admin());
    ///
    /// auth.reload(provider.config()).await?;
    /// assert!(!auth.validate(&token).await?.is_admin());
    ///
    /// let wrong = auth.reload(provider.config().token_algorithm("none")).await;
    /// assert!(wrong.is_err() && auth.validate(&token).await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`discover`](Self::discover).
    pub async fn reload(&self, config: Config) -> Result<(), SetupError> {
        let _turn = self.shared.reload.lock().await;
        let before = self.setup();
        let setup = self.shared.parts.set_up(&config, Some(&before)).await?;
        setup.take_over();
        self.shared.current.store(Arc::new(setup));
        tracing::info!("another configuration is in use");
        Ok(())
    }

    /// Validates a bearer token and gives its principal. No HTTP types, no route's rules.
    ///
    /// A token that is bound to a key or a certificate of its holder's (`cnf`) is no bearer token: it is refused, whatever the setting `dpop`
    /// says. [`validate_bound`](Self::validate_bound) takes the proof beside it.
    ///
    /// Guards and extractors take none but what the layer has put into the request. Where tokens come another way than in the
    /// `Authorization` header, a middleware outside of the layer moves them there.
    ///
    /// # Errors
    /// - [`AuthError::Token`]: the token is refused, or there are no keys to check it with;
    /// - [`AuthError::Principal`]: the token is good, but names no principal that may come in.
    pub async fn validate(&self, token: &str) -> Result<Principal, AuthError> {
        self.principal_of(token.as_bytes(), None).await
    }

    /// Validates a token that is bound to a key, with the proof that came along with it (RFC 9449), and gives its principal. For tokens that
    /// come another way than by the layer: nothing of HTTP but the method and the address of the request.
    ///
    /// `proof` is the value of the one `DPoP` header: whoever finds two refuses the request. Of `uri` the path counts, as the client sent it;
    /// the rest of the address is `serverUrl`'s. A proof is good once, here and at the layer together.
    ///
    /// ```
    /// use http::{Method, Uri};
    /// use tower_oidc::{Auth, testing::TestProvider};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let provider = TestProvider::start().await;
    /// let auth = Auth::discover(provider.config().server_url("https://api.example").dpop("accepted")).await?;
    ///
    /// let key = provider.dpop_key();
    /// let token = provider.token("jane").bound_to(&key).sign();
    /// let proof = key.proof("GET", "https://api.example/orders", &token).sign();
    ///
    /// let orders = Uri::from_static("/orders?page=2");
    /// assert!(auth.validate(&token).await.is_err());
    /// assert!(auth.validate_bound(&token, &proof, &Method::GET, &orders).await.is_ok());
    /// assert!(auth.validate_bound(&token, &proof, &Method::GET, &orders).await.is_err(), "a proof is good once");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`validate`](Self::validate), and [`TokenError::Proof`] when the proof is refused.
    pub async fn validate_bound(
        &self,
        token: &str,
        proof: &str,
        method: &Method,
        uri: &Uri,
    ) -> Result<Principal, AuthError> {
        let proof = Proof::read([proof.as_bytes()], method, uri).map_err(TokenError::from)?;
        self.principal_of(token.as_bytes(), Some(&proof)).await
    }

    async fn principal_of(&self, token: &[u8], proof: Option<&Proof<'_>>) -> Result<Principal, AuthError> {
        let setup = self.current();
        match pipeline::principal_of(&setup, token, proof) {
            Err(Undecided::Renewal(renewal)) => {
                let setup = Guard::into_inner(setup);
                // Boxed, so that the future of the usual case is a small one.
                Box::pin(renewal.wait()).await?;
                pipeline::principal_of(&setup, token, proof).map_err(Undecided::into_verdict)
            }
            decided => decided.map_err(Undecided::into_verdict),
        }
    }

    /// Forgets the accepted tokens: from the next request on, each is checked again and its principal made anew.
    ///
    /// It takes nothing from a token that is still good.
    pub fn forget_tokens(&self) {
        self.forget(TokenCache::forget);
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
        self.current().providers().first().is_some_and(|provider| provider.status().ready)
    }

    /// How each issuer's keys stand: the configured provider first, then the trusted issuers.
    #[must_use]
    pub fn status(&self) -> Vec<Status> {
        self.current().providers().iter().map(Provider::status).collect()
    }

    /// The metadata that tells clients whose tokens are accepted here (RFC 9728). The layer serves it too.
    #[must_use]
    pub fn protected_resource(&self) -> ProtectedResource {
        self.current().protected_resource()
    }

    /// What the configuration means that is in use now.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(self.current().settings())
    }

    /// The configuration of this moment, for as long as a request needs it.
    pub(super) fn setup(&self) -> Arc<Setup> {
        self.shared.current.load_full()
    }

    /// The configuration of this moment, for a look that does not wait.
    pub(super) fn current(&self) -> Guard<Arc<Setup>> {
        self.shared.current.load()
    }

    /// Whether that is, or was, the realm here.
    pub(super) fn has_made(&self, realm: &Realm) -> bool {
        realm.family == self.shared.parts.family
    }

    /// Forgets the tokens of whoever was signed out, whichever configuration answered the logout.
    pub(super) fn forget_tokens_of(&self, signed_out: &SignedOut) {
        self.forget(|cache| {
            cache.forget_where(|principal| signed_out.is_meant(principal.issuer(), principal.claims()));
        });
    }

    /// Forgets in the memory that requests find from now on. A reload brings an empty one: what came into that meanwhile is looked
    /// at too.
    fn forget(&self, forget: impl Fn(&TokenCache<Principal>)) {
        loop {
            let setup = self.setup();
            setup.token_cache().inspect(|cache| forget(cache));
            if Arc::ptr_eq(&setup, &self.current()) {
                return;
            }
        }
    }

    #[cfg(feature = "login")]
    pub(super) fn browser_state(&self) -> &BrowserState {
        &self.shared.parts.browser_state
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("providers", &self.current().providers()).finish_non_exhaustive()
    }
}

/// Makes an [`Auth`] with parts of one's own, or without the memory for tokens.
///
/// A clock and an HTTP client; with the feature `login` also a user directory, pages, a session store, the paths of the login, and a source
/// of randomness.
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
        metrics::describe();
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let parts = Parts {
            family: Family::new(),
            browser_state: BrowserState::new(&clock),
            clock,
            http_client: self.http_client,
            token_cache: self.token_cache,
            seen_proofs: Arc::new(SeenProofs::new()),
            browser: self.browser,
        };
        let setup = parts.set_up(&self.config, None).await?;
        setup.take_over();
        let shared = Shared { current: ArcSwap::from_pointee(setup), parts, reload: Mutex::new(()) };
        Ok(Auth { shared: Arc::new(shared) })
    }
}
