//! Rules that cannot let anyone in, and entries that can never match.
//!
//! What can be said for certain is said of names that come from the e-mail address: where another claim names people, the provider
//! alone knows what it holds.

use crate::{
    config::{AdminPrincipal, Config, PrincipalSettings, authorizer, oidc},
    doctor::{
        case::Case,
        report::{Finding, Subject},
    },
    types::{Domain, EmailAddress},
};

/// The claim that the scope `email` brings (OpenID Connect Core 1.0 section 5.4).
const EMAIL: &str = "email";

pub(in crate::doctor) fn check(case: &Case, config: &Config) -> Vec<Finding> {
    let settings = &case.settings.principal;
    let mut findings: Vec<Finding> = nobody_gets_in(settings).into_iter().chain(nobody_signs_up(settings)).collect();
    findings.extend(entries(settings, config));
    findings.extend(missing_scope(case));
    findings.push(administrators(settings, &findings));
    findings
}

/// Whether the name of somebody who has an e-mail address is that address.
fn names_are_addresses(settings: &PrincipalSettings) -> bool {
    let first = settings.username_claim.as_ref().or(settings.claims.first());
    first.is_some() && first == settings.email_claims.first()
}

fn nobody_gets_in(settings: &PrincipalSettings) -> Option<Finding> {
    let (names, addresses) = (&settings.enforced_domains, &settings.email_domains);
    let both = !names.is_empty() && !addresses.is_empty() && names_are_addresses(settings);
    let nobody = both && !names.iter().any(|domain| addresses.contains(domain));
    nobody.then(|| {
        let seen = format!(
            "holds {}, and the principal's domain must be one of {}: nobody gets in",
            listed(addresses),
            listed(names)
        );
        let mend = format!("let both name one domain at least, or turn {} off", authorizer("enforcePrincipalDomain"));
        Subject::Principals.error("principals.domains", authorizer("allowedEmailDomains"), seen, mend)
    })
}

fn nobody_signs_up(settings: &PrincipalSettings) -> Option<Finding> {
    let registration = settings.registration_domains.as_ref().filter(|_| settings.self_signup)?;
    let names_count = names_are_addresses(settings) && !settings.enforced_domains.is_empty();
    let lets_in = |domain: &Domain| {
        (settings.email_domains.is_empty() || settings.email_domains.contains(domain))
            && (!names_count || settings.enforced_domains.contains(domain))
    };
    (!registration.iter().any(lets_in)).then(|| {
        let seen = format!("holds {}, of which nobody gets in: nobody can sign up", listed(registration));
        let mend = "name a domain that is let in, or turn enableSelfSignup off";
        let path = authorizer("allowedEmailRegistrationDomains");
        Subject::Principals.warning("principals.registration", path, seen, mend)
    })
}

/// The entries of both lists of administrators that can never match.
fn entries(settings: &PrincipalSettings, config: &Config) -> Vec<Finding> {
    let (names, emails) = (&config.authorizer.admin_principals, &config.authorizer.admin_emails);
    let admins = settings.admins.iter().filter_map(|entry| match entry {
        AdminPrincipal::Name(name) => {
            let (seen, mend) = name_never_matches(name, settings)?;
            Some((place("adminPrincipals", names, name), seen, mend))
        }
        AdminPrincipal::Address(address) => {
            let (seen, mend) = address_never_matches(address, settings, false)?;
            Some((place("adminPrincipals", names, address.as_str()), seen, mend))
        }
    });
    let by_email = settings.admin_emails.iter().filter_map(|address| {
        let (seen, mend) = address_never_matches(address, settings, true)?;
        Some((place("adminEmails", emails, address.as_str()), seen, mend))
    });
    admins
        .chain(by_email)
        .map(|(path, seen, mend)| Subject::Principals.warning("principals.admin", path, seen, mend))
        .collect()
}

