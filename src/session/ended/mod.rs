//! Sessions that were ended before their time, when they live in cookies.
//!
//! 1. What was ended is noted until every session it can name has expired by itself.
//! 2. What is forgotten, for that reason or because the list is full, raises the horizon: every session opened until then
//!    counts as ended. So a full list, or a clock that was wrong for a while, ends sessions too many and never too few.
//! 3. Times are whole seconds, and "until then" includes the second itself: a logout in the second of a login ends that login.
//!    A login after a logout counts as of a later second, even when it is the same one.
//! 4. A login that began before its provider's session ended is not opened; one that began after is, under the same `sid` as well:
//!    providers give it out again. The order of the two is that in which they came here, whatever the clock did.
//! 5. The list lives in this process: a restart forgets it, and another replica does not know it. Who needs more keeps
//!    sessions on the server.

mod register;
#[cfg(test)]
mod tests;

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::types::Issuer;

use super::{ON_ITS_WAY, Session, SessionId};
use register::{Key, Register};

/// Most logouts remembered: some 5 MB of memory, and as much again for what logins under way are held against. At a logout each six
/// seconds it is full after a week, the default of `sessionExpiry`.
pub const MAX_ENDED: usize = 100_000;

/// Most logouts remembered that came on the word of a browser. Anybody can make them up; the oldest are dropped.
pub const MAX_ENDED_UNPROVED: usize = 10_000;

/// The sessions that were ended. Reading takes a lock that is never held across waiting.
pub(super) struct EndedSessions {
    hasher: RandomState,
    list: RwLock<List>,
    /// Whether there is anything in the list.
    any: AtomicBool,
}

struct List {
    proved: Register,
    unproved: Register,
    /// When the provider's sessions ended, in the order of logins: in milliseconds, for as long as a login may be on its way.
    logins: Register,
    /// Sessions opened until then count as ended.
    horizon: Option<u64>,
    /// Logins begun until then count as ended, if they carry a `sid`. In milliseconds.
    login_horizon: Option<u64>,
    /// When the latest login began and the latest session of the provider's ended, in milliseconds: a clock that steps back must
    /// not put the one that comes next before the other.
    last_begun: u64,
    last_ended: u64,
    /// When the latest session was opened. A clock that steps back must not make a logout seem to come before it.
    last_opened: u64,
}

/// What a note may name.
#[derive(Hash)]
enum Name<'a> {
    Session(&'a [u8; 32]),
    ProviderSession(&'a Issuer, &'a str),
    Subject(&'a Issuer, &'a str),
}

impl EndedSessions {
    /// For sessions that live so many seconds at most, unless [`outlive`](Self::outlive) says more.
    pub(super) fn new(lifetime: u64) -> Self {
        Self::with_room(MAX_ENDED, MAX_ENDED_UNPROVED, lifetime)
    }

    fn with_room(proved: usize, unproved: usize, lifetime: u64) -> Self {
        let list = List {
            proved: Register::new(proved, lifetime),
            // Only for want of room: no horizon stands for what is forgotten here.
            unproved: Register::new(unproved, u64::MAX),
            logins: Register::new(proved, milliseconds(ON_ITS_WAY)),
            horizon: None,
            login_horizon: None,
            last_begun: 0,
            last_ended: 0,
            last_opened: 0,
        };
        Self { hasher: RandomState::new(), list: RwLock::new(list), any: AtomicBool::new(false) }
    }

    /// Sessions may live so many seconds from now on. What was noted is not forgotten earlier for it.
    pub(super) fn outlive(&self, lifetime: u64) {
        let mut list = self.write();
        list.proved.outlive(lifetime);
        list.unproved.outlive(lifetime);
    }

    /// Ends every session that was opened until now.
    pub(super) fn end_everything(&self, now: u64) {
        let mut list = self.write();
        list.horizon = list.horizon.max(Some(now.max(list.last_opened)));
        self.any.store(true, Ordering::Release);
    }

    /// The time that a login counts as begun at: now, or after the last of the provider's sessions that ended. In milliseconds, as `now`.
    pub(super) fn begin(&self, now: u64) -> u64 {
        let mut list = self.write();
        let begun = if list.last_ended < now { now } else { list.last_ended.saturating_add(1) };
        list.last_begun = list.last_begun.max(begun);
        begun
    }

