//! Sessions in order: by key, by age, by expiry and by the names they can be ended by.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::types::Issuer;

use super::{
    super::{Named, StoredSession},
    names::Names,
};

type Key = [u8; 32];

/// Every session stands in every order at once.
pub(super) struct Shelf {
    sessions: HashMap<Key, Placed>,
    by_age: BTreeMap<u64, Key>,
    by_expiry: BTreeSet<(u64, Key)>,
    subjects: Names,
    provider_sessions: Names,
    room: usize,
    /// The age of the next session: numbers tell apart what came in one second.
    next_age: u64,
}

struct Placed {
    session: StoredSession,
    age: u64,
}

impl Shelf {
    pub(super) fn new(room: usize) -> Self {
        Self {
            sessions: HashMap::new(),
            by_age: BTreeMap::new(),
            by_expiry: BTreeSet::new(),
            subjects: Names::default(),
            provider_sessions: Names::default(),
            room,
            next_age: 0,
        }
    }

    /// The session of that key, unless it has expired.
    pub(super) fn live(&self, key: &Key, now: u64) -> Option<&StoredSession> {
        self.sessions.get(key).map(|placed| &placed.session).filter(|session| now < session.expires_at)
    }

    /// Says how many of the person's others had to go, if the key was free.
    pub(super) fn create(&mut self, session: StoredSession, most: Option<u32>, now: u64) -> Option<usize> {
        if self.live(&session.key, now).is_some() {
            return None;
        }
        self.forget_expired(now);
        let gone = most.map_or(0, |most| self.make_room_beside(&session, most));
        self.make_room();
        let age = self.next_age;
        self.next_age += 1;
        self.place(Placed { session, age });
        Some(gone)
    }

    /// Says whether a session of that version was there to be replaced.
    pub(super) fn replace(&mut self, version: u64, session: StoredSession, now: u64) -> bool {
        if self.live(&session.key, now).is_none_or(|there| there.version != version) {
            return false;
        }
        let Some(Placed { age, .. }) = self.take(&session.key) else { return false };
        self.place(Placed { session, age });
        true
    }

    /// Says whether it was there.
    pub(super) fn remove(&mut self, key: &Key) -> bool {
        self.take(key).is_some()
    }

    pub(super) fn remove_all(&mut self, issuer: &Issuer, named: Named<'_>) -> usize {
        let found = match named {
            Named::ProviderSession(sid) => self.provider_sessions.of(issuer, sid),
            Named::Subject(subject) => self.subjects.of(issuer, subject),
        };
        let keys: Vec<Key> = found.into_iter().flatten().map(|(_, key)| *key).collect();
        keys.iter().filter(|key| self.remove(key)).count()
    }

    /// Leaves at most so many sessions of the person of `session`, it included, and says how many went.
    fn make_room_beside(&mut self, session: &StoredSession, most: u32) -> usize {
        let others = self.subjects.of(&session.issuer, &session.subject);
        let spare = usize::try_from(most).unwrap_or(usize::MAX).saturating_sub(1);
        let too_many = others.map_or(0, BTreeSet::len).saturating_sub(spare);
        let oldest: Vec<Key> = others.into_iter().flatten().take(too_many).map(|(_, key)| *key).collect();
        oldest.iter().filter(|key| self.remove(key)).count()
    }

    fn forget_expired(&mut self, now: u64) {
        while let Some((_, key)) = self.by_expiry.first().copied().filter(|(expires_at, _)| *expires_at <= now) {
            self.remove(&key);
        }
    }

    /// Lets go of the oldest if there is no place.
    fn make_room(&mut self) {
        while self.sessions.len() >= self.room
            && let Some(key) = self.by_age.values().next().copied()
        {
            self.remove(&key);
        }
    }

    fn place(&mut self, placed: Placed) {
        let Placed { session, age } = &placed;
        let aged = (*age, session.key);
        self.by_age.insert(*age, session.key);
        self.by_expiry.insert((session.expires_at, session.key));
        self.subjects.add(&session.issuer, &session.subject, aged);
        if let Some(sid) = &session.provider_session {
            self.provider_sessions.add(&session.issuer, sid, aged);
        }
        self.sessions.insert(session.key, placed);
    }

    fn take(&mut self, key: &Key) -> Option<Placed> {
        let placed = self.sessions.remove(key)?;
        let Placed { session, age } = &placed;
        let aged = (*age, session.key);
        self.by_age.remove(age);
        self.by_expiry.remove(&(session.expires_at, session.key));
        self.subjects.remove(&session.issuer, &session.subject, &aged);
        if let Some(sid) = &session.provider_session {
            self.provider_sessions.remove(&session.issuer, sid, &aged);
        }
        Some(placed)
    }

    #[cfg(test)]
    pub(super) fn is_empty_throughout(&self) -> bool {
        self.sessions.is_empty()
            && self.by_age.is_empty()
            && self.by_expiry.is_empty()
            && self.subjects.is_empty()
            && self.provider_sessions.is_empty()
    }
}
