//! The logins that one browser has started and that have not come back: only a few may stay.

use std::{cmp::Reverse, collections::BTreeMap};

/// Most logins of one browser that may be pending: one for each of a few tabs.
pub(in crate::login) const MAX_PENDING: usize = 5;

/// Most bytes that the cookies of all of them may have, names included: as much as one cookie. Servers and proxies refuse
/// requests whose headers are longer than 8 KB or so, and the session needs the rest.
pub(in crate::login) const MAX_PENDING_BYTES: usize = 4096;

/// Most cookies that are looked at. A browser that brings more was stuffed with them; the rest expires by itself.
const MAX_SEEN: usize = 20;

/// The names of the cookies to remove when a login whose cookie has `new` bytes joins those in `cookies`, whose names begin with
/// `prefix`: what cannot come back any more, and the oldest ones over a limit.
///
/// `started_at` tells when a login was started, by its cookie's name and value; `None` when it cannot come back.
pub(in crate::login) fn surplus<'h>(
    cookies: impl Iterator<Item = (&'h str, &'h str)>,
    prefix: &str,
    new: usize,
    started_at: impl Fn(&str, &str) -> Option<u64>,
) -> Vec<&'h str> {
    let ours: BTreeMap<_, _> = cookies.filter(|(name, _)| name.starts_with(prefix)).take(MAX_SEEN).collect();
    let mut newest_first: Vec<_> =
        ours.into_iter().map(|(name, value)| (started_at(name, value), name, value)).collect();
    newest_first.sort_by_key(|(started_at, ..)| Reverse(*started_at));

    let (mut count, mut bytes) = (1, new);
    let mut is_surplus = |(started_at, name, value): &(Option<u64>, &str, &str)| {
        count += 1;
        bytes += name.len() + value.len();
        started_at.is_none() || count > MAX_PENDING || bytes > MAX_PENDING_BYTES
    };
    newest_first.retain(|cookie| is_surplus(cookie));
    newest_first.into_iter().map(|(_, name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The surplus when each cookie's value is its login's start, filled up to `bytes` with spaces.
    fn surplus_of(cookies: &[(&str, &str)], bytes: usize) -> Vec<String> {
        let filled: Vec<_> = cookies
            .iter()
            .map(|(name, value)| (*name, format!("{value:bytes$}", bytes = bytes - name.len())))
            .collect();
        let pairs = filled.iter().map(|(name, value)| (*name, value.as_str()));
        surplus(pairs, "login.", bytes, |_, value| value.trim().parse().ok()).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_few_logins_may_be_pending_and_the_oldest_makes_room() {
        let five = [("login.c", "30"), ("login.a", "10"), ("login.e", "50"), ("login.b", "20"), ("login.d", "40")];
        assert_eq!(surplus_of(&five, 100), ["login.a"]);
        assert_eq!(surplus_of(&five[1..], 100), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_come_back_is_removed() {
        assert_eq!(surplus_of(&[("login.a", "void"), ("login.b", "20"), ("login.c", "")], 100), ["login.a", "login.c"]);
    }

    #[test]
    fn cookies_of_others_are_left_alone() {
        assert_eq!(
            surplus_of(&[("session", "void"), ("xlogin.a", "void"), ("login", "void")], 100),
            Vec::<String>::new()
        );
    }

    #[test]
    fn all_of_them_together_fit_in_a_request() {
        let three = [("login.a", "10"), ("login.b", "20"), ("login.c", "30")];
        assert_eq!(surplus_of(&three, MAX_PENDING_BYTES / 3), ["login.a"]);
        assert_eq!(surplus_of(&three[..1], MAX_PENDING_BYTES / 2), Vec::<String>::new());
        assert_eq!(surplus_of(&three[..1], MAX_PENDING_BYTES / 2 + 1), ["login.a"]);
        assert_eq!(surplus_of(&three, MAX_PENDING_BYTES), ["login.c", "login.b", "login.a"]);
    }

    #[test]
    fn a_stuffed_browser_gets_no_endless_answer() {
        let names: Vec<_> = (0..1000).map(|number| format!("login.{number}")).collect();
        let cookies: Vec<_> = names.iter().map(|name| (name.as_str(), "void")).collect();
        assert_eq!(surplus_of(&cookies, 100).len(), MAX_SEEN);
    }
}
