//! The keys that were just looked for in vain.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// How long a key that was not found is not looked for again. One client with a retired key must not eat the budget of all.
pub const MISSING_LIFETIME: Duration = Duration::from_secs(30);

/// Most keys remembered. The budget admits fewer attempts in [`MISSING_LIFETIME`] than a handful of clients need.
pub const MAX_MISSING: usize = 64;

/// A small memory of key ids, as hashes under a random key.
#[derive(Debug, Default)]
pub(super) struct MissingKeys {
    hasher: RandomState,
    /// In the order they were remembered.
    seen: VecDeque<(u64, Duration)>,
}

impl MissingKeys {
    pub(super) fn remember(&mut self, key_id: Option<&str>, now: Duration) {
        if self.contains(key_id, now) {
            return;
        }
        if self.seen.len() == MAX_MISSING {
            self.seen.pop_front();
        }
        self.seen.push_back((self.hasher.hash_one(key_id), now));
    }

    pub(super) fn contains(&mut self, key_id: Option<&str>, now: Duration) -> bool {
        while self.seen.front().is_some_and(|(_, at)| now.saturating_sub(*at) >= MISSING_LIFETIME) {
            self.seen.pop_front();
        }
        let hash = self.hasher.hash_one(key_id);
        self.seen.iter().any(|(seen, _)| *seen == hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn a_key_is_remembered_for_a_while() {
        let mut missing = MissingKeys::default();
        missing.remember(Some("a"), NOW);
        missing.remember(None, NOW);
        assert!(missing.contains(Some("a"), NOW) && missing.contains(None, NOW));
        assert!(!missing.contains(Some("b"), NOW) && !missing.contains(Some(""), NOW));
        assert!(missing.contains(Some("a"), NOW + MISSING_LIFETIME - Duration::from_millis(1)));
        assert!(!missing.contains(Some("a"), NOW + MISSING_LIFETIME));
    }

    #[test]
    fn the_oldest_gives_way() {
        let mut missing = MissingKeys::default();
        for number in 0..=MAX_MISSING {
            missing.remember(Some(&number.to_string()), NOW);
        }
        assert!(!missing.contains(Some("0"), NOW) && missing.contains(Some("1"), NOW));
        assert_eq!(missing.seen.len(), MAX_MISSING);
    }

    /// Or one client with one retired key would push out all others.
    #[test]
    fn a_key_that_is_remembered_already_takes_no_other_place() {
        let mut missing = MissingKeys::default();
        missing.remember(Some("a"), NOW);
        for _ in 0..MAX_MISSING {
            missing.remember(Some("b"), NOW);
        }
        assert!(missing.contains(Some("a"), NOW));
    }
}
