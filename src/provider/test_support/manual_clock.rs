//! A clock moved by hand.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use tokio::sync::oneshot;

use crate::types::{Clock, Sleep};

/// Stands still until it is moved. Clones are the same clock.
#[derive(Debug, Clone, Default)]
pub(in crate::provider) struct ManualClock(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    elapsed: Duration,
    sleepers: Vec<(Duration, oneshot::Sender<()>)>,
}

impl ManualClock {
    /// Moves on, stopping at the end of each sleep on the way so that whoever wakes acts at that very time.
    pub(in crate::provider) async fn advance(&self, duration: Duration) {
        settle().await;
        let target = self.elapsed() + duration;
        while let Some(next) = self.next_wake().filter(|next| *next <= target) {
            self.set(next);
            settle().await;
        }
        self.set(target);
        settle().await;
    }

    fn next_wake(&self) -> Option<Duration> {
        let mut state = self.0.lock().unwrap();
        state.sleepers.retain(|(_, sleeper)| !sleeper.is_closed());
        state.sleepers.iter().map(|(wake, _)| *wake).min()
    }

    fn set(&self, time: Duration) {
        let mut state = self.0.lock().unwrap();
        state.elapsed = state.elapsed.max(time);
        let now = state.elapsed;
        let (over, still): (Vec<_>, Vec<_>) = state.sleepers.drain(..).partition(|(wake, _)| *wake <= now);
        state.sleepers = still;
        drop(state);
        for (_, sleeper) in over {
            let _ = sleeper.send(());
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().elapsed
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut state = self.0.lock().unwrap();
        let (sender, receiver) = oneshot::channel();
        let wake = state.elapsed + duration;
        state.sleepers.push((wake, sender));
        Box::pin(async move {
            let _ = receiver.await;
        })
    }
}

/// Lets every other task of this thread run until it waits. Tokio comes back here after 61 of them at the latest.
pub(in crate::provider) async fn settle() {
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    for _ in 0..20 + tasks / 10 {
        tokio::task::yield_now().await;
    }
}
