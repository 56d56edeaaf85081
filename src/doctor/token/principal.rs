//! Who a good token speaks of, and which rule lets them in or not.

use serde::Serialize;

use crate::{
    config::{AdminPrincipal, PrincipalSettings, authentication, authorizer, oidc},
    doctor::{case::Case, report::shown},
    principal::{Principal, PrincipalError},
    types::{Domain, EmailAddress},
};

use super::{Accepted, Outcome, TokenStep, Verdict};

/// The principal of a token that was accepted.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PrincipalVerdict {
    /// The full name.
    pub name: String,
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the provider says that it is verified.
    pub email_verified: bool,
    /// A person, a machine, or a bot of `botPrincipals`.
    pub kind: &'static str,
    /// Why the domain is let in.
    pub domain: String,
    /// Whether it is an administrator.
    pub admin: bool,
    /// Why, or why not.
    pub admin_because: String,
    /// Scopes, and Auth0's permissions.
    pub scopes: Vec<String>,
    /// Roles.
    pub roles: Vec<String>,
    /// Teams.
    pub teams: Vec<String>,
}

/// The steps from claims to a principal, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Subject,
    Name,
    Domain,
    EmailDomain,
    Grants,
    Organization,
}

const ORDER: [Step; 6] = [Step::Subject, Step::Name, Step::Domain, Step::EmailDomain, Step::Grants, Step::Organization];

pub(super) fn judge(accepted: &Accepted<'_>, case: &Case) -> (Vec<TokenStep>, Verdict) {
    let settings = &case.settings.principal;
    match accepted.principal(settings) {
        Some(Ok(principal)) => {
            let mut steps = steps(None, settings);
            if principal.is_bot() {
                let domains = [name(Step::Domain), name(Step::EmailDomain), name(Step::Organization)];
                let exempt = steps.iter_mut().filter(|step| domains.contains(&step.name));
                exempt.for_each(|step| step.seen = Some("any: bots are exempt (botPrincipals)".to_owned()));
            }
            let verdict = PrincipalVerdict::of(&principal, accepted, settings);
            (steps, Verdict::Accepted { principal: Box::new(verdict) })
        }
        Some(Err(error)) => {
            let failed = failed(&error, accepted, settings);
            let by = format!("{}: {error}{}", name(failed), setting(failed));
            (steps(Some((failed, &error)), settings), Verdict::Refused { by })
        }
        None => {
            (not_reached(settings), Verdict::Unchecked { why: "the keys changed in between: try again".to_owned() })
        }
    }
}

pub(super) fn not_reached(settings: &PrincipalSettings) -> Vec<TokenStep> {
    let step = |step| TokenStep {
        name: name(step),
        outcome: Outcome::NotReached,
        expected: shown(&expected(step, settings)),
        seen: None,
        remedy: None,
    };
    ORDER.into_iter().map(step).collect()
}

fn steps(refusal: Option<(Step, &PrincipalError)>, settings: &PrincipalSettings) -> Vec<TokenStep> {
    let mut steps = not_reached(settings);
    for (told, step) in steps.iter_mut().zip(ORDER) {
        match refusal {
            Some((failed, _)) if step > failed => {}
            Some((failed, error)) if step == failed => {
                told.outcome = Outcome::Refused;
                told.seen = Some(shown(&error.to_string()));
                told.remedy = Some(remedy(error));
            }
            _ => told.outcome = Outcome::Passed,
        }
    }
    steps
}

/// The step that failed. An unverified address is refused by two rules: the one that still refuses without the other counts.
fn failed(error: &PrincipalError, accepted: &Accepted<'_>, settings: &PrincipalSettings) -> Step {
    match error {
        PrincipalError::NoSubject => Step::Subject,
        PrincipalError::Claim(error) if matches!(&*error.claim, "sub" | "client_id" | "azp" | "cid" | "appid") => {
            Step::Subject
        }
        PrincipalError::Claim(_) | PrincipalError::Claims(_) => Step::Grants,
        PrincipalError::NoPrincipalClaim { .. } | PrincipalError::InvalidName { .. } => Step::Name,
        PrincipalError::DomainNotAllowed | PrincipalError::DomainUnstated | PrincipalError::HostedDomainNotAllowed => {
            Step::Domain
        }
        PrincipalError::EmailDomainNotAllowed => Step::EmailDomain,
        PrincipalError::Organization => Step::Organization,
        PrincipalError::EmailNotVerified => {
            let without = PrincipalSettings { email_domains: Vec::new(), ..settings.clone() };
            match accepted.principal(&without) {
                Some(Err(PrincipalError::EmailNotVerified)) => Step::Domain,
                _ => Step::EmailDomain,
            }
        }
    }
}

