//! What a service's sessions leave in this process, whatever its configuration is by now.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::types::{Clock, Secret};

use super::{MemoryStore, SessionError, SessionStore, ended::EndedSessions, open_redis, secrets::SealingSecrets};

/// What a service's sessions leave in this process: the secrets that seal them, those that were ended, and those that live here.
///
/// It outlives a change of the configuration; [`Sessions`](super::Sessions) are what one configuration makes of it. Clones are
/// the same.
#[derive(Clone)]
pub struct SessionState {
    pub(super) secrets: Arc<SealingSecrets>,
    pub(super) ended: Arc<EndedSessions>,
    pub(super) clock: Arc<dyn Clock>,
    /// Of the configuration in use.
    home: Arc<Mutex<Option<Home>>>,
}

/// Whose sessions they are (`owner` of the settings), and where they live.
#[derive(Clone)]
pub(super) struct Home {
    pub(super) owner: String,
    pub(super) place: HomePlace,
}

/// Where sessions live.
#[derive(Clone)]
pub(super) enum HomePlace {
    Cookies,
    Memory(Arc<MemoryStore>),
    /// In the Redis at that URL.
    Redis(Secret, Arc<dyn SessionStore>),
    /// In a store that somebody brought.
    Elsewhere,
}

impl SessionState {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let secrets = SealingSecrets::new(Arc::clone(&clock));
        Self { secrets, ended: Arc::new(EndedSessions::new(0)), clock, home: Arc::default() }
    }

    /// Drops the session secrets that the configuration no longer names: what they sealed opens no more.
    pub fn forget_earlier_secrets(&self) {
        self.secrets.forget_earlier();
    }

    /// The store in this process, with the sessions of that owner if they live there.
    pub(super) fn memory(&self, owner: &str) -> Arc<MemoryStore> {
        match &*self.home() {
            Some(Home { owner: before, place: HomePlace::Memory(store) }) if before == owner => Arc::clone(store),
            _ => Arc::new(MemoryStore::new(Arc::clone(&self.clock))),
        }
    }

    /// The store at that URL for sessions of that owner: the one in use if it is that.
    ///
    /// # Errors
    /// [`SessionError::NoStore`], [`SessionError::Setup`].
    pub(super) fn redis(&self, url: &Secret, owner: &str) -> Result<Arc<dyn SessionStore>, SessionError> {
        match &*self.home() {
            Some(Home { owner: before, place: HomePlace::Redis(at, store) })
                if before == owner && at.expose() == url.expose() =>
            {
                Ok(Arc::clone(store))
            }
            _ => open_redis(url, owner, Arc::clone(&self.clock)),
        }
    }

    /// Sessions are of that owner and live in that place from `now` on. Those of another owner or place are over for good, but for
    /// those in a Redis or in a store that somebody brought: a logout no longer reaches them, and they must not come back with a later
    /// configuration.
    pub(super) fn move_to(&self, home: &Home, now: u64) {
        let left = self.home().replace(home.clone());
        let stays = |left: Home| left.owner == home.owner && matches!(left.place, HomePlace::Cookies);
        if matches!(home.place, HomePlace::Cookies) && !left.is_none_or(stays) {
            self.ended.end_everything(now);
        }
    }

    fn home(&self) -> MutexGuard<'_, Option<Home>> {
        self.home.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionState").finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "redis"))]
mod tests {
    use crate::types::SystemClock;

    use super::*;

    /// A change of the configuration that leaves the Redis as it is leaves its connection alone too.
    #[test]
    fn the_redis_in_use_stays_in_use_for_the_same_owner_at_the_same_url() {
        let state = SessionState::new(Arc::new(SystemClock::new()));
        let (one, other) = (Secret::from("redis://127.0.0.1:9/1"), Secret::from("redis://127.0.0.1:9/2"));
        let store = state.redis(&one, "us").unwrap();
        let is_in_use = |url, owner| Arc::ptr_eq(&state.redis(url, owner).unwrap(), &store);
        assert!(!is_in_use(&one, "us"), "nothing is in use yet");
        state.move_to(&Home { owner: "us".to_owned(), place: HomePlace::Redis(one.clone(), Arc::clone(&store)) }, 0);
        assert!(is_in_use(&one, "us"));
        assert!(!is_in_use(&other, "us") && !is_in_use(&one, "them"));
    }
}
