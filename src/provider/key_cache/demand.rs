//! Readers who need other keys than there are, and what they may cause.

use std::time::Duration;

use super::{missing_keys::MissingKeys, token_bucket::TokenBucket};

/// Longest time that a reader waits for new keys. Whoever sent the token waits too.
pub const WAIT_LIMIT: Duration = Duration::from_secs(6);

/// The state that readers and the worker share. Every call is short and none waits.
#[derive(Debug)]
pub(in crate::provider) struct Demands {
    /// The number of the attempt that began last.
    started: u64,
    running: bool,
    /// A reader waits for the attempt after that.
    pending: bool,
    /// Before this the worker begins nothing.
    not_before: Duration,
    /// No key document can be had: the next attempt comes by the back-off, and needs no budget.
    failing: bool,
    budget: TokenBucket,
    missing: MissingKeys,
}

/// What a reader may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::provider) enum Admission {
    /// Go on: what it needs is there.
    Settled,
    /// Wait for the end of the attempt with that number.
    Attempt(u64),
    /// Nothing: the key was just looked for, or the budget is spent.
    Refused,
    /// Nothing: the provider is down, and the next attempt is too far off.
    TooFar,
}

impl Demands {
    pub(super) fn new() -> Self {
        Self {
            started: 0,
            running: false,
            pending: false,
            not_before: Duration::ZERO,
            failing: false,
            budget: TokenBucket::full(),
            missing: MissingKeys::default(),
        }
    }

    pub(in crate::provider) fn started(&self) -> u64 {
        self.started
    }

    pub(super) fn is_pending(&self) -> bool {
        self.pending
    }

    /// Asks for an attempt on behalf of a reader.
    pub(in crate::provider) fn admit(&mut self, key_id: Option<&str>, now: Duration) -> Admission {
        if self.missing.contains(key_id, now) {
            return Admission::Refused;
        }
        if self.running {
            return Admission::Attempt(self.started);
        }
        if self.failing && self.not_before.saturating_sub(now) > WAIT_LIMIT {
            return Admission::TooFar;
        }
        if !self.pending && !self.failing && !self.budget.take(now) {
            return Admission::Refused;
        }
        self.pending = true;
        Admission::Attempt(self.started + 1)
    }

    /// Remembers that an attempt made for this key did not find it.
    pub(in crate::provider) fn not_found(&mut self, key_id: Option<&str>, now: Duration) {
        self.missing.remember(key_id, now);
    }

    /// The worker begins an attempt. Whether a reader asked for it.
    pub(super) fn begin(&mut self) -> bool {
        self.started += 1;
        self.running = true;
        std::mem::take(&mut self.pending)
    }

    /// The worker ended an attempt, and begins the next one at `not_before` or later. Its number.
    pub(super) fn end(&mut self, not_before: Duration, failing: bool) -> u64 {
        self.running = false;
        self.not_before = not_before;
        self.failing = failing;
        self.started
    }
}

#[cfg(test)]
mod tests {
    use super::super::token_bucket::DEMAND_BURST;
    use super::*;

    const NOW: Duration = Duration::from_secs(1000);

    #[test]
    fn readers_join_the_attempt_that_is_asked_for_or_under_way() {
        let mut demands = Demands::new();
        assert_eq!(demands.admit(Some("a"), NOW), Admission::Attempt(1));
        assert_eq!(demands.admit(Some("b"), NOW), Admission::Attempt(1));
        assert!(demands.begin());
        assert_eq!(demands.admit(Some("c"), NOW), Admission::Attempt(1));
        assert_eq!(demands.end(NOW, false), 1);
        assert_eq!(demands.admit(Some("c"), NOW), Admission::Attempt(2));
    }

    #[test]
    fn the_budget_counts_attempts_and_not_readers() {
        let mut demands = Demands::new();
        for number in 1..=u64::from(DEMAND_BURST) {
            for reader in 0..100 {
                assert_eq!(demands.admit(Some(&reader.to_string()), NOW), Admission::Attempt(number));
            }
            demands.begin();
            demands.end(NOW, false);
        }
        assert_eq!(demands.admit(Some("a"), NOW), Admission::Refused);
    }

    #[test]
    fn a_key_that_was_just_missed_costs_nothing() {
        let mut demands = Demands::new();
        demands.not_found(Some("a"), NOW);
        assert_eq!(demands.admit(Some("a"), NOW), Admission::Refused);
        assert!(!demands.is_pending());
        assert_eq!(demands.admit(Some("b"), NOW), Admission::Attempt(1));
    }

    #[test]
    fn while_the_provider_is_down_readers_wait_only_for_a_near_attempt() {
        let mut demands = Demands::new();
        demands.begin();
        demands.end(NOW + WAIT_LIMIT, true);
        for _ in 0..100 {
            assert_eq!(demands.admit(Some("a"), NOW), Admission::Attempt(2));
        }
        assert_eq!(demands.admit(Some("a"), NOW - Duration::from_millis(1)), Admission::TooFar);
    }
}
