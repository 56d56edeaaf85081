//! One configuration at work.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    config::{Config, HttpSettings, IssuerSettings, Notice, Settings, Severity},
    principal::Principal,
    provider::{HttpClient, Provider, ReqwestClient},
    types::Clock,
    validator::{Proofs, SeenProofs, TokenCache, Validator},
};

use super::{
    ProtectedResource, SetupError,
    browser::{Browser, BrowserParts, BrowserState},
    realm::Realm,
};

/// One configuration at work. Its settings never change: a request is judged by one of these from its beginning to its end,
/// whatever is [reloaded](super::Auth::reload) meanwhile.
#[derive(Debug)]
pub(super) struct Setup {
    settings: Arc<Settings>,
    http_client: Arc<dyn HttpClient>,
    providers: Vec<Provider>,
    validator: Arc<Validator>,
    token_cache: Option<TokenCache<Principal>>,
    browser: Browser,
    realm: Arc<Realm>,
}

/// What every setup of one [`Auth`](super::Auth) is made with, whatever its configuration.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) family: Family,
    pub(super) clock: Arc<dyn Clock>,
    /// The user's own client, which serves under all settings.
    pub(super) http_client: Option<Arc<dyn HttpClient>>,
    pub(super) token_cache: bool,
    /// A proof that was accepted by one configuration is used up for the next.
    pub(super) seen_proofs: Arc<SeenProofs>,
    pub(super) browser: BrowserParts,
    pub(super) browser_state: BrowserState,
}

/// All setups of one [`Auth`](super::Auth), and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Family(u64);

impl Family {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Parts {
    /// The configuration, checked, with all that it needs to be served. What `before` has and would be made the same again is kept;
    /// nothing changes there before [`Setup::take_over`].
    ///
    /// # Errors
    /// Those of [`Auth::discover`](super::Auth::discover).
    pub(super) async fn set_up(&self, config: &Config, before: Option<&Setup>) -> Result<Setup, SetupError> {
        let settings = config.check_for(self.browser.service())?;
        settings.notices.iter().for_each(log);
        let reached_alike = before.filter(|before| before.settings.http == settings.http);
        let http_client = self.http_client(&settings.http, reached_alike)?;
        let (mut providers, mut started) = (Vec::with_capacity(settings.issuers.len()), Vec::new());
        for issuer in &settings.issuers {
            let kept = reached_alike.and_then(|before| before.provider_for(issuer));
            providers.push(kept.unwrap_or_else(|| {
                let (client, clock) = (Arc::clone(&http_client), Arc::clone(&self.clock));
                let provider = Provider::start(issuer.clone(), &settings.http, client, clock);
                started.push(provider.clone());
                provider
            }));
        }
        // All make their first attempt at the same time, each on its own task; here they are only waited for.
        for provider in &started {
            first_attempt(provider).await?;
        }
        let validator = Validator::new(providers.clone(), Arc::clone(&self.clock));
        let validator = Arc::new(match &settings.dpop {
            Some(dpop) => validator.with_proofs(Proofs::new(dpop, Arc::clone(&self.seen_proofs))),
            None => validator,
        });
        // An entry holds a principal of its configuration, so that no other may have it.
        let token_cache = self.token_cache.then(|| TokenCache::new(Arc::clone(&validator)));
        let browser = self.browser.build(
            &settings,
            &providers,
            Arc::clone(&http_client),
            Arc::clone(&self.clock),
            &self.browser_state,
            before.map(|before| &before.browser),
        )?;
        let realm = Realm::new(self.family, Arc::clone(&self.clock), &settings, browser.login_url());
        let (settings, realm) = (Arc::new(settings), Arc::new(realm));
        Ok(Setup { settings, http_client, providers, validator, token_cache, browser, realm })
    }

    fn http_client(
        &self,
        http: &HttpSettings,
        reached_alike: Option<&Setup>,
    ) -> Result<Arc<dyn HttpClient>, SetupError> {
        match (&self.http_client, reached_alike) {
            (Some(client), _) => Ok(Arc::clone(client)),
            (None, Some(before)) => Ok(Arc::clone(&before.http_client)),
            (None, None) => Ok(Arc::new(ReqwestClient::new(http)?)),
        }
    }
}

impl Setup {
    /// The provider that is there already, with its metadata and keys, if those are the ones of `issuer`.
    fn provider_for(&self, issuer: &IssuerSettings) -> Option<Provider> {
        self.providers.iter().find_map(|provider| provider.with_settings(issuer))
    }

    /// Takes the place of the setup before: what outlives both goes on by these settings. It waits for nothing, so that there is no
    /// half of it.
    pub(super) fn take_over(&self) {
        self.providers.iter().for_each(Provider::take_over);
        self.browser.take_over();
    }

    pub(super) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// The configured provider first, then the trusted issuers.
    pub(super) fn providers(&self) -> &[Provider] {
        &self.providers
    }

    pub(super) fn validator(&self) -> &Validator {
        &self.validator
    }

    pub(super) fn token_cache(&self) -> Option<&TokenCache<Principal>> {
        self.token_cache.as_ref()
    }

    pub(super) fn browser(&self) -> &Browser {
        &self.browser
    }

    pub(super) fn protected_resource(&self) -> ProtectedResource {
        ProtectedResource::new(&self.settings, &self.providers)
    }

    pub(super) fn realm(&self) -> &Arc<Realm> {
        &self.realm
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
async fn first_attempt(provider: &Provider) -> Result<(), SetupError> {
    match provider.first_attempt().await {
        Err(source) if source.is_contradiction() => {
            Err(SetupError::Provider { path: provider.settings().path.clone(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
