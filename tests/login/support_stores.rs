//! A store that fails when it is told to.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tower_oidc::{
    Config,
    layer::AuthBuilder,
    session::{LoadedSession, MemoryStore, Named, SessionStore, StoredSession},
    testing::ManualClock,
    types::{BoxError, BoxFuture, Issuer},
};

use crate::support::{SERVER, Stand, login_config, provider};

/// A store whose calls of a kind can be made to fail.
#[derive(Debug, Clone)]
pub(crate) struct Moody {
    inner: Arc<MemoryStore>,
    failing: Arc<Mutex<Option<Call>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Create,
    Load,
    Replace,
    Delete,
    DeleteAll,
    Lease,
    Release,
}

impl Moody {
    pub(crate) fn new(stand_clock: &ManualClock) -> Self {
        Self { inner: Arc::new(MemoryStore::new(Arc::new(stand_clock.clone()))), failing: Arc::default() }
    }

    pub(crate) fn fail(&self, call: Option<Call>) {
        *self.failing.lock().unwrap() = call;
    }

    fn answer<'a, T: Send + 'a>(
        &self,
        call: Call,
        honest: impl FnOnce() -> BoxFuture<'a, Result<T, BoxError>>,
    ) -> BoxFuture<'a, Result<T, BoxError>> {
        if *self.failing.lock().unwrap() == Some(call) {
            return Box::pin(async { Err("the store has fallen over".into()) });
        }
        honest()
    }
}

impl SessionStore for Moody {
    fn create(&self, session: StoredSession, most: Option<u32>) -> BoxFuture<'_, Result<usize, BoxError>> {
        self.answer(Call::Create, || self.inner.create(session, most))
    }

    fn load(&self, key: [u8; 32]) -> BoxFuture<'_, Result<Option<LoadedSession>, BoxError>> {
        self.answer(Call::Load, || self.inner.load(key))
    }

    fn replace(&self, version: u64, session: StoredSession) -> BoxFuture<'_, Result<bool, BoxError>> {
        self.answer(Call::Replace, || self.inner.replace(version, session))
    }

    fn delete(&self, key: [u8; 32]) -> BoxFuture<'_, Result<(), BoxError>> {
        self.answer(Call::Delete, || self.inner.delete(key))
    }

    fn delete_all<'a>(&'a self, issuer: &'a Issuer, named: Named<'a>) -> BoxFuture<'a, Result<usize, BoxError>> {
        self.answer(Call::DeleteAll, || self.inner.delete_all(issuer, named))
    }

    fn lease(&self, key: [u8; 32], holder: [u8; 16], ttl: Duration) -> BoxFuture<'_, Result<bool, BoxError>> {
        self.answer(Call::Lease, || self.inner.lease(key, holder, ttl))
    }

    fn release(&self, key: [u8; 32], holder: [u8; 16]) -> BoxFuture<'_, Result<(), BoxError>> {
        self.answer(Call::Release, || self.inner.release(key, holder))
    }
}

/// An application whose sessions live in such a store.
pub(crate) async fn moody(change: impl FnOnce(Config) -> Config) -> (Stand, Moody) {
    let (provider, clock) = provider().await;
    let store = Moody::new(&clock);
    let config = change(login_config(&provider, SERVER)).session_store("memory");
    let parts = |builder: AuthBuilder| builder.with_session_store(store.clone());
    (Stand::built(provider, clock, config, parts).await, store)
}