    /// The time that a session of that name counts as opened at, whose login began at `begun`: now, or after the last logout that ends
    /// only what came before. `None`: the provider's session has ended since the login began.
    pub(super) fn opening(
        &self,
        issuer: &Issuer,
        subject: &str,
        provider_session: Option<&str>,
        begun: u64,
        now: u64,
    ) -> Option<u64> {
        let subject = self.key(&Name::Subject(issuer, subject));
        let provider_session = provider_session.map(|sid| self.key(&Name::ProviderSession(issuer, sid)));
        let mut list = self.write();
        if provider_session.is_some_and(|sid| list.has_ended_since(begun, sid)) {
            return None;
        }
        let by_session = provider_session.and_then(|sid| list.proved.noted_at(sid).max(list.unproved.noted_at(sid)));
        let ended = list.proved.noted_at(subject).max(by_session).max(list.horizon);
        let opened_at = ended.map_or(now, |ended| now.max(ended.saturating_add(1)));
        list.last_opened = list.last_opened.max(opened_at);
        // Begun on another replica, whose clock may be ahead.
        list.last_begun = list.last_begun.max(begun);
        Some(opened_at)
    }

    /// Ends that session, and every copy of it.
    pub(super) fn end(&self, session: &Session, now: u64) {
        self.end_named(session.id(), session.opened_at(), now);
    }

    /// Ends the session of that id, which was opened at `opened_at` by a clock that may be ahead, and says whether it was not ended by
    /// its id before. What this forgets then counts as ended with what was opened until that time.
    pub(super) fn end_named(&self, id: &SessionId, opened_at: u64, now: u64) -> bool {
        let key = self.key(&Name::Session(id.as_bytes()));
        let mut list = self.write();
        let is_new = list.proved.noted_at(key).is_none();
        list.note(key, now.max(opened_at), now);
        self.any.store(true, Ordering::Release);
        is_new
    }

    /// Ends the sessions of that person that were opened until now.
    pub(super) fn end_subject(&self, issuer: &Issuer, subject: &str, now: u64) {
        let key = self.key(&Name::Subject(issuer, subject));
        self.write().note(key, now, now);
        self.any.store(true, Ordering::Release);
    }

    /// Ends the sessions of that session of the provider's that were opened until now, and those to come of a login that has begun: it
    /// was on its way. Says when that was, in milliseconds as `now`, for other replicas to hold the begin of a login against.
    pub(super) fn end_provider_session(&self, issuer: &Issuer, provider_session: &str, now: u64) -> u64 {
        let key = self.key(&Name::ProviderSession(issuer, provider_session));
        let mut list = self.write();
        let ended_at = now.max(list.last_begun);
        list.last_ended = list.last_ended.max(ended_at);
        let forgotten = list.logins.note(key, ended_at, now);
        list.login_horizon = list.login_horizon.max(forgotten);
        list.note(key, now / 1000, now / 1000);
        self.any.store(true, Ordering::Release);
        ended_at
    }

    /// Ends the sessions of that name that were opened until now, for as long as there is room.
    ///
    /// Not those to come: whoever knows the name of somebody's session could keep them from signing in again.
    pub(super) fn end_unproved(&self, issuer: &Issuer, provider_session: &str, now: u64) {
        let key = self.key(&Name::ProviderSession(issuer, provider_session));
        let mut list = self.write();
        let time = now.max(list.last_opened);
        list.unproved.note(key, time, now);
        self.any.store(true, Ordering::Release);
    }

    pub(super) fn has_ended(&self, session: &Session) -> bool {
        self.any.load(Ordering::Acquire) && self.is_listed(session)
    }

    fn is_listed(&self, session: &Session) -> bool {
        let (issuer, opened_at) = (session.issuer(), session.opened_at());
        let is_after = |time: Option<u64>| time.is_some_and(|time| opened_at <= time);
        let id = self.key(&Name::Session(session.id().as_bytes()));
        let subject = self.key(&Name::Subject(issuer, session.subject()));
        let provider_session = session.provider_session().map(|sid| self.key(&Name::ProviderSession(issuer, sid)));
        let list = self.read();
        is_after(list.horizon)
            || list.proved.noted_at(id).is_some()
            || is_after(list.proved.noted_at(subject))
            || provider_session.is_some_and(|sid| is_after(list.proved.noted_at(sid).max(list.unproved.noted_at(sid))))
    }

    fn key(&self, name: &Name<'_>) -> Key {
        self.hasher.hash_one(name)
    }

    fn read(&self) -> RwLockReadGuard<'_, List> {
        self.list.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, List> {
        self.list.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn note(&mut self, key: Key, time: u64, now: u64) {
        let forgotten = self.proved.note(key, time.max(self.last_opened), now);
        self.horizon = self.horizon.max(forgotten);
    }

    fn has_ended_since(&self, begun: u64, provider_session: Key) -> bool {
        self.logins.noted_at(provider_session).max(self.login_horizon).is_some_and(|ended_at| begun <= ended_at)
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