const fn name(step: Step) -> &'static str {
    match step {
        Step::Subject => "who (sub)",
        Step::Name => "name",
        Step::Domain => "domain",
        Step::EmailDomain => "e-mail domain",
        Step::Organization => "organization",
        Step::Grants => "grants",
    }
}

/// The setting behind a step, for the verdict.
fn setting(step: Step) -> String {
    match step {
        Step::Domain => format!(" ({})", authorizer("enforcePrincipalDomain")),
        Step::EmailDomain => format!(" ({})", authorizer("allowedEmailDomains")),
        Step::Organization => format!(" ({})", oidc("customParams")),
        Step::Name => format!(" ({})", authentication("jwtPrincipalClaims")),
        Step::Subject | Step::Grants => String::new(),
    }
}

fn expected(step: Step, settings: &PrincipalSettings) -> String {
    let listed = |domains: &[Domain]| domains.iter().map(Domain::as_str).collect::<Vec<_>>().join(", or ");
    match step {
        Step::Subject => "sub names somebody".to_owned(),
        Step::Name => {
            let claims: Vec<_> = settings.username_claim.iter().chain(&settings.claims).map(String::as_str).collect();
            format!("a name in the first of {} that is there", claims.join(", "))
        }
        Step::Domain if settings.enforced_domains.is_empty() => "any: enforcePrincipalDomain is off".to_owned(),
        Step::Domain => format!("of {} (enforcePrincipalDomain)", listed(&settings.enforced_domains)),
        Step::EmailDomain if settings.email_domains.is_empty() => "any: allowedEmailDomains is not set".to_owned(),
        Step::EmailDomain => format!("a verified address of {} (allowedEmailDomains)", listed(&settings.email_domains)),
        Step::Organization => match &settings.organization {
            Some(asked) => format!("{asked} (organization of customParams)"),
            None => "any: customParams asks for none".to_owned(),
        },
        Step::Grants => "scopes, roles, teams and attributes of their types".to_owned(),
    }
}

fn remedy(error: &PrincipalError) -> String {
    match error {
        PrincipalError::NoPrincipalClaim { .. } => {
            format!(
                "let the provider send one of them (a scope, as a rule), or change {}",
                authentication("jwtPrincipalClaims")
            )
        }
        PrincipalError::InvalidName { .. } => {
            format!(
                "let the provider send a proper name, or name people by another claim: {}",
                authentication("jwtPrincipalClaims")
            )
        }
        PrincipalError::DomainNotAllowed => format!(
            "add the domain to {}, or list a machine's client id in {}",
            authorizer("allowedDomains"),
            authorizer("botPrincipals")
        ),
        PrincipalError::DomainUnstated => format!(
            "let the provider send the first claim that names people (a scope, as a rule), or begin {} with the claim that does",
            authentication("jwtPrincipalClaims")
        ),
        PrincipalError::HostedDomainNotAllowed => "sign in with an account of the organisation".to_owned(),
        PrincipalError::EmailNotVerified => {
            "let the person verify the address at the provider, which must say so in email_verified".to_owned()
        }
        PrincipalError::Organization => {
            "sign in with an account of the organization, and let the client ask for it".to_owned()
        }
        PrincipalError::EmailDomainNotAllowed => format!("add the domain to {}", authorizer("allowedEmailDomains")),
        PrincipalError::NoSubject | PrincipalError::Claim(_) | PrincipalError::Claims(_) => {
            "mend the claims at the provider".to_owned()
        }
    }
}

