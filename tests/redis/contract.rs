//! What every store owes, held against the crate's own two.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{task::JoinSet, time::sleep};
use tower_oidc::{
    session::{MemoryStore, Named, RedisStore, SessionStore, StoredSession},
    testing::{ManualClock, stored_session},
    types::{Issuer, Secret},
};

use crate::server::RedisServer;

const ISSUER: &str = "https://id.example";

const MINUTE: Duration = Duration::from_secs(60);

/// A store, and the clock that it goes by.
struct Case {
    store: Arc<dyn SessionStore>,
    clock: ManualClock,
}

fn changed(mut session: StoredSession, change: impl FnOnce(&mut StoredSession)) -> StoredSession {
    change(&mut session);
    session
}

/// The next version of a session, otherwise the same.
fn renewed(session: StoredSession, version: u64) -> StoredSession {
    changed(session, |session| session.version = version)
}

impl Case {
    /// A session of a person, with a life of so many seconds from now.
    fn stored(&self, key: u8, subject: &str, seconds: u64) -> StoredSession {
        changed(stored_session([key; 32], subject, &self.clock), |session| {
            session.issuer = Issuer::new(ISSUER);
            session.expires_at = session.opened_at + seconds;
            session.sealed = Bytes::from(vec![key, 0, b'\r', b'\n', 0xff]);
        })
    }

    async fn create(&self, key: u8, subject: &str) {
        self.store.create(self.stored(key, subject, 100), None).await.unwrap();
    }

    async fn delete_all(&self, named: Named<'_>) -> usize {
        self.store.delete_all(&Issuer::new(ISSUER), named).await.unwrap()
    }

    /// The sessions that are there, of those with a low key.
    async fn keys(&self) -> Vec<u8> {
        let mut there = Vec::new();
        for key in 0..20 {
            if let Some(session) = self.store.load([key; 32]).await.unwrap() {
                assert_eq!(session.sealed, self.stored(key, "", 0).sealed);
                there.push(key);
            }
        }
        there
    }

