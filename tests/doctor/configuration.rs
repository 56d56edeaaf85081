//! Files and variables.

use tower_oidc::{
    config::{Config, Source},
    doctor::{Doctor, Severity, Start},
    testing::TestProvider,
};

use crate::support::{APP, SESSION_SECRET, assert_ok, oidc, register};

fn load(text: &str, issuer: &str) -> Doctor {
    let variable = |name: &str| (name == "ISSUER").then(|| issuer.to_owned());
    Doctor::load(Source::Text(text), &variable).unwrap()
}

#[tokio::test]
async fn a_file_that_cannot_be_loaded_is_looked_at_as_far_as_it_can_be_read() {
    let provider = TestProvider::start().await;
    register(&provider);
    let text = format!(
        "
         authenticationConfiguration:
           provider: custom-oidc
           authority: ${{ISSUER}}
           oidcConfiguration:
             {{ id: test-client, secret: {}, serverUrl: {APP}, sessionSecret: {SESSION_SECRET}, clientSecret: x, maxAge: soon }}
         authorizerConfiguration: {{ rolesClaim: groups }}",
        provider.client_secret(),
    );
    assert!(Config::load(Source::Text(&text), &|_| Some(provider.issuer().to_owned())).is_err());
    let report = load(&text, provider.issuer()).check().await;
    assert_eq!(report.start, Start::Refused);
    let found =
        |severity, path: &str| report.of("configuration").any(|one| one.severity == severity && one.path == path);
    assert!(found(Severity::Error, &oidc("clientSecret")) && found(Severity::Error, &oidc("maxAge")), "{report}");
    assert!(found(Severity::Warning, "authorizerConfiguration.rolesClaim"), "{report}");
    for check in ["metadata", "keys", "login.offered", "client", "callback", "clock"] {
        assert_ok(&report, check);
    }
}

/// The provider is looked at though nothing is known of the client.
#[tokio::test]
async fn without_a_secret_the_provider_is_still_looked_at() {
    let provider = TestProvider::start().await;
    let text = format!(
        "authenticationConfiguration:
           {{ provider: custom-oidc, authority: '${{ISSUER}}', oidcConfiguration: {{ id: test-client, serverUrl: {APP} }} }}"
    );
    let report = load(&text, provider.issuer()).check().await;
    assert!(
        report.of("configuration").any(|one| one.severity == Severity::Error && one.path == oidc("secret")),
        "{report}"
    );
    assert_ok(&report, "metadata");
    assert_ok(&report, "keys");
    let login: Vec<_> = report.of("login").collect();
    assert!(login.len() == 1 && login[0].seen.contains("not checked"), "{report}");
}

#[tokio::test]
async fn where_no_provider_is_named_nobody_is_asked() {
    let report = load("authenticationConfiguration: { oidcConfiguration: { audience: x } }", "").check().await;
    let metadata: Vec<_> = report.of("metadata").collect();
    assert!(
        metadata.len() == 1 && metadata[0].severity == Severity::Note && metadata[0].seen.contains("not checked"),
        "{report}"
    );
    assert_eq!(report.start, Start::Refused);
}

#[tokio::test]
async fn a_copied_typographic_hyphen_is_told_by_its_code() {
    let report =
        load("authenticationConfiguration: { authority: \"https://dev\u{2011}a.us.auth0.com\" }", "").check().await;
    let hyphen = report.of("configuration").find(|one| one.path == "authenticationConfiguration.authority").unwrap();
    assert!(hyphen.seen.contains("U+2011") && hyphen.remedy.as_ref().unwrap().contains('-'), "{hyphen:?}");
}

#[test]
fn what_cannot_be_read_at_all_is_an_error_and_nothing_is_nothing() {
    assert!(Doctor::load(Source::File("/no/such/file.yaml".as_ref()), &|_| None).is_err());
    assert!(Doctor::load(Source::Text("{"), &|_| None).is_err());
    assert!(Doctor::load(Source::Environment, &|_| None).unwrap().has_nothing_to_check());
    assert!(!load("authenticationConfiguration: { unheard: of }", "").has_nothing_to_check());
}
