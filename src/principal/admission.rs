//! Who gets in: `enforcePrincipalDomain`, `allowedDomains` and `allowedEmailDomains`; at Auth0 the organization.

use crate::{
    config::{PrincipalSettings, ProviderKind},
    types::{Claims, Domain},
};

use super::{
    Principal, PrincipalError,
    email::{Email, Verification},
    name::{Name, non_empty_string},
    organization::is_of_organization,
};

/// Lets in who is of an enforced domain: by the name, and with Google by the organisation (`hd`) too.
///
/// A name that the provider says is an unverified e-mail address is of no domain. Where the provider says nothing, it
/// counts. A name that only stands in for the one that is asked first is of no domain but its own.
///
/// # Errors
/// [`PrincipalError::EmailNotVerified`], [`PrincipalError::DomainNotAllowed`], [`PrincipalError::DomainUnstated`],
/// [`PrincipalError::HostedDomainNotAllowed`].
pub(super) fn check_domain(
    name: &Name,
    claims: &Claims,
    provider: ProviderKind,
    settings: &PrincipalSettings,
) -> Result<(), PrincipalError> {
    let enforced = &settings.enforced_domains;
    if enforced.is_empty() {
        return Ok(());
    }
    if name.verification() == Verification::Unverified {
        return Err(PrincipalError::EmailNotVerified);
    }
    if !name.domain().is_some_and(|domain| enforced.contains(domain)) {
        return Err(PrincipalError::DomainNotAllowed);
    }
    if name.is_domain_lent() {
        return Err(PrincipalError::DomainUnstated);
    }
    if provider == ProviderKind::Google && !hosted_domain(claims).is_some_and(|domain| enforced.contains(&domain)) {
        return Err(PrincipalError::HostedDomainNotAllowed);
    }
    Ok(())
}

/// The Google organisation of the account. Consumer accounts have none, whatever their e-mail address.
fn hosted_domain(claims: &Claims) -> Option<Domain> {
    Domain::parse(&non_empty_string(claims, "hd")?).ok()
}

/// Lets in whose verified e-mail address is of an allowed domain, if there are any.
///
/// # Errors
/// [`PrincipalError::EmailNotVerified`], for an absent address too; [`PrincipalError::EmailDomainNotAllowed`].
pub(super) fn check_email_domain(email: Option<&Email>, settings: &PrincipalSettings) -> Result<(), PrincipalError> {
    if settings.email_domains.is_empty() {
        return Ok(());
    }
    match email.filter(|email| email.is_verified()) {
        None => Err(PrincipalError::EmailNotVerified),
        Some(email) if settings.email_domains.contains(email.address.domain()) => Ok(()),
        Some(_) => Err(PrincipalError::EmailDomainNotAllowed),
    }
}

