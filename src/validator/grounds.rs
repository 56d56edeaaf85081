//! What the acceptance of a token rests on.

use std::time::Duration;

use crate::{
    provider::Snapshot,
    types::{Clock, unix_seconds},
};

use super::binding::Binding;

/// How long an acceptance is relied on, whatever the token says: the shorter of the times for which Auth0 advises to keep a
/// key document. To check a token again every five minutes costs next to nothing.
pub const MAX_AGE: Duration = Duration::from_secs(5 * 60);

/// One reading of the clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// The time of day, in seconds since 1970. It may step back and forth.
    pub(super) now: u64,
    /// The time that only grows.
    pub(super) elapsed: Duration,
}

impl Moment {
    pub(super) fn of(clock: &dyn Clock) -> Self {
        Self { now: unix_seconds(clock.now()), elapsed: clock.elapsed() }
    }
}

/// The seconds since 1970 in which the checks of time let a token pass, leeway and `tokenValidity` included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    /// The first of them.
    pub(super) from: u64,
    /// The first after them.
    pub(super) until: u64,
}

impl Validity {
    fn contains(self, now: u64) -> bool {
        self.from <= now && now < self.until
    }
}

/// What the acceptance of a token rests on: as long as they hold, a check would accept the token again.
///
/// All else that a check looks at, the token and the settings, never changes.
#[derive(Debug, Clone)]
pub(super) struct Grounds {
    /// The position, among the validator's, of the provider whose keys were used.
    provider: usize,
    /// Which of its keys were used.
    generation: u64,
    validity: Validity,
    /// When the acceptance is no longer relied on, in the time that only grows.
    good_until: Duration,
    binding: Binding,
}

impl Grounds {
    /// The grounds of a check that was made at `checked`, with the keys of that provider and that generation.
    pub(super) fn new(provider: usize, generation: u64, validity: Validity, checked: Moment, binding: Binding) -> Self {
        // A time of day that is set back later does not lengthen the life that the token has left now.
        let life = Duration::from_secs(validity.until.saturating_sub(checked.now));
        let good_until = checked.elapsed.saturating_add(life.min(MAX_AGE));
        Self { provider, generation, validity, good_until, binding }
    }

    /// The position of the provider whose keys were used.
    pub(super) fn provider(&self) -> usize {
        self.provider
    }

    /// Who may use the token: to be asked at every use.
    pub(super) fn binding(&self) -> &Binding {
        &self.binding
    }

    /// Whether they hold at that moment, with `keys` being what the provider has now.
    pub(super) fn hold(&self, keys: &Snapshot, moment: Moment) -> bool {
        self.validity.contains(moment.now)
            && moment.elapsed < self.good_until
            && keys.generation() == self.generation
            && keys.keys(moment.elapsed).is_ok()
    }

    /// Grounds that never hold.
    #[cfg(test)]
    pub(super) fn for_tests() -> Self {
        let checked = Moment { now: 0, elapsed: Duration::ZERO };
        Self::new(0, 0, Validity { from: 0, until: 0 }, checked, Binding::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKED: u64 = 1_800_000_000;
    const START: Duration = Duration::from_secs(1000);
    const GENERATION: u64 = 3;

    fn at(offset: i64) -> u64 {
        CHECKED.checked_add_signed(offset).unwrap()
    }

    fn moment(now: i64, elapsed: f64) -> Moment {
        Moment { now: at(now), elapsed: START + Duration::from_secs_f64(elapsed) }
    }

    /// The grounds of a token that is good from `from` until `until`, both counted from the check.
    fn grounds(from: i64, until: i64) -> Grounds {
        Grounds::new(0, GENERATION, Validity { from: at(from), until: at(until) }, moment(0, 0.0), Binding::None)
    }

    /// The same keys, for an hour.
    fn keys() -> Snapshot {
        Snapshot::for_tests(GENERATION, START + Duration::from_secs(3600))
    }

    #[test]
    fn the_validity_ends_with_its_second() {
        let grounds = grounds(-100, 60);
        for (now, holds) in [(-101, false), (-100, true), (0, true), (59, true), (60, false), (86_400, false)] {
            assert_eq!(grounds.hold(&keys(), moment(now, 59.0)), holds, "{now}");
        }
    }

    #[test]
    fn the_age_ends_with_its_second_whatever_the_time_of_day() {
        let grounds = grounds(-100_000, 100_000);
        for now in [-86_400, 0, 299, 86_400] {
            assert!(grounds.hold(&keys(), moment(now, 299.9)), "{now}");
            assert!(!grounds.hold(&keys(), moment(now, 300.0)), "{now}");
        }
    }

    #[test]
    fn a_time_of_day_that_is_set_back_does_not_lengthen_the_life_that_was_left() {
        let grounds = grounds(-100, 60);
        assert!(grounds.hold(&keys(), moment(-50, 59.9)));
        assert!(!grounds.hold(&keys(), moment(-50, 60.0)));
    }

    #[test]
    fn a_broken_clock_counts_as_the_far_future() {
        let clock = crate::testing::ManualClock::at(std::time::UNIX_EPOCH - Duration::from_secs(1));
        let validity = Validity { from: 0, until: crate::types::MAX_SECONDS };
        let grounds = Grounds::new(0, GENERATION, validity, moment(0, 0.0), Binding::None);
        assert!(!grounds.hold(&keys(), Moment::of(&clock)));
    }

    #[test]
    fn other_keys_and_keys_that_are_too_old_void_them() {
        let (grounds, now) = (grounds(-100, 100), moment(10, 10.0));
        for (generation, good_until, holds) in [(3, 11, true), (3, 10, false), (4, 11, false), (2, 11, false)] {
            let keys = Snapshot::for_tests(generation, START + Duration::from_secs(good_until));
            assert_eq!(grounds.hold(&keys, now), holds, "{generation} {good_until}");
        }
        assert!(!grounds.hold(&Snapshot::default(), now));
    }
}
