//! Sessions that live on the server, and are sealed there too.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use secrecy::zeroize::Zeroizing;

use crate::types::{Issuer, Random};

use super::{
    LONGEST_LOGIN, LoadedSession, Named, Purpose, Seal, Session, SessionError, SessionId, SessionStore, StoredSession,
    Void,
};

/// How long a session may be on its way after its provider has ended it: a login, and as long again for what comes after its
/// answer, such as a directory.
const ON_ITS_WAY: Duration = LONGEST_LOGIN.saturating_mul(2);

/// Seals sessions into a store and opens them out of it.
pub(super) struct InStore {
    seal: Seal,
    store: Arc<dyn SessionStore>,
    /// Most sessions of one person.
    most: Option<u32>,
}

impl InStore {
    pub(super) fn new(seal: Seal, store: Arc<dyn SessionStore>, most: Option<u32>) -> Self {
        Self { seal, store, most }
    }

    pub(super) async fn load(&self, id: &SessionId) -> Result<Result<Session, Void>, SessionError> {
        let stored = self.store.load(id.key()).await.map_err(SessionError::store)?;
        Ok(stored.ok_or(Void::Ended).and_then(|stored| self.open(id, &stored).ok_or(Void::Unreadable)))
    }

    /// # Errors
    /// [`SessionError::Store`], [`SessionError::TooLong`], [`SessionError::Random`].
    pub(super) async fn create(&self, session: &Session, random: &dyn Random) -> Result<usize, SessionError> {
        let stored = self.sealed(session, random)?;
        self.store.create(stored, self.most).await.map_err(SessionError::store)
    }

    /// Puts the session in the place of its earlier version, if that is still there, and says whether it was.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub(super) async fn replace(
        &self,
        version: u64,
        session: &Session,
        random: &dyn Random,
    ) -> Result<bool, SessionError> {
        let stored = self.sealed(session, random)?;
        self.store.replace(version, stored).await.map_err(SessionError::store)
    }

    pub(super) async fn delete(&self, id: &SessionId) -> Result<(), SessionError> {
        self.store.delete(id.key()).await.map_err(SessionError::store)
    }

    pub(super) async fn delete_all(&self, issuer: &Issuer, named: Named<'_>) -> Result<(), SessionError> {
        self.store.delete_all(issuer, named).await.map(drop).map_err(SessionError::store)
    }

    /// Ends that login at the provider for good: its sessions that are here, and those on their way.
    pub(super) async fn end_provider_session(&self, issuer: &Issuer, sid: &str) -> Result<(), SessionError> {
        self.store.end_provider_session(issuer, sid, ON_ITS_WAY).await.map(drop).map_err(SessionError::store)
    }

    /// Whether the provider has ended the login that the session is of.
    pub(super) async fn has_ended(&self, session: &Session) -> Result<bool, SessionError> {
        let Some(sid) = session.provider_session() else { return Ok(false) };
        self.store.has_ended_provider_session(session.issuer(), sid).await.map_err(SessionError::store)
    }

    pub(super) async fn lease(&self, key: [u8; 32], holder: [u8; 16], ttl: Duration) -> Result<bool, SessionError> {
        self.store.lease(key, holder, ttl).await.map_err(SessionError::store)
    }

    pub(super) async fn release(&self, key: [u8; 32], holder: [u8; 16]) -> Result<(), SessionError> {
        self.store.release(key, holder).await.map_err(SessionError::store)
    }

    /// The session, if it is the one of that id and of the version that the store says.
    fn open(&self, id: &SessionId, stored: &LoadedSession) -> Option<Session> {
        let sealed = str::from_utf8(&stored.sealed).ok()?;
        let session = Session::decode(&self.seal.open(&id.key(), sealed)?)?;
        (session.id == *id && session.version == stored.version).then_some(session)
    }

    fn sealed(&self, session: &Session, random: &dyn Random) -> Result<StoredSession, SessionError> {
        let mut bytes = Zeroizing::new(Vec::new());
        session.encode(&mut bytes);
        let (characters, limit) = (Seal::sealed_length(bytes.len()), Purpose::StoredSession.most());
        if characters > limit {
            return Err(SessionError::TooLong { bytes: characters, limit });
        }
        let key = session.id.key();
        Ok(StoredSession {
            key,
            version: session.version,
            issuer: session.issuer.clone(),
            subject: session.subject().into(),
            provider_session: session.provider_session().map(Into::into),
            opened_at: session.opened_at,
            expires_at: session.expires_at,
            sealed: Bytes::from(self.seal.seal(&key, &bytes, random)?),
        })
    }
}
