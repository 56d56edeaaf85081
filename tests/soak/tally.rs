//! The count.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Most wrong answers that are told one by one.
const MOST_TOLD: usize = 20;

/// What was sent, and what came back.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    sent: AtomicU64,
    right: AtomicU64,
    /// Right because of the trouble at that moment.
    excused: AtomicU64,
    wrong: Mutex<Vec<String>>,
    callbacks: AtomicU64,
    sessions: AtomicU64,
    logouts: AtomicU64,
    slowest: AtomicU64,
}

/// What an answer is.
pub(crate) enum Verdict {
    Right,
    /// Right at that moment.
    Excused,
    /// With what was expected.
    Wrong(&'static str),
}

impl Verdict {
    /// An answer that is right if that is so.
    pub(crate) fn excused_if(excused: bool, expected: &'static str) -> Self {
        if excused { Self::Excused } else { Self::Wrong(expected) }
    }
}

impl Tally {
    pub(crate) fn sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn judge(&self, verdict: &Verdict, told: impl FnOnce() -> String) {
        match verdict {
            Verdict::Right => drop(self.right.fetch_add(1, Ordering::Relaxed)),
            Verdict::Excused => {
                self.right.fetch_add(1, Ordering::Relaxed);
                self.excused.fetch_add(1, Ordering::Relaxed);
            }
            Verdict::Wrong(expected) => self.wrong.lock().unwrap().push(format!("expected {expected}: {}", told())),
        }
    }

    pub(crate) fn callback(&self) {
        self.callbacks.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn session(&self) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn logout(&self) {
        self.logouts.fetch_add(1, Ordering::Relaxed);
    }

    /// How long somebody took who needs nothing of the provider.
    pub(crate) fn took(&self, time: Duration) {
        self.slowest.fetch_max(time.as_millis() as u64, Ordering::Relaxed);
    }

    pub(crate) fn callbacks(&self) -> u64 {
        self.callbacks.load(Ordering::Relaxed)
    }

    pub(crate) fn sessions(&self) -> u64 {
        self.sessions.load(Ordering::Relaxed)
    }

    pub(crate) fn logouts(&self) -> u64 {
        self.logouts.load(Ordering::Relaxed)
    }

    pub(crate) fn summary(&self) -> String {
        let [sent, right, excused] =
            [&self.sent, &self.right, &self.excused].map(|count| count.load(Ordering::Relaxed));
        let (wrong, callbacks, sessions) = (self.wrong.lock().unwrap().len(), self.callbacks(), self.sessions());
        format!(
            "requests sent: {sent}\nright answers: {right}, {excused} of them for the trouble at that moment\n\
             wrong answers: {wrong}\nlogins: {sessions} of {callbacks} that came back; logouts: {}\n\
             slowest answer to a token whose key was known: {} ms",
            self.logouts(),
            self.slowest.load(Ordering::Relaxed)
        )
    }

    pub(crate) fn assert_nothing_wrong(&self) {
        let wrong = self.wrong.lock().unwrap();
        let told = wrong.iter().take(MOST_TOLD).map(|line| format!("\n  {line}")).collect::<String>();
        assert!(wrong.is_empty(), "{} wrong answers:{told}", wrong.len());
        let [sent, right] = [&self.sent, &self.right].map(|count| count.load(Ordering::Relaxed));
        assert_eq!(sent, right, "every request was answered");
        assert!(self.sessions() > 0 && self.logouts() > 0, "there was something to see");
    }
}
