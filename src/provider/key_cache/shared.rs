//! What the worker and the handles share.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::sync::Notify;

use crate::{config::IssuerSettings, provider::ProviderError, types::Clock};

use super::{
    demand::{Admission, Demands},
    snapshot::Snapshot,
};

/// What the worker and the handles share. The lock is held for a few instructions, never over a wait.
#[derive(Debug)]
pub(in crate::provider) struct Shared {
    /// Those of the handles that are in use. What keys there are, they all say alike.
    settings: ArcSwap<IssuerSettings>,
    pub(in crate::provider) clock: Arc<dyn Clock>,
    pub(in crate::provider) snapshot: ArcSwap<Snapshot>,
    demands: Mutex<Demands>,
    demanded: Notify,
}

/// How far the worker has come.
#[derive(Debug, Clone, Default)]
pub(in crate::provider) struct Progress {
    /// The number of the attempt that ended last.
    pub(in crate::provider) ended: u64,
    /// Whether the provider answered it.
    pub(in crate::provider) answered: bool,
    /// What is wrong now. Something always is when the provider did not answer.
    pub(in crate::provider) problem: Option<Arc<ProviderError>>,
    /// Attempts that the provider did not answer.
    pub(in crate::provider) failed: u64,
    /// Requests sent.
    pub(in crate::provider) requests: u64,
}

impl Shared {
    pub(in crate::provider) fn new(settings: Arc<IssuerSettings>, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings: ArcSwap::new(settings),
            clock,
            snapshot: ArcSwap::default(),
            demands: Mutex::new(Demands::new()),
            demanded: Notify::new(),
        }
    }

    pub(in crate::provider) fn settings(&self) -> Arc<IssuerSettings> {
        self.settings.load_full()
    }

    pub(in crate::provider) fn replace_settings(&self, settings: Arc<IssuerSettings>) {
        self.settings.store(settings);
    }

    pub(in crate::provider) fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    pub(in crate::provider) fn demands(&self) -> MutexGuard<'_, Demands> {
        self.demands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for an attempt unless the reader has what it needs, and wakes the worker for it.
    ///
    /// The reader looks with the lock held. An attempt publishes before it ends, which takes the lock: looking first and asking
    /// later could miss an attempt that ended in between, and ask for a second one.
    pub(in crate::provider) fn demand(&self, key_id: Option<&str>, is_settled: impl FnOnce() -> bool) -> Admission {
        let mut demands = self.demands();
        let admission = if is_settled() { Admission::Settled } else { demands.admit(key_id, self.now()) };
        drop(demands);
        if matches!(admission, Admission::Attempt(_)) {
            self.demanded.notify_one();
        }
        admission
    }

    /// Ends when a reader waits for an attempt that has not begun.
    pub(super) async fn demanded(&self) {
        while !self.demands().is_pending() {
            self.demanded.notified().await;
        }
    }
}
