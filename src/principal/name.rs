//! The principal's name.

use std::borrow::Cow;

use crate::{
    config::PrincipalSettings,
    types::{Claims, Domain, EmailAddress, NameError},
};

use super::{
    PrincipalError,
    email::{Email, Verification, is_email_claim},
};

/// The claim that names the principal.
pub(super) struct NameClaim<'a> {
    claim: &'a str,
    value: Cow<'a, str>,
    /// A claim that comes before it is not there.
    stands_in: bool,
}

/// What a principal is called, and whether the provider vouches for it.
pub(super) struct Name {
    text: Text,
    verification: Verification,
    /// The domain is the settings', on a name that stands in for another.
    is_domain_lent: bool,
}

enum Text {
    WithDomain(EmailAddress),
    Bare(Box<str>),
}

impl<'a> NameClaim<'a> {
    /// The claim of the mapping's `username`, or else the first of the principal claims: whichever is a non-empty string
    /// first.
    ///
    /// # Errors
    /// [`PrincipalError::NoPrincipalClaim`] when none of them is one.
    pub(super) fn of(claims: &'a Claims, settings: &'a PrincipalSettings) -> Result<Self, PrincipalError> {
        let candidates = || settings.username_claim.iter().chain(&settings.claims);
        let mut found = candidates().enumerate().filter_map(|(position, claim)| {
            Some(Self { claim, value: non_empty_string(claims, claim)?, stands_in: position > 0 })
        });
        found.next().ok_or_else(|| PrincipalError::NoPrincipalClaim { tried: candidates().cloned().collect() })
    }

    /// The text as it stands in the token. It may be no name at all.
    pub(super) fn value(&self) -> &str {
        &self.value
    }

    /// Whether the provider vouches for the name.
    ///
    /// For an e-mail claim it is as for the address. For any other it does by signing it, unless it says of the very same
    /// address that it is unverified.
    pub(super) fn verification(
        &self,
        claims: &Claims,
        email: Option<&Email>,
        settings: &PrincipalSettings,
    ) -> Verification {
        if is_email_claim(self.claim, settings) {
            return Verification::of(claims, self.claim, &self.value);
        }
        let refuted = email.filter(|email| email.verification == Verification::Unverified);
        let is_refuted = refuted
            .is_some_and(|email| EmailAddress::parse(&self.value).is_ok_and(|name| name.same_mailbox(&email.address)));
        if is_refuted { Verification::Unverified } else { Verification::Verified }
    }
}

impl Name {
    /// The name in that claim, with `domain` appended where it has none. Where it is the e-mail address too, it was parsed.
    ///
    /// # Errors
    /// [`PrincipalError::InvalidName`] when the claim holds no name. It is not passed over for the next.
    pub(super) fn new(
        named: &NameClaim<'_>,
        verification: Verification,
        domain: Option<&Domain>,
        email: Option<&Email>,
    ) -> Result<Self, PrincipalError> {
        let invalid = |reason| PrincipalError::InvalidName { claim: named.claim.into(), reason };
        let text = match email {
            Some(Email { address, .. }) if address.as_str() == named.value => Text::WithDomain(address.clone()),
            _ => Text::parse(&named.value, domain).map_err(invalid)?,
        };
        let is_domain_lent = named.stands_in && domain.is_some() && !named.value.contains('@');
        Ok(Self { text, verification, is_domain_lent })
    }

    /// The full name, with its domain if it has one.
    pub(super) fn as_str(&self) -> &str {
        match &self.text {
            Text::WithDomain(address) => address.as_str(),
            Text::Bare(text) => text,
        }
    }

    /// What stands before the `@`.
    pub(super) fn local(&self) -> &str {
        self.address().map_or(self.as_str(), EmailAddress::local)
    }

    /// The full name in the form of an e-mail address, if it has a domain.
    pub(super) fn address(&self) -> Option<&EmailAddress> {
        match &self.text {
            Text::WithDomain(address) => Some(address),
            Text::Bare(_) => None,
        }
    }