impl PrincipalVerdict {
    fn of(principal: &Principal, accepted: &Accepted<'_>, settings: &PrincipalSettings) -> Self {
        let texts = |texts: &mut dyn Iterator<Item = &str>| texts.map(shown).collect();
        Self {
            name: shown(principal.name()),
            issuer: shown(principal.issuer().as_str()),
            subject: shown(principal.subject()),
            email: principal.email().map(shown),
            email_verified: principal.email_verified(),
            kind: kind(principal),
            domain: domain(principal, settings),
            admin: principal.is_admin(),
            admin_because: admin_because(principal, accepted, settings),
            scopes: texts(&mut principal.scopes().as_str().split(' ').filter(|scope| !scope.is_empty())),
            roles: texts(&mut principal.roles()),
            teams: texts(&mut principal.teams()),
        }
    }

    /// What a report shows, line by line.
    pub(in crate::doctor) fn lines(&self) -> Vec<(&'static str, String)> {
        let verified = if self.email_verified { "verified" } else { "not verified" };
        let email = self.email.as_ref().map_or_else(|| "none".to_owned(), |email| format!("{email} ({verified})"));
        let admin = format!("{}: {}", if self.admin { "yes" } else { "no" }, self.admin_because);
        let mut lines = vec![
            ("name", self.name.clone()),
            ("subject", self.subject.clone()),
            ("kind", self.kind.to_owned()),
            ("e-mail", email),
            ("domain", self.domain.clone()),
            ("administrator", admin),
        ];
        for (name, texts) in [("scopes", &self.scopes), ("roles", &self.roles), ("teams", &self.teams)] {
            if !texts.is_empty() {
                lines.push((name, texts.join(" ")));
            }
        }
        lines
    }
}

fn kind(principal: &Principal) -> &'static str {
    match (principal.is_bot(), principal.is_machine()) {
        (true, _) => "bot",
        (false, true) => "machine",
        (false, false) => "person",
    }
}

fn domain(principal: &Principal, settings: &PrincipalSettings) -> String {
    let address = EmailAddress::parse(principal.name()).ok();
    let own = address.as_ref().map_or("none", |address| address.domain().as_str());
    if settings.enforced_domains.is_empty() && settings.email_domains.is_empty() {
        return format!("{own}; no domain is enforced");
    }
    if principal.is_bot() { format!("{own}; bots are exempt") } else { format!("{own}, which is let in") }
}

/// The entry that makes an administrator, found by asking with each entry alone; or why none does.
fn admin_because(principal: &Principal, accepted: &Accepted<'_>, settings: &PrincipalSettings) -> String {
    let none = PrincipalSettings { admins: Vec::new(), admin_emails: Vec::new(), ..settings.clone() };
    let is_admin =
        |settings: &PrincipalSettings| matches!(accepted.principal(settings), Some(Ok(alone)) if alone.is_admin());
    if !principal.is_admin() {
        return not_admin(principal, settings).to_owned();
    }
    let by_name = settings
        .admins
        .iter()
        .position(|entry| is_admin(&PrincipalSettings { admins: vec![entry.clone()], ..none.clone() }));
    let by_email = || {
        let alone = |entry: &EmailAddress| PrincipalSettings { admin_emails: vec![entry.clone()], ..none.clone() };
        settings.admin_emails.iter().position(|entry| is_admin(&alone(entry)))
    };
    match by_name {
        Some(at) => format!("entry {} of {}", at + 1, authorizer("adminPrincipals")),
        None => by_email().map_or_else(String::new, |at| format!("entry {} of {}", at + 1, authorizer("adminEmails"))),
    }
}

fn not_admin(principal: &Principal, settings: &PrincipalSettings) -> &'static str {
    let address = principal.email().and_then(|email| EmailAddress::parse(email).ok());
    let is_own = |entry: &EmailAddress| address.as_ref().is_some_and(|own| own.same_mailbox(entry));
    let of_principals =
        settings.admins.iter().any(|entry| matches!(entry, AdminPrincipal::Address(entry) if is_own(entry)));
    if settings.admins.is_empty() && settings.admin_emails.is_empty() {
        "no administrator is listed"
    } else if !principal.email_verified() && (of_principals || settings.admin_emails.iter().any(is_own)) {
        "an entry has this address, and the provider does not say that it is verified (email_verified)"
    } else {
        "no entry names it"
    }
}
