//! When a document is asked for again.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use crate::provider::ProviderError;

/// Shortest time between the end of a good attempt and the next one. Also what the first failure costs.
pub const PAUSE: Duration = Duration::from_secs(1);

/// Longest pause between failed attempts: what a provider's return is noticed after, at the latest.
pub const MAX_BACK_OFF: Duration = Duration::from_secs(60);

/// How the last attempts on one document went, and when the next is due.
#[derive(Debug, Default)]
pub(super) struct Retry {
    due: Duration,
    failures: u32,
    error: Option<Arc<ProviderError>>,
    jitter: RandomState,
}

/// What a change of state is worth in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::provider) enum Change {
    /// Good before, or failed in the other way.
    Failed,
    /// Failed before.
    Recovered,
    /// As before.
    None,
}

impl Retry {
    /// When the next attempt is due.
    pub(super) fn due(&self) -> Duration {
        self.due
    }

    /// What is wrong now.
    pub(super) fn error(&self) -> Option<&Arc<ProviderError>> {
        self.error.as_ref()
    }

    pub(super) fn is_failing(&self) -> bool {
        self.error.is_some()
    }

    pub(super) fn make_due(&mut self, now: Duration) {
        self.due = now;
    }

    pub(super) fn succeeded(&mut self, due: Duration) -> Change {
        self.due = due;
        self.failures = 0;
        if self.error.take().is_some() { Change::Recovered } else { Change::None }
    }

    pub(super) fn failed(&mut self, error: Arc<ProviderError>, now: Duration) -> Change {
        self.failures = self.failures.saturating_add(1);
        let pause = back_off(self.failures, self.jitter.hash_one(self.failures));
        self.due = now + pause.max(error.retry_after().unwrap_or_default());
        let contradiction = error.is_contradiction();
        let before = self.error.replace(error);
        let as_before = before.is_some_and(|before| before.is_contradiction() == contradiction);
        if as_before { Change::None } else { Change::Failed }
    }
}

/// The pause after that many failures in a row: [`PAUSE`], doubled each time up to [`MAX_BACK_OFF`], and by `random` shortened by
/// up to a half, so that replicas do not come back together.
pub(crate) fn back_off(failures: u32, random: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = (PAUSE * (1 << doublings)).min(MAX_BACK_OFF);
    let share = f64::from((random >> 32) as u32) / f64::from(u32::MAX);
    longest.mul_f64(1.0 - share / 2.0)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use url::Url;

    use crate::provider::ShownUrl;

    use super::*;

    fn error(retry_after: Option<u64>) -> Arc<ProviderError> {
        let url = ShownUrl::new(&Url::parse("https://a.example").unwrap());
        let status = StatusCode::TOO_MANY_REQUESTS;
        Arc::new(ProviderError::Status { url, status, retry_after: retry_after.map(Duration::from_secs) })
    }

    #[test]
    fn the_pause_doubles_up_to_a_minute() {
        let longest: Vec<u64> = (1..=8).map(|failures| back_off(failures, 0).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(back_off(u32::MAX, 0), MAX_BACK_OFF);
    }

    #[test]
    fn jitter_takes_up_to_a_half() {
        assert_eq!(back_off(7, u64::MAX), MAX_BACK_OFF / 2);
        assert_eq!(back_off(1, u64::MAX), PAUSE / 2);
    }

    #[test]
    fn retry_after_lengthens_the_pause() {
        let mut retry = Retry::default();
        retry.failed(error(Some(120)), Duration::from_secs(10));
        assert_eq!(retry.due(), Duration::from_secs(130));
        retry.failed(error(Some(0)), Duration::from_secs(10));
        assert!(retry.due() >= Duration::from_secs(11) && retry.due() <= Duration::from_secs(12));
    }

    #[test]
    fn only_changes_of_state_are_news() {
        let contradiction = || Arc::new(ProviderError::NotHttps { member: "jwks_uri" });
        let mut retry = Retry::default();
        assert_eq!(retry.succeeded(Duration::ZERO), Change::None);
        assert_eq!(retry.failed(error(None), Duration::ZERO), Change::Failed);
        assert_eq!(retry.failed(error(None), Duration::ZERO), Change::None);
        assert_eq!(retry.failed(contradiction(), Duration::ZERO), Change::Failed);
        assert_eq!(retry.failed(contradiction(), Duration::ZERO), Change::None);
        assert_eq!(retry.succeeded(Duration::ZERO), Change::Recovered);
    }
}
