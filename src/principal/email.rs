//! The principal's e-mail address, and whether the provider vouches for it.

use crate::{
    config::PrincipalSettings,
    types::{Claims, EmailAddress},
};

/// The claim that `email_verified` speaks of (OpenID Connect Core 1.0 section 5.1).
const STANDARD_CLAIM: &str = "email";

/// An e-mail address and what the provider says of it.
pub(super) struct Email {
    pub(super) address: EmailAddress,
    pub(super) verification: Verification,
}

/// Whether the provider vouches for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verification {
    /// It does.
    Verified,
    /// It says nothing.
    Unstated,
    /// It says that it does not.
    Unverified,
}

impl Email {
    /// The address in the first e-mail claim that is there and not an empty string.
    ///
    /// A claim that is there but holds no address leaves the principal without one; no later claim stands in for it.
    pub(super) fn of(claims: &Claims, settings: &PrincipalSettings) -> Option<Self> {
        let (claim, text) = settings.email_claims.iter().find_map(|claim| {
            let text = claims.string(claim).transpose()?;
            (text.as_deref() != Ok("")).then_some((claim, text))
        })?;
        let address = EmailAddress::parse(&text.ok()?).ok()?;
        let verification = Verification::of(claims, claim, address.as_str());
        Some(Self { address, verification })
    }

    pub(super) fn is_verified(&self) -> bool {
        self.verification == Verification::Verified
    }
}

/// Whether a claim gives e-mail addresses.
pub(super) fn is_email_claim(claim: &str, settings: &PrincipalSettings) -> bool {
    claim == STANDARD_CLAIM || settings.email_claims.iter().any(|email_claim| email_claim == claim)
}

impl Verification {
    /// What the provider says of the address `text` in the e-mail claim `claim`.
    ///
    /// `email_verified` speaks of the claim `email`. For an address from another claim it counts when both are the same
    /// mailbox. Beside no usable `email` it still speaks against the address, but never for it.
    pub(super) fn of(claims: &Claims, claim: &str, text: &str) -> Self {
        let said = Self::said(claims);
        if claim == STANDARD_CLAIM || said == Self::Unstated {
            return said;
        }
        let standard = claims.string(STANDARD_CLAIM).ok().flatten().and_then(|text| EmailAddress::parse(&text).ok());
        match (standard, EmailAddress::parse(text)) {
            (Some(standard), Ok(address)) if standard.same_mailbox(&address) => said,
            (None, _) if said == Self::Unverified => Self::Unverified,
            _ => Self::Unstated,
        }
    }

    /// `email_verified`: only `true`, or `"true"` as Cognito writes it, vouches. Any other value does not, whatever its type.
    fn said(claims: &Claims) -> Self {
        const CLAIM: &str = "email_verified";
        let is_true_text = || claims.string(CLAIM).is_ok_and(|text| text.as_deref() == Some("true"));
        match claims.boolean(CLAIM) {
            Ok(None) => Self::Unstated,
            Ok(Some(true)) => Self::Verified,
            Err(_) if is_true_text() => Self::Verified,
            _ => Self::Unverified,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{claims, made, settings, strings};
    use super::*;

    fn verification(json: &str, email_claims: Vec<String>) -> Option<(String, Verification)> {
        let settings = PrincipalSettings { email_claims, ..settings() };
        Email::of(&claims(json), &settings).map(|email| (email.address.as_str().to_owned(), email.verification))
    }

    #[test]
    fn only_true_vouches_for_an_address() {
        for (value, expected) in [
            ("true", Verification::Verified),
            (r#""true""#, Verification::Verified),
            ("false", Verification::Unverified),
            (r#""false""#, Verification::Unverified),
            (r#""True""#, Verification::Unverified),
            (r#""""#, Verification::Unverified),
            ("1", Verification::Unverified),
            ("null", Verification::Unverified),
            ("[true]", Verification::Unverified),
        ] {
            let json = format!(r#"{{"email":"jane@company.com","email_verified":{value}}}"#);
            let (_, found) = verification(&json, strings(["email"])).unwrap();
            assert_eq!(found, expected, "{value}");
        }
        let (_, found) = verification(r#"{"email":"jane@company.com"}"#, strings(["email"])).unwrap();
        assert_eq!(found, Verification::Unstated);
    }

    #[test]
    fn email_verified_speaks_of_the_claim_email() {
        const MAIL: &str = r#""mail":"jane@company.com""#;
        for (others, expected) in [
            (r#""email":"Jane@COMPANY.com","email_verified":true"#, Verification::Verified),
            (r#""email":"jane@company.com","email_verified":false"#, Verification::Unverified),
            (r#""email":"jane@elsewhere.com","email_verified":true"#, Verification::Unstated),
            (r#""email":"jane@elsewhere.com","email_verified":false"#, Verification::Unstated),
            (r#""email":"jane@company.com""#, Verification::Unstated),
            (r#""email_verified":true"#, Verification::Unstated),
            (r#""email_verified":false"#, Verification::Unverified),
            (r#""email":["jane@company.com"],"email_verified":true"#, Verification::Unstated),
            (r#""email":["jane@company.com"],"email_verified":false"#, Verification::Unverified),
        ] {
            let (address, found) = verification(&format!("{{{MAIL},{others}}}"), strings(["mail", "email"])).unwrap();
            assert_eq!((address.as_str(), found), ("jane@company.com", expected), "{others}");
        }
    }

    #[test]
    fn the_first_claim_that_is_there_gives_the_address_or_none() {
        for (json, address) in [
            (r#"{"mail":"a@company.com","email":"b@company.com"}"#, Some("a@company.com")),
            (r#"{"email":"b@company.com"}"#, Some("b@company.com")),
            (r#"{"mail":"","email":"b@company.com"}"#, Some("b@company.com")),
            (r#"{"mail":7,"email":"b@company.com"}"#, None),
            (r#"{"mail":null,"email":"b@company.com"}"#, None),
            (r#"{"mail":"a","email":"b@company.com"}"#, None),
            (r#"{"mail":"a@evil.com@company.com","email":"b@company.com"}"#, None),
            ("{}", None),
        ] {
            let found = verification(json, strings(["mail", "email"]));
            assert_eq!(found.as_ref().map(|(address, _)| address.as_str()), address, "{json}");
        }
    }

    #[test]
    fn an_unusable_address_is_left_out_where_it_does_not_name_the_principal() {
        let settings = PrincipalSettings { claims: strings(["sub"]), ..settings() };
        for email in [r#""jane@evil.com@company.com""#, r#""jane""#, "7", "null"] {
            let json = format!(r#"{{"sub":"s","email":{email},"email_verified":true}}"#);
            let principal = made(&json, &settings).unwrap();
            assert_eq!((principal.email(), principal.email_verified()), (None, false), "{email}");
        }
    }
}