    async fn version(&self, key: u8) -> Option<u64> {
        self.store.load([key; 32]).await.unwrap().map(|session| session.version)
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

async fn a_session_is_kept_as_it_is(case: &Case) {
    let session = case.stored(1, "jane", 100);
    assert!(case.store.load(session.key).await.unwrap().is_none());
    case.store.create(renewed(session.clone(), u64::MAX), None).await.unwrap();
    let loaded = case.store.load(session.key).await.unwrap().unwrap();
    assert_eq!((loaded.version, loaded.sealed), (u64::MAX, session.sealed));
}

async fn a_session_is_created_once(case: &Case) {
    case.create(1, "jane").await;
    let other = changed(renewed(case.stored(1, "john", 100), 7), |other| other.sealed = Bytes::from_static(b"other"));
    assert!(case.store.create(other, None).await.is_err());
    assert_eq!(case.version(1).await, Some(1));
    assert_eq!(case.delete_all(Named::Subject("john")).await, 0);
}

async fn an_expired_session_is_not_handed_out_nor_replaced(case: &Case) {
    let session = case.stored(1, "jane", 100);
    case.store.create(session.clone(), None).await.unwrap();
    case.pass(99);
    assert_eq!(case.version(1).await, Some(1));
    case.pass(1);
    assert_eq!(case.version(1).await, None);
    let next = changed(renewed(session, 2), |next| next.expires_at += 100);
    assert!(!case.store.replace(1, next.clone()).await.unwrap());
    case.store.create(next, None).await.unwrap();
    assert_eq!(case.version(1).await, Some(2));
}

async fn replacing_never_creates(case: &Case) {
    let session = case.stored(1, "jane", 100);
    let next = renewed(session.clone(), 2);
    assert!(!case.store.replace(1, next.clone()).await.unwrap());
    case.store.create(session, None).await.unwrap();
    case.store.delete([1; 32]).await.unwrap();
    case.store.delete([1; 32]).await.unwrap();
    assert!(!case.store.replace(1, next).await.unwrap());
    assert!(case.keys().await.is_empty());
}

async fn of_many_that_replace_one_version_one_wins(case: &Case) {
    case.create(1, "jane").await;
    let mut replacing = JoinSet::new();
    for number in 0..20_u8 {
        let next = changed(renewed(case.stored(1, "jane", 100), 2), |next| next.sealed = Bytes::from(vec![number]));
        let store = Arc::clone(&case.store);
        replacing.spawn(async move { store.replace(1, next).await.unwrap().then_some(number) });
    }
    let won: Vec<u8> = replacing.join_all().await.into_iter().flatten().collect();
    assert_eq!(won.len(), 1);
    assert_eq!(case.store.load([1; 32]).await.unwrap().unwrap().sealed, won);
    let stale = renewed(case.stored(1, "jane", 100), 2);
    assert!(!case.store.replace(1, stale).await.unwrap());
}

async fn sessions_are_deleted_by_the_names_of_their_issuer(case: &Case) {
    let other = Issuer::new("https://other.example");
    case.create(1, "jane").await;
    case.store
        .create(changed(case.stored(2, "jane", 100), |session| session.provider_session = None), None)
        .await
        .unwrap();
    case.create(3, "john").await;
    case.store
        .create(changed(case.stored(4, "jane", 100), |session| session.issuer = other.clone()), None)
        .await
        .unwrap();
    assert_eq!(case.delete_all(Named::ProviderSession("of jane")).await, 1);
    assert_eq!(case.keys().await, [2, 3, 4]);
    assert_eq!(case.delete_all(Named::Subject("jane")).await, 1);
    assert_eq!(case.keys().await, [3, 4]);
    assert_eq!(case.delete_all(Named::Subject("jane")).await, 0);
    assert_eq!(case.delete_all(Named::ProviderSession("john")).await, 0);
    assert_eq!(case.store.delete_all(&other, Named::Subject("jane")).await.unwrap(), 1);
    assert_eq!(case.keys().await, [3]);
}

async fn a_renewed_session_is_found_by_its_new_names(case: &Case) {
    case.create(1, "jane").await;
    let next = changed(renewed(case.stored(1, "jane", 100), 2), |next| next.provider_session = Some("new".into()));
    assert!(case.store.replace(1, next.clone()).await.unwrap());
    assert_eq!(case.delete_all(Named::ProviderSession("of jane")).await, 0);
    let unnamed = changed(renewed(next.clone(), 3), |unnamed| unnamed.provider_session = None);
    assert!(case.store.replace(2, unnamed).await.unwrap());
    assert_eq!(case.delete_all(Named::ProviderSession("new")).await, 0);
    assert!(case.store.replace(3, renewed(next, 4)).await.unwrap());
    assert_eq!(case.delete_all(Named::ProviderSession("new")).await, 1);
    assert!(case.keys().await.is_empty());
}

/// `maxActiveSessionsPerUser`. In one second there is an order too, and a renewal makes no session younger.
async fn the_oldest_sessions_beyond_the_most_are_deleted(case: &Case) {
    for key in [9, 3, 5] {
        case.store.create(case.stored(key, "jane", 100), Some(3)).await.unwrap();
    }
    assert!(case.store.replace(1, renewed(case.stored(9, "jane", 100), 2)).await.unwrap());
    case.store.create(case.stored(1, "jane", 100), Some(3)).await.unwrap();
    case.store.create(case.stored(7, "john", 100), Some(3)).await.unwrap();
    assert_eq!(case.keys().await, [1, 3, 5, 7]);
    case.store.create(case.stored(8, "jane", 100), Some(1)).await.unwrap();
    assert_eq!(case.keys().await, [7, 8]);
}

async fn sessions_that_have_ended_are_not_counted(case: &Case) {
    case.store.create(case.stored(1, "jane", 100), Some(3)).await.unwrap();
    case.store.create(case.stored(2, "jane", 10), Some(3)).await.unwrap();
    case.store.create(case.stored(3, "jane", 100), Some(3)).await.unwrap();
    case.store.delete([3; 32]).await.unwrap();
    case.pass(10);
    case.store.create(case.stored(4, "jane", 100), Some(3)).await.unwrap();
    case.store.create(case.stored(5, "jane", 100), Some(3)).await.unwrap();
    assert_eq!(case.keys().await, [1, 4, 5]);
}

async fn a_lease_has_one_holder(case: &Case) {
    let mut taking = JoinSet::new();
    for holder in 0..20_u8 {
        let store = Arc::clone(&case.store);
        taking.spawn(async move { store.lease([1; 32], [holder; 16], MINUTE).await.unwrap().then_some(holder) });
    }
    let taken: Vec<u8> = taking.join_all().await.into_iter().flatten().collect();
    let [holder] = taken[..] else { panic!("{taken:?}") };
    assert!(case.store.lease([1; 32], [holder; 16], MINUTE).await.unwrap(), "a call that is sent again");
    assert!(case.store.lease([2; 32], [99; 16], MINUTE).await.unwrap(), "another session");
    case.store.release([1; 32], [99; 16]).await.unwrap();
    assert!(!case.store.lease([1; 32], [99; 16], MINUTE).await.unwrap());
    case.store.release([1; 32], [holder; 16]).await.unwrap();
    assert!(case.store.lease([1; 32], [99; 16], MINUTE).await.unwrap());
    case.store.release([1; 32], [holder; 16]).await.unwrap();
    assert!(!case.store.lease([1; 32], [holder; 16], MINUTE).await.unwrap(), "it is another's by now");
}

/// By the store's own time, whatever that is.
async fn a_lease_ends_by_itself(case: &Case) {
    let moment = Duration::from_millis(200);
    assert!(case.store.lease([1; 32], [1; 16], moment).await.unwrap());
    while !case.store.lease([1; 32], [2; 16], MINUTE).await.unwrap() {
        sleep(moment / 10).await;
        case.clock.advance(moment / 10);
    }
    assert!(!case.store.lease([1; 32], [1; 16], moment).await.unwrap());
    case.store.release([1; 32], [1; 16]).await.unwrap();
    assert!(!case.store.lease([1; 32], [1; 16], moment).await.unwrap());
}

/// What a session was ended by in the middle of everything stays ended.
async fn deleting_and_replacing_at_the_same_time_brings_nothing_back(case: &Case) {
    for round in 0..20 {
        case.create(1, "jane").await;
        let next = renewed(case.stored(1, "jane", 100), 2);
        let issuer = Issuer::new(ISSUER);
        let (deleted, _) =
            tokio::join!(case.store.delete_all(&issuer, Named::Subject("jane")), case.store.replace(1, next));
        assert_eq!(deleted.unwrap(), 1, "{round}");
        assert!(case.keys().await.is_empty(), "{round}");
    }
}

macro_rules! contract {
    ($($name:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                let clock = super::ManualClock::new();
                let store = std::sync::Arc::new(super::MemoryStore::new(std::sync::Arc::new(clock.clone())));
                super::$name(&super::Case { store, clock }).await;
            })*
        }

        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs redis-server: see tests/all"]
            async fn $name() {
                let server = super::RedisServer::start().await;
                let clock = super::ManualClock::new();
                super::$name(&super::Case { store: super::redis_store(&server, &clock), clock }).await;
            })*
        }
    };
}

contract! {
    a_session_is_kept_as_it_is
    a_session_is_created_once
    an_expired_session_is_not_handed_out_nor_replaced
    replacing_never_creates
    of_many_that_replace_one_version_one_wins
    sessions_are_deleted_by_the_names_of_their_issuer
    a_renewed_session_is_found_by_its_new_names
    the_oldest_sessions_beyond_the_most_are_deleted
    sessions_that_have_ended_are_not_counted
    a_lease_has_one_holder
    a_lease_ends_by_itself
    deleting_and_replacing_at_the_same_time_brings_nothing_back
}

fn redis_store(server: &RedisServer, clock: &ManualClock) -> Arc<dyn SessionStore> {
    let url = Secret::new(server.url());
    Arc::new(RedisStore::new(&url, "the tests", Arc::new(clock.clone())).unwrap())
}
