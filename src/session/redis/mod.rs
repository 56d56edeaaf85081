//! Sessions in Redis, for services of many replicas.
//!
//! 1. Whoever reads Redis signs in as nobody and learns of nobody: sessions are sealed before they come here, and the names that
//!    they are ended by are hashed. A hash without a key: who guesses a `sub` can see whether it is there.
//! 2. Every call is one run of one script, so that a session and the lists that name it change together.
//! 3. Everything ends by itself: sessions and lists at the last expiry, leases at theirs.
//! 4. It takes one Redis, of version 4 or newer, or a proxy that looks like one. Clusters and Sentinel are not followed: their
//!    `MOVED` and `READONLY` are failures, and not lost sessions.
//!
//! `keys` is what stands where, `store.lua` what is done there and `script` how it is called; `link` is the connection, `address`
//! and `tls` how it is made.

mod address;
mod error;
mod keys;
mod link;
mod script;
mod tls;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use redis::FromRedisValue;

use crate::types::{BoxError, BoxFuture, Clock, Issuer, Secret, unix_seconds};

use super::{LoadedSession, Named, SessionError, SessionStore, StoredSession};

pub use error::RedisStoreError;

use address::Address;
use keys::Keys;
use link::Link;
use script::Call;

/// Longest time that Redis is told to keep a session, in milliseconds: a hundred years, far from the end of its numbers.
const MAX_TTL: u64 = 100 * 366 * 24 * 60 * 60 * 1000;

/// Sessions in a Redis, for services of many replicas.
///
/// It connects when it is first asked, and anew whenever the connection is lost; what is asked while Redis is away is an error
/// within two seconds, and at once for up to two seconds after an attempt that failed.
///
/// # What a deployment can break
///
/// - Redis must keep what it was told: with `maxmemory` the policy has to be `noeviction`, its default. Any other ends sessions
///   early, and two replicas may renew one session at the same time when a lease is evicted.
/// - A fail-over to a copy can lose the last moments' writes, a logout among them. `WAIT` and `appendfsync always` are Redis's means
///   against that; they are not used here.
/// - A user with rules (ACL) needs `+eval +evalsha +hset +hget +hmget +del +set +get +pexpire +pttl +zadd +zrem +zscore +zrange
///   +zrevrange` on the keys `{tower-oidc:*`.
pub struct RedisStore {
    link: Arc<Link>,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

impl RedisStore {
    /// The store at `url`, `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS with the platform's roots. It
    /// does not connect yet.
    ///
    /// `owner` tells the services apart that share a Redis, as [`SessionSettings::owner`](crate::config::SessionSettings::owner)
    /// does. `clock` says what has expired.
    ///
    /// # Errors
    /// [`RedisStoreError::Url`], [`RedisStoreError::Roots`].
    pub fn new(url: &Secret, owner: &str, clock: Arc<dyn Clock>) -> Result<Self, RedisStoreError> {
        let link = Arc::new(Link::new(Address::parse(url)?, Arc::clone(&clock)));
        Ok(Self { link, keys: Keys::new(owner), clock })
    }

    /// Connects in the background, so that the log tells at the start if that cannot be done.
    fn connect_ahead(&self) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let link = Arc::clone(&self.link);
            runtime.spawn(async move { link.connect().await.map(drop) });
        }
    }

    fn now(&self) -> u64 {
        unix_seconds(self.clock.now())
    }

    /// A call of that operation.
    fn call(&self, operation: &str, keys: impl IntoIterator<Item = String>) -> Call {
        Call::on(keys).with(operation).with(self.keys.sessions()).with_number(self.now())
    }

    /// A call on that session.
    fn call_on(&self, operation: &str, key: [u8; 32]) -> Call {
        let name = keys::name(key);
        self.call(operation, [self.keys.session(&name)]).with(name)
    }

    /// A call that puts the session where it belongs.
    fn call_with(&self, operation: &str, session: &StoredSession) -> Call {
        let name = keys::name(session.key);
        let subject = self.keys.index(&session.issuer, Named::Subject(&session.subject));
        let sid = session.provider_session.as_deref().map(Named::ProviderSession);
        let sid = sid.map(|sid| self.keys.index(&session.issuer, sid));
        let left = session.expires_at.saturating_sub(self.now()).saturating_mul(1000).min(MAX_TTL);
        self.call(operation, [self.keys.session(&name), subject].into_iter().chain(sid))
            .with(name)
            .with_number(session.version)
            .with_number(session.expires_at)
            .with_number(left)
            .with(&*session.sealed)
    }

    fn ask<T: FromRedisValue + Send>(&self, call: Call) -> BoxFuture<'_, Result<T, BoxError>> {
        Box::pin(async move { Ok(self.link.ask(&call).await?) })
    }
}