/// An entry without `@` names a user of the principal domain, or somebody whose name has no domain.
fn name_never_matches(name: &str, settings: &PrincipalSettings) -> Option<(String, String)> {
    let enforced = &settings.enforced_domains;
    match &settings.domain {
        Some(domain) if !enforced.is_empty() && !enforced.contains(domain) && !is_bot(name, settings) => Some((
            format!("{name:?} is a user of {domain}, and only {} is let in: it can never match", listed(enforced)),
            format!("write the full address, or add {domain} to {}", authorizer("allowedDomains")),
        )),
        None if names_are_addresses(settings) && !is_bot(name, settings) => Some((
            format!(
                "{name:?} has no domain, and people are named by their e-mail address: it matches nobody who has one"
            ),
            format!("write the full address, or set {}", authorizer("principalDomain")),
        )),
        _ => None,
    }
}

/// An entry with `@` is a verified e-mail address, or a full name.
fn address_never_matches(
    address: &EmailAddress,
    settings: &PrincipalSettings,
    by_email_alone: bool,
) -> Option<(String, String)> {
    let domain = address.domain();
    let outside = |domains: &[Domain]| !domains.is_empty() && !domains.contains(domain);
    let (rule, domains) = if outside(&settings.enforced_domains) && names_are_addresses(settings) {
        ("enforcePrincipalDomain", &settings.enforced_domains)
    } else if outside(&settings.email_domains) && (by_email_alone || names_are_addresses(settings)) {
        ("allowedEmailDomains", &settings.email_domains)
    } else {
        return None;
    };
    (!is_bot(address.as_str(), settings)).then(|| {
        let seen = format!("nobody of {domain} gets in ({rule} lets in {}): it can never match", listed(domains));
        (seen, format!("write an address of {}, or let {domain} in", listed(domains)))
    })
}

/// Bots are exempt from domain rules.
fn is_bot(entry: &str, settings: &PrincipalSettings) -> bool {
    let id = |text: &str| text.strip_suffix("@clients").unwrap_or(text).to_lowercase();
    settings.bots.iter().any(|bot| id(bot) == id(entry))
}

/// Rules rest on the e-mail address, and the login does not ask for it.
fn missing_scope(case: &Case) -> Option<Finding> {
    let (login, settings) = (case.settings.login.as_ref()?, &case.settings.principal);
    let by_address = settings.admins.iter().any(|entry| matches!(entry, AdminPrincipal::Address(_)));
    let rests_on_it = !settings.email_domains.is_empty()
        || !settings.admin_emails.is_empty()
        || by_address
        || (!settings.enforced_domains.is_empty() && names_are_addresses(settings));
    let asks = login.scope.split(' ').any(|scope| scope == EMAIL);
    let standard = settings.email_claims.iter().any(|claim| claim == EMAIL);
    (rests_on_it && standard && !asks).then(|| {
        let seen = "lacks email, and who gets in or is an administrator is told by the e-mail address";
        Subject::Principals.warning("principals.scope", oidc("scope"), seen, "add email to the scopes")
    })
}

fn administrators(settings: &PrincipalSettings, found: &[Finding]) -> Finding {
    let entries = settings.admins.len() + settings.admin_emails.len();
    let never = found.iter().filter(|finding| finding.check == "principals.admin").count();
    let path = authorizer("adminPrincipals");
    match (entries, entries - never.min(entries)) {
        (0, _) => Subject::Principals.note("principals.admins", path, "is empty: nobody is an administrator"),
        (_, 0) => {
            let seen = "no entry of it or of adminEmails can match: nobody is an administrator";
            Subject::Principals.warning("principals.admins", path, seen, "mend the entries above")
        }
        (_, good) => {
            let plural = if good == 1 { "entry names an administrator" } else { "entries name administrators" };
            Subject::Principals.ok("principals.admins", path, format!("{good} {plural}"))
        }
    }
}

fn listed(domains: &[Domain]) -> String {
    domains.iter().map(Domain::as_str).collect::<Vec<_>>().join(", ")
}

/// The path of an entry, by its text.
fn place(key: &str, list: &[String], entry: &str) -> String {
    let at = list.iter().position(|text| text.trim() == entry);
    authorizer(&at.map_or_else(|| key.to_owned(), |at| format!("{key}[{at}]")))
}
