//! The rules of principals, domains, administrators and self-signup.

use tower_oidc::config::AdminPrincipal;

use super::*;

fn mapped(entries: &[&str]) -> Config {
    let mut config = bearer();
    config.authentication.jwt_principal_claims_mapping = entries.iter().map(|entry| (*entry).to_owned()).collect();
    config
}

#[test]
fn a_mapping_is_split_at_its_first_colon() {
    let principal = mapped(&[
        "username:https://company.com/login",
        "email:mail",
        "displayName:nickname",
        "costCentre:https://company.com/cc:main",
    ])
    .check()
    .unwrap()
    .principal;
    assert_eq!(principal.username_claim.as_deref(), Some("https://company.com/login"));
    assert_eq!(principal.email_claims, ["mail", "email"]);
    assert_eq!(principal.display_name_claims, ["nickname", "name"]);
    assert_eq!(principal.attributes, [("costCentre".to_owned(), "https://company.com/cc:main".to_owned())]);
    assert_eq!(mapped(&["email:email"]).check().unwrap().principal.email_claims, ["email"]);
}

#[test]
fn a_mapping_without_a_side_or_with_a_field_twice_is_refused() {
    let path = |at: usize| format!("{AUTHENTICATION}.jwtPrincipalClaimsMapping[{at}]");
    assert_refused(&mapped(&["username", ":claim", "email:", "team: "]), &[&path(0), &path(1), &path(2), &path(3)]);
    assert_refused(&mapped(&["username:a", "username:b"]), &[&path(1)]);
    assert_refused(&mapped(&["displayName:a", "name:b"]), &[&path(1)]);
}

#[test]
fn enforcement_needs_a_domain_and_prefers_the_allowed_ones() {
    let enforced = bearer().enforce_principal_domain(true);
    assert_refused(&enforced, &[&format!("{AUTHORIZER}.enforcePrincipalDomain")]);

    let mut config = enforced.principal_domain("company.com");
    let domains = |config: &Config| {
        let domains = config.check().unwrap().principal.enforced_domains;
        domains.iter().map(|domain| domain.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(domains(&config), ["company.com"]);
    config.authorizer.allowed_domains = vec!["Other.com".to_owned()];
    assert_eq!(domains(&config), ["other.com"]);
    config.authorizer.enforce_principal_domain = None;
    assert_eq!(domains(&config), [""; 0]);
    assert!(notices(&config.check().unwrap())[0].starts_with(&format!("{AUTHORIZER}.allowedDomains")));
}

#[test]
fn a_domain_that_is_wrong_is_not_also_missing() {
    let config = bearer().enforce_principal_domain(true).principal_domain("a b");
    assert_refused(&config, &[&format!("{AUTHORIZER}.principalDomain")]);
}

#[test]
fn an_admin_is_a_name_or_an_address() {
    let admins = bearer().admin("admin").admin("Jane@Company.com").check().unwrap().principal.admins;
    assert_eq!(admins[0], AdminPrincipal::Name("admin".to_owned()));
    assert!(matches!(&admins[1], AdminPrincipal::Address(address) if address.as_str() == "Jane@Company.com"));
    for wrong in ["a@b@c.com", "jane\u{fe6b}company.com", "jane@", "two words", "tab\tbed"] {
        assert_refused(&bearer().admin("admin").admin(wrong), &[&format!("{AUTHORIZER}.adminPrincipals[1]")]);
    }
}

#[test]
fn all_domains_may_sign_up_unless_some_are_named() {
    let mut config = bearer();
    for (list, named) in [(vec![], None), (vec!["all"], None), (vec!["All", "a.com"], None), (vec!["a.com"], Some(1))] {
        let many = list.len() > 1;
        config.authorizer.allowed_email_registration_domains = list.iter().map(|item| (*item).to_owned()).collect();
        let settings = config.check().unwrap();
        assert_eq!(settings.principal.registration_domains.as_ref().map(Vec::len), named);
        assert_eq!(settings.notices.len(), usize::from(many), "{list:?}");
    }
}

#[test]
fn a_path_in_place_of_a_roles_claim_is_a_warning() {
    for (claim, warned) in [("realm_access.roles", true), ("resource_access.web.roles", true), ("acme.roles", false)] {
        let mut config = bearer();
        config.authorizer.roles_claim = Some(claim.to_owned());
        config.authorizer.use_roles_from_provider = Some(true);
        let settings = config.check().unwrap();
        assert_eq!(settings.principal.roles_claim.as_deref(), Some(claim));
        let lines = notices(&settings);
        assert_eq!(lines.iter().any(|line| line.starts_with(&format!("{AUTHORIZER}.rolesClaim"))), warned, "{lines:?}");
    }
}

#[test]
fn a_roles_claim_without_roles_from_the_provider_is_a_warning() {
    let mut config = bearer();
    config.authorizer.roles_claim = Some("groups".to_owned());
    let settings = config.check().unwrap();
    assert_eq!(settings.principal.roles_claim, None);
    assert!(notices(&settings)[0].starts_with(&format!("{AUTHORIZER}.rolesClaim")));
}