/// Lets in people of the organization that the settings ask for at the login: an API of the tenant is open to all of its organizations.
/// Machines and bots need not be of one.
///
/// # Errors
/// [`PrincipalError::Organization`], for a token of none too.
pub(super) fn check_organization(
    principal: &Principal,
    provider: ProviderKind,
    settings: &PrincipalSettings,
) -> Result<(), PrincipalError> {
    let is_person = !principal.is_machine() && !principal.is_bot();
    let asked = settings.organization.as_ref().filter(|_| is_person && provider == ProviderKind::Auth0);
    let is_member = asked.is_none_or(|asked| is_of_organization(principal.claims(), asked));
    if is_member { Ok(()) } else { Err(PrincipalError::Organization) }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, claims, domain, enforcing, made, settings, strings};
    use super::*;
    use crate::{
        types::Issuer,
        validator::{AccessToken, Verified},
    };

    fn verdict(json: &str, settings: &PrincipalSettings) -> Result<(), PrincipalError> {
        made(json, settings).map(|_| ())
    }

    #[test]
    fn only_principals_of_the_domain_get_in() {
        let not_allowed = || Err(PrincipalError::DomainNotAllowed);
        for (name, expected) in [
            ("jane@company.com", Ok(())),
            ("jane@COMPANY.com", Ok(())),
            ("jane\u{40}\u{ff43}ompany.com", Ok(())),
            ("jane", Err(PrincipalError::DomainUnstated)),
            ("jane@evilcompany.com", not_allowed()),
            ("jane@company.com.evil.com", not_allowed()),
            ("jane@sub.company.com", not_allowed()),
            ("jane@company.co", not_allowed()),
            ("jane@com", not_allowed()),
            ("company.com@evil.com", not_allowed()),
            ("jane%company.com@evil.com", not_allowed()),
            // Cyrillic letters that look like Latin ones.
            ("jane@\u{441}ompany.com", not_allowed()),
        ] {
            let json = format!(r#"{{"sub":"s","preferred_username":"{name}"}}"#);
            assert_eq!(verdict(&json, &enforcing()), expected, "{name}");
        }
    }

    /// Who takes `email` out of the scopes on the way to the login decides which claim names them.
    #[test]
    fn a_name_that_stands_in_for_another_is_of_no_domain_but_its_own() {
        let unstated = || Err(PrincipalError::DomainUnstated);
        let by_username = PrincipalSettings { claims: strings(["preferred_username", "sub"]), ..enforcing() };
        let mapped = PrincipalSettings { username_claim: Some("upn".to_owned()), ..enforcing() };
        for (claims, settings, expected) in [
            (r#""sub":"auth0|66f0""#, &enforcing(), unstated()),
            (r#""sub":"s","email":"","preferred_username":"jane""#, &enforcing(), unstated()),
            (r#""sub":"s","email":7,"preferred_username":"jane""#, &enforcing(), unstated()),
            (r#""sub":"s","preferred_username":"jane@company.com""#, &enforcing(), Ok(())),
            (r#""sub":"s","preferred_username":"jane@evil.com""#, &enforcing(), Err(PrincipalError::DomainNotAllowed)),
            (r#""sub":"s","email":"jane","email_verified":true"#, &enforcing(), Ok(())),
            (r#""sub":"s","preferred_username":"jane""#, &by_username, Ok(())),
            (r#""sub":"s""#, &by_username, unstated()),
            (r#""sub":"s","upn":"jane""#, &mapped, Ok(())),
            (r#""sub":"s","email":"jane","email_verified":true"#, &mapped, unstated()),
        ] {
            let json = format!("{{{claims}}}");
            assert_eq!(verdict(&json, settings), expected, "{json}");
            let open = PrincipalSettings { enforced_domains: Vec::new(), ..settings.clone() };
            let has_domain = made(&json, &open).unwrap().domain().is_some();
            assert_eq!(has_domain, expected != unstated(), "{json}");
        }
    }

    #[test]
    fn domains_are_compared_as_a_labels() {
        let settings = PrincipalSettings { enforced_domains: vec![domain("bücher.example")], ..settings() };
        for name in ["jane@bücher.example", "jane@BÜCHER.example", "jane@xn--bcher-kva.example"] {
            assert_eq!(
                verdict(&format!(r#"{{"sub":"s","preferred_username":"{name}"}}"#), &settings),
                Ok(()),
                "{name}"
            );
        }
        let other = r#"{"sub":"s","preferred_username":"jane@bucher.example"}"#;
        assert_eq!(verdict(other, &settings), Err(PrincipalError::DomainNotAllowed));
    }

    #[test]
    fn an_address_that_the_provider_says_is_unverified_does_not_count() {
        for (others, expected) in [
            (r#""email_verified":true"#, Ok(())),
            (r#""x":1"#, Ok(())),
            (r#""email_verified":false"#, Err(PrincipalError::EmailNotVerified)),
            (r#""email_verified":"false""#, Err(PrincipalError::EmailNotVerified)),
            (r#""email_verified":null"#, Err(PrincipalError::EmailNotVerified)),
        ] {
            let json = format!(r#"{{"sub":"s","email":"jane@company.com",{others}}}"#);
            assert_eq!(verdict(&json, &enforcing()), expected, "{others}");
        }
        // The same address by another claim is no way around it.
        let settings = PrincipalSettings { claims: strings(["preferred_username"]), ..enforcing() };
        let json =
            r#"{"sub":"s","preferred_username":"jane@company.com","email":"jane@company.com","email_verified":false}"#;
        assert_eq!(verdict(json, &settings), Err(PrincipalError::EmailNotVerified));
    }

    #[test]
    fn allowed_domains_stand_in_for_the_principal_domain() {
        let settings = PrincipalSettings { enforced_domains: vec![domain("a.com"), domain("b.com")], ..enforcing() };
        for (name, expected) in [
            ("jane@a.com", Ok(())),
            ("jane@b.com", Ok(())),
            ("jane@company.com", Err(PrincipalError::DomainNotAllowed)),
            // Becomes jane@company.com.
            ("jane", Err(PrincipalError::DomainNotAllowed)),
        ] {
            let json = format!(r#"{{"sub":"s","preferred_username":"{name}"}}"#);
            assert_eq!(verdict(&json, &settings), expected, "{name}");
        }
        let without_domain = PrincipalSettings { domain: None, ..settings };
        assert_eq!(verdict(r#"{"sub":"jane"}"#, &without_domain), Err(PrincipalError::DomainNotAllowed));
    }

    #[test]
    fn bots_are_exempt_and_other_machines_are_not() {
        let email_domains = vec![domain("company.com")];
        let settings = PrincipalSettings { bots: strings(["LISTED", "PLAIN"]), email_domains, ..enforcing() };
        for (json, expected) in [
            (r#"{"sub":"LISTED@clients","azp":"LISTED"}"#, Ok(())),
            (r#"{"sub":"PLAIN","client_id":"PLAIN"}"#, Ok(())),
            (r#"{"sub":"OTHER@clients","azp":"OTHER"}"#, Err(PrincipalError::DomainNotAllowed)),
            (r#"{"sub":"OTHER","client_id":"OTHER"}"#, Err(PrincipalError::DomainNotAllowed)),
        ] {
            assert_eq!(verdict(json, &settings), expected, "{json}");
        }
    }

    #[test]
    fn a_google_account_must_be_of_the_organisation() {
        const JANE: &str = r#""sub":"1","email":"jane@company.com","email_verified":true"#;
        let refused = || Err(PrincipalError::HostedDomainNotAllowed);
        for (hd, expected) in [
            (r#","hd":"company.com""#, Ok(())),
            (r#","hd":"Company.COM""#, Ok(())),
            ("", refused()),
            (r#","hd":"""#, refused()),
            (r#","hd":"evil.com""#, refused()),
            (r#","hd":"company.com.evil.com""#, refused()),
            (r#","hd":["company.com"]"#, refused()),
        ] {
            let made = at(ProviderKind::Google, &format!("{{{JANE}{hd}}}"), &enforcing());
            assert_eq!(made.map(|_| ()), expected, "{hd}");
        }
        assert!(at(ProviderKind::Google, &format!("{{{JANE}}}"), &settings()).is_ok());
        assert!(at(ProviderKind::CustomOidc, &format!("{{{JANE}}}"), &enforcing()).is_ok());
    }

    #[test]
    fn people_must_be_of_the_organization_that_auth0_is_asked_for() {
        let settings =
            PrincipalSettings { organization: Some("org_1a".to_owned()), bots: strings(["LISTED"]), ..settings() };
        let refused = || Err(PrincipalError::Organization);
        for (json, expected) in [
            (r#"{"sub":"auth0|1","org_id":"org_1a"}"#, Ok(())),
            (r#"{"sub":"auth0|1","org_id":"org_2b"}"#, refused()),
            (r#"{"sub":"auth0|1"}"#, refused()),
            (r#"{"sub":"C@clients","azp":"C","gty":"client-credentials"}"#, Ok(())),
            (r#"{"sub":"LISTED"}"#, Ok(())),
            (r#"{"sub":"auth0|1","azp":"LISTED"}"#, refused()),
        ] {
            assert_eq!(at(ProviderKind::Auth0, json, &settings).map(|_| ()), expected, "{json}");
            assert!(at(ProviderKind::CustomOidc, json, &settings).is_ok(), "{json}");
        }
    }

    /// Ids of organizations are those of one tenant, and another provider has none.
    #[test]
    fn people_of_a_trusted_issuer_are_of_no_organization_of_the_tenant() {
        let settings = PrincipalSettings { organization: Some("org_1a".to_owned()), ..settings() };
        let token = |is_trusted| {
            let issuer = Issuer::new("https://sso.partner.example/");
            let token = Verified::<AccessToken>::for_tests(claims(r#"{"sub":"s"}"#), issuer, ProviderKind::Auth0);
            Principal::from_access_token(token.of_trusted_issuer(is_trusted), &settings).map(|_| ())
        };
        assert_eq!((token(true), token(false)), (Ok(()), Err(PrincipalError::Organization)));
    }

    #[test]
    fn allowed_email_domains_ask_for_a_verified_address() {
        let settings = PrincipalSettings { email_domains: vec![domain("company.com")], ..settings() };
        for (others, expected) in [
            (r#""email":"jane@company.com","email_verified":true"#, Ok(())),
            (r#""email":"jane@Company.com","email_verified":"true""#, Ok(())),
            (r#""email":"jane@company.com""#, Err(PrincipalError::EmailNotVerified)),
            (r#""email":"jane@company.com","email_verified":false"#, Err(PrincipalError::EmailNotVerified)),
            (r#""email":"jane@evil.com","email_verified":true"#, Err(PrincipalError::EmailDomainNotAllowed)),
            (r#""preferred_username":"jane@company.com""#, Err(PrincipalError::EmailNotVerified)),
        ] {
            assert_eq!(verdict(&format!(r#"{{"sub":"s",{others}}}"#), &settings), expected, "{others}");
        }
    }
}
