//! Proofs that were accepted: each is good once.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::jose::Thumbprint;

use super::{MAX_PROOF_AGE, ProofError};

/// Most proofs that are remembered: some 8 MB of memory, and four thousand requests a second for as long as a proof is good.
pub const MAX_SEEN_PROOFS: usize = 250_000;

/// A proof as 64 bits under a random key: nobody can look for two that meet. If two do, a good proof is refused.
type Key = u64;

/// The proofs that were accepted (RFC 9449 section 11.1).
///
/// 1. A proof is known by the key that signed it and its `jti`, and kept under the second of its `iat`, until it would be refused for its
///    age.
/// 2. What is forgotten, for that reason or for want of room, is the oldest second as a whole. It raises the horizon: every proof that was
///    issued until then is refused. So a full memory, or a clock that was wrong for a while, refuses too many and never lets one through
///    twice.
/// 3. The list lives in this process: a restart forgets it, and another replica does not know it.
///
/// The lock is never held across waiting.
pub struct SeenProofs {
    hasher: RandomState,
    list: Mutex<List>,
}

struct List {
    by_second: BTreeMap<u64, HashSet<Key>>,
    count: usize,
    room: usize,
    /// Proofs issued until then are refused.
    horizon: Option<u64>,
}

impl SeenProofs {
    /// No proof was accepted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with_room(MAX_SEEN_PROOFS)
    }

    fn with_room(room: usize) -> Self {
        let list = List { by_second: BTreeMap::new(), count: 0, room, horizon: None };
        Self { hasher: RandomState::new(), list: Mutex::new(list) }
    }

    /// Notes a proof that is good in all else: by whose key, its `jti` and `iat`.
    ///
    /// # Errors
    /// - [`ProofError::Replayed`]: it was noted before;
    /// - [`ProofError::Forgotten`]: nobody can say whether it was.
    pub(super) fn note(&self, key: Thumbprint, id: &str, issued_at: u64, now: u64) -> Result<(), ProofError> {
        let key = self.hasher.hash_one((key, id));
        self.list().note(key, issued_at, now)
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for SeenProofs {
    fn default() -> Self {
        Self::new()
    }
}

impl List {
    fn note(&mut self, key: Key, issued_at: u64, now: u64) -> Result<(), ProofError> {
        self.forget_until(now);
        if self.by_second.get(&issued_at).is_some_and(|second| second.contains(&key)) {
            return Err(ProofError::Replayed);
        }
        if self.count >= self.room {
            self.forget_oldest();
        }
        if self.horizon.is_some_and(|horizon| issued_at <= horizon) {
            return Err(ProofError::Forgotten);
        }
        self.by_second.entry(issued_at).or_default().insert(key);
        self.count += 1;
        Ok(())
    }

    fn forget_until(&mut self, now: u64) {
        let is_over = |second: u64| second.saturating_add(MAX_PROOF_AGE.as_secs()) < now;
        while self.by_second.first_key_value().is_some_and(|(second, _)| is_over(*second)) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((second, forgotten)) = self.by_second.pop_first() {
            self.count -= forgotten.len();
            self.horizon = self.horizon.max(Some(second));
        }
    }
}

/// How many there are, and none of them.
impl fmt::Debug for SeenProofs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenProofs").field("count", &self.list().count).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
