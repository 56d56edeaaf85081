//! Proofs that were accepted: each is good once.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::jose::Thumbprint;

use super::{MAX_PROOF_AGE, ProofError};

/// Most proofs that are remembered: some 20 MB of memory.
pub const MAX_SEEN_PROOFS: usize = SHARDS * ROOM;

/// A key has its place in one of so many lists. Who fills a list is in nobody's way but that of those few who share it.
const SHARDS: usize = 64;

/// Most proofs in one of them: 136 requests a second for as long as a proof may be good, with a skew of a minute. Beyond that they must
/// arrive the sooner, the more there are.
const ROOM: usize = 16_384;

/// A proof as 64 bits under a random key: nobody can look for two that meet. If two do, a good proof is refused.
type Key = u64;

/// The proofs that were accepted (RFC 9449 section 11.1).
///
/// 1. A proof is known by the key that signed it and its `jti`, and kept under the second of its `iat`, until it would be refused for its
///    age.
/// 2. What is forgotten, for that reason or for want of room, is the oldest second as a whole. It raises the horizon: every proof that was
///    issued until then is refused. So a full memory, or a clock that was wrong for a while, refuses too many and never lets one through
///    twice.
/// 3. Each key has its list by a hash under a random key, with a room and a horizon of its own: proofs may be issued some way ahead, and
///    who fills the memory with such would shut everybody out for as long.
/// 4. The lists are those of one [`Auth`](crate::Auth) and its clones: a restart forgets them, and another replica does not know them.
///
/// The lock is never held across waiting.
pub struct SeenProofs {
    hasher: RandomState,
    shards: Box<[Mutex<List>]>,
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
        Self::with_room(ROOM)
    }

    /// With room for so many in each list.
    fn with_room(room: usize) -> Self {
        let list = || List { by_second: BTreeMap::new(), count: 0, room, horizon: None };
        Self { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| Mutex::new(list())).collect() }
    }

    /// Notes a proof that is good in all else: by whose key, its `jti` and `iat`.
    ///
    /// # Errors
    /// - [`ProofError::Replayed`]: it was noted before;
    /// - [`ProofError::Forgotten`]: nobody can say whether it was.
    pub(super) fn note(&self, key: Thumbprint, id: &str, issued_at: u64, now: u64) -> Result<(), ProofError> {
        let proof = self.hasher.hash_one((key, id));
        locked(&self.shards[self.shard(key)]).note(proof, issued_at, now)
    }

    fn shard(&self, key: Thumbprint) -> usize {
        (self.hasher.hash_one(key) % SHARDS as u64) as usize
    }
}

fn locked(shard: &Mutex<List>) -> MutexGuard<'_, List> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
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
        let count: usize = self.shards.iter().map(|shard| locked(shard).count).sum();
        f.debug_struct("SeenProofs").field("count", &count).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
