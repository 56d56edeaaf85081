//! One attempt: metadata if they are due, then keys, then a new snapshot.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;

use crate::{
    jose::{JwkSet, KeyRing},
    provider::{
        IssuerRule, Metadata, ProviderError,
        discovery::{self, Discovered},
        fetch::Fetcher,
        journal::{self, Document},
    },
};

use super::{
    key_source::{Fetched, KeySource},
    retry::{Change, Retry},
    shared::Shared,
    snapshot::{KeyAge, Snapshot},
};

/// Age from which metadata are fetched again before keys are. A moved `jwks_uri` is also noticed by the failing keys.
pub const METADATA_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// All that is fetched from one provider, and its state.
#[derive(Debug)]
pub(in crate::provider) struct Refresher {
    shared: Arc<Shared>,
    fetcher: Fetcher,
    https_only: bool,
    rule: Option<IssuerRule>,
    metadata: Option<Arc<Metadata>>,
    /// Due when the metadata are no longer to be taken for granted.
    discovery: Retry,
    /// The last metadata that could be read contradict the configuration. Nothing new is taken from the provider then.
    contradicted: bool,
    sources: Vec<KeySource>,
    ring: Arc<KeyRing>,
    generation: u64,
}

/// What came of an attempt.
#[derive(Debug)]
pub(super) struct Report {
    /// The issuer is known, and of the key documents that were due one was read or confirmed.
    pub(super) answered: bool,
    /// What is wrong now.
    pub(super) problem: Option<Arc<ProviderError>>,
    /// Requests sent so far.
    pub(super) requests: u64,
}

impl Refresher {
    pub(in crate::provider) fn new(shared: Arc<Shared>, fetcher: Fetcher, https_only: bool) -> Self {
        let settings = &shared.settings();
        let now = shared.now();
        let mut refresher = Self {
            rule: settings.issuer.as_ref().map(|issuer| discovery::rule_of(issuer, settings)),
            sources: settings.key_urls.iter().map(|url| KeySource::new(url.clone(), now)).collect(),
            fetcher,
            https_only,
            metadata: None,
            discovery: Retry::default(),
            contradicted: false,
            ring: Arc::default(),
            generation: 0,
            shared: Arc::clone(&shared),
        };
        refresher.discovery.make_due(now);
        refresher.publish();
        refresher
    }

    /// When the next attempt is due by itself.
    pub(super) fn due(&self) -> Duration {
        let keys = self.sources.iter().map(|source| source.retry().due()).min();
        match keys {
            Some(keys) if !self.discovery.is_failing() => keys,
            Some(keys) if !self.contradicted => keys.min(self.discovery.due()),
            _ => self.discovery.due(),
        }
    }

    /// Whether nothing can be had from the provider: the back-off alone decides about the next attempt.
    pub(super) fn is_failing(&self) -> bool {
        self.contradicted || self.rule.is_none() || self.sources.iter().all(|source| source.retry().is_failing())
    }

    /// Fetches what is due; all key documents but those that fail, when a reader `demanded` it.
    pub(super) async fn attempt(&mut self, demanded: bool) -> Report {
        self.refresh_metadata().await;
        let answered = !self.contradicted && self.refresh_keys(demanded).await;
        self.drop_stale();
        self.publish();
        Report { answered: answered && self.rule.is_some(), problem: self.problem(), requests: self.fetcher.requests() }
    }

    fn problem(&self) -> Option<Arc<ProviderError>> {
        let keys = || self.sources.iter().find_map(|source| source.retry().error());
        self.discovery.error().or_else(keys).cloned()
    }

    async fn refresh_metadata(&mut self) {
        let (shared, settings) = (Arc::clone(&self.shared), self.shared.settings());
        let Some(url) = &settings.discovery else { return };
        if self.discovery.due() > shared.now() {
            return;
        }
        let discovered = discovery::discover(&self.fetcher, url, &settings, self.https_only).await;
        let now = shared.now();
        let checked = discovered.and_then(|discovered| self.adopt(discovered, now));
        let change = match checked {
            Ok(()) => {
                self.contradicted = false;
                self.discovery.succeeded(now + METADATA_LIFETIME)
            }
            Err(error) => {
                self.contradicted |= error.is_contradiction();
                self.discovery.failed(Arc::new(error), now)
            }
        };
        journal::document(&settings, Document::Metadata, url, change, self.discovery.error());
        if change == Change::Recovered && settings.key_urls.is_empty() {
            // The provider is back: its keys need not wait for the end of a back-off of their own.
            self.sources.iter_mut().for_each(|source| source.make_due(now));
        }
    }

