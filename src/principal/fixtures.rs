//! Settings and claims for the tests of this folder.

use crate::{
    config::{AdminPrincipal, PrincipalSettings, ProviderKind},
    types::{Claims, Domain, EmailAddress, Issuer},
    validator::{AccessToken, Verified},
};

use super::{Principal, PrincipalError};

/// The defaults of a configuration that sets nothing.
pub(super) fn settings() -> PrincipalSettings {
    PrincipalSettings {
        claims: strings(["email", "preferred_username", "sub"]),
        username_claim: None,
        email_claims: strings(["email"]),
        display_name_claims: strings(["name"]),
        attributes: Vec::new(),
        team_claim: None,
        roles_claim: None,
        domain: None,
        enforced_domains: Vec::new(),
        email_domains: Vec::new(),
        organization: None,
        admins: Vec::new(),
        admin_emails: Vec::new(),
        bots: Vec::new(),
        self_signup: false,
        registration_domains: None,
    }
}

/// `principalDomain: company.com`, enforced.
pub(super) fn enforcing() -> PrincipalSettings {
    PrincipalSettings {
        domain: Some(domain("company.com")),
        enforced_domains: vec![domain("company.com")],
        ..settings()
    }
}

pub(super) fn strings<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

pub(super) fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

/// As the configuration reads `adminPrincipals`.
pub(super) fn admins<const N: usize>(entries: [&str; N]) -> Vec<AdminPrincipal> {
    let admin = |entry: &str| match EmailAddress::parse(entry) {
        Ok(address) => AdminPrincipal::Address(address),
        Err(_) => AdminPrincipal::Name(entry.to_owned()),
    };
    entries.map(admin).to_vec()
}

pub(super) fn claims(json: &str) -> Claims {
    Claims::parse(json.to_owned()).unwrap()
}

/// The principal of a token of that provider.
pub(super) fn at(
    provider: ProviderKind,
    json: &str,
    settings: &PrincipalSettings,
) -> Result<Principal, PrincipalError> {
    let issuer = Issuer::new("https://issuer.example/");
    let token = Verified::<AccessToken>::for_tests(claims(json), issuer, provider);
    Principal::from_access_token(token, settings)
}

/// The principal of a token of a provider without quirks.
pub(super) fn made(json: &str, settings: &PrincipalSettings) -> Result<Principal, PrincipalError> {
    at(ProviderKind::CustomOidc, json, settings)
}

/// A principal with default settings.
pub(super) fn principal(json: &str) -> Principal {
    made(json, &settings()).unwrap()
}
