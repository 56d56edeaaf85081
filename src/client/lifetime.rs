//! When a token is renewed, and until when it is handed out.

use std::time::Duration;

/// The share of its life, in percent, after which a token's next use renews it; earlier by up to a tenth, so that replicas that began
/// together do not ask together.
pub const RENEW_AHEAD: u32 = 80;

/// Time before a token's end from which it is no longer handed out: a request is on its way, and clocks differ. Of a token
/// that lives less than ten times that long it is a tenth.
pub const EXPIRY_MARGIN: Duration = Duration::from_secs(10);

/// Life of a token whose response does not tell it (RFC 6749 section 5.1 recommends to).
pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Longest time that one token is used, whatever its response says: changed permissions arrive within a day.
pub const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Times of a token, in the clock's [`elapsed`](crate::types::Clock::elapsed).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lifetime {
    pub(super) renew_at: Duration,
    pub(super) good_until: Duration,
}

impl Lifetime {
    /// Of a token asked for at `asked`, with `expires_in` as in the response.
    pub(super) fn new(asked: Duration, expires_in: Option<Duration>, random: u64) -> Self {
        let life = expires_in.unwrap_or(DEFAULT_LIFETIME).min(MAX_LIFETIME);
        let share = f64::from((random >> 32) as u32) / f64::from(u32::MAX);
        Self {
            renew_at: asked + life.mul_f64(f64::from(RENEW_AHEAD) / 100.0 - share / 10.0),
            good_until: asked + life - EXPIRY_MARGIN.min(life / 10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Duration = Duration::from_secs(1000);

    fn lifetime(expires_in: Option<u64>, random: u64) -> (u64, u64) {
        let lifetime = Lifetime::new(ASKED, expires_in.map(Duration::from_secs), random);
        ((lifetime.renew_at - ASKED).as_secs(), (lifetime.good_until - ASKED).as_secs())
    }

    #[test]
    fn a_token_is_renewed_at_four_fifths_and_used_until_shortly_before_its_end() {
        assert_eq!(lifetime(Some(3600), 0), (2880, 3590));
        assert_eq!(lifetime(Some(3600), u64::MAX), (2520, 3590));
        assert_eq!(lifetime(Some(60), 0), (48, 54));
        assert_eq!(lifetime(Some(0), 0), (0, 0));
    }

    #[test]
    fn a_life_that_is_not_told_or_too_long_is_bounded() {
        assert_eq!(lifetime(None, 0), (240, 290));
        assert_eq!(lifetime(Some(u64::MAX), 0), (69_120, 86_390));
    }
}
