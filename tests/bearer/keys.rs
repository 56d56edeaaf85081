//! The keys of a provider, over the real client and real sockets, on a clock that moves when the test says so.
//!
//! | file | what it shows |
//! |---|---|
//! | `rotation` | new keys come and old ones go without one refused request |
//! | `outage` | known keys serve on while the provider is down, up to [`MAX_STALE`], and its return is noticed |
//! | `flood` | made-up keys cost the provider a handful of requests and nobody else anything |
//! | `documents` | whatever the endpoint answers in place of keys, the old ones serve on and nobody waits |
//! | `start` | an unreachable provider does not stop the start; one that contradicts the configuration does |
//!
//! [`MAX_STALE`]: tower_oidc::provider::MAX_STALE

mod documents;
mod flood;
mod outage;
mod rotation;
mod start;

use std::time::Duration;

use futures_util::FutureExt as _;
use http::StatusCode;
use tower_oidc::{
    principal::rules::signed_in,
    provider::{MAX_BACK_OFF, PAUSE},
};

use crate::support::{Answer, Stand, ask};

/// Longest real time that an attempt may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

impl Stand {
    /// The answer to a request that waits for nothing and nobody.
    #[track_caller]
    fn at_once(&self, token: &str) -> Answer {
        let answer = ask(&self.auth, signed_in(), Some(token)).now_or_never();
        answer.expect("a request whose key is known does not wait")
    }

    /// A token of this moment, by the key that signs now, is accepted at once.
    #[track_caller]
    fn assert_serves(&self) {
        let answer = self.at_once(&self.provider.token("jane").sign());
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.reason);
    }

    /// Lets so much time pass that an attempt is due, and waits until it has ended.
    async fn attempt_within(&self, time: Duration) {
        let before = self.status().attempts;
        self.clock.advance(time);
        let ended = async {
            while self.status().attempts == before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.expect("an attempt is due");
    }

    /// Lets the next attempt that comes by itself come, and waits until it has ended.
    async fn next_attempt(&self) {
        self.attempt_within(self.status().next_attempt.max(PAUSE)).await;
    }

    /// Waits until nothing is wrong any more, with no more than the longest back-off between two attempts.
    async fn recovery(&self) {
        while self.status().problem.is_some() || !self.auth.is_ready() {
            assert!(self.status().next_attempt <= MAX_BACK_OFF);
            self.next_attempt().await;
        }
    }
}
