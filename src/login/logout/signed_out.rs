//! Whom a logout was about, for whoever remembers people elsewhere.

use crate::{
    session::Session,
    types::{Claims, Issuer},
    validator::{LogoutToken, Verified},
};

/// Whom a logout has signed out, in the extensions of its answer. A logout on the word of a browser alone has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOut {
    issuer: Issuer,
    who: Who,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    /// `sub`.
    Person(Box<str>),
    /// `sid`.
    Login(Box<str>),
}

impl SignedOut {
    /// The person of a session that was ended.
    pub(super) fn of_session(session: &Session) -> Self {
        Self { issuer: session.issuer().clone(), who: Who::Person(session.subject().into()) }
    }

    /// The person that a logout token names, or else the login.
    pub(super) fn by_token(token: &Verified<LogoutToken>) -> Option<Self> {
        let person = token.subject().map(|subject| Who::Person(subject.as_ref().into()));
        let who = person.or_else(|| token.provider_session().map(|sid| Who::Login(sid.as_ref().into())))?;
        Some(Self { issuer: token.issuer().clone(), who })
    }

    /// Whether claims of that issuer speak of that person, or come from that login.
    #[must_use]
    pub fn is_meant(&self, issuer: &Issuer, claims: &Claims) -> bool {
        let (claim, text) = match &self.who {
            Who::Person(subject) => ("sub", subject),
            Who::Login(sid) => ("sid", sid),
        };
        *issuer == self.issuer && claims.string(claim).is_ok_and(|found| found.as_deref() == Some(&**text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{config::ProviderKind, login::samples::ISSUER};

    use super::*;

    fn claims(json: &Value) -> Claims {
        Claims::parse(json.to_string()).unwrap()
    }

    fn by_token(names: &Value) -> Option<SignedOut> {
        SignedOut::by_token(&Verified::for_tests(claims(names), Issuer::new(ISSUER), ProviderKind::CustomOidc))
    }

    #[test]
    fn a_logout_that_names_a_login_means_that_login_and_one_that_names_a_person_all_of_theirs() {
        let here = json!({"sub": "jane", "sid": "here"});
        let there = json!({"sub": "jane", "sid": "there"});
        let of_another = json!({"sub": "bob", "sid": "here"});
        for (named, meant) in [
            (json!({"sid": "here"}), [true, false, true]),
            (json!({"sub": "jane"}), [true, true, false]),
            (json!({"sub": "jane", "sid": "here"}), [true, true, false]),
        ] {
            let signed_out = by_token(&named).unwrap();
            let is_meant = |of: &Value| signed_out.is_meant(&Issuer::new(ISSUER), &claims(of));
            assert_eq!([&here, &there, &of_another].map(is_meant), meant, "{named}");
            assert!(!signed_out.is_meant(&Issuer::new("https://other.example"), &claims(&here)), "{named}");
        }
        assert_eq!(by_token(&json!({"jti": "1"})), None);
    }
}
