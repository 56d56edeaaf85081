//! The handle that everybody else holds.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{
    config::{HttpSettings, IssuerSettings},
    types::{Clock, Issuer},
};

use super::{
    error::ProviderError,
    fetch::Fetcher,
    http::HttpClient,
    issuer_rule::IssuerRule,
    key_cache::{Admission, CurrentSnapshot, Progress, Refresher, Shared, WAIT_LIMIT, Worker},
};

/// One provider: its metadata and keys, kept up to date in the background.
///
/// Cheap to clone. The background task ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Provider {
    settings: Arc<IssuerSettings>,
    shared: Arc<Shared>,
    progress: watch::Receiver<Progress>,
}

/// What came of [`Provider::renew`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Renewed {
    /// The keys are other ones than the caller has seen: look again.
    Changed,
    /// The keys are the ones the caller has seen.
    Unchanged,
    /// It cannot be known: the provider did not answer, or its keys were never there.
    Unavailable {
        /// When to ask again. At least a second.
        retry_after: Duration,
    },
}

/// How a provider is doing, for health pages and `doctor`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// What logs call the provider: `providerName` for that of the file, the issuer for a trusted one.
    pub name: String,
    /// Whose tokens these are, once it is known. `None` too where tenants have issuers of their own.
    pub issuer: Option<Issuer>,
    /// Tokens can be checked: the issuer is known, and keys are there and not too old.
    pub ready: bool,
    /// How many (key, algorithm) pairs are known.
    pub keys: usize,
    /// How long ago the provider last confirmed its keys; of several key URLs, the one longest ago.
    pub keys_age: Option<Duration>,
    /// What is wrong now, if anything. Keys may still be there.
    pub problem: Option<Arc<ProviderError>>,
    /// Attempts that ended.
    pub attempts: u64,
    /// Attempts that the provider did not answer.
    pub failed_attempts: u64,
    /// Requests sent.
    pub requests: u64,
    /// Time to the next attempt that comes by itself.
    pub next_attempt: Duration,
}

