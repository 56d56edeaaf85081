//! Sessions that live on the server, and are sealed there too.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use secrecy::zeroize::Zeroizing;

use crate::types::{Issuer, Random};

use super::{
    LoadedSession, Named, ON_ITS_WAY, Purpose, Seal, Session, SessionError, SessionId, SessionStore, StoredSession,
    Void,
};

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

    /// Ends that login at the provider: its sessions that are here, and those on their way at `ended_at`.
    pub(super) async fn end_provider_session(
        &self,
        issuer: &Issuer,
        sid: &str,
        ended_at: u64,
    ) -> Result<(), SessionError> {
        self.store.end_provider_session(issuer, sid, ended_at, ON_ITS_WAY).await.map(drop).map_err(SessionError::store)
    }

    /// Whether the provider has ended its session, which this one is of, since the login began.
    pub(super) async fn has_ended_since(&self, begun: u64, session: &Session) -> Result<bool, SessionError> {
        let Some(sid) = session.provider_session() else { return Ok(false) };
        let ended_at =
            self.store.provider_session_ended_at(session.issuer(), sid).await.map_err(SessionError::store)?;
        Ok(ended_at.is_some_and(|ended_at| begun <= ended_at))
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
