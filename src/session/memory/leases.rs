//! Who renews which session at the moment.

use std::{collections::HashMap, time::Duration};

type Key = [u8; 32];
type Holder = [u8; 16];

/// Leases, each with its holder and its end. Times are the clock's [`elapsed`](crate::types::Clock::elapsed).
#[derive(Default)]
pub(super) struct Leases(HashMap<Key, (Holder, Duration)>);

impl Leases {
    /// Says whether the holder has it now.
    pub(super) fn take(&mut self, key: Key, holder: Holder, ttl: Duration, now: Duration) -> bool {
        self.0.retain(|_, (_, until)| now < *until);
        let (there, _) = self.0.entry(key).or_insert((holder, now.saturating_add(ttl)));
        *there == holder
    }

    pub(super) fn give_back(&mut self, key: Key, holder: Holder) {
        if self.0.get(&key).is_some_and(|(there, _)| *there == holder) {
            self.0.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_lease_has_one_holder_until_it_ends() {
        let mut leases = Leases::default();
        assert!(leases.take([1; 32], [1; 16], SECOND, Duration::ZERO));
        assert!(leases.take([1; 32], [1; 16], SECOND, Duration::ZERO));
        assert!(!leases.take([1; 32], [2; 16], SECOND, SECOND - Duration::from_nanos(1)));
        assert!(leases.take([2; 32], [2; 16], SECOND, Duration::ZERO), "another session");
        assert!(leases.take([1; 32], [2; 16], SECOND, SECOND));
    }

    #[test]
    fn only_the_holder_gives_it_back() {
        let mut leases = Leases::default();
        assert!(leases.take([1; 32], [1; 16], SECOND, Duration::ZERO));
        leases.give_back([1; 32], [2; 16]);
        assert!(!leases.take([1; 32], [2; 16], SECOND, Duration::ZERO));
        leases.give_back([1; 32], [1; 16]);
        assert!(leases.take([1; 32], [2; 16], SECOND, Duration::ZERO));
        leases.give_back([1; 32], [2; 16]);
        assert!(leases.0.is_empty());
    }
}
