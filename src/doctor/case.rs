//! All that is known before anything is judged: what the configuration means, and what the providers say.

use std::sync::Arc;

use futures_util::future::join_all;
use url::Url;

use crate::{
    config::{HttpSettings, IssuerSettings, Settings},
    jose::JwkSet,
    provider::{HttpClient, Metadata, Provider, ProviderError, inspect_keys},
    types::Clock,
};

use super::observer::Observer;

/// What is judged.
#[derive(Debug)]
pub(super) struct Case {
    /// What the configuration means, as far as it can be read.
    pub(super) settings: Settings,
    /// Whether it has problems: what it means is then not to be taken by its word everywhere.
    pub(super) has_problems: bool,
    /// Whether people sign in here, rightly configured or not.
    pub(super) has_login: bool,
    pub(super) http: Arc<Observer>,
    pub(super) clock: Arc<dyn Clock>,
    /// The configured provider first, then the trusted issuers.
    pub(super) issuers: Vec<Examined>,
}

/// An issuer, and what it says.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) settings: IssuerSettings,
    /// What can be read of its metadata, though they may contradict the configuration.
    pub(super) metadata: Option<Metadata>,
    /// All that is wrong with them.
    pub(super) problems: Vec<ProviderError>,
    pub(super) keys: Vec<KeyDocument>,
    /// The provider as the service has it: with what it takes of all this, and nothing else.
    pub(super) provider: Provider,
}

/// A key URL, and what is there.
#[derive(Debug)]
pub(super) struct KeyDocument {
    /// Dotted path of the key that names it, or of the issuer's block when the metadata do.
    pub(super) path: String,
    pub(super) url: Url,
    pub(super) keys: Option<JwkSet>,
    pub(super) problem: Option<ProviderError>,
}

impl Case {
    /// Asks every provider of `settings`.
    pub(super) async fn open(
        settings: Settings,
        has_problems: bool,
        has_login: bool,
        client: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let http = Arc::new(Observer::new(client, Arc::clone(&clock)));
        let examined = settings.issuers.iter().map(|issuer| Examined::ask(issuer, &settings.http, &http, &clock));
        let issuers = join_all(examined).await;
        Self { settings, has_problems, has_login, http, clock, issuers }
    }

    /// The configured provider.
    pub(super) fn primary(&self) -> Option<&Examined> {
        self.issuers.first()
    }

    pub(super) fn providers(&self) -> Vec<Provider> {
        self.issuers.iter().map(|issuer| issuer.provider.clone()).collect()
    }

    pub(super) fn http_client(&self) -> Arc<dyn HttpClient> {
        Arc::clone(&self.http) as Arc<dyn HttpClient>
    }
}

impl Examined {
    async fn ask(
        settings: &IssuerSettings,
        http: &HttpSettings,
        observer: &Arc<Observer>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let client = || Arc::clone(observer) as Arc<dyn HttpClient>;
        let (metadata, problems) = match &settings.discovery {
            Some(url) => Metadata::inspect(url, settings, http, client(), Arc::clone(clock)).await,
            None => (None, Vec::new()),
        };
        let documents = key_urls(settings, metadata.as_ref()).into_iter().map(async |(path, url)| {
            let (keys, problem) = inspect_keys(&url, settings, client(), Arc::clone(clock)).await;
            KeyDocument { path, url, keys, problem }
        });
        let keys = join_all(documents).await;
        // By now every document is remembered: this asks nobody.
        let provider = Provider::start(settings.clone(), http, client(), Arc::clone(clock));
        let _judged_by_its_documents = provider.first_attempt().await;
        Self { settings: settings.clone(), metadata, problems, keys, provider }
    }

    /// The metadata that a service takes for good, if there are some.
    pub(super) fn accepted(&self) -> Option<&Metadata> {
        self.metadata.as_ref().filter(|_| self.problems.is_empty())
    }
}

/// Where the keys of an issuer are, each with the path of the key that says so.
fn key_urls(settings: &IssuerSettings, metadata: Option<&Metadata>) -> Vec<(String, Url)> {
    let configured = settings.key_urls.iter().enumerate();
    let configured: Vec<_> =
        configured.map(|(at, url)| (format!("{}.publicKeyUrls[{at}]", settings.path), url.clone())).collect();
    if !configured.is_empty() {
        return configured;
    }
    let told = metadata.and_then(|metadata| metadata.jwks_uri.clone());
    told.map(|url| (settings.path.clone(), url)).into_iter().collect()
}
