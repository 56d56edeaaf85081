//! Time, passed in so that every test of expiry runs on a fixed clock.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The future of [`Clock::sleep`].
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the crate reads time from.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time of day. What a token says about itself is compared with it. It may step back and forth.
    fn now(&self) -> SystemTime;

    /// Time since an origin of the clock's own; it never goes back. What is cached ages by it.
    fn elapsed(&self) -> Duration;

    /// Ends once [`elapsed`](Self::elapsed) has grown by `duration`.
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// A clock that several parts share.
impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> SystemTime {
        (**self).now()
    }

    fn elapsed(&self) -> Duration {
        (**self).elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        (**self).sleep(duration)
    }
}

/// `time` in whole seconds since 1970-01-01 UTC (RFC 7519 section 2, NumericDate).
///
/// A time before that is no time but a broken clock. It counts as the far future, in which every token has expired.
#[must_use]
pub fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(FAR_FUTURE, |since| since.as_secs())
}

/// `time` in whole milliseconds since 1970-01-01 UTC, and likewise the far future for a time before that.
#[must_use]
pub fn unix_milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).ok();
    since.and_then(|since| u64::try_from(since.as_millis()).ok()).unwrap_or(FAR_FUTURE)
}

/// Far beyond [`MAX_SECONDS`](super::MAX_SECONDS), and far from an overflow.
const FAR_FUTURE: u64 = u64::MAX / 2;

/// The machine's clock, with tokio's timer.
///
/// On Linux the time of day is that of the kernel's last tick, as a rule ten milliseconds ago at most: tokens are good to the second,
/// and each request asks. With `maxClockSkew: 0` a token may so be refused that was issued in the last of them, on the same machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose [`elapsed`](Clock::elapsed) begins now.
    #[must_use]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        time_of_day()
    }

    fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

#[cfg(target_os = "linux")]
fn time_of_day() -> SystemTime {
    let tick = nix::time::clock_gettime(nix::time::ClockId::CLOCK_REALTIME_COARSE);
    let since = tick.ok().and_then(|tick| {
        let (seconds, nanoseconds) = (u64::try_from(tick.tv_sec()), u32::try_from(tick.tv_nsec()));
        Some(Duration::new(seconds.ok()?, nanoseconds.ok()?))
    });
    // A sandbox without this clock, or a time before 1970.
    since.map_or_else(SystemTime::now, |since| UNIX_EPOCH + since)
}

#[cfg(not(target_os = "linux"))]
fn time_of_day() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_the_machines() {
        let clock = SystemClock::new();
        for _ in 0..100 {
            let (before, now, after) = (SystemTime::now(), clock.now(), SystemTime::now());
            assert!(before - Duration::from_millis(900) <= now && now <= after, "{before:?} {now:?} {after:?}");
        }
    }

    #[test]
    fn before_1970_every_token_has_expired() {
        assert_eq!(unix_seconds(UNIX_EPOCH + Duration::from_millis(1500)), 1);
        assert!(unix_seconds(UNIX_EPOCH - Duration::from_millis(1)) > super::super::MAX_SECONDS);
        assert_eq!(unix_milliseconds(UNIX_EPOCH + Duration::from_micros(1_500_900)), 1500);
        assert!(unix_milliseconds(UNIX_EPOCH - Duration::from_millis(1)) > 1000 * super::super::MAX_SECONDS);
    }
}
