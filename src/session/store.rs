//! Where sessions live on the server.

use std::{fmt, future::ready, time::Duration};

use bytes::Bytes;

use crate::types::{BoxError, BoxFuture, Issuer};

/// Which sessions of an issuer are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// Those of one login at the provider: `sid`.
    ProviderSession(&'a str),
    /// All of one person: `sub`.
    Subject(&'a str),
}

/// A session as a store is given it. What is in it is sealed: who reads the store signs in as nobody.
///
/// `issuer`, `subject` and `provider_session` are what it is ended by. A store may keep hashes of them in their place.
///
/// Only the crate makes one; for the tests of a store there is `testing::stored_session`.
#[derive(Clone)]
#[non_exhaustive]
pub struct StoredSession {
    /// A hash of the session's id: the id itself is in the browser alone.
    pub key: [u8; 32],
    /// Grows with each change.
    pub version: u64,
    /// `iss`.
    pub issuer: Issuer,
    /// `sub`.
    pub subject: Box<str>,
    /// `sid`.
    pub provider_session: Option<Box<str>>,
    /// When it was opened, in seconds since 1970.
    pub opened_at: u64,
    /// When it may be forgotten, in seconds since 1970.
    pub expires_at: u64,
    /// The session itself, sealed.
    pub sealed: Bytes,
}

/// A session as a store hands it out.
#[derive(Clone)]
#[non_exhaustive]
pub struct LoadedSession {
    /// That of the [`StoredSession`].
    pub version: u64,
    /// Likewise.
    pub sealed: Bytes,
}

impl LoadedSession {
    /// What the store has of a [`StoredSession`].
    #[must_use]
    pub fn new(version: u64, sealed: Bytes) -> Self {
        Self { version, sealed }
    }
}

/// Where sessions live on the server. [`MemoryStore`](super::MemoryStore) is one, and `RedisStore` (feature `redis`) another.
///
/// What every store owes:
///
/// 1. A call that has returned holds on every replica: what one has deleted no other loads, so that a logout counts everywhere. A
///    copy that lags behind is nothing to read from.
/// 2. A call is one step. Of two that [`replace`](Self::replace) the same version one wins, and a session that is created while all
///    of its person are deleted is deleted or not, and can be deleted later.
/// 3. A session past its `expires_at` is not handed out, and not replaced.
/// 4. A failure is an error, and so is a call of which nobody knows what became of it. It comes within a few seconds: somebody
///    waits, and is answered with 503.
/// 5. A [`lease`](Self::lease) has one holder among all replicas, and ends by itself. Without that, two replicas spend one refresh token,
///    and a provider that replaces refresh tokens ends the whole login (RFC 9700 section 4.14.2).
///
/// `AuthBuilder::with_session_store` puts one to use. Here one counts the logins and leaves the rest to another:
///
/// ```
/// use std::{sync::atomic::{AtomicUsize, Ordering}, time::Duration};
/// use tower_oidc::{
///     session::{LoadedSession, MemoryStore, Named, SessionStore, StoredSession},
///     types::{BoxError, BoxFuture, Issuer},
/// };
///
/// #[derive(Debug, Default)]
/// struct Counting(MemoryStore, AtomicUsize);
///
/// impl SessionStore for Counting {
///     fn create(&self, session: StoredSession, most: Option<u32>) -> BoxFuture<'_, Result<usize, BoxError>> {
///         self.1.fetch_add(1, Ordering::Relaxed);
///         self.0.create(session, most)
///     }
///
///     fn load(&self, key: [u8; 32]) -> BoxFuture<'_, Result<Option<LoadedSession>, BoxError>> {
///         self.0.load(key) // of a table's row: Ok(Some(LoadedSession::new(version, sealed)))
///     }
///
///     fn replace(&self, version: u64, session: StoredSession) -> BoxFuture<'_, Result<bool, BoxError>> {
///         self.0.replace(version, session)
///     }
///
///     fn delete(&self, key: [u8; 32]) -> BoxFuture<'_, Result<(), BoxError>> {
///         self.0.delete(key)
///     }
///
///     fn delete_all<'a>(&'a self, issuer: &'a Issuer, named: Named<'a>) -> BoxFuture<'a, Result<usize, BoxError>> {
///         self.0.delete_all(issuer, named)
///     }
///
///     fn end_provider_session<'a>(
///         &'a self,
///         issuer: &'a Issuer,
///         provider_session: &'a str,
///         ended_at: u64,
///         ttl: Duration,
///     ) -> BoxFuture<'a, Result<usize, BoxError>> {
///         self.0.end_provider_session(issuer, provider_session, ended_at, ttl)
///     }
///
///     fn provider_session_ended_at<'a>(
///         &'a self,
///         issuer: &'a Issuer,
///         provider_session: &'a str,
///     ) -> BoxFuture<'a, Result<Option<u64>, BoxError>> {
///         self.0.provider_session_ended_at(issuer, provider_session)
///     }
///
///     fn lease(&self, key: [u8; 32], holder: [u8; 16], ttl: Duration) -> BoxFuture<'_, Result<bool, BoxError>> {
///         self.0.lease(key, holder, ttl)
///     }
///
///     fn release(&self, key: [u8; 32], holder: [u8; 16]) -> BoxFuture<'_, Result<(), BoxError>> {
///         self.0.release(key, holder)
///     }
/// }
/// ```
pub trait SessionStore: fmt::Debug + Send + Sync + 'static {
    /// Keeps a new session; one whose key is there already is an error. With `most`, the oldest sessions of the same issuer and
    /// subject beyond so many are deleted, and it says how many those were.
    fn create(&self, session: StoredSession, most: Option<u32>) -> BoxFuture<'_, Result<usize, BoxError>>;

    /// The session of that key.
    fn load(&self, key: [u8; 32]) -> BoxFuture<'_, Result<Option<LoadedSession>, BoxError>>;

    /// Puts `session` in the place of the one with its key and that version, and says whether there was one. It never
    /// creates: a session that was deleted stays deleted.
    fn replace(&self, version: u64, session: StoredSession) -> BoxFuture<'_, Result<bool, BoxError>>;

    /// Deletes the session of that key, if it is there.
    fn delete(&self, key: [u8; 32]) -> BoxFuture<'_, Result<(), BoxError>>;

    /// Deletes all sessions of `issuer` that `named` names, and says how many there were.
    fn delete_all<'a>(&'a self, issuer: &'a Issuer, named: Named<'a>) -> BoxFuture<'a, Result<usize, BoxError>>;

    /// Deletes all sessions of that login at the provider, and says how many there were. For `ttl`,
    /// [`provider_session_ended_at`](Self::provider_session_ended_at) gives `ended_at`, in milliseconds since 1970, or a later one that it
    /// was told before: one more may be on its way, on whichever replica.
    ///
    /// A store of one process need not remember: whoever asks does so itself. As it stands this deletes, and no more: a store that
    /// wraps another must forward it, and [`provider_session_ended_at`](Self::provider_session_ended_at) as well.
    fn end_provider_session<'a>(
        &'a self,
        issuer: &'a Issuer,
        provider_session: &'a str,
        ended_at: u64,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<usize, BoxError>> {
        let _ = (ended_at, ttl);
        self.delete_all(issuer, Named::ProviderSession(provider_session))
    }

    /// When that login at the provider has [ended](Self::end_provider_session) last, if it has lately, on whichever replica. It is asked
    /// when one of its sessions was created: a login that began later is a new one, which some providers give the same name. As it
    /// stands none has ended: a store that wraps another must forward it, and [`end_provider_session`](Self::end_provider_session) as well.
    fn provider_session_ended_at<'a>(
        &'a self,
        issuer: &'a Issuer,
        provider_session: &'a str,
    ) -> BoxFuture<'a, Result<Option<u64>, BoxError>> {
        let _ = (issuer, provider_session);
        Box::pin(ready(Ok(None)))
    }

    /// Gives the right to renew the session of that key to `holder`, for `ttl` at most, unless another has it; and says whether
    /// `holder` has it now. There need be no such session.
    fn lease(&self, key: [u8; 32], holder: [u8; 16], ttl: Duration) -> BoxFuture<'_, Result<bool, BoxError>>;

    /// Takes that right back, if `holder` has it still.
    fn release(&self, key: [u8; 32], holder: [u8; 16]) -> BoxFuture<'_, Result<(), BoxError>>;
}

/// The kind of name, and not the name.
impl fmt::Debug for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ProviderSession(_) => "ProviderSession(***)",
            Self::Subject(_) => "Subject(***)",
        })
    }
}

impl fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSession").field("version", &self.version).finish_non_exhaustive()
    }
}

impl fmt::Debug for LoadedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadedSession").field("version", &self.version).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store of somebody's own may log what it is given.
    #[test]
    fn debug_shows_nothing_of_a_session_but_its_version() {
        let sealed = Bytes::from_static(b"SECRET");
        let (issuer, who) = (Issuer::new("https://SECRET.example"), || "SECRET".into());
        let (key, provider_session) = ([7; 32], Some(who()));
        let stored = StoredSession {
            key,
            version: 3,
            issuer,
            subject: who(),
            provider_session,
            opened_at: 0,
            expires_at: 0,
            sealed: sealed.clone(),
        };
        assert_eq!(format!("{stored:?}"), "StoredSession { version: 3, .. }");
        assert_eq!(format!("{:?}", LoadedSession::new(3, sealed)), "LoadedSession { version: 3, .. }");
        for named in [Named::Subject("SECRET"), Named::ProviderSession("SECRET")] {
            assert!(!format!("{named:?}").contains("SECRET"));
        }
    }
}
