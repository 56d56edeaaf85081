//! A bounded list of names with times.

use std::collections::{HashMap, VecDeque};

/// A name as 64 bits under a random key: nobody's name is kept, and nobody can look for two names that meet. If two do, a session
/// ends too many.
pub(super) type Key = u64;

/// Names, and when each was last noted. Bounded in count and in time.
#[derive(Debug)]
pub(super) struct Register {
    times: HashMap<Key, u64>,
    /// In the order they came, with the time that was noted then.
    order: VecDeque<(Key, u64)>,
    room: usize,
    /// For how many seconds a name is kept.
    lifetime: u64,
}

impl Register {
    pub(super) fn new(room: usize, lifetime: u64) -> Self {
        Self { times: HashMap::new(), order: VecDeque::new(), room, lifetime }
    }

    /// Keeps names for so many seconds at least.
    pub(super) fn outlive(&mut self, lifetime: u64) {
        self.lifetime = self.lifetime.max(lifetime);
    }

    /// When `key` was last noted.
    pub(super) fn noted_at(&self, key: Key) -> Option<u64> {
        self.times.get(&key).copied()
    }

    /// Notes `key` with a time, which never becomes an earlier one. `now` says which others are to be forgotten; the latest
    /// time among them is handed back.
    pub(super) fn note(&mut self, key: Key, time: u64, now: u64) -> Option<u64> {
        let forgotten = self.forget_until(now);
        if let Some(noted) = self.times.get_mut(&key) {
            *noted = time.max(*noted);
            return forgotten;
        }
        let pushed_out = if self.times.len() == self.room { self.forget_oldest() } else { None };
        self.times.insert(key, time);
        self.order.push_back((key, time));
        forgotten.max(pushed_out)
    }

    fn forget_until(&mut self, now: u64) -> Option<u64> {
        let mut latest = None;
        while self.order.front().is_some_and(|(_, time)| time.saturating_add(self.lifetime) <= now) {
            latest = latest.max(self.forget_front());
        }
        latest
    }

    fn forget_oldest(&mut self) -> Option<u64> {
        loop {
            let forgotten = self.forget_front();
            if forgotten.is_some() || self.order.is_empty() {
                return forgotten;
            }
        }
    }

    /// Forgets the first name and hands back its time; or, if it was noted again since, puts it behind the others.
    fn forget_front(&mut self) -> Option<u64> {
        let (key, queued) = self.order.pop_front()?;
        match self.times.get(&key) {
            Some(noted) if *noted > queued => {
                self.order.push_back((key, *noted));
                None
            }
            _ => self.times.remove(&key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_forgotten_when_its_time_is_over() {
        let mut register = Register::new(10, 100);
        assert_eq!(register.note(1, 5, 5), None);
        assert_eq!(register.note(2, 50, 104), None);
        assert_eq!(register.noted_at(1), Some(5));
        assert_eq!(register.note(3, 105, 105), Some(5));
        assert_eq!((register.noted_at(1), register.noted_at(2)), (None, Some(50)));
    }

    #[test]
    fn a_full_register_forgets_the_oldest() {
        let mut register = Register::new(2, 100);
        register.note(1, 1, 1);
        register.note(2, 2, 2);
        assert_eq!(register.note(3, 3, 3), Some(1));
        assert_eq!((register.noted_at(1), register.times.len(), register.order.len()), (None, 2, 2));
    }

    #[test]
    fn a_name_that_is_noted_again_is_as_new() {
        let mut register = Register::new(2, 100);
        register.note(1, 1, 1);
        register.note(2, 2, 2);
        assert_eq!(register.note(1, 3, 3), None);
        assert_eq!(register.note(1, 2, 3), None);
        assert_eq!(register.note(4, 4, 4), Some(2));
        assert_eq!(register.noted_at(1), Some(3));
        assert_eq!(register.note(5, 102, 102), Some(3));
        assert_eq!((register.times.len(), register.order.len()), (2, 2));
    }
}
