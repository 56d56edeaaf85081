//! How claims become a principal, and who gets in.

use std::collections::BTreeMap;

use crate::types::{Domain, EmailAddress};

use super::{
    super::{
        AdminPrincipal, Authorizer, Config, PrincipalSettings, ProviderKind,
        fields::{authentication, authorizer},
    },
    mapping::Mapping,
    report::{Report, given, items},
    url::is_plain,
};

const DEFAULT_CLAIMS: [&str; 3] = ["email", "preferred_username", "sub"];
const DEFAULT_EMAIL_CLAIM: &str = "email";
const DEFAULT_DISPLAY_NAME_CLAIM: &str = "name";
const DEFAULT_ROLES_CLAIM: &str = "roles";

/// The entry of `allowedEmailRegistrationDomains` that stands for every domain.
const ALL_DOMAINS: &str = "all";

/// Auth0's parameter of the authorization request that asks for an organization.
const ORGANIZATION: &str = "organization";

pub(super) fn settings(config: &Config, report: &mut Report<'_>) -> PrincipalSettings {
    let (authentication, authorizer) = (&config.authentication, &config.authorizer);
    let mapping = Mapping::read(&authentication.jwt_principal_claims_mapping, report);
    let domain = principal_domain(authorizer, report);
    PrincipalSettings {
        claims: claims(&authentication.jwt_principal_claims),
        username_claim: mapping.username,
        email_claims: in_order(mapping.email, authentication.email_claim.as_ref(), DEFAULT_EMAIL_CLAIM),
        display_name_claims: in_order(
            mapping.display_name,
            authentication.display_name_claim.as_ref(),
            DEFAULT_DISPLAY_NAME_CLAIM,
        ),
        attributes: mapping.attributes,
        team_claim: given(authentication.jwt_team_claim_mapping.as_ref()).map(str::to_owned),
        roles_claim: roles_claim(authorizer, report),
        enforced_domains: enforced_domains(authorizer, domain.as_ref(), report),
        domain,
        email_domains: domains("allowedEmailDomains", &authorizer.allowed_email_domains, report),
        organization: None,
        admins: admins(&authorizer.admin_principals, report),
        admin_emails: admin_emails(&authorizer.admin_emails, report),
        bots: items(&authorizer.bot_principals).map(|(_, bot)| bot.to_owned()).collect(),
        self_signup: authentication.enable_self_signup.unwrap_or(false),
        registration_domains: registration_domains(&authorizer.allowed_email_registration_domains, report),
    }
}

/// The organization that the parameters ask for.
pub(super) fn organization(params: &BTreeMap<String, String>, kind: ProviderKind) -> Option<String> {
    given(params.get(ORGANIZATION)).filter(|_| kind == ProviderKind::Auth0).map(str::to_owned)
}

fn claims(list: &[String]) -> Vec<String> {
    let given: Vec<String> = items(list).map(|(_, claim)| claim.to_owned()).collect();
    if given.is_empty() { DEFAULT_CLAIMS.map(str::to_owned).to_vec() } else { given }
}

/// The mapping's claim first, then the setting's, each once.
fn in_order(mapped: Option<String>, set: Option<&String>, default: &str) -> Vec<String> {
    let set = given(set).unwrap_or(default);
    let mut claims: Vec<String> = mapped.into_iter().collect();
    if !claims.iter().any(|claim| claim == set) {
        claims.push(set.to_owned());
    }
    claims
}

fn roles_claim(settings: &Authorizer, report: &mut Report<'_>) -> Option<String> {
    let claim = given(settings.roles_claim.as_ref());
    if claim.is_some_and(|claim| claim.starts_with("realm_access.") || claim.starts_with("resource_access.")) {
        let what =
            "is the name of a claim, not a path into one: let the provider write the roles into a claim of their own";
        report.warning(authorizer("rolesClaim"), what);
    }
    if settings.use_roles_from_provider.unwrap_or(false) {
        return Some(claim.unwrap_or(DEFAULT_ROLES_CLAIM).to_owned());
    }
    if claim.is_some() {
        report.warning(authorizer("rolesClaim"), "has no effect while useRolesFromProvider is off");
    }
    None
}

fn principal_domain(settings: &Authorizer, report: &mut Report<'_>) -> Option<Domain> {
    domain(&authorizer("principalDomain"), given(settings.principal_domain.as_ref())?, report)
}

