//! The doctor before a provider that it has never seen: right is told as right, and wrong as wrong.

use tower_oidc::doctor::{self, Report, Severity, Start};

use crate::{
    app::{config, public_config},
    provider::{METHODS, Provider},
};

fn assert_ok(report: &Report, check: &str) {
    let severities: Vec<_> = report.of(check).map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Ok], "{check} in\n{report}");
}

fn assert_refuted(report: &Report, check: &str, key: &str) {
    let finding = report.of(check).next().unwrap();
    assert_eq!((finding.severity, finding.path.rsplit('.').next()), (Severity::Error, Some(key)), "{report}");
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_right_configuration_is_healthy_by_every_method_of_client_authentication() {
    let provider = Provider::start().await;
    for method in METHODS {
        let report = doctor::check(&config(provider.endpoints(), method)).await;
        assert!(report.is_healthy() && report.start == Start::Ready, "{method}\n{report}");
        assert_ok(&report, "client");
        assert_ok(&report, "callback");
    }
    let public = doctor::check(&public_config(provider.endpoints(), "none", "code")).await;
    assert!(public.is_healthy(), "{public}");
    assert_ok(&public, "client");
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_wrong_credential_and_a_callback_that_is_not_registered_are_refuted() {
    let (provider, another) = tokio::join!(Provider::start(), Provider::start());
    for method in METHODS {
        let mut wrong = config(provider.endpoints(), method);
        let oidc = &mut wrong.authentication.oidc;
        let key = if oidc.private_key.is_some() { "privateKey" } else { "secret" };
        match key {
            "secret" => oidc.secret = Some("a secret of 32 bytes or more that is not the client's".into()),
            _ => oidc.private_key = another.endpoints().client(method).authentication.oidc.private_key,
        }
        let report = doctor::check(&wrong).await;
        assert_refuted(&report, "client", key);
        assert_ok(&report, "callback");
    }
    let elsewhere = config(provider.endpoints(), "client_secret_post").callback_url("https://app.example/elsewhere");
    let report = doctor::check(&elsewhere).await;
    assert_refuted(&report, "callback", "callbackUrl");
    assert_ok(&report, "client");
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_token_that_the_provider_issued_passes_every_step() {
    let provider = Provider::start().await;
    let mut config = config(provider.endpoints(), "client_secret_post").audience(crate::provider::api("ES256"));
    config.authentication.token_validation_algorithm = vec!["ES256".to_owned()];
    let report = doctor::check_token(&config, &provider.token("ES256").await).await;
    assert!(report.is_accepted(), "{report}");
}
