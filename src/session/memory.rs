//! Sessions in this process.

mod leases;
mod names;
mod shelf;

use std::{
    fmt,
    future::ready,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use crate::types::{BoxError, BoxFuture, Clock, Issuer, SystemClock, unix_seconds};

use super::{LoadedSession, Named, SessionStore, StoredSession};
use leases::Leases;
use shelf::Shelf;

/// Most sessions in memory: at 5 KB each, half a gigabyte. Beyond it the expired ones go first, then the oldest.
pub const MAX_SESSIONS: usize = 100_000;

/// A store in this process, of at most [`MAX_SESSIONS`]: sessions end with it.
pub struct MemoryStore {
    shelf: RwLock<Shelf>,
    leases: Mutex<Leases>,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty store that reads the time from `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_room(MAX_SESSIONS, clock)
    }

    fn with_room(room: usize, clock: Arc<dyn Clock>) -> Self {
        Self { shelf: RwLock::new(Shelf::new(room)), leases: Mutex::default(), clock }
    }

    fn now(&self) -> u64 {
        unix_seconds(self.clock.now())
    }

    fn read(&self) -> RwLockReadGuard<'_, Shelf> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.shelf.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store on the machine's clock.
impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock::new()))
    }
}

impl SessionStore for MemoryStore {
    fn create(&self, session: StoredSession, most: Option<u32>) -> BoxFuture<'_, Result<usize, BoxError>> {
        let created = self.write().create(session, most, self.now());
        Box::pin(ready(created.ok_or_else(|| BoxError::from(KeyInUse))))
    }

    fn load(&self, key: [u8; 32]) -> BoxFuture<'_, Result<Option<LoadedSession>, BoxError>> {
        let loaded =
            |session: &StoredSession| LoadedSession { version: session.version, sealed: session.sealed.clone() };
        let found = self.read().live(&key, self.now()).map(loaded);
        Box::pin(ready(Ok(found)))
    }

    fn replace(&self, version: u64, session: StoredSession) -> BoxFuture<'_, Result<bool, BoxError>> {
        let replaced = self.write().replace(version, session, self.now());
        Box::pin(ready(Ok(replaced)))
    }

    fn delete(&self, key: [u8; 32]) -> BoxFuture<'_, Result<(), BoxError>> {
        self.write().remove(&key);
        Box::pin(ready(Ok(())))
    }

    fn delete_all<'a>(&'a self, issuer: &'a Issuer, named: Named<'a>) -> BoxFuture<'a, Result<usize, BoxError>> {
        let deleted = self.write().remove_all(issuer, named);
        Box::pin(ready(Ok(deleted)))
    }

    fn lease(&self, key: [u8; 32], holder: [u8; 16], ttl: Duration) -> BoxFuture<'_, Result<bool, BoxError>> {
        let now = self.clock.elapsed();
        let taken = self.leases.lock().unwrap_or_else(PoisonError::into_inner).take(key, holder, ttl, now);
        Box::pin(ready(Ok(taken)))
    }

    fn release(&self, key: [u8; 32], holder: [u8; 16]) -> BoxFuture<'_, Result<(), BoxError>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner).give_back(key, holder);
        Box::pin(ready(Ok(())))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a session of that key is there already")]
struct KeyInUse;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::testing::ManualClock;

    fn store(room: usize) -> (MemoryStore, ManualClock) {
        let clock = ManualClock::new();
        (MemoryStore::with_room(room, Arc::new(clock.clone())), clock)
    }

    /// A session of a person, with a life of so many seconds from now.
    fn stored(clock: &ManualClock, key: u8, subject: &str, seconds: u64) -> StoredSession {
        let now = unix_seconds(clock.now());
        StoredSession {
            key: [key; 32],
            version: 1,
            issuer: Issuer::new("https://id.example"),
            subject: subject.into(),
            provider_session: Some(format!("of {subject}").into()),
            opened_at: now,
            expires_at: now + seconds,
            sealed: Bytes::from(vec![key]),
        }
    }

    async fn keys(store: &MemoryStore) -> Vec<u8> {
        let mut there = Vec::new();
        for key in 0..=u8::MAX {
            there.extend(store.load([key; 32]).await.unwrap().map(|session| session.sealed[0]));
        }
        there
    }

    #[tokio::test]
    async fn a_session_is_created_once() {
        let (store, clock) = store(10);
        let session = stored(&clock, 1, "u", 100);
        store.create(session.clone(), None).await.unwrap();
        let error = store.create(StoredSession { version: 7, ..session }, None).await.unwrap_err();
        assert_eq!(error.to_string(), "a session of that key is there already");
        assert_eq!(store.load([1; 32]).await.unwrap().unwrap().version, 1);
    }

    #[tokio::test]
    async fn an_expired_session_is_not_handed_out_nor_replaced() {
        let (store, clock) = store(10);
        let session = stored(&clock, 1, "u", 100);
        store.create(session.clone(), None).await.unwrap();
        clock.advance(Duration::from_secs(99));
        assert!(store.load([1; 32]).await.unwrap().is_some());
        clock.advance(Duration::from_secs(1));
        assert!(store.load([1; 32]).await.unwrap().is_none());
        assert!(!store.replace(1, StoredSession { version: 2, ..session.clone() }).await.unwrap());
        store.create(session, None).await.unwrap();
    }

    /// NXT#2530: a rolling save brought back a session that a logout had deleted.
    #[tokio::test]
    async fn replacing_never_creates() {
        let (store, clock) = store(10);
        let session = stored(&clock, 1, "u", 100);
        assert!(!store.replace(1, session.clone()).await.unwrap());
        store.create(session.clone(), None).await.unwrap();
        store.delete([1; 32]).await.unwrap();
        store.delete([1; 32]).await.unwrap();
        assert!(!store.replace(1, StoredSession { version: 2, ..session }).await.unwrap());
        assert!(keys(&store).await.is_empty());
    }

    #[tokio::test]
    async fn of_two_that_replace_the_same_version_one_wins() {
        let (store, clock) = store(10);
        let session = stored(&clock, 1, "u", 100);
        store.create(session.clone(), None).await.unwrap();
        let next =
            |sealed: &'static [u8]| StoredSession { version: 2, sealed: Bytes::from_static(sealed), ..session.clone() };
        assert!(store.replace(1, next(b"one")).await.unwrap());
        assert!(!store.replace(1, next(b"other")).await.unwrap());
        assert_eq!(store.load([1; 32]).await.unwrap().unwrap().sealed, "one");
    }

    #[tokio::test]
    async fn sessions_are_deleted_by_provider_session_and_by_subject_of_their_issuer() {
        let (store, clock) = store(10);
        let other_issuer = Issuer::new("https://other.example");
        let sessions = [
            stored(&clock, 1, "u", 100),
            StoredSession { provider_session: None, ..stored(&clock, 2, "u", 100) },
            stored(&clock, 3, "v", 100),
            StoredSession { issuer: other_issuer.clone(), ..stored(&clock, 4, "u", 100) },
        ];
        for session in sessions.clone() {
            store.create(session, None).await.unwrap();
        }
        let issuer = sessions[0].issuer.clone();
        assert_eq!(store.delete_all(&issuer, Named::ProviderSession("of u")).await.unwrap(), 1);
        assert_eq!(keys(&store).await, [2, 3, 4]);
        assert_eq!(store.delete_all(&issuer, Named::Subject("u")).await.unwrap(), 1);
        assert_eq!(keys(&store).await, [3, 4]);
        assert_eq!(store.delete_all(&issuer, Named::Subject("u")).await.unwrap(), 0);
        assert_eq!(store.delete_all(&issuer, Named::ProviderSession("v")).await.unwrap(), 0);
        assert_eq!(store.delete_all(&other_issuer, Named::Subject("u")).await.unwrap(), 1);
        assert_eq!(keys(&store).await, [3]);
    }

    #[tokio::test]
    async fn a_renewed_session_is_found_by_its_new_names() {
        let (store, clock) = store(10);
        let session = stored(&clock, 1, "u", 100);
        store.create(session.clone(), None).await.unwrap();
        let renewed = StoredSession { version: 2, provider_session: Some("new".into()), ..session.clone() };
        assert!(store.replace(1, renewed).await.unwrap());
        assert_eq!(store.delete_all(&session.issuer, Named::ProviderSession("of u")).await.unwrap(), 0);
        assert_eq!(store.delete_all(&session.issuer, Named::ProviderSession("new")).await.unwrap(), 1);
        assert!(store.read().is_empty_throughout());
    }

    /// `maxActiveSessionsPerUser`.
    #[tokio::test]
    async fn the_oldest_sessions_of_one_person_beyond_the_most_are_deleted() {
        let (store, clock) = store(10);
        for key in [9, 3, 5, 1] {
            store.create(stored(&clock, key, "u", 100), Some(2)).await.unwrap();
        }
        store.create(stored(&clock, 7, "v", 100), Some(2)).await.unwrap();
        assert_eq!(keys(&store).await, [1, 5, 7]);
        store.create(stored(&clock, 8, "u", 100), Some(1)).await.unwrap();
        assert_eq!(keys(&store).await, [7, 8]);
    }

    #[tokio::test]
    async fn a_full_store_lets_go_of_the_expired_first_and_then_of_the_oldest() {
        let (store, clock) = store(3);
        for (key, seconds) in [(1, 1000), (2, 10), (3, 1000)] {
            store.create(stored(&clock, key, "u", seconds), None).await.unwrap();
        }
        clock.advance(Duration::from_secs(10));
        store.create(stored(&clock, 4, "u", 1000), None).await.unwrap();
        assert_eq!(keys(&store).await, [1, 3, 4]);
        store.create(stored(&clock, 5, "u", 1000), None).await.unwrap();
        assert_eq!(keys(&store).await, [3, 4, 5]);
    }

    #[tokio::test]
    async fn nothing_is_left_of_what_is_gone() {
        let (store, clock) = store(3);
        for key in 0..50 {
            store
                .create(stored(&clock, key, &format!("user {}", key % 5), 10 + u64::from(key)), Some(1))
                .await
                .unwrap();
            clock.advance(Duration::from_secs(1));
        }
        assert_eq!(keys(&store).await.len(), 3);
        for key in keys(&store).await {
            store.delete([key; 32]).await.unwrap();
        }
        assert!(store.read().is_empty_throughout());
    }

    #[test]
    fn debug_shows_nobody() {
        let (store, clock) = store(3);
        let session = stored(&clock, 1, "jane", 10);
        let shown = format!("{store:?} {session:?} {:?} {:?}", Named::Subject("jane"), Named::ProviderSession("jane"));
        assert_eq!(shown, "MemoryStore { .. } StoredSession { version: 1, .. } Subject(***) ProviderSession(***)");
        let loaded = LoadedSession { version: 1, sealed: session.sealed };
        assert_eq!(format!("{loaded:?}"), "LoadedSession { version: 1, .. }");
    }
}
