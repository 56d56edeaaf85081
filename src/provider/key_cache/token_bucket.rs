//! How many attempts unknown keys may cause.

use std::time::Duration;

/// Attempts that unknown keys may cause in a row. A rotation needs one, two when caches lie between.
pub const DEMAND_BURST: u32 = 5;

/// Time after which one more attempt may be caused. With [`DEMAND_BURST`] that makes at most eleven in any minute, and six a
/// minute for as long as somebody sends made-up keys: less than one replica more would ask.
pub const DEMAND_INTERVAL: Duration = Duration::from_secs(10);

/// A token bucket of [`DEMAND_BURST`], refilled by one each [`DEMAND_INTERVAL`].
#[derive(Debug)]
pub(super) struct TokenBucket {
    tokens: u32,
    /// When the bucket was last seen full, or a token was last added to it.
    filled: Duration,
}

impl TokenBucket {
    pub(super) fn full() -> Self {
        Self { tokens: DEMAND_BURST, filled: Duration::ZERO }
    }

    /// Takes one token out, if there is one.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        self.refill(now);
        let taken = self.tokens > 0;
        self.tokens -= u32::from(taken);
        taken
    }

    fn refill(&mut self, now: Duration) {
        while self.tokens < DEMAND_BURST && now.saturating_sub(self.filled) >= DEMAND_INTERVAL {
            self.tokens += 1;
            self.filled += DEMAND_INTERVAL;
        }
        if self.tokens == DEMAND_BURST {
            self.filled = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_at(bucket: &mut TokenBucket, seconds: u64) -> u32 {
        (0..100).map(|_| u32::from(bucket.take(Duration::from_secs(seconds)))).sum()
    }

    #[test]
    fn a_burst_and_then_one_each_interval() {
        let mut bucket = TokenBucket::full();
        assert_eq!(taken_at(&mut bucket, 1000), DEMAND_BURST);
        assert_eq!(taken_at(&mut bucket, 1009), 0);
        assert_eq!(taken_at(&mut bucket, 1010), 1);
        assert_eq!(taken_at(&mut bucket, 1019), 0);
        assert_eq!(taken_at(&mut bucket, 1035), 2);
        assert_eq!(taken_at(&mut bucket, 1040), 1);
        assert_eq!(taken_at(&mut bucket, 1_000_000), DEMAND_BURST);
    }
}
