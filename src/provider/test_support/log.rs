//! What is logged, for tests to read.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::{Dispatch, Level, dispatcher::DefaultGuard, subscriber::NoSubscriber};
use tracing_subscriber::fmt::MakeWriter;

/// The lines that the current thread logs. Clones are the same log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

/// The thread logs into a [`Log`] until this is dropped.
#[must_use]
pub(crate) struct Logging {
    _guard: DefaultGuard,
    _other: Dispatch,
}

impl Log {
    /// From now on the current thread logs what is at `level` or above.
    ///
    /// A second dispatcher lives beside it. With one alone, tracing asks the thread that comes first upon an event whether
    /// anybody wants it, and that may be another test's, which does not.
    pub(crate) fn start(level: Level) -> (Self, Logging) {
        let log = Self::default();
        let other = Dispatch::new(NoSubscriber::default());
        let subscriber = tracing_subscriber::fmt().with_max_level(level).with_writer(log.clone());
        let guard = tracing::subscriber::set_default(subscriber.without_time().with_ansi(false).finish());
        (log, Logging { _guard: guard, _other: other })
    }

    /// Takes the lines so far.
    pub(crate) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
