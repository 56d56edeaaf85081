//! The service and the doctor never disagree: every reason for which a service refuses to start is an error of the doctor's at the
//! same place, and the doctor refuses nobody else.

use std::path::PathBuf;

use serde_json::json;
use tower_oidc::{
    Auth, Config,
    config::TrustedIssuer,
    doctor::{self, Doctor, Report, Severity, Start},
    layer::SetupError,
    login::LoginError,
    session::{MemoryStore, SessionError},
    testing::TestProvider,
    types::SystemClock,
};

use crate::support::{APP, good, oidc};

/// Where a service says that something is wrong.
fn places(error: &SetupError) -> Vec<String> {
    match error {
        SetupError::Config(errors) => errors.problems().iter().map(|problem| problem.path.clone()).collect(),
        SetupError::Client(_) => vec![oidc("caFile")],
        SetupError::Provider { path, .. } => vec![path.clone()],
        SetupError::Login(LoginError::Mismatch(all)) => all.iter().map(|one| oidc(one.setting)).collect(),
        SetupError::Login(LoginError::NotOffered { .. }) => vec!["authenticationConfiguration".to_owned()],
        SetupError::Login(LoginError::Session(SessionError::NoStore | SessionError::Setup(_))) => {
            vec![oidc("sessionStore")]
        }
        SetupError::Login(LoginError::Client(error)) => {
            vec![oidc(if error.to_string().contains("privateKey") { "privateKey" } else { "secret" })]
        }
        other => panic!("a reason that no test knows: {other}"),
    }
}

async fn assert_agree(name: &str, config: Config) -> (Result<Auth, SetupError>, Report) {
    let report = doctor::check(&config).await;
    let started = Auth::discover(config).await;
    match &started {
        Ok(auth) => {
            let expected = if auth.is_ready() { Start::Ready } else { Start::WithoutKeys };
            assert_eq!(report.start, expected, "{name}\n{report}");
        }
        Err(error) => {
            assert_eq!(report.start, Start::Refused, "{name}: {error}\n{report}");
            for place in places(error) {
                let told = report.findings.iter().any(|one| one.severity == Severity::Error && one.path == place);
                assert!(told, "{name}: an error at {place} in\n{report}");
            }
        }
    }
    (started, report)
}

type Change = fn(&TestProvider, &mut Config);

#[tokio::test]
async fn what_stops_the_start_is_an_error_of_the_doctors() {
    let wrong: [(&str, Change); 20] = [
        ("another issuer", |provider, _| provider.set_metadata("issuer", "https://elsewhere.example")),
        ("an issuer of the wrong type", |provider, _| provider.set_metadata("issuer", 1)),
        ("no issuer", |provider, _| provider.remove_metadata("issuer")),
        ("no keys", |provider, _| provider.remove_metadata("jwks_uri")),
        ("keys of the wrong type", |provider, _| provider.set_metadata("jwks_uri", json!(["https://a.example/jwks"]))),
        ("keys at no URL", |provider, _| provider.set_metadata("jwks_uri", "not a URL")),
        ("a list of the wrong type", |provider, _| provider.set_metadata("scopes_supported", "openid")),
        ("plain http", |_, config| config.authorizer.enable_secure_socket_connection = Some(true)),
        ("another response type", |provider, _| provider.set_metadata("response_types_supported", ["id_token"])),
        ("another response mode", |provider, _| provider.set_metadata("response_modes_supported", ["fragment"])),
        ("no PKCE", |provider, _| provider.set_metadata("code_challenge_methods_supported", ["plain"])),
        ("HS256 alone", |provider, _| provider.set_metadata("id_token_signing_alg_values_supported", ["HS256"])),
        ("another method", |provider, _| {
            provider.set_metadata("token_endpoint_auth_methods_supported", ["tls_client_auth"])
        }),
        ("no authorization endpoint", |provider, _| provider.remove_metadata("authorization_endpoint")),
        ("no token endpoint", |provider, _| provider.remove_metadata("token_endpoint")),
        ("a store that cannot be used", |_, config| {
            config.authentication.oidc.session_store = Some("redis://127.0.0.1:9/?option".into());
        }),
        ("a key that is none", |_, config| {
            let oidc = &mut config.authentication.oidc;
            oidc.client_authentication_method = Some("private_key_jwt".to_owned());
            (oidc.secret, oidc.private_key) = (None, Some("-----BEGIN PRIVATE KEY-----".into()));
        }),
        ("a short secret", |_, config| {
            let oidc = &mut config.authentication.oidc;
            oidc.client_authentication_method = Some("client_secret_jwt".to_owned());
            oidc.secret = Some("short".into());
        }),
        ("a typographic hyphen", |_, config| {
            config.authentication.authority = Some("https://dev\u{2011}abc.us.auth0.com".to_owned());
        }),
        ("several problems", |_, config| {
            config.authentication.oidc.scope = Some("email".to_owned());
            config.authentication.oidc.max_clock_skew = Some(301);
            config.authorizer.enforce_principal_domain = Some(true);
        }),
    ];
    for (name, change) in wrong {
        let provider = TestProvider::start().await;
        let mut config = good(&provider);
        change(&provider, &mut config);
        let (started, _) = assert_agree(name, config).await;
        assert!(started.is_err(), "{name}");
    }
}

#[tokio::test]
async fn roots_that_are_none_and_trusted_issuers_are_told_too() {
    let provider = TestProvider::start().await;
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("no_roots.pem");
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let mut config = good(&provider);
    config.authentication.oidc.ca_file = Some(file.to_str().unwrap().to_owned());
    assert!(matches!(assert_agree("roots", config).await.0, Err(SetupError::Client(_))));

    let other = TestProvider::start().await;
    let config = good(&provider).trusted_issuer(TrustedIssuer::new(other.issuer()));
    assert!(assert_agree("a trusted issuer", config.clone()).await.0.is_ok());
    other.set_metadata("issuer", "https://elsewhere.example");
    assert!(assert_agree("another issuer than the trusted one", config).await.0.is_err());
}

#[tokio::test]
async fn a_start_that_succeeds_is_told_as_one() {
    let provider = TestProvider::start().await;
    let configs = [good(&provider), provider.config(), provider.public_login_config(APP)];
    for config in configs {
        assert!(assert_agree("right", config).await.0.is_ok());
    }
    provider.go_down();
    assert!(assert_agree("down", provider.config()).await.0.is_ok());
}

#[tokio::test]
async fn a_store_that_the_service_brings_is_no_error() {
    let provider = TestProvider::start().await;
    let mut config = good(&provider).session_store("redis://127.0.0.1:9/");
    config.authentication.max_active_sessions_per_user = Some(5);
    assert_own_store_is_no_error(config.clone()).await;
    config.authentication.oidc.session_store = None;
    assert_own_store_is_no_error(config).await;
}

async fn assert_own_store_is_no_error(config: Config) {
    let report = Doctor::new(config.clone()).with_own_session_store().check().await;
    assert!(report.is_healthy() && report.start == Start::Ready, "{report}");
    let store = MemoryStore::new(std::sync::Arc::new(SystemClock::new()));
    assert!(Auth::builder(config).with_session_store(store).discover().await.is_ok());
}
