//! What a request's cookies turned out to hold.

use super::{Session, SessionId};

/// What the cookies of a request hold.
#[derive(Debug)]
pub enum Found {
    /// No session cookie.
    Nothing,
    /// A session cookie without a live session: there is nobody signed in, and the cookie is to be removed.
    Void(Void),
    /// A live session, out of the cookie itself.
    Live(Box<Session>),
    /// The name of a session in the store: [`Sessions::load`](super::Sessions::load) it.
    Stored(SessionId),
}

/// Why a session cookie holds no live session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names say it")]
pub enum Void {
    /// Not sealed by us, or by a secret that is not in use any more, or changed, or incomplete.
    Unreadable,
    Expired,
    Idle,
    /// `tokenValidity` has passed without a renewal.
    Stale,
    /// Ended by a logout, or unknown to the store.
    Ended,
}
