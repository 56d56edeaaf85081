//! The file of the session secrets, looked at while the service runs.

use std::{
    path::Path,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::task::AbortHandle;

use crate::{
    config::SessionSettings,
    types::{Clock, Secret},
};

use super::secrets::{SealingSecrets, Secrets, are_same};

/// How often the file of the session secrets is looked at. What it holds counts once two looks in a row have found the same, so that
/// a file which is just being written is not taken for what it will be.
pub const SECRET_FILE_INTERVAL: Duration = Duration::from_secs(10);

/// A task that looks at the file. It ends when this is dropped.
pub(super) struct Watch(AbortHandle);

/// What the last look has found.
#[derive(Default)]
enum Seen {
    /// What is in use.
    #[default]
    Nothing,
    /// Other secrets than those in use.
    Change(Vec<Secret>),
    /// What is wrong with the file.
    Problem(String),
}

impl Watch {
    /// Looks every [`SECRET_FILE_INTERVAL`] at the file that the secrets of the moment come from, if they do.
    pub(super) fn start(secrets: &Arc<SealingSecrets>, clock: Arc<dyn Clock>) -> Self {
        let secrets = Arc::downgrade(secrets);
        Self(tokio::spawn(watch(secrets, clock)).abort_handle())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn watch(secrets: Weak<SealingSecrets>, clock: Arc<dyn Clock>) {
    let mut seen = Seen::Nothing;
    loop {
        clock.sleep(SECRET_FILE_INTERVAL).await;
        let Some(before) = secrets.upgrade().map(|secrets| Arc::clone(&secrets.current())) else { return };
        let Some(file) = before.file().map(Path::to_owned) else { continue };
        let reading = file.clone();
        // The file is compared by what it holds: Kubernetes swaps a link, and a time of change may stay the same.
        let read = tokio::task::spawn_blocking(move || SessionSettings::read_secrets(&reading)).await;
        let Ok(read) = read else { return };
        let Some(secrets) = secrets.upgrade() else { return };
        seen = seen.then(read, &file, &before, &secrets);
    }
}

impl Seen {
    /// What comes of one more look. `before` are the secrets that were in use when it began.
    fn then(
        self,
        read: Result<Vec<Secret>, String>,
        file: &Path,
        before: &Arc<Secrets>,
        secrets: &SealingSecrets,
    ) -> Self {
        let file = file.display();
        match (read, self) {
            (Err(what), Self::Problem(told)) if told == what => Self::Problem(told),
            (Err(what), _) => {
                tracing::warn!(%file, what, "the file holds no usable session secret; the old ones stay");
                Self::Problem(what)
            }
            (Ok(read), _) if are_same(&read, before.configured()) => Self::Nothing,
            (Ok(read), Self::Change(seen)) if are_same(&read, &seen) => {
                secrets.adopt_from_file(before, read);
                tracing::info!(%file, "the file holds other session secrets, which are used from now on");
                Self::Nothing
            }
            (Ok(read), _) => Self::Change(read),
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::super::tests::{CountingRandom, settings};
    use super::*;
    use crate::{provider::test_support::Log, testing::ManualClock};

    /// The secrets of those settings, in use.
    fn in_use(settings: &SessionSettings) -> (Arc<SealingSecrets>, Arc<Secrets>) {
        let secrets = SealingSecrets::new(Arc::new(ManualClock::new()));
        secrets.adopt(&secrets.choose(settings, settings.expiry, &CountingRandom::default()).unwrap());
        let current = Arc::clone(&secrets.current());
        (secrets, current)
    }

    #[test]
    fn what_is_wrong_with_the_file_is_told_once() {
        let (log, _logging) = Log::start(Level::WARN);
        let (secrets, current) = in_use(&settings());
        let mut seen = Seen::Nothing;
        for (what, is_told) in [("is empty", true), ("is empty", false), ("is a folder", true), ("is empty", true)] {
            seen = seen.then(Err(what.to_owned()), Path::new("secrets"), &current, &secrets);
            assert_eq!(log.take().contains(what), is_told, "{what}");
        }
    }

    #[test]
    fn what_is_in_use_already_is_no_change() {
        let (secrets, current) = in_use(&settings());
        let seen = Seen::Nothing.then(Ok(current.configured().to_vec()), Path::new("secrets"), &current, &secrets);
        assert!(matches!(seen, Seen::Nothing));
    }
}
