//! Logins whose answer has come: each is taken once, even while the first is still being exchanged.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::digest::{SHA256, digest};

use crate::types::Secret;

/// Most logins that are remembered: so many in ten minutes are two a second for each of ten cores. Beyond that the oldest is
/// forgotten, and the provider alone refuses its code.
const MAX_SPENT: usize = 16 * 1024;

/// The latest logins whose answer has come. None is forgotten but for want of room: a transaction ends by the time of day, which
/// may step back, and with an answer that is itself the ID token no provider would refuse the second use. A browser that repeats the callback, as some do when a page is slow,
/// would have the code exchanged twice; providers take that for theft and revoke what the first one brought (RFC 6749
/// section 4.1.2).
#[derive(Debug, Default)]
pub(in crate::login) struct SpentLogins(Mutex<Spent>);

#[derive(Default)]
struct Spent {
    known: HashSet<[u8; 32]>,
    /// The oldest first.
    by_age: VecDeque<[u8; 32]>,
}

impl SpentLogins {
    /// Takes the login with that state, and says whether nobody has before.
    pub(in crate::login) fn take(&self, state: &Secret) -> bool {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, state.expose().as_bytes()).as_ref());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(hash)
    }
}

impl Spent {
    fn take(&mut self, hash: [u8; 32]) -> bool {
        if !self.known.insert(hash) {
            return false;
        }
        self.by_age.push_back(hash);
        if self.by_age.len() > MAX_SPENT
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

impl std::fmt::Debug for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spent").field("count", &self.by_age.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_taken_once() {
        let (logins, state) = (SpentLogins::default(), Secret::from("state"));
        assert!(logins.take(&state));
        assert!(!logins.take(&state));
        assert!(logins.take(&Secret::from("another")));
        assert!(!logins.take(&state));
        assert!(format!("{logins:?}").contains("Spent { count: 2 }"), "how many, and not which: {logins:?}");
    }

    #[test]
    fn what_is_remembered_is_bounded_in_number() {
        let logins = SpentLogins::default();
        for number in 0..MAX_SPENT + 100 {
            assert!(logins.take(&Secret::new(number.to_string())));
        }
        let count = |spent: &Spent| (spent.by_age.len(), spent.known.len());
        assert_eq!(count(&logins.0.lock().unwrap()), (MAX_SPENT, MAX_SPENT));
        assert!(!logins.take(&Secret::new((MAX_SPENT + 99).to_string())), "the newest are kept");
        assert!(logins.take(&Secret::from("0")), "the oldest are not");
        assert_eq!(count(&logins.0.lock().unwrap()), (MAX_SPENT, MAX_SPENT));
    }
}
