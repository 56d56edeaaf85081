//! Sessions on the server: what the store sees, and what it may not do.

use std::sync::Mutex;

use bytes::Bytes;

use super::*;
use crate::types::{BoxError, BoxFuture};

/// One place for one session, and a switch that breaks it.
#[derive(Debug, Default)]
struct OnePlace {
    stored: Mutex<Option<StoredSession>>,
    broken: Mutex<bool>,
}

impl OnePlace {
    fn answer<T: Send + 'static>(
        &self,
        answer: impl FnOnce(&mut Option<StoredSession>) -> T,
    ) -> BoxFuture<'_, Result<T, BoxError>> {
        let broken = *self.broken.lock().unwrap();
        let answer = if broken { Err("out of order".into()) } else { Ok(answer(&mut self.stored.lock().unwrap())) };
        Box::pin(std::future::ready(answer))
    }

    fn change(&self, change: impl FnOnce(&mut StoredSession)) {
        change(self.stored.lock().unwrap().as_mut().unwrap());
    }
}

impl SessionStore for OnePlace {
    fn create(&self, session: StoredSession, _: Option<u32>) -> BoxFuture<'_, Result<usize, BoxError>> {
        self.answer(|stored| {
            *stored = Some(session);
            0
        })
    }

    fn load(&self, _: [u8; 32]) -> BoxFuture<'_, Result<Option<LoadedSession>, BoxError>> {
        self.answer(|stored| {
            stored.clone().map(|StoredSession { version, sealed, .. }| LoadedSession { version, sealed })
        })
    }

    fn replace(&self, _: u64, session: StoredSession) -> BoxFuture<'_, Result<bool, BoxError>> {
        self.answer(|stored| stored.replace(session).is_some())
    }

    fn delete(&self, _: [u8; 32]) -> BoxFuture<'_, Result<(), BoxError>> {
        self.answer(|stored| *stored = None)
    }

    fn delete_all<'a>(&'a self, _: &'a Issuer, _: Named<'a>) -> BoxFuture<'a, Result<usize, BoxError>> {
        self.answer(|stored| usize::from(stored.take().is_some()))
    }

    fn lease(&self, _: [u8; 32], _: [u8; 16], _: Duration) -> BoxFuture<'_, Result<bool, BoxError>> {
        self.answer(|_| true)
    }

    fn release(&self, _: [u8; 32], _: [u8; 16]) -> BoxFuture<'_, Result<(), BoxError>> {
        self.answer(|_| ())
    }
}

fn service() -> (Service, Arc<OnePlace>) {
    let store = Arc::new(OnePlace::default());
    (Service::with_store(in_memory(), Some(store.clone())), store)
}

#[tokio::test]
async fn the_browser_has_an_id_and_the_store_its_hash_and_a_sealed_session() {
    let (service, store) = service();
    let (session, browser) = service.jane().await;
    let cookies: Vec<_> = request_cookies(&browser).collect();
    let [("__Host-oidc_session", id)] = cookies[..] else { panic!("{cookies:?}") };
    assert_eq!((id.len(), SessionId::parse(&id[2..]).as_ref()), (45, Some(session.id())));

    let stored = store.stored.lock().unwrap().clone().unwrap();
    assert_eq!((stored.key, stored.version), (session.id().key(), 1));
    assert_eq!((&*stored.subject, stored.provider_session.as_deref()), ("jane", Some("s1")));
    assert_eq!((stored.issuer.as_str(), stored.opened_at, stored.expires_at), (ISSUER, NOW, NOW + 3600));
    let sealed = str::from_utf8(&stored.sealed).unwrap();
    assert!(!sealed.contains("jane") && !sealed.contains(&id[2..]));
}

#[tokio::test]
async fn who_writes_to_the_store_signs_in_as_nobody() {
    let changes: [fn(&mut StoredSession); 4] = [
        |stored| stored.sealed = Bytes::from_static(b"garbage"),
        |stored| stored.sealed = Bytes::from_static(b"\xff\xfe"),
        |stored| stored.sealed = Bytes::from([&stored.sealed[..], b"A"].concat()),
        |stored| stored.version = 7,
    ];
    for change in changes {
        let (service, store) = service();
        let (_, browser) = service.jane().await;
        store.change(change);
        assert_eq!(service.void(&browser).await, Void::Unreadable);
    }
}