    /// Takes over new metadata, unless they are of another issuer than the ones before.
    fn adopt(&mut self, discovered: Discovered, now: Duration) -> Result<(), ProviderError> {
        let Discovered { metadata, rule } = discovered;
        if let Some(before) = &self.metadata
            && before.issuer != metadata.issuer
        {
            return Err(ProviderError::IssuerMismatch { expected: before.issuer.clone(), found: metadata.issuer });
        }
        let settings = self.shared.settings();
        if self.metadata.as_deref() != Some(&metadata) {
            discovery::warn_about(&metadata, &settings);
        }
        if let Some(url) = metadata.jwks_uri.as_ref().filter(|_| settings.key_urls.is_empty()) {
            match self.sources.first_mut() {
                Some(source) => source.follow(url, now),
                None => self.sources.push(KeySource::new(url.clone(), now)),
            }
        }
        self.rule = Some(rule);
        self.metadata = Some(Arc::new(metadata));
        Ok(())
    }

    /// Fetches key documents side by side. Whether one of them was read or confirmed; if none was due, whether one was last
    /// time.
    async fn refresh_keys(&mut self, demanded: bool) -> bool {
        let (algorithms, now) = (self.shared.settings().key_algorithms(), self.shared.now());
        let wanted = |source: &KeySource| source.retry().due() <= now || (demanded && !source.retry().is_failing());
        let fetches = self.sources.iter().enumerate().filter(|(_, source)| wanted(source)).map(|(place, source)| {
            let fetch = source.fetch(&self.fetcher, algorithms);
            async move { (place, fetch.await) }
        });
        let fetched = join_all(fetches).await;
        let mut answered = fetched.is_empty() && !self.is_failing();
        let mut changed = false;
        for (place, outcome) in fetched {
            answered |= outcome.is_ok();
            changed |= self.apply(place, outcome);
        }
        if changed {
            self.rebuild();
        }
        answered
    }

    /// Takes in what came of one fetch. Whether the keys changed.
    fn apply(&mut self, place: usize, outcome: Result<Fetched, ProviderError>) -> bool {
        let (settings, now) = (&self.shared.settings(), self.shared.now());
        let source = &mut self.sources[place];
        let (changed, change) = source.apply(outcome, now);
        journal::document(settings, Document::Keys, source.url(), change, source.retry().error());
        let jwks_uri_may_have_moved = source.retry().is_failing() && settings.key_urls.is_empty();
        if jwks_uri_may_have_moved && !self.discovery.is_failing() {
            self.discovery.make_due(now);
        }
        changed
    }

    fn drop_stale(&mut self) {
        let now = self.shared.now();
        let mut dropped = false;
        for source in &mut self.sources {
            if source.drop_stale(now) {
                journal::too_old(&self.shared.settings(), source.url());
                dropped = true;
            }
        }
        if dropped {
            self.rebuild();
        }
    }

    fn rebuild(&mut self) {
        let documents = self.sources.iter().filter_map(KeySource::keys);
        let settings = self.shared.settings();
        journal::keys(&settings, self.generation == 0, documents.clone().map(JwkSet::skipped).sum());
        self.ring = Arc::new(KeyRing::new(documents, settings.key_algorithms()));
        self.generation += 1;
    }

    fn publish(&self) {
        let ages = self.sources.iter().filter_map(KeySource::age);
        let age = ages.reduce(|left, right| KeyAge {
            confirmed: left.confirmed.min(right.confirmed),
            good_until: left.good_until.max(right.good_until),
        });
        let (clock, now) = (&self.shared.clock, self.shared.now());
        if let Some(at) = age.and_then(|age| clock.now().checked_sub(now.saturating_sub(age.confirmed))) {
            journal::confirmed(&self.shared.settings(), at);
        }
        self.shared.snapshot.store(Arc::new(Snapshot {
            issuer: self.rule.clone(),
            metadata: self.metadata.clone(),
            keys: Arc::clone(&self.ring),
            generation: self.generation,
            age,
            next_attempt: self.due(),
            failing: self.is_failing(),
            incomplete: self.sources.iter().any(|source| source.retry().is_failing()),
        }));
    }
}
