//! What readers see.

use std::{ops::Deref, sync::Arc, time::Duration};

use crate::{
    jose::{KeyError, KeyRing},
    provider::{IssuerRule, Metadata},
    types::Algorithm,
};

/// Shortest time that anybody is asked to wait.
const MIN_RETRY_AFTER: Duration = Duration::from_secs(1);

/// All that is known of a provider at one moment. It never changes; a newer one takes its place.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub(super) issuer: Option<IssuerRule>,
    pub(super) metadata: Option<Arc<Metadata>>,
    pub(super) keys: Arc<KeyRing>,
    pub(super) generation: u64,
    /// When the oldest document in use was last confirmed, and when the youngest grows too old.
    pub(super) age: Option<KeyAge>,
    /// When the next attempt comes by itself, and whether nothing can be had before.
    pub(super) next_attempt: Duration,
    pub(super) failing: bool,
    /// Whether one of the key documents cannot be had: a key that is not known may stand there.
    pub(super) incomplete: bool,
}

/// How old keys are, in the clock's [`elapsed`](crate::types::Clock::elapsed).
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyAge {
    pub(super) confirmed: Duration,
    pub(super) good_until: Duration,
}

/// The provider's issuer or keys are not known, or are too old to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the provider's keys are not available")]
pub struct Unavailable {
    /// When to ask again. At least a second.
    pub retry_after: Duration,
}

impl Snapshot {
    /// Which issuers the provider's tokens may carry. `None` until the metadata are there, unless the issuer is configured.
    #[must_use]
    pub fn issuer(&self) -> Option<&IssuerRule> {
        self.issuer.as_ref()
    }

    /// The provider's metadata. `None` until they are there, and always without discovery.
    #[must_use]
    pub fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_deref()
    }

    /// The keys that tokens of [`issuer`](Self::issuer) may be signed with; `now` is the clock's
    /// [`elapsed`](crate::types::Clock::elapsed).
    ///
    /// # Errors
    /// [`Unavailable`]: no keys yet, or none confirmed within [`MAX_STALE`](super::MAX_STALE), or the issuer is not known.
    pub fn keys(&self, now: Duration) -> Result<&KeyRing, Unavailable> {
        let fresh = self.age.is_some_and(|age| now < age.good_until);
        if fresh && self.issuer.is_some() { Ok(&self.keys) } else { Err(self.unavailable(now)) }
    }

    /// A number that grows with each change of keys. What was derived from keys is void under another one.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Keys of that generation that may be used until then. There are none among them.
    #[cfg(test)]
    pub(crate) fn for_tests(generation: u64, good_until: Duration) -> Self {
        let issuer = Some(IssuerRule::Exact(crate::types::Issuer::new("https://issuer.example")));
        let age = Some(KeyAge { confirmed: Duration::ZERO, good_until });
        Self { issuer, generation, age, ..Self::default() }
    }

    pub(in crate::provider) fn unavailable(&self, now: Duration) -> Unavailable {
        let back_off = if self.failing { self.next_attempt(now) } else { Duration::ZERO };
        Unavailable { retry_after: back_off.max(MIN_RETRY_AFTER) }
    }

    pub(in crate::provider) fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    pub(in crate::provider) fn next_attempt(&self, now: Duration) -> Duration {
        self.next_attempt.saturating_sub(now)
    }

    /// How long ago the oldest document in use was confirmed.
    pub(in crate::provider) fn age(&self, now: Duration) -> Option<Duration> {
        self.age.map(|age| now.saturating_sub(age.confirmed))
    }

    pub(in crate::provider) fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// Whether a key of that id is there, for whichever algorithm.
    pub(in crate::provider) fn has_key(&self, key_id: &str) -> bool {
        let found = |algorithm| self.keys.find(Some(key_id), algorithm);
        Algorithm::ALL.iter().copied().any(|algorithm| !matches!(found(algorithm), Err(KeyError::Unknown)))
    }
}

/// The snapshot of this moment. Cheap to take and to hold; let go of it before a long wait.
#[derive(Debug)]
pub struct CurrentSnapshot(pub(in crate::provider) arc_swap::Guard<Arc<Snapshot>>);

impl Deref for CurrentSnapshot {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.0
    }
}
