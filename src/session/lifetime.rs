//! Until when a session lives.

use std::time::Duration;

use crate::config::SessionSettings;

use super::{Session, Void};

/// A session is touched when a tenth of its idle time-out has passed: it lives at least nine tenths of it unused, and is
/// not written at each request.
const TOUCHES: u64 = 10;

/// How long sessions live, in seconds, as the settings of this moment say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifetime {
    expiry: u64,
    idle_timeout: Option<u64>,
}

impl Lifetime {
    pub(super) fn new(settings: &SessionSettings) -> Self {
        Self { expiry: settings.expiry.as_secs(), idle_timeout: settings.idle_timeout.as_ref().map(Duration::as_secs) }
    }

    /// How long a session lives at most.
    pub(super) fn expiry(self) -> u64 {
        self.expiry
    }

    /// When a session ends at the latest that begins now.
    pub(super) fn end(self, now: u64) -> u64 {
        now.saturating_add(self.expiry)
    }

    /// When that session ends at the latest: what was sealed, or earlier if the settings were shortened since.
    pub(super) fn end_of(self, session: &Session) -> u64 {
        session.expires_at.min(self.end(session.opened_at))
    }

    /// Why the session is over, if it is. A session of the future, as a clock that was set back sees it, is live.
    pub(super) fn over(self, session: &Session, now: u64) -> Option<Void> {
        let idle_from = self.idle_timeout.map(|idle_timeout| session.seen_at.saturating_add(idle_timeout));
        let is_past = |time: Option<u64>| time.is_some_and(|time| now >= time);
        if is_past(Some(self.end_of(session))) {
            Some(Void::Expired)
        } else if is_past(idle_from) {
            Some(Void::Idle)
        } else if is_past(session.tokens.valid_until) {
            Some(Void::Stale)
        } else {
            None
        }
    }

    pub(super) fn is_touch_due(self, session: &Session, now: u64) -> bool {
        self.idle_timeout.is_some_and(|idle_timeout| {
            let pause = (idle_timeout / TOUCHES).max(1);
            now >= session.seen_at.saturating_add(pause)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        SessionTokens,
        tests::{NOW, session, settings},
    };
    use super::*;

    fn lifetime(expiry: u64, idle_timeout: Option<u64>) -> Lifetime {
        Lifetime::new(&SessionSettings {
            expiry: Duration::from_secs(expiry),
            idle_timeout: idle_timeout.map(Duration::from_secs),
            ..settings()
        })
    }

    #[test]
    fn a_session_ends_at_its_expiry_and_earlier_when_the_setting_is_shortened() {
        let session = Session { opened_at: NOW, seen_at: NOW, expires_at: NOW + 100, ..session() };
        for (setting, end) in [(1000, NOW + 100), (100, NOW + 100), (60, NOW + 60)] {
            let lifetime = lifetime(setting, None);
            assert_eq!(lifetime.end_of(&session), end);
            assert_eq!(lifetime.over(&session, end - 1), None);
            assert_eq!(lifetime.over(&session, end), Some(Void::Expired));
            assert_eq!(lifetime.over(&session, u64::MAX), Some(Void::Expired));
        }
    }

    #[test]
    fn an_idle_session_ends_and_a_used_one_does_not() {
        let lifetime = lifetime(1000, Some(60));
        let session = Session { opened_at: NOW, seen_at: NOW + 10, expires_at: NOW + 1000, ..session() };
        assert_eq!(lifetime.over(&session, NOW + 69), None);
        assert_eq!(lifetime.over(&session, NOW + 70), Some(Void::Idle));
        assert_eq!(self::lifetime(1000, None).over(&session, NOW + 70), None);
    }

    #[test]
    fn token_validity_ends_a_session_that_was_not_renewed() {
        let tokens = SessionTokens { valid_until: Some(NOW + 50), ..SessionTokens::default() };
        let session = Session { opened_at: NOW, expires_at: NOW + 1000, tokens, ..session() };
        assert_eq!(lifetime(1000, None).over(&session, NOW + 49), None);
        assert_eq!(lifetime(1000, None).over(&session, NOW + 50), Some(Void::Stale));
    }

    #[test]
    fn a_clock_that_steps_back_ends_nothing() {
        let session = Session { opened_at: NOW, seen_at: NOW, expires_at: NOW + 1000, ..session() };
        let lifetime = lifetime(1000, Some(60));
        assert_eq!(lifetime.over(&session, NOW - 5000), None);
        assert_eq!(lifetime.over(&session, 0), None);
        assert!(!lifetime.is_touch_due(&session, NOW - 5000));
    }

    #[test]
    fn a_touch_is_due_after_a_tenth_of_the_idle_time_out_and_a_second_at_least() {
        let session = Session { seen_at: NOW, ..session() };
        for (idle_timeout, pause) in [(600, 60), (15, 1), (10, 1), (3, 1)] {
            let lifetime = lifetime(10_000, Some(idle_timeout));
            assert!(!lifetime.is_touch_due(&session, NOW + pause - 1), "{idle_timeout}");
            assert!(lifetime.is_touch_due(&session, NOW + pause), "{idle_timeout}");
        }
        assert!(!lifetime(10_000, None).is_touch_due(&session, NOW + 9999));
    }

    #[test]
    fn times_at_the_end_of_the_range_do_not_overflow() {
        let session = Session { opened_at: u64::MAX, seen_at: u64::MAX, expires_at: u64::MAX, ..session() };
        assert_eq!(lifetime(u64::MAX, Some(u64::MAX)).over(&session, NOW), None);
        assert_eq!(lifetime(u64::MAX, Some(u64::MAX)).over(&session, u64::MAX), Some(Void::Expired));
    }
}
