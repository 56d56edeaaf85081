//! Logins whose answer has come: each is taken once, even while the first is still being exchanged.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};

use crate::{login::start::TRANSACTION_LIFETIME, types::Secret};

/// Most logins that are remembered: so many in ten minutes are two a second for each of ten cores. Beyond that the oldest is
/// forgotten, and the provider alone refuses its code.
const MAX_SPENT: usize = 16 * 1024;

/// The logins of the last minutes whose answer has come. A browser that repeats the callback, as some do when a page is slow,
/// would have the code exchanged twice; providers take that for theft and revoke what the first one brought (RFC 6749
/// section 4.1.2).
#[derive(Debug, Default)]
pub(in crate::login) struct SpentLogins(Mutex<Spent>);

#[derive(Default)]
struct Spent {
    known: HashSet<[u8; 32]>,
    /// The oldest first, each with the time at which it was spent.
    by_age: VecDeque<(Duration, [u8; 32])>,
}

impl SpentLogins {
    /// Takes the login with that state, and says whether nobody has before. `elapsed` is the clock's
    /// [`elapsed`](crate::types::Clock::elapsed).
    pub(in crate::login) fn take(&self, state: &Secret, elapsed: Duration) -> bool {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, state.expose().as_bytes()).as_ref());
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spent.forget_old(elapsed);
        let is_first = spent.known.insert(hash);
        if is_first {
            spent.by_age.push_back((elapsed, hash));
        }
        is_first
    }
}

impl Spent {
    fn forget_old(&mut self, elapsed: Duration) {
        while let Some((spent_at, hash)) = self.by_age.front() {
            let is_old = elapsed.saturating_sub(*spent_at) > TRANSACTION_LIFETIME;
            if !is_old && self.by_age.len() < MAX_SPENT {
                return;
            }
            self.known.remove(hash);
            self.by_age.pop_front();
        }
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

    const START: Duration = Duration::from_secs(1000);

    #[test]
    fn a_login_is_taken_once_for_as_long_as_its_transaction_lives() {
        let (logins, state) = (SpentLogins::default(), Secret::from("state"));
        assert!(logins.take(&state, START));
        assert!(!logins.take(&state, START));
        assert!(!logins.take(&state, START + TRANSACTION_LIFETIME));
        assert!(logins.take(&Secret::from("another"), START));
    }

    #[test]
    fn what_is_remembered_is_bounded_in_time_and_in_number() {
        let logins = SpentLogins::default();
        let count = |logins: &SpentLogins| logins.0.lock().unwrap().by_age.len();
        for number in 0..MAX_SPENT + 100 {
            assert!(logins.take(&Secret::new(number.to_string()), START));
        }
        assert_eq!((count(&logins), logins.0.lock().unwrap().known.len()), (MAX_SPENT, MAX_SPENT));
        assert!(!logins.take(&Secret::new((MAX_SPENT + 99).to_string()), START), "the newest are kept");
        assert!(logins.take(&Secret::from("later"), START + TRANSACTION_LIFETIME + Duration::from_secs(1)));
        assert_eq!(count(&logins), 1);
    }
}
