//! The layer starts, and the provider is not there, or says something else than the configuration.

use http::{StatusCode, header::RETRY_AFTER};
use serde_json::json;
use tower_oidc::{
    Auth,
    config::TrustedIssuer,
    layer::SetupError,
    testing::{Endpoint, Fault, ManualClock, TestProvider},
    types::Issuer,
};

use crate::support::{Stand, discover, eventually, provider};

/// A start that succeeds without keys: nobody comes in, and the provider's coming is noticed.
async fn assert_recovers(
    name: &str,
    provider: TestProvider,
    clock: ManualClock,
    comes: impl AsyncFnOnce(&TestProvider),
) {
    let auth = eventually(&clock, discover(provider.config(), &clock)).await.expect(name);
    assert!(!auth.is_ready(), "{name}");
    let stand = Stand { provider, clock, auth };
    let answer = stand.at_once(&stand.provider.token("jane").sign());
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{name}");
    assert!(answer.headers.contains_key(RETRY_AFTER), "{name}");

    comes(&stand.provider).await;
    stand.recovery().await;
    stand.assert_serves();
}

#[tokio::test]
async fn a_provider_that_comes_up_later_is_found() {
    let (provider, clock) = provider().await;
    provider.go_down();
    assert_recovers("down", provider, clock, async |provider| provider.come_up().await).await;
}

/// A health page lists several, and only one of them is down.
#[tokio::test]
async fn every_status_says_whose_it_is() {
    let (provider, clock) = provider().await;
    let down = TestProvider::start().await;
    down.go_down();
    let mut trusted = TrustedIssuer::default();
    trusted.issuer = Some(down.issuer().to_owned());
    let mut config = provider.config().trusted_issuer(trusted);
    config.authentication.provider_name = Some("Acme".to_owned());
    let auth = eventually(&clock, discover(config, &clock)).await.unwrap();
    let told: Vec<_> = auth.status().into_iter().map(|one| (one.name, one.issuer, one.ready)).collect();
    let issuer = |provider: &TestProvider| Some(Issuer::new(provider.issuer()));
    assert_eq!(told, [("Acme".to_owned(), issuer(&provider), true), (down.issuer().to_owned(), issuer(&down), false)]);
}

#[tokio::test]
async fn a_provider_that_gives_no_usable_answer_yet_does_not_stop_the_start() {
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        for fault in [
            Fault::Status(500),
            Fault::Status(404),
            Fault::Html,
            Fault::Malformed,
            Fault::Truncated,
            Fault::Close,
            Fault::Huge(1 << 40),
            Fault::RedirectTo("https://evil.example/".to_owned()),
            Fault::Hang,
        ] {
            let (provider, clock) = provider().await;
            let name = format!("{endpoint:?} {fault:?}");
            provider.endpoint(endpoint).fail_with(fault);
            assert_recovers(&name, provider, clock, async |provider| provider.endpoint(endpoint).heal()).await;
        }
    }
}

#[tokio::test]
async fn metadata_that_contradict_the_configuration_stop_the_start() {
    let refused = async |change: &dyn Fn(&TestProvider)| -> Result<Auth, SetupError> {
        let (provider, clock) = provider().await;
        change(&provider);
        discover(provider.config(), &clock).await
    };
    let changes: [&dyn Fn(&TestProvider); 6] = [
        &|provider| provider.set_metadata("issuer", "https://elsewhere.example"),
        &|provider| provider.set_metadata("issuer", 1),
        &|provider| provider.remove_metadata("issuer"),
        &|provider| provider.remove_metadata("jwks_uri"),
        &|provider| provider.set_metadata("jwks_uri", json!(["https://a.example/jwks"])),
        &|provider| provider.set_metadata("jwks_uri", "not a URL"),
    ];
    for (position, change) in changes.into_iter().enumerate() {
        let Err(SetupError::Provider { path, source }) = refused(change).await else { panic!("change {position}") };
        assert_eq!(path, "authenticationConfiguration");
        assert!(source.is_contradiction(), "{source}");
    }
}

#[tokio::test]
async fn metadata_that_contradict_themselves_later_leave_everything_as_it_was() {
    let stand = Stand::new().await;
    stand.provider.set_metadata("issuer", "https://elsewhere.example");
    stand.provider.set_metadata("jwks_uri", "https://elsewhere.example/jwks");
    while stand.status().problem.is_none() {
        stand.next_attempt().await;
    }
    assert!(stand.status().problem.unwrap().is_contradiction());
    stand.assert_serves();
    stand.next_attempt().await;
    stand.assert_serves();
}