impl SessionStore for RedisStore {
    fn create(&self, session: StoredSession, most: Option<u32>) -> BoxFuture<'_, Result<usize, BoxError>> {
        let call = self.call_with("create", &session).with_number(most.unwrap_or(0).into());
        Box::pin(async move {
            let gone: i64 = self.link.ask(&call).await?;
            usize::try_from(gone).map_err(|_| KeyInUse.into())
        })
    }

    fn load(&self, key: [u8; 32]) -> BoxFuture<'_, Result<Option<LoadedSession>, BoxError>> {
        let call = self.call_on("load", key);
        Box::pin(async move {
            let found: Option<(u64, Vec<u8>)> = self.link.ask(&call).await?;
            Ok(found.map(|(version, sealed)| LoadedSession { version, sealed: Bytes::from(sealed) }))
        })
    }

    fn replace(&self, version: u64, session: StoredSession) -> BoxFuture<'_, Result<bool, BoxError>> {
        self.ask(self.call_with("replace", &session).with_number(version))
    }

    fn delete(&self, key: [u8; 32]) -> BoxFuture<'_, Result<(), BoxError>> {
        let call = self.call_on("delete", key);
        Box::pin(async move {
            let _done: bool = self.link.ask(&call).await?;
            Ok(())
        })
    }

    fn delete_all<'a>(&'a self, issuer: &'a Issuer, named: Named<'a>) -> BoxFuture<'a, Result<usize, BoxError>> {
        self.ask(self.call("delete_all", [self.keys.index(issuer, named)]))
    }

    fn end_provider_session<'a>(
        &'a self,
        issuer: &'a Issuer,
        provider_session: &'a str,
        ended_at: u64,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<usize, BoxError>> {
        let index = self.keys.index(issuer, Named::ProviderSession(provider_session));
        let ended = self.keys.ended(issuer, provider_session);
        let call = self.call("end_provider_session", [index, ended]).with_number(ended_at);
        self.ask(call.with_number(milliseconds(ttl)))
    }

    fn provider_session_ended_at<'a>(
        &'a self,
        issuer: &'a Issuer,
        provider_session: &'a str,
    ) -> BoxFuture<'a, Result<Option<u64>, BoxError>> {
        self.ask(self.call("provider_session_ended_at", [self.keys.ended(issuer, provider_session)]))
    }

    fn lease(&self, key: [u8; 32], holder: [u8; 16], ttl: Duration) -> BoxFuture<'_, Result<bool, BoxError>> {
        self.ask(self.call("lease", [self.keys.lease(key)]).with(holder).with_number(milliseconds(ttl)))
    }

    fn release(&self, key: [u8; 32], holder: [u8; 16]) -> BoxFuture<'_, Result<(), BoxError>> {
        let call = self.call("release", [self.keys.lease(key)]).with(holder);
        Box::pin(async move {
            let _done: bool = self.link.ask(&call).await?;
            Ok(())
        })
    }
}

/// A time as Redis takes it: at least one.
fn milliseconds(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(MAX_TTL).clamp(1, MAX_TTL)
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

/// The store of `sessionStore`.
pub(super) fn open(url: &Secret, owner: &str, clock: Arc<dyn Clock>) -> Result<Arc<dyn SessionStore>, SessionError> {
    let store = RedisStore::new(url, owner, clock).map_err(|error| SessionError::Setup(Arc::new(error.into())))?;
    store.connect_ahead();
    Ok(Arc::new(store))
}

#[derive(Debug, thiserror::Error)]
#[error("a session of that key is there already")]
struct KeyInUse;

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::types::SystemClock;

    #[tokio::test]
    async fn redis_is_looked_for_before_anybody_asks() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Secret::new(format!("redis://{}", listener.local_addr().unwrap()));
        let _store = open(&url, "owner", Arc::new(SystemClock::new())).unwrap();
        tokio::time::timeout(Duration::from_secs(60), listener.accept()).await.unwrap().unwrap();
    }
}