impl Provider {
    /// Starts to learn the provider's metadata and keys, on a task of the current Tokio runtime. It returns at once, and the
    /// task keeps trying for as long as it takes.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn start(
        settings: IssuerSettings,
        http: &HttpSettings,
        client: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let settings = Arc::new(settings);
        let shared = Arc::new(Shared::new(Arc::clone(&settings), Arc::clone(&clock)));
        let fetcher = Fetcher::new(&settings.name, client, clock);
        let refresher = Refresher::new(Arc::clone(&shared), fetcher, http.https_only);
        let (sender, progress) = watch::channel(Progress::default());
        tokio::spawn(Worker::new(Arc::clone(&shared), refresher, sender).run());
        Self { settings, shared, progress }
    }

    /// The same provider under other settings, with the metadata and keys that are there; `None` when they would be other ones, or
    /// when nothing renews them any more.
    #[must_use]
    pub fn with_settings(&self, settings: &IssuerSettings) -> Option<Self> {
        let is_renewed = self.progress.has_changed().is_ok();
        let is_same = is_renewed && self.settings.has_keys_of(settings);
        is_same.then(|| Self { settings: Arc::new(settings.clone()), ..self.clone() })
    }

    /// What the log says of the provider, it says by these settings from now on.
    pub(crate) fn take_over(&self) {
        self.shared.replace_settings(Arc::clone(&self.settings));
    }

    /// What is asked of the provider and of its tokens.
    #[must_use]
    pub fn settings(&self) -> &IssuerSettings {
        &self.settings
    }

    /// All that is known now. It does not wait.
    #[must_use]
    pub fn snapshot(&self) -> CurrentSnapshot {
        CurrentSnapshot(self.shared.snapshot.load())
    }

    /// Waits until the first attempt has ended, and says how the latest went. It takes up to two
    /// [`FETCH_LIMIT`](super::FETCH_LIMIT)s.
    ///
    /// # Errors
    /// Why the provider's issuer or keys could not be learnt. Dead key URLs beside a good one are no error.
    pub async fn first_attempt(&self) -> Result<(), Arc<ProviderError>> {
        let mut progress = self.progress.clone();
        let ended = progress.wait_for(|progress| progress.ended > 0).await.map_err(|_| ProviderError::Stopped)?;
        match &ended.problem {
            Some(problem) if !ended.answered => Err(Arc::clone(problem)),
            _ => Ok(()),
        }
    }

    /// Asks for newer keys, because none of generation `seen` fits a token with that `kid`.
    ///
    /// It joins the attempt under way or the next one, as far as the budget goes, and ends within
    /// [`WAIT_LIMIT`]. A spent budget and a `kid` that was just looked for in vain answer at once.
    pub async fn renew(&self, seen: u64, kid: Option<&str>) -> Renewed {
        tokio::select! {
            renewed = self.look_for(seen, kid) => renewed,
            () = self.shared.clock.sleep(WAIT_LIMIT) => self.unavailable(),
        }
    }

    async fn look_for(&self, seen: u64, kid: Option<&str>) -> Renewed {
        let mut progress = self.progress.clone();
        let begun_before = self.shared.demands().started();
        loop {
            let attempt = match self.shared.demand(kid, || self.is_settled(seen, kid)) {
                Admission::Attempt(number) => number,
                Admission::Settled | Admission::Refused => return self.verdict(seen, kid),
                Admission::TooFar => return self.unavailable(),
            };
            let ended = progress.wait_for(|progress| progress.ended >= attempt).await;
            let Ok(answered) = ended.map(|progress| progress.answered) else { return self.unavailable() };
            if attempt <= begun_before || self.is_settled(seen, kid) {
                continue;
            }
            if !answered {
                return self.unavailable();
            }
            if !self.snapshot().is_incomplete() {
                self.shared.demands().not_found(kid, self.shared.now());
            }
            return self.verdict(seen, kid);
        }
    }

    /// Whether no attempt is needed: the key is there, or, without a `kid`, other keys than the caller has seen.
    fn is_settled(&self, seen: u64, kid: Option<&str>) -> bool {
        let snapshot = self.snapshot();
        kid.map_or(snapshot.generation() != seen, |kid| snapshot.has_key(kid))
    }

    fn verdict(&self, seen: u64, kid: Option<&str>) -> Renewed {
        let snapshot = self.snapshot();
        match snapshot.keys(self.shared.now()) {
            Err(unavailable) => Renewed::Unavailable { retry_after: unavailable.retry_after },
            Ok(_) if snapshot.is_incomplete() && kid.is_some_and(|kid| !snapshot.has_key(kid)) => self.unavailable(),
            Ok(_) if snapshot.generation() != seen => Renewed::Changed,
            Ok(_) if snapshot.is_incomplete() => self.unavailable(),
            Ok(_) => Renewed::Unchanged,
        }
    }

    fn unavailable(&self) -> Renewed {
        let unavailable = self.snapshot().unavailable(self.shared.now());
        Renewed::Unavailable { retry_after: unavailable.retry_after }
    }

    /// How the provider is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        let (snapshot, progress, now) = (self.snapshot(), self.progress.borrow(), self.shared.now());
        let stopped = || self.progress.has_changed().is_err().then(|| Arc::new(ProviderError::Stopped));
        let issuer = match snapshot.issuer() {
            Some(IssuerRule::Exact(issuer)) => Some(issuer.clone()),
            Some(IssuerRule::Template(_)) | None => None,
        };
        Status {
            name: self.settings.name.clone(),
            issuer,
            ready: snapshot.keys(now).is_ok(),
            keys: snapshot.key_count(),
            keys_age: snapshot.age(now),
            problem: progress.problem.clone().or_else(stopped),
            attempts: progress.ended,
            failed_attempts: progress.failed,
            requests: progress.requests,
            next_attempt: snapshot.next_attempt(now),
        }
    }
}
