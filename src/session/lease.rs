//! The right to renew a session, which one replica has at a time.

use std::time::Duration;

use super::{Found, Session, SessionError, Sessions, sessions::Place};

/// The right to renew one session. It ends when it is [given back](Sessions::release), and by itself where that does not happen.
#[must_use = "nobody else renews the session until it is given back"]
pub(crate) struct Lease(Option<Held>);

struct Held {
    key: [u8; 32],
    holder: [u8; 16],
}

impl Sessions {
    /// Takes the right to renew `session`, for `ttl` at most. `None`: another has it. A session in cookies is renewed by whoever
    /// gets it: no replica knows of the others there.
    ///
    /// # Errors
    /// [`SessionError::Store`], [`SessionError::Random`].
    pub(crate) async fn lease(&self, session: &Session, ttl: Duration) -> Result<Option<Lease>, SessionError> {
        let Place::Store(store) = &self.place else { return Ok(Some(Lease(None))) };
        let mut holder = [0; 16];
        self.random.fill(&mut holder)?;
        let key = session.id.key();
        let taken = store.lease(key, holder, ttl).await?;
        Ok(taken.then_some(Lease(Some(Held { key, holder }))))
    }

    /// Gives it back.
    ///
    /// # Errors
    /// [`SessionError::Store`]: it ends by itself then.
    pub(crate) async fn release(&self, lease: Lease) -> Result<(), SessionError> {
        match (&self.place, lease.0) {
            (Place::Store(store), Some(Held { key, holder })) => store.release(key, holder).await,
            _ => Ok(()),
        }
    }

    /// The session as it is now: what the store has of it. Never [`Found::Stored`] or [`Found::Nothing`].
    ///
    /// # Errors
    /// [`SessionError::Store`].
    pub(crate) async fn reload(&self, session: &Session) -> Result<Found, SessionError> {
        match &self.place {
            Place::Cookies(_) => Ok(self.judge(session.clone())),
            Place::Store(_) => self.load(&session.id).await,
        }
    }
}
