//! Rules that let nobody in, and entries that never match.

use tower_oidc::{
    Config,
    config::Authorizer,
    doctor::{Report, Severity},
};

use crate::support::{assert_found, assert_ok, assert_silent, oidc, only, report};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

async fn with(change: impl FnOnce(&mut Config)) -> Report {
    report(|_, mut config| {
        config.authorizer = Authorizer::default();
        change(&mut config);
        config
    })
    .await
}

fn enforce(config: &mut Config, domain: &str) {
    *config = config.clone().principal_domain(domain).enforce_principal_domain(true);
}

fn path(key: &str) -> String {
    format!("authorizerConfiguration.{key}")
}

#[tokio::test]
async fn an_administrator_of_a_domain_that_is_not_let_in_is_told() {
    for (list, key) in [(true, "adminPrincipals[1]"), (false, "adminEmails[1]")] {
        let report = with(|config| {
            enforce(config, "company.com");
            let entries = texts(&["root@company.com", "jane@elsewhere.com"]);
            if list { config.authorizer.admin_principals = entries } else { config.authorizer.admin_emails = entries }
        })
        .await;
        assert_found(&report, "principals.admin", Severity::Warning, &path(key), "elsewhere.com");
        assert_ok(&report, "principals.admins");
    }
}

#[tokio::test]
async fn where_no_entry_can_match_nobody_is_an_administrator() {
    let report = with(|config| {
        enforce(config, "company.com");
        config.authorizer.admin_principals = texts(&["jane@elsewhere.com"]);
    })
    .await;
    assert_found(&report, "principals.admins", Severity::Warning, &path("adminPrincipals"), "nobody");
    assert_found(&with(|_| ()).await, "principals.admins", Severity::Note, &path("adminPrincipals"), "empty");
}

#[tokio::test]
async fn a_name_without_a_domain_names_nobody_who_has_an_address() {
    let admin = |config: &mut Config| config.authorizer.admin_principals = texts(&["admin"]);
    let report = with(admin).await;
    assert_found(&report, "principals.admin", Severity::Warning, &path("adminPrincipals[0]"), "\"admin\"");
    let with_domain = with(|config| {
        admin(config);
        config.authorizer.principal_domain = Some("company.com".to_owned());
    })
    .await;
    assert_silent(&with_domain, "principals.admin");
    let by_username = with(|config| {
        admin(config);
        config.authentication.jwt_principal_claims = texts(&["preferred_username"]);
    })
    .await;
    assert_silent(&by_username, "principals.admin");
    let outside = with(|config| {
        admin(config);
        enforce(config, "company.com");
        config.authorizer.allowed_domains = texts(&["other.com"]);
    })
    .await;
    assert_found(&outside, "principals.admin", Severity::Warning, &path("adminPrincipals[0]"), "company.com");
}

/// Bots are exempt from domain rules, and what another claim names people by is not known here.
#[tokio::test]
async fn what_may_match_is_not_refused() {
    let bot = with(|config| {
        enforce(config, "company.com");
        config.authorizer.admin_principals = texts(&["billing@clients"]);
        config.authorizer.bot_principals = texts(&["billing"]);
    })
    .await;
    assert_silent(&bot, "principals.admin");
    let other_claim = with(|config| {
        enforce(config, "company.com");
        config.authorizer.admin_principals = texts(&["jane@elsewhere.com"]);
        config.authentication.jwt_principal_claims = texts(&["upn"]);
    })
    .await;
    assert_silent(&other_claim, "principals.admin");
}

#[tokio::test]
async fn domain_rules_that_exclude_each_other_let_nobody_in() {
    let rules = |domains: &'static [&'static str]| {
        move |config: &mut Config| {
            enforce(config, "company.com");
            config.authorizer.allowed_email_domains = texts(domains);
        }
    };
    let report = with(rules(&["elsewhere.com"])).await;
    assert_found(&report, "principals.domains", Severity::Error, &path("allowedEmailDomains"), "nobody gets in");
    assert_silent(&with(rules(&["elsewhere.com", "COMPANY.com"])).await, "principals.domains");
}

#[tokio::test]
async fn who_may_sign_up_must_be_let_in() {
    let registration = |domains: &'static [&'static str]| {
        move |config: &mut Config| {
            enforce(config, "company.com");
            *config = config.clone().self_signup(true);
            config.authorizer.allowed_email_registration_domains = texts(domains);
        }
    };
    let report = with(registration(&["elsewhere.com"])).await;
    let key = path("allowedEmailRegistrationDomains");
    assert_found(&report, "principals.registration", Severity::Warning, &key, "nobody can sign up");
    assert_silent(&with(registration(&["company.com"])).await, "principals.registration");
}

#[tokio::test]
async fn rules_that_rest_on_the_address_need_its_scope() {
    let report = with(|config| {
        config.authorizer.admin_emails = texts(&["jane@company.com"]);
        config.authentication.oidc.scope = Some("openid profile".to_owned());
    })
    .await;
    assert_found(&report, "principals.scope", Severity::Warning, &oidc("scope"), "email");
    assert!(only(&report, "principals.scope").remedy.is_some());
    let without_rules = with(|config| config.authentication.oidc.scope = Some("openid profile".to_owned())).await;
    assert_silent(&without_rules, "principals.scope");
}