#[tokio::test]
async fn a_session_moved_to_another_id_is_unreadable() {
    let (service, store) = service();
    let (_, browser) = service.jane().await;
    let janes = store.stored.lock().unwrap().clone().unwrap();
    let (_, john) = service.sign_in(r#"{"sub":"john"}"#, SessionTokens::default(), &HeaderMap::new()).await;
    service.live(&john).await;
    store.change(|stored| *stored = StoredSession { key: stored.key, ..janes.clone() });
    assert_eq!(service.void(&john).await, Void::Unreadable);
    service.live(&browser).await;
}

#[tokio::test]
async fn liveness_does_not_rest_on_the_store() {
    let (service, _) = service();
    let (_, browser) = service.jane().await;
    service.pass(3600);
    assert_eq!(service.void(&browser).await, Void::Expired);
}

/// Trap U: a store that fails is an error, and never "no session".
#[tokio::test]
async fn a_store_that_fails_is_an_error_in_every_call() {
    let (service, store) = service();
    let (session, browser) = service.jane().await;
    *store.broken.lock().unwrap() = true;
    let sessions = &service.sessions;
    let (issuer, tokens) = (Issuer::new(ISSUER), SessionTokens::default);
    let errors = [
        sessions.load(session.id()).await.unwrap_err(),
        service.open(JANE, tokens(), &HeaderMap::new()).await.unwrap_err(),
        service.open(JANE, tokens(), &browser).await.unwrap_err(),
        sessions.renew(&session, None, None, tokens(), &browser).await.unwrap_err(),
        sessions.reload(&session).await.unwrap_err(),
        sessions.lease(&session, Duration::from_secs(1)).await.err().unwrap(),
        sessions.touch(&session, &browser).await.unwrap_err(),
        sessions.end(&session).await.unwrap_err(),
        sessions.end_all(&logout_token(r#"{"sub":"jane"}"#)).await.unwrap_err(),
        sessions.end_all_unproved(&issuer, "s1").await.unwrap_err(),
    ];
    assert!(errors.iter().all(|error| matches!(error, SessionError::Store(_))), "{errors:?}");
}

#[tokio::test]
async fn the_id_of_a_session_that_nobody_knows_is_void() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let found = service.sessions.load(&SessionId::from_bytes([9; 32])).await.unwrap();
        assert!(matches!(found, Found::Void(Void::Ended)));
    }
}

/// `maxActiveSessionsPerUser`.
#[tokio::test]
async fn the_oldest_session_over_the_count_is_ended() {
    let service = Service::new(SessionSettings { max_per_user: Some(2), ..in_memory() });
    let ((_, one), (_, two), (_, three)) = (service.jane().await, service.jane().await, service.jane().await);
    assert_eq!(service.void(&one).await, Void::Ended);
    service.live(&two).await;
    service.live(&three).await;
}

#[tokio::test]
async fn even_a_store_has_a_limit() {
    let service = Service::new(in_memory());
    let tokens =
        |length| SessionTokens { refresh_token: Some(Secret::new("t".repeat(length))), ..SessionTokens::default() };
    let (_, browser) = service.sign_in(JANE, tokens(100_000), &HeaderMap::new()).await;
    service.live(&browser).await;
    let error = service.open(JANE, tokens(200_000), &HeaderMap::new()).await.unwrap_err();
    let SessionError::TooLong { bytes, limit: 262_144 } = error else { panic!("{error:?}") };
    // Three bytes are four characters.
    let longest = 200_000 - (bytes - 262_144).div_ceil(4) * 3;
    let mut refused = None;
    for length in longest - 3.. {
        refused = service.open(JANE, tokens(length), &HeaderMap::new()).await.err();
        if refused.is_some() {
            break;
        }
    }
    assert!(matches!(refused, Some(SessionError::TooLong { bytes: 262_146, .. })), "{refused:?}");
}

/// Trap U: a shared store that nobody brought would be a private one for each replica.
#[cfg(not(feature = "redis"))]
#[test]
fn a_store_that_nobody_brought_is_no_memory() {
    let settings = SessionSettings { store: SessionStoreKind::Redis(Secret::from("redis://127.0.0.1")), ..settings() };
    let made = Sessions::new(&settings, None, Arc::new(ManualClock::new()), Arc::new(CountingRandom::default()));
    let error = made.unwrap_err();
    assert!(matches!(error, SessionError::NoStore));
    assert!(error.to_string().contains("feature `redis`"), "{error}");
}

#[cfg(feature = "redis")]
#[test]
fn a_redis_that_is_not_there_stops_no_start_and_a_url_that_is_none_does() {
    let made = |url: &str| {
        let settings = SessionSettings { store: SessionStoreKind::Redis(Secret::from(url)), ..settings() };
        Sessions::new(&settings, None, Arc::new(ManualClock::new()), Arc::new(CountingRandom::default()))
    };
    assert!(made("redis://:hunter2@127.0.0.1:1").is_ok());
    let error = made("redis://:hunter2@127.0.0.1/name").unwrap_err();
    assert!(matches!(error, SessionError::Setup(_)));
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}
