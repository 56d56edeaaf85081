//! What the tests of a session store begin with.

use bytes::Bytes;

use crate::{
    session::StoredSession,
    types::{Clock, Issuer, unix_seconds},
};

/// How long it lives, in seconds.
const LIFETIME: u64 = 3600;

/// A session of somebody, as a [`SessionStore`](crate::session::SessionStore) of one's own is given it: the first version, opened now,
/// with an hour to live. Its fields can be changed. Nothing is sealed in it, so that nobody signs in by it.
///
/// ```
/// # use std::sync::Arc;
/// use tower_oidc::{session::{MemoryStore, Named, SessionStore as _}, testing::{ManualClock, stored_session}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower_oidc::types::BoxError> {
/// let clock = ManualClock::new();
/// let store = MemoryStore::new(Arc::new(clock.clone())); // yours
///
/// let session = stored_session([1; 32], "jane", &clock);
/// store.create(session.clone(), None).await?;
///
/// let mut next = session.clone();
/// next.version = 2;
/// assert!(store.replace(1, next.clone()).await?);
/// assert!(!store.replace(1, next).await?, "of two that replace the same version one wins");
///
/// assert_eq!(store.delete_all(&session.issuer, Named::Subject("jane")).await?, 1);
/// assert!(store.load([1; 32]).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn stored_session(key: [u8; 32], subject: &str, clock: &impl Clock) -> StoredSession {
    let now = unix_seconds(clock.now());
    StoredSession {
        key,
        version: 1,
        issuer: Issuer::new("https://issuer.example"),
        subject: subject.into(),
        provider_session: Some(format!("of {subject}").into()),
        opened_at: now,
        expires_at: now + LIFETIME,
        sealed: Bytes::from_static(b"sealed"),
    }
}