    pub(super) fn domain(&self) -> Option<&Domain> {
        self.address().map(EmailAddress::domain)
    }

    /// Whether nobody has said that the name is of its domain: it has none of its own, and stands in for one that may have had
    /// another. Which claims come at all is as the person wishes, who can cut the scopes out of the address on the way to the login.
    pub(super) fn is_domain_lent(&self) -> bool {
        self.is_domain_lent
    }

    pub(super) fn verification(&self) -> Verification {
        self.verification
    }

    pub(super) fn is_verified(&self) -> bool {
        self.verification == Verification::Verified
    }
}

impl Text {
    fn parse(value: &str, domain: Option<&Domain>) -> Result<Self, NameError> {
        if let Some(domain) = domain
            && !value.contains('@')
        {
            return EmailAddress::parse(&[value, "@", domain.as_str()].concat()).map(Self::WithDomain);
        }
        match EmailAddress::parse(value) {
            // It holds no `@`, and nothing else was found wrong with it before that.
            Err(NameError::CommercialAt) if !value.contains('@') => Ok(Self::Bare(value.into())),
            parsed => parsed.map(Self::WithDomain),
        }
    }
}

/// A claim, if it is a string that is not empty.
pub(super) fn non_empty_string<'a>(claims: &'a Claims, claim: &str) -> Option<Cow<'a, str>> {
    claims.string(claim).ok().flatten().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{domain, made, principal, settings, strings};
    use super::*;

    fn refusal(json: &str, settings: &PrincipalSettings) -> PrincipalError {
        made(json, settings).unwrap_err()
    }

    #[test]
    fn the_first_claim_that_is_a_non_empty_string_names_the_principal() {
        for (json, name) in [
            (r#"{"sub":"s","preferred_username":"jane","email":"jane@company.com"}"#, "jane@company.com"),
            (r#"{"sub":"s","preferred_username":"jane"}"#, "jane"),
            (r#"{"sub":"s"}"#, "s"),
            (r#"{"sub":"s","email":"","preferred_username":"jane"}"#, "jane"),
            (r#"{"sub":"s","email":null,"preferred_username":"jane"}"#, "jane"),
            (r#"{"sub":"s","email":["a@company.com"],"preferred_username":7}"#, "s"),
        ] {
            assert_eq!(principal(json).name(), name, "{json}");
        }
    }

    #[test]
    fn without_any_principal_claim_there_is_no_principal() {
        let settings = PrincipalSettings {
            username_claim: Some("upn".to_owned()),
            claims: strings(["email", "preferred_username"]),
            ..settings()
        };
        let error = refusal(r#"{"sub":"s","preferred_username":""}"#, &settings);
        assert_eq!(error, PrincipalError::NoPrincipalClaim { tried: strings(["upn", "email", "preferred_username"]) });
        assert_eq!(error.to_string(), "no claim names the principal; tried upn, email, preferred_username");
    }

    #[test]
    fn the_mapping_of_username_comes_first_and_falls_back() {
        let settings = PrincipalSettings { username_claim: Some("https://company.com/user".to_owned()), ..settings() };
        for (json, name) in [
            (r#"{"sub":"s","email":"jane@company.com","https://company.com/user":"jdoe"}"#, "jdoe"),
            (r#"{"sub":"s","email":"jane@company.com"}"#, "jane@company.com"),
        ] {
            assert_eq!(made(json, &settings).unwrap().name(), name, "{json}");
        }
    }

    // CVE-2026-40574 (oauth2-proxy): two `@` in the address defeated the domain rule.
    #[test]
    fn a_hostile_name_is_refused_and_not_passed_over() {
        for (value, reason) in [
            ("jane@evil.com@company.com", NameError::CommercialAt),
            ("jane@@company.com", NameError::CommercialAt),
            ("jane\u{ff20}company.com", NameError::LookAlike),
            ("jane\u{fe6b}company.com", NameError::LookAlike),
            ("jane\u{ff20}evil.com@company.com", NameError::LookAlike),
            (" ", NameError::WhiteSpace),
            (" jane@company.com", NameError::WhiteSpace),
            ("jane@company.com\\n", NameError::WhiteSpace),
            ("jane\\tdoe", NameError::WhiteSpace),
            ("jane\u{a0}doe", NameError::WhiteSpace),
            ("jane\\u0000@company.com", NameError::WhiteSpace),
            ("jane\u{85}", NameError::WhiteSpace),
            ("jane\u{7f}", NameError::WhiteSpace),
            ("@company.com", NameError::LocalPart),
            ("jane@", NameError::Domain),
            ("jane@company..com", NameError::Domain),
            ("jane@company.com.", NameError::Domain),
        ] {
            let json = format!(r#"{{"sub":"good","email":"{value}"}}"#);
            let error = PrincipalError::InvalidName { claim: "email".into(), reason };
            assert_eq!(refusal(&json, &settings()), error, "{value:?}");
            let with_domain = PrincipalSettings { domain: Some(domain("company.com")), ..settings() };
            assert_eq!(refusal(&json, &with_domain), error, "{value:?}");
        }
    }

    #[test]
    fn a_name_without_a_domain_gets_the_principal_domain() {
        let settings = PrincipalSettings { domain: Some(domain("company.com")), ..settings() };
        for (json, name, username) in [
            (r#"{"sub":"s","preferred_username":"jdoe"}"#, "jdoe@company.com", "jdoe"),
            (r#"{"sub":"auth0|66f0"}"#, "auth0|66f0@company.com", "auth0|66f0"),
            (r#"{"sub":"s","email":"jane@elsewhere.com"}"#, "jane@elsewhere.com", "jane"),
        ] {
            let principal = made(json, &settings).unwrap();
            assert_eq!((principal.name(), principal.username()), (name, username), "{json}");
        }
        assert_eq!(principal(r#"{"sub":"jdoe"}"#).name(), "jdoe");
    }

    #[test]
    fn the_domain_is_known_where_the_provider_vouches_for_the_name() {
        for (json, domain) in [
            (r#"{"sub":"s","email":"jane@Company.com","email_verified":true}"#, Some("company.com")),
            (r#"{"sub":"s","email":"jane@company.com"}"#, None),
            (r#"{"sub":"s","email":"jane@company.com","email_verified":false}"#, None),
            (r#"{"sub":"s","preferred_username":"jane@company.com"}"#, Some("company.com")),
            (r#"{"sub":"s","preferred_username":"jane"}"#, None),
            (r#"{"sub":"CLIENT@clients"}"#, Some("clients")),
        ] {
            assert_eq!(principal(json).domain().map(Domain::as_str), domain, "{json}");
        }
    }

    #[test]
    fn a_name_is_no_better_than_the_same_unverified_address() {
        let settings = PrincipalSettings { claims: strings(["preferred_username"]), ..settings() };
        for (username, is_vouched_for) in [("Jane@Company.com", false), ("jane2@company.com", true)] {
            let json = format!(
                r#"{{"sub":"s","preferred_username":"{username}","email":"jane@company.com","email_verified":false}}"#
            );
            assert_eq!(made(&json, &settings).unwrap().domain().is_some(), is_vouched_for, "{username}");
        }
    }

    #[test]
    fn a_name_from_the_claim_email_is_an_address_whatever_the_email_claim_is() {
        let settings = PrincipalSettings { email_claims: strings(["mail"]), ..settings() };
        for (verified, is_vouched_for) in [("true", true), ("false", false)] {
            let json = format!(r#"{{"sub":"s","email":"jane@company.com","email_verified":{verified}}}"#);
            assert_eq!(made(&json, &settings).unwrap().domain().is_some(), is_vouched_for, "{verified}");
        }
    }
}
