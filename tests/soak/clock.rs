//! A clock whose time of day steps back and forth, as when somebody sets a machine's clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use tower_oidc::types::{Clock, Sleep, SystemClock};

/// Furthest that the time of day is off, in seconds. From one end to the other it is less than what clocks of replicas, and that of a
/// provider, may be apart, so that no right answer becomes a wrong one.
pub(crate) const MOST_OFF: u64 = 25;

/// The machine's clock, set wrongly. Clones are the same clock.
#[derive(Debug, Clone, Default)]
pub(crate) struct SteppingClock {
    machine: SystemClock,
    /// In seconds.
    ahead: Arc<AtomicI64>,
    steps: Arc<AtomicUsize>,
}

impl SteppingClock {
    /// Sets the time of day so many seconds before that of the machine, or behind it.
    pub(crate) fn set(&self, ahead: i64) {
        self.ahead.store(ahead, Ordering::Relaxed);
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn steps(&self) -> usize {
        self.steps.load(Ordering::Relaxed)
    }
}

impl Clock for SteppingClock {
    fn now(&self) -> SystemTime {
        let ahead = self.ahead.load(Ordering::Relaxed);
        let by = Duration::from_secs(ahead.unsigned_abs());
        if ahead < 0 { self.machine.now() - by } else { self.machine.now() + by }
    }

    fn elapsed(&self) -> Duration {
        self.machine.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.machine.sleep(duration)
    }
}
