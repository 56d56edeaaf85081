//! Sessions on the server: what the browser has of them, how many there are, and stores that fail.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Method, StatusCode};
use tower_oidc::{
    Config,
    layer::{AuthBuilder, AuthErrorKind},
    login::LoginError,
    session::{LoadedSession, MAX_SESSIONS, MemoryStore, Named, SessionError, SessionStore, StoredSession},
    testing::stored_session,
    types::{BoxError, BoxFuture, Issuer, SystemClock},
};

use crate::{
    support::Stand,
    support_sessions::{SESSION, api, cookie, copy, form, oidc, page, removed, request, set},
    support_stores::{Call, Moody, moody},
};

async fn memory(change: impl FnOnce(Config) -> Config) -> Stand {
    Stand::with(|config| change(config).session_store("memory")).await
}

#[tokio::test]
async fn the_browser_has_an_opaque_name_however_long_the_session_is() {
    let stand = memory(|config| config).await;
    stand.provider.add_user("jane").claim("groups", vec!["a group with a long name"; 300]);
    let cookies = copy(&stand.signed_in("jane").await);
    let [(name, value)] = &cookies[..] else { panic!("{} cookies", cookies.len()) };
    let (count, id) = value.split_once('.').unwrap();
    assert_eq!((name.as_str(), count, id.len()), (SESSION, "1", 43), "256 bits in base64url");
    assert!(stand.is_alive(&cookies).await);
    let again = copy(&stand.signed_in("jane").await);
    assert_ne!(again, cookies);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_nobody_and_is_removed() {
    let stand = memory(|config| config).await;
    let cookies = copy(&stand.signed_in("jane").await);
    let (_, id) = cookies[0].1.split_once('.').unwrap();
    let other = if id.starts_with('A') { "B" } else { "A" };
    let long = "A".repeat(4000);
    for id in [&format!("{other}{}", &id[1..]), &id[1..], &format!("{id}A"), &format!("{id}="), "", &long] {
        let nobody = [cookie(SESSION, &format!("1.{id}"))];
        assert_eq!(stand.me(&nobody).await.status, StatusCode::UNAUTHORIZED, "{id}");
        assert_eq!(removed(&stand.send(page("/", &nobody)).await.headers), [SESSION], "{id}");
    }
    assert!(stand.is_alive(&cookies).await);
}

#[tokio::test]
async fn sessions_in_memory_end_with_the_process() {
    let mut stand = memory(|config| config).await;
    let cookies = copy(&stand.signed_in("jane").await);
    stand.restart(stand.config().session_store("memory")).await;
    assert!(!stand.is_alive(&cookies).await);
}

#[tokio::test]
async fn the_oldest_session_of_a_person_ends_when_there_are_too_many() {
    let stand = memory(|mut config| {
        config.authentication.max_active_sessions_per_user = Some(2);
        config
    })
    .await;
    let bob = copy(&stand.signed_in("bob").await);
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(copy(&stand.signed_in("jane").await));
    }
    let mut alive = Vec::new();
    for session in &sessions {
        alive.push(stand.is_alive(session).await);
    }
    assert_eq!(alive, [false, true, true]);
    assert!(stand.is_alive(&bob).await, "somebody else's are not counted");
}

/// A login that takes the place of the browser's own session costs no other one.
#[tokio::test]
async fn a_login_in_the_same_browser_counts_once() {
    let stand = memory(|mut config| {
        config.authentication.max_active_sessions_per_user = Some(2);
        config
    })
    .await;
    let first = copy(&stand.signed_in("jane").await);
    let mut second = stand.signed_in("jane").await;
    for _ in 0..3 {
        second.navigate("/login?return_to=/me").await;
    }
    assert!(stand.is_alive(&first).await && stand.is_alive(&copy(&second)).await);
}

#[tokio::test]
async fn memory_is_bounded_and_lets_the_oldest_go() {
    let store = MemoryStore::default();
    let key = |number: usize| {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_be_bytes());
        key
    };
    for number in 0..=MAX_SESSIONS {
        let session = stored_session(key(number), &number.to_string(), &SystemClock::new());
        store.create(session, None).await.unwrap();
    }
    assert!(store.load(key(0)).await.unwrap().is_none());
    assert!(store.load(key(1)).await.unwrap().is_some() && store.load(key(MAX_SESSIONS)).await.unwrap().is_some());
}

