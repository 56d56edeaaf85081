//! The files of `examples/config` load, and mean what they say.

use std::path::{Path, PathBuf};

use tower_oidc::config::{AdminPrincipal, ClientAuthentication, ProviderKind};

use super::*;

pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/config").join(name)
}

/// The variables of an env-file of `examples/config`.
pub(crate) fn env_file(name: &str) -> Vec<(String, String)> {
    read_env_file(&std::fs::read_to_string(example(name)).unwrap())
}

/// The variables of an env-file, as `docker run --env-file` sets them.
pub(crate) fn read_env_file(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn the_smallest_example_serves_bearer_tokens() {
    let settings = Config::load(Source::File(&example("bearer.yaml")), &none).unwrap().check().unwrap();
    assert!(settings.login.is_none());
    assert_eq!(settings.issuers[0].audiences, ["https://api.company.example"]);
    assert_eq!(notices(&settings), [""; 0]);
}

#[test]
fn the_file_of_openmetadata_needs_but_a_secret() {
    let file = example("openmetadata.yaml");
    let errors = Config::load(Source::File(&file), &none).unwrap().check().unwrap_err();
    assert_eq!(paths(&errors), [format!("{OIDC}.secret")]);

    let list = [("OIDC_CLIENT_SECRET", SECRET)];
    let settings = Config::load(Source::File(&file), &variables(&list)).unwrap().check().unwrap();
    let login = settings.login.as_ref().unwrap();
    assert_eq!(login.callback_url.as_str(), "http://localhost:8585/callback");
    assert!(matches!(login.client_authentication, ClientAuthentication::Post(_)));
    assert_eq!(settings.principal.admins, [AdminPrincipal::Name("admin".to_owned())]);
    assert_eq!(settings.principal.domain.as_ref().unwrap().as_str(), "company.example");
    assert_eq!(settings.principal.registration_domains, None);
    assert_eq!(settings.issuers[0].clock_skew.as_secs(), 60);
    assert_eq!(settings.issuers[0].token_validity.unwrap().as_secs(), 3600);
    let noted: Vec<_> = settings.notices.iter().map(|notice| notice.path.rsplit('.').next().unwrap()).collect();
    assert_eq!(
        noted,
        [
            "samlConfiguration",
            "ldapConfiguration",
            "className",
            "containerRequestFilter",
            "responseType",
            "sessionSecret",
            "tokenValidity"
        ]
    );
}

#[test]
fn the_variables_of_openmetadata_are_enough_and_go_over_its_file() {
    let list = env_file("openmetadata.env");
    let variable = |name: &str| list.iter().find(|(listed, _)| listed == name).map(|(_, value)| value.clone());
    let file = example("openmetadata.yaml");
    for source in [Source::Environment, Source::File(&file)] {
        let config = Config::load(source, &variable).unwrap();
        let settings = config.check().unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!((settings.provider_name.as_str(), settings.issuers[0].kind), ("Auth0", ProviderKind::Auth0));
        assert_eq!(settings.issuers[0].key_urls[0].as_str(), "https://tenant.us.auth0.com/.well-known/jwks.json");
        assert_eq!(settings.issuers[0].token_validity, None);
        assert!(settings.issuers[0].clock_skew.is_zero() && settings.http.https_only && settings.principal.self_signup);
        assert_eq!(settings.principal.username_claim.as_deref(), Some("nickname"));
        assert_eq!(settings.principal.enforced_domains[0].as_str(), "company.example");
        assert_eq!(settings.principal.admins.len(), 2);
        let login = settings.login.unwrap();
        assert_eq!(login.scope, "openid email profile offline_access");
        assert_eq!(login.custom_params["audience"], "https://api.company.example");
        assert_eq!(login.prompt.as_deref(), Some("consent"));
        assert!(login.use_pkce && login.session.secure_cookie);
    }
}
