//! Where sessions live on the server.

use std::fmt;

use bytes::Bytes;

use crate::{
    provider::{BoxError, BoxFuture},
    types::Issuer,
};

/// Which sessions of an issuer are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// Those of one login at the provider: `sid`.
    ProviderSession(&'a str),
    /// All of one person: `sub`.
    Subject(&'a str),
}

/// A session as a store keeps it. What is in it is sealed: who reads the store signs in as nobody.
///
/// A store makes it again from what it keeps, field by field.
#[derive(Clone)]
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

/// Where sessions live on the server. [`MemoryStore`](super::MemoryStore) is one.
///
/// What every store owes: a call that has returned holds on every replica; a session past its `expires_at` is not
/// handed out; a failure is an error.
pub trait SessionStore: fmt::Debug + Send + Sync + 'static {
    /// Keeps a new session; one whose key is there already is an error. With `most`, the oldest sessions of the same issuer and
    /// subject beyond so many are deleted.
    fn create(&self, session: StoredSession, most: Option<u32>) -> BoxFuture<'_, Result<(), BoxError>>;

    /// The session of that key.
    fn load(&self, key: [u8; 32]) -> BoxFuture<'_, Result<Option<StoredSession>, BoxError>>;

    /// Puts `session` in the place of the one with its key and that version, and says whether there was one. It never
    /// creates: a session that was deleted stays deleted.
    fn replace(&self, version: u64, session: StoredSession) -> BoxFuture<'_, Result<bool, BoxError>>;

    /// Deletes the session of that key, if it is there.
    fn delete(&self, key: [u8; 32]) -> BoxFuture<'_, Result<(), BoxError>>;

    /// Deletes all sessions of `issuer` that `named` names, and says how many there were.
    fn delete_all<'a>(&'a self, issuer: &'a Issuer, named: Named<'a>) -> BoxFuture<'a, Result<usize, BoxError>>;
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
