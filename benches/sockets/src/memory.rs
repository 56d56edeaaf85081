//! What tokens and sessions take, as the resident memory of a process that does nothing else.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, routing::get};
use bytes::Bytes;
use tower_oidc::{
    Auth, Principal,
    session::{LoadedSession, MemoryStore, Named, SessionStore, StoredSession},
    testing::{Browser, TestProvider},
    types::{Algorithm, BoxError, BoxFuture, Issuer},
};

use crate::{
    Length,
    process::{own, resident},
};

const SERVER: &str = "https://app.example";

/// Each part in a process of its own, so that neither sees what the other has left.
pub(crate) fn measure(length: Length) {
    let count = if length == Length::Full { "100000" } else { "20000" };
    for part in ["tokens", "sessions"] {
        assert!(own().args([part, count]).status().expect("it runs").success());
    }
}

/// So many tokens, each sent once. First without the cache: what is left then is the allocator's.
pub(crate) async fn tokens(count: usize) {
    let provider = TestProvider::builder().algorithm(Algorithm::Es256).start().await;
    let config = || provider.config().token_algorithm("ES256");
    let cold = Auth::builder(config()).without_token_cache().discover().await.expect("it is right");
    let cached = Auth::discover(config()).await.expect("it is right");
    send(&provider, &cold, 1000).await;
    for (name, auth) in [("not remembered", &cold), ("remembered", &cached)] {
        let before = resident("self");
        for so_many in [1_000, 10_000, 16_384, 50_000, 100_000].into_iter().filter(|so_many| *so_many <= count) {
            let bytes = send(&provider, auth, so_many).await;
            println!("{so_many:>7} tokens of {bytes} bytes, {name}: {:+.1} MB", resident("self") - before);
        }
    }
    println!();
}

/// Sends so many different tokens, and says how long one is.
async fn send(provider: &TestProvider, auth: &Auth, count: usize) -> usize {
    let mut bytes = 0;
    for number in 0..count {
        let token = provider.token(&format!("auth0|{number:024}")).claim("email", format!("{number}@company.com"));
        let token = token.claim("email_verified", true).claim("permissions", ["read:orders", "write:orders"]);
        let token = token.claim("https://company.com/filling", "x".repeat(250)).sign();
        auth.validate(&token).await.expect("good");
        bytes = token.len();
    }
    bytes
}

/// So many sessions on the server: one that a login left behind, again and again under other names.
pub(crate) async fn sessions(count: usize) {
    let (session, cookies) = signed_in().await;
    let store = MemoryStore::default();
    let before = resident("self");
    for so_many in [1_000, 10_000, 100_000].into_iter().filter(|so_many| *so_many <= count) {
        for number in 0..so_many {
            // Those of the last round are there already.
            let _ = store.create(like(&session, number), None).await;
        }
        let (sealed, grown) = (session.sealed.len(), resident("self") - before);
        println!("{so_many:>7} sessions of {sealed} bytes in memory: {grown:+.1} MB; cookies of {cookies} bytes");
    }
    println!();
}

/// A session as a login leaves it in a store, and how many bytes of cookies it would take without one.
async fn signed_in() -> (StoredSession, usize) {
    let provider = TestProvider::start().await;
    let config = || provider.login_config(SERVER).session_secret("the session secret of a bench, of 32 bytes");
    let store = Recorder::default();
    let auth = Auth::builder(config()).with_session_store(store.clone()).discover().await.expect("it is right");
    log_in(&provider, &auth).await;
    let auth = Auth::discover(config()).await.expect("it is right");
    let cookies = log_in(&provider, &auth).await;
    let session = store.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (session.expect("a session was created"), cookies)
}

async fn log_in(provider: &TestProvider, auth: &Auth) -> usize {
    let name = |principal: Principal| async move { principal.username().to_owned() };
    let routes = Router::new().route("/", get(name)).layer(auth.layer());
    let mut browser = Browser::new(routes, SERVER);
    browser.navigate("/").await;
    assert_eq!(browser.log_in_as(provider, "jane").await.text(), "jane");
    browser.cookies().iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// The same session of somebody else, with memory of its own.
fn like(session: &StoredSession, number: usize) -> StoredSession {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    let mut other = session.clone();
    other.key = key;
    other.subject = format!("auth0|{number:024}").into();
    other.provider_session = Some(format!("{number:032}").into());
    other.sealed = Bytes::copy_from_slice(&session.sealed);
    other
}

/// A store that tells what it was given.
#[derive(Debug, Clone, Default)]
struct Recorder {
    inner: Arc<MemoryStore>,
    last: Arc<Mutex<Option<StoredSession>>>,
}

impl SessionStore for Recorder {
    fn create(&self, session: StoredSession, most: Option<u32>) -> BoxFuture<'_, Result<usize, BoxError>> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(session.clone());
        self.inner.create(session, most)
    }

    fn load(&self, key: [u8; 32]) -> BoxFuture<'_, Result<Option<LoadedSession>, BoxError>> {
        self.inner.load(key)
    }

    fn replace(&self, version: u64, session: StoredSession) -> BoxFuture<'_, Result<bool, BoxError>> {
        self.inner.replace(version, session)
    }

    fn delete(&self, key: [u8; 32]) -> BoxFuture<'_, Result<(), BoxError>> {
        self.inner.delete(key)
    }

    fn delete_all<'a>(&'a self, issuer: &'a Issuer, named: Named<'a>) -> BoxFuture<'a, Result<usize, BoxError>> {
        self.inner.delete_all(issuer, named)
    }

    fn lease(&self, key: [u8; 32], holder: [u8; 16], ttl: Duration) -> BoxFuture<'_, Result<bool, BoxError>> {
        self.inner.lease(key, holder, ttl)
    }

    fn release(&self, key: [u8; 32], holder: [u8; 16]) -> BoxFuture<'_, Result<(), BoxError>> {
        self.inner.release(key, holder)
    }
}