fn domain(path: &str, text: &str, report: &mut Report<'_>) -> Option<Domain> {
    if !is_plain(path, text, report) {
        return None;
    }
    let domain = Domain::parse(text);
    domain.map_err(|error| report.problem(path, error.to_string(), "write a domain, such as company.com")).ok()
}

fn domains(key: &str, list: &[String], report: &mut Report<'_>) -> Vec<Domain> {
    items(list).filter_map(|(at, text)| domain(&authorizer(&format!("{key}[{at}]")), text, report)).collect()
}

fn enforced_domains(settings: &Authorizer, principal: Option<&Domain>, report: &mut Report<'_>) -> Vec<Domain> {
    let allowed_are_given = items(&settings.allowed_domains).next().is_some();
    let allowed = domains("allowedDomains", &settings.allowed_domains, report);
    if !settings.enforce_principal_domain.unwrap_or(false) {
        if allowed_are_given && !report.is_failed(authorizer("enforcePrincipalDomain")) {
            report.warning(authorizer("allowedDomains"), "has no effect while enforcePrincipalDomain is off");
        }
        return Vec::new();
    }
    let unread = ["allowedDomains", "principalDomain"].iter().any(|key| report.is_failed(authorizer(key)));
    if !allowed_are_given && given(settings.principal_domain.as_ref()).is_none() && !unread {
        let what = "is true, and no domain is set";
        report.problem(authorizer("enforcePrincipalDomain"), what, "set principalDomain or allowedDomains");
    }
    if allowed_are_given { allowed } else { principal.cloned().into_iter().collect() }
}

fn admins(list: &[String], report: &mut Report<'_>) -> Vec<AdminPrincipal> {
    let key = "adminPrincipals";
    items(list).filter_map(|(at, text)| admin(&authorizer(&format!("{key}[{at}]")), text, report)).collect()
}

fn admin(path: &str, text: &str, report: &mut Report<'_>) -> Option<AdminPrincipal> {
    if text.contains(['@', '\u{ff20}', '\u{fe6b}']) {
        return email(path, text, report).map(AdminPrincipal::Address);
    }
    if text.chars().any(|char| char.is_whitespace() || char.is_control()) {
        report.problem(path, "holds white space or a control character", "write a user name or an e-mail address");
        return None;
    }
    Some(AdminPrincipal::Name(text.to_owned()))
}

fn admin_emails(list: &[String], report: &mut Report<'_>) -> Vec<EmailAddress> {
    items(list).filter_map(|(at, text)| email(&authorizer(&format!("adminEmails[{at}]")), text, report)).collect()
}

fn email(path: &str, text: &str, report: &mut Report<'_>) -> Option<EmailAddress> {
    let address = EmailAddress::parse(text);
    address.map_err(|error| report.problem(path, error.to_string(), "write an address, such as jane@company.com")).ok()
}

/// Without a user directory nobody signs up, and nobody is refused for not having done so. An operator who wrote who may meant
/// otherwise; one who wrote nothing is not bothered.
pub(super) fn warn_of_no_directory(config: &Config, report: &mut Report<'_>) {
    let domains = &config.authorizer.allowed_email_registration_domains;
    for (path, is_written) in [
        (authentication("enableSelfSignup"), config.authentication.enable_self_signup == Some(false)),
        (authorizer("allowedEmailRegistrationDomains"), items(domains).any(|(_, text)| !is_all(text))),
    ] {
        if is_written {
            let what = "has no effect: the service has no user directory, and everybody may sign in whom the other rules let in";
            report.warning(path, what);
        }
    }
}

/// The domains that may sign themselves up; `None` for all.
fn registration_domains(list: &[String], report: &mut Report<'_>) -> Option<Vec<Domain>> {
    let key = "allowedEmailRegistrationDomains";
    let all = items(list).any(|(_, text)| is_all(text));
    if all && items(list).count() > 1 {
        report.warning(authorizer(key), "holds all beside other domains: every domain may sign up");
    }
    if all || items(list).next().is_none() {
        return None;
    }
    Some(domains(key, list, report))
}

fn is_all(domain: &str) -> bool {
    domain.eq_ignore_ascii_case(ALL_DOMAINS)
}