/// `with_session_store` says where sessions live, whatever `sessionStore` says.
#[tokio::test]
async fn a_store_that_is_brought_is_used_without_a_setting() {
    let (provider, clock) = crate::support::provider().await;
    let store = Moody::new(&clock);
    let config = crate::support::login_config(&provider, crate::support::SERVER);
    let stand = Stand::built(provider, clock, config, |builder| builder.with_session_store(store.clone())).await;
    let cookies = copy(&stand.signed_in("jane").await);
    assert_eq!(cookies[0].1.len(), "1.".len() + 43);
    assert!(stand.is_alive(&cookies).await);
    store.fail(Some(Call::Load));
    assert_eq!(stand.me(&cookies).await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_store_that_is_brought_counts_the_sessions_of_a_person() {
    let (provider, clock) = crate::support::provider().await;
    let store = Moody::new(&clock);
    let mut config = crate::support::login_config(&provider, crate::support::SERVER);
    config.authentication.max_active_sessions_per_user = Some(1);
    let without_a_store = crate::support::discover(config.clone(), &clock, |builder| builder).await.unwrap_err();
    assert!(without_a_store.to_string().contains("maxActiveSessionsPerUser: needs sessions on the server"));
    let mut without_a_secret = config.clone();
    without_a_secret.authentication.oidc.session_secret.clear();
    let with_store = |builder: AuthBuilder| builder.with_session_store(store.clone());
    let without_a_secret = crate::support::discover(without_a_secret, &clock, with_store).await.unwrap_err();
    assert!(without_a_secret.to_string().contains("sessionSecret: is required"), "{without_a_secret}");

    let stand = Stand::built(provider, clock, config, with_store).await;
    let first = copy(&stand.signed_in("jane").await);
    let second = copy(&stand.signed_in("jane").await);
    assert!(!stand.is_alive(&first).await && stand.is_alive(&second).await);
}

/// Class U: a store that cannot be read is not a visitor whom nobody knows.
#[tokio::test]
async fn a_store_that_cannot_be_read_is_an_error_and_nobody_is_anonymous() {
    let (stand, store) = moody(|config| config).await;
    let cookies = copy(&stand.signed_in("jane").await);
    store.fail(Some(Call::Load));
    for path in ["/", "/me", "/admin", "/answer/200"] {
        for request in [api(path, &cookies), page(path, &cookies)] {
            let answer = stand.send(request).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert_eq!(answer.reason.as_ref().unwrap().kind(), AuthErrorKind::Unavailable, "{path}");
            assert!(answer.set_cookies().is_empty(), "{path}: the session may be good");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
    for path in ["/refresh", "/logout"] {
        let answer = stand.send(form(path, &cookies, "")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.set_cookies().is_empty(), "{path}");
    }
    assert_eq!(stand.send(api("/", &[])).await.status, StatusCode::OK, "who brings no cookie needs no store");
    store.fail(None);
    assert!(stand.is_alive(&cookies).await);
}

#[tokio::test]
async fn a_session_that_cannot_be_kept_is_a_login_that_failed() {
    let (stand, store) = moody(|config| config).await;
    store.fail(Some(Call::Create));
    let mut browser = stand.browser();
    let visited = stand.sign_in(&mut browser, "jane").await;
    assert_eq!(visited.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(visited.text().contains("session_store_failed") && copy(&browser).is_empty());
    assert!(matches!(stand.login_error(), LoginError::Session(SessionError::Store(_))));
}

#[tokio::test]
async fn a_session_that_cannot_be_touched_is_an_error() {
    let (stand, store) = moody(oidc(|oidc| oidc.session_idle_timeout = Some(100))).await;
    let cookies = copy(&stand.signed_in("jane").await);
    store.fail(Some(Call::Replace));
    assert!(stand.is_alive(&cookies).await, "there is nothing to note yet");
    stand.advance(50);
    assert_eq!(stand.me(&cookies).await.status, StatusCode::SERVICE_UNAVAILABLE);
    store.fail(None);
    assert!(stand.is_alive(&cookies).await);
}

/// Without the lease nobody knows whether another replica spends the refresh token at this moment.
#[tokio::test]
async fn a_session_is_not_renewed_without_its_lease() {
    let (stand, store) = moody(|config| config.scope(crate::support_sessions::OFFLINE)).await;
    let cookies = copy(&stand.signed_in("jane").await);
    stand.advance(crate::support_sessions::RENEWAL);
    store.fail(Some(Call::Lease));
    assert_eq!(stand.me(&cookies).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(stand.token_requests(), 1);
    store.fail(Some(Call::Release));
    assert!(stand.is_alive(&cookies).await, "it ends by itself");
    assert_eq!(stand.token_requests(), 2);
}

#[tokio::test]
async fn a_logout_that_cannot_be_kept_says_so() {
    let (stand, store) = moody(|config| config).await;
    let cookies = copy(&stand.signed_in("jane").await);
    store.fail(Some(Call::Delete));
    let answer = stand.send(form("/logout", &cookies, "")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(set(&answer.headers).is_empty() && removed(&answer.headers).is_empty(), "it can be tried again");
    assert!(answer.header("retry-after").parse::<u64>().is_ok());
    store.fail(None);
    assert_eq!(stand.send(form("/logout", &cookies, "")).await.status, StatusCode::SEE_OTHER);
    assert!(!stand.is_alive(&cookies).await);
}

/// OpenID Connect Back-Channel Logout 1.0 section 2.8: 400 when the logout failed, so that the provider knows.
#[tokio::test]
async fn a_logout_by_the_provider_that_cannot_be_kept_says_so() {
    let (stand, store) = moody(|config| config).await;
    let cookies = copy(&stand.signed_in("jane").await);
    let sid = stand.provider.session_ids("jane").remove(0);
    store.fail(Some(Call::DeleteAll));
    let token = format!("logout_token={}", stand.provider.logout_token("jane").sign());
    assert_eq!(stand.send(form("/backchannel-logout", &[], &token)).await.status, StatusCode::BAD_REQUEST);
    let front = format!("/frontchannel-logout?iss={}&sid={sid}", stand.provider.issuer());
    let answer = stand.send(request(Method::GET, &front, &[], &[], "")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(stand.is_alive(&cookies).await);
    store.fail(None);
    assert_eq!(stand.send(form("/backchannel-logout", &[], &token)).await.status, StatusCode::OK);
    assert!(!stand.is_alive(&cookies).await);
}

/// Renewed tokens are not lost to a store that fails for a moment: the provider has replaced the refresh token already.
#[tokio::test]
async fn renewed_tokens_are_stored_when_the_store_is_back() {
    let (stand, store) = moody(|config| config.scope(crate::support_sessions::OFFLINE)).await;
    let cookies = copy(&stand.signed_in("jane").await);
    stand.advance(crate::support_sessions::RENEWAL);
    store.fail(Some(Call::Replace));
    let asked = stand.me(&cookies);
    let back = async {
        stand.clock.wait_for_sleepers(1).await;
        while stand.token_requests() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        store.fail(None);
        stand.clock.advance(Duration::from_secs(1));
    };
    let (answer, ()) = tokio::join!(asked, back);
    assert_eq!((answer.status, stand.token_requests()), (StatusCode::OK, 2));
    stand.advance(crate::support_sessions::RENEWAL);
    assert!(stand.is_alive(&cookies).await);
    assert_eq!(stand.token_requests(), 3, "by the token that was stored");
}

/// Whoever can write to the store signs in as nobody: a session opens under its own key alone.
#[tokio::test]
async fn sessions_that_were_swapped_in_the_store_are_nobody() {
    #[derive(Debug)]
    struct Swapping(Arc<MemoryStore>, Arc<Mutex<Vec<StoredSession>>>);
    impl SessionStore for Swapping {
        fn create(&self, session: StoredSession, most: Option<u32>) -> BoxFuture<'_, Result<usize, BoxError>> {
            self.1.lock().unwrap().push(session.clone());
            self.0.create(session, most)
        }
        fn load(&self, key: [u8; 32]) -> BoxFuture<'_, Result<Option<LoadedSession>, BoxError>> {
            let kept = self.1.lock().unwrap();
            let found = kept.iter().find(|session| kept.len() < 2 || session.key != key).cloned();
            let found = found.map(|StoredSession { version, sealed, .. }| LoadedSession::new(version, sealed));
            Box::pin(std::future::ready(Ok(found)))
        }
        fn replace(&self, version: u64, session: StoredSession) -> BoxFuture<'_, Result<bool, BoxError>> {
            self.0.replace(version, session)
        }
        fn delete(&self, key: [u8; 32]) -> BoxFuture<'_, Result<(), BoxError>> {
            self.0.delete(key)
        }
        fn delete_all<'a>(&'a self, issuer: &'a Issuer, named: Named<'a>) -> BoxFuture<'a, Result<usize, BoxError>> {
            self.0.delete_all(issuer, named)
        }
        fn lease(&self, key: [u8; 32], holder: [u8; 16], ttl: Duration) -> BoxFuture<'_, Result<bool, BoxError>> {
            self.0.lease(key, holder, ttl)
        }
        fn release(&self, key: [u8; 32], holder: [u8; 16]) -> BoxFuture<'_, Result<(), BoxError>> {
            self.0.release(key, holder)
        }
    }
    let (provider, clock) = crate::support::provider().await;
    let store = Swapping(Arc::new(MemoryStore::new(Arc::new(clock.clone()))), Arc::default());
    let config = crate::support::login_config(&provider, crate::support::SERVER).session_store("memory");
    let stand = Stand::built(provider, clock, config, |builder| builder.with_session_store(store)).await;
    let jane = copy(&stand.signed_in("jane").await);
    assert!(stand.is_alive(&jane).await, "nobody is there to be swapped with");
    let mut other = stand.browser();
    other.navigate("/login?return_to=/answer/200").await;
    other.log_in_as(&stand.provider, "bob").await;
    assert!(!stand.is_alive(&jane).await, "the store says that this is Bob");
}
