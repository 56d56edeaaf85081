//! The task that owns every fetch.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{
    refresher::{Refresher, Report},
    retry::PAUSE,
    shared::{Progress, Shared},
};

/// Makes one attempt after another until the last handle is dropped.
#[derive(Debug)]
pub(in crate::provider) struct Worker {
    shared: Arc<Shared>,
    refresher: Refresher,
    progress: watch::Sender<Progress>,
    not_before: Duration,
}

impl Worker {
    pub(in crate::provider) fn new(
        shared: Arc<Shared>,
        refresher: Refresher,
        progress: watch::Sender<Progress>,
    ) -> Self {
        Self { shared, refresher, progress, not_before: Duration::ZERO }
    }

    /// Runs until no handle is left; an attempt under way is dropped then.
    pub(in crate::provider) async fn run(mut self) {
        let handles = self.progress.clone();
        tokio::select! {
            () = handles.closed() => {}
            () = self.serve() => {}
        }
    }

    async fn serve(&mut self) {
        loop {
            self.wait().await;
            let demanded = self.shared.demands().begin();
            let report = self.refresher.attempt(demanded).await;
            self.end(report);
        }
    }

    /// Waits until a document is due or a reader asks, and the pause is over.
    async fn wait(&self) {
        let due = self.refresher.due();
        tokio::select! {
            () = self.until(due) => {}
            () = self.shared.demanded() => {}
        }
        self.until(self.not_before).await;
    }

    async fn until(&self, time: Duration) {
        while let left = time.saturating_sub(self.shared.now())
            && !left.is_zero()
        {
            self.shared.clock.sleep(left).await;
        }
    }

    fn end(&mut self, report: Report) {
        let failing = self.refresher.is_failing();
        let now = self.shared.now();
        self.not_before = if failing { self.refresher.due().max(now + PAUSE / 2) } else { now + PAUSE };
        let ended = self.shared.demands().end(self.not_before, failing);
        self.progress.send_modify(|progress| {
            progress.ended = ended;
            progress.answered = report.answered;
            progress.problem = report.problem;
            progress.failed += u64::from(!report.answered);
            progress.requests = report.requests;
        });
    }
}
