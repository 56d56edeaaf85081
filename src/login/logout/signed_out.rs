//! Whom a logout was about, for whoever remembers people elsewhere.

use crate::{
    principal::Identity,
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

    /// That person, on the word of the service.
    pub(crate) fn of_person(who: &Identity) -> Self {
        Self { issuer: who.issuer().clone(), who: Who::Person(who.subject().into()) }
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
    use super::*;
    use crate::config::ProviderKind;

    const ISSUER: &str = "https://id.example";

    fn claims(json: &str) -> Claims {
        Claims::parse(json.to_owned()).unwrap()
    }

    fn by_token(json: &str) -> Option<SignedOut> {
        let (claims, issuer) = (claims(json), Issuer::new(ISSUER));
        SignedOut::by_token(&Verified::for_tests(claims, issuer, ProviderKind::CustomOidc))
    }

    #[test]
    fn a_token_means_the_person_or_else_the_login_and_nobody_of_another_issuer() {
        const BOTH: &str = r#"{"sub":"jane","sid":"s1"}"#;
        const LOGIN: &str = r#"{"sid":"s1"}"#;
        for (token, of, meant) in [
            (BOTH, r#"{"sub":"jane"}"#, true),
            (BOTH, r#"{"sub":"john","sid":"s1"}"#, false),
            (LOGIN, r#"{"sub":"jane","sid":"s1"}"#, true),
            (LOGIN, r#"{"sub":"s1","sid":"s2"}"#, false),
            (LOGIN, r#"{"sub":"jane"}"#, false),
        ] {
            let signed_out = by_token(token).unwrap();
            assert_eq!(signed_out.is_meant(&Issuer::new(ISSUER), &claims(of)), meant, "{token} {of}");
            assert!(!signed_out.is_meant(&Issuer::new("https://other.example"), &claims(of)), "{token} {of}");
        }
        assert_eq!(by_token("{}"), None);
    }
}
