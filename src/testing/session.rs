//! Who is signed in at the provider, in which browser.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue, header::COOKIE};

use super::{TestProvider, address::Address, random};

/// The provider's sessions, by the value of their cookie.
#[derive(Default)]
pub(super) struct Sessions(BTreeMap<String, Session>);

/// Somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) subject: String,
    /// `sid` of the tokens that come of it.
    pub(super) id: String,
    /// When the person last signed in, in seconds since 1970.
    pub(super) auth_time: u64,
    /// Whether the person let the application in.
    pub(super) consented: bool,
}

impl Sessions {
    /// The session of a browser.
    pub(super) fn get(&self, cookie: &str) -> Option<&Session> {
        self.0.get(cookie)
    }

    /// Signs somebody in, in the browser with that cookie, and gives its new one. The same person again keeps the session.
    pub(super) fn sign_in(&mut self, cookie: Option<&str>, subject: &str, now: u64) -> (String, Session) {
        let earlier = cookie.and_then(|cookie| self.0.remove(cookie)).filter(|session| session.subject == subject);
        let session = match earlier {
            Some(session) => Session { auth_time: now, ..session },
            None => Session { subject: subject.to_owned(), id: random::identifier(), auth_time: now, consented: false },
        };
        let cookie = random::identifier();
        self.0.insert(cookie.clone(), session.clone());
        (cookie, session)
    }

    /// The person lets the application in, and is not asked again.
    pub(super) fn consent(&mut self, cookie: &str) {
        self.0.entry(cookie.to_owned()).and_modify(|session| session.consented = true);
    }

    /// Ends the sessions that are so, and gives them.
    pub(super) fn end(&mut self, is_meant: impl Fn(&str, &Session) -> bool) -> Vec<Session> {
        let mut ended = Vec::new();
        self.0.retain(|cookie, session| {
            let stays = !is_meant(cookie, session);
            ended.extend((!stays).then(|| session.clone()));
            stays
        });
        ended
    }

    fn of(&self, subject: &str) -> impl Iterator<Item = &Session> {
        self.0.values().filter(move |session| session.subject == subject)
    }
}

/// The value of the provider's cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, address: &Address) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == address.cookie_name()).map(|(_, value)| value)
}

/// Sets the provider's cookie, for as long as the browser is open.
pub(super) fn set_cookie(address: &Address, value: &str) -> HeaderValue {
    header(&format!("{}={value}; Path=/; HttpOnly; SameSite=Lax", address.cookie_name()))
}

/// Takes the provider's cookie away.
pub(super) fn remove_cookie(address: &Address) -> HeaderValue {
    header(&format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0", address.cookie_name()))
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("an identifier is visible ASCII")
}

impl TestProvider {
    /// The sessions of a subject at the provider: `sid` of its ID tokens and logout tokens.
    #[must_use]
    pub fn session_ids(&self, subject: &str) -> Vec<String> {
        self.state().sessions().of(subject).map(|session| session.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_person_keeps_the_session_and_another_one_ends_it() {
        let mut sessions = Sessions::default();
        let (first, jane) = sessions.sign_in(None, "jane", 1);
        sessions.consent(&first);
        let (second, again) = sessions.sign_in(Some(&first), "jane", 2);
        assert_eq!(again, Session { auth_time: 2, consented: true, ..jane.clone() });
        assert_eq!(sessions.get(&first), None, "a cookie is good for one login");
        let (third, bob) = sessions.sign_in(Some(&second), "bob", 3);
        assert_ne!(bob.id, jane.id);
        assert_eq!((sessions.get(&second), sessions.get(&third)), (None, Some(&bob)));
    }

    #[test]
    fn sessions_end_by_whose_they_are() {
        let mut sessions = Sessions::default();
        for subject in ["jane", "bob", "jane"] {
            sessions.sign_in(None, subject, 1);
        }
        assert_eq!(sessions.end(|_, session| session.subject == "jane").len(), 2);
        assert_eq!((sessions.of("jane").count(), sessions.of("bob").count()), (0, 1));
    }
}
