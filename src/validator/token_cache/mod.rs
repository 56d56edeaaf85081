//! Accepted tokens, remembered. The rules stand in [the module above](super).

mod token;

#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use quick_cache::{Weighter, sync::Cache};

use super::{AccessToken, Grounds, Proof, Unfinished, Validator, Verified};

use token::{Sought, Token};

/// Most bytes of tokens that one cache holds. What is made of a token is of about the same size again, or twice.
pub const MAX_CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// Most tokens that one cache holds: as many as fit in when none is longer than a kilobyte, as most are.
pub const MAX_CACHED_TOKENS: u64 = 16 * 1024;

/// Longest token that is remembered, in bytes: what common servers take as one header line.
pub const MAX_CACHED_TOKEN_BYTES: usize = 8 * 1024;

/// What was made of accepted tokens, each for as long as the token would be accepted again. Its rules stand in
/// [the module above](super); [`forget`](Self::forget) and [`forget_where`](Self::forget_where) are what the fifth is about.
pub struct TokenCache<V> {
    validator: Arc<Validator>,
    entries: Cache<Token, Entry<V>, ByLength>,
    /// What was checked in an earlier epoch is forgotten.
    epoch: AtomicU64,
    /// How often somebody was forgotten.
    departures: AtomicU64,
}

#[derive(Clone)]
struct Entry<V> {
    value: V,
    grounds: Grounds,
    epoch: u64,
}

impl<V: Clone> TokenCache<V> {
    /// An empty cache for the tokens that `validator` accepts.
    #[must_use]
    pub fn new(validator: Arc<Validator>) -> Self {
        let entries = Cache::with_weighter(MAX_CACHED_TOKENS as usize, MAX_CACHE_BYTES, ByLength);
        Self { validator, entries, epoch: AtomicU64::new(0), departures: AtomicU64::new(0) }
    }

    /// What was made of `token` before, if its grounds hold; else what `make` makes of it when it is verified now.
    ///
    /// # Errors
    /// Those of [`Validator::try_access_token`] and of `make`. They are not remembered.
    pub fn get_or_make<E: From<Unfinished>>(
        &self,
        token: &[u8],
        make: impl FnOnce(Verified<AccessToken>) -> Result<V, E>,
    ) -> Result<V, E> {
        self.get_or_make_with(token, None, make)
    }

    /// The same of a token that came with a proof, or without.
    pub(crate) fn get_or_make_with<E: From<Unfinished>>(
        &self,
        token: &[u8],
        proof: Option<&Proof<'_>>,
        make: impl FnOnce(Verified<AccessToken>) -> Result<V, E>,
    ) -> Result<V, E> {
        if token.len() > MAX_CACHED_TOKEN_BYTES {
            return make(self.validator.try_access_token_with(token, proof)?);
        }
        // Read before the check: what is checked while somebody forgets is forgotten too.
        let epoch = self.epoch.load(Ordering::Acquire);
        if let Some(entry) = self.get(token, epoch) {
            self.validator.holder(token, entry.grounds.binding(), proof).map_err(Unfinished::from)?;
            return Ok(entry.value);
        }
        let departures = self.departures.load(Ordering::Acquire);
        let (verified, grounds) = self.validator.check(token, proof)?;
        let value = make(verified)?;
        self.entries.insert(Sought(token).into(), Entry { value: value.clone(), grounds, epoch });
        // Whoever left meanwhile was looked for before this came in, or finds it there.
        if self.departures.load(Ordering::Acquire) != departures {
            self.entries.remove(&Sought(token));
        }
        Ok(value)
    }

    #[inline]
    fn get(&self, token: &[u8], epoch: u64) -> Option<Entry<V>> {
        let entry = self.entries.get(&Sought(token))?;
        if entry.epoch == epoch && self.validator.upholds(&entry.grounds) {
            return Some(entry);
        }
        // For good: a clock that is set back does not bring it back.
        self.entries.remove(&Sought(token));
        None
    }

    /// Forgets what was made for whomever `is_meant` knows. It looks at every entry: some tenths of a millisecond when there are as
    /// many as there may be.
    pub fn forget_where(&self, is_meant: impl Fn(&V) -> bool) {
        self.departures.fetch_add(1, Ordering::AcqRel);
        self.entries.retain(|_, entry| !is_meant(&entry.value));
    }

    /// Forgets everything. Whoever asks from now on has the token checked again.
    pub fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.entries.clear();
    }
}

impl<V> fmt::Debug for TokenCache<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}

/// Weighs an entry by the length of its token. The least weight is what bounds the number of entries.
#[derive(Debug, Clone, Copy)]
struct ByLength;

const LEAST_WEIGHT: u64 = MAX_CACHE_BYTES / MAX_CACHED_TOKENS;

impl<V> Weighter<Token, V> for ByLength {
    fn weight(&self, token: &Token, _: &V) -> u64 {
        (token.len() as u64).max(LEAST_WEIGHT)
    }
}
