//! Metadata, and keys that change: the profile Config.

use std::time::Duration;

use http::StatusCode;
use tower_oidc::{
    layer::SetupError,
    provider::ProviderError,
    testing::{Endpoint, Scenario},
};

use crate::{
    relying_party::{ALL, Flow, accepts, assert_signs_in},
    support::{Stand, discover, navigation, provider},
    table,
};

#[tokio::test]
pub(crate) async fn oidcc_client_test_discovery_openid_config() {
    accepts(Scenario::DiscoveryOpenIdConfig, ALL).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_discovery_jwks_uri_keys() {
    accepts(Scenario::DiscoveryJwksUriKeys, ALL).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_discovery_issuer_mismatch() {
    let module = table::begin(Scenario::DiscoveryIssuerMismatch.name());
    let mut reason = String::new();
    for flow in ALL {
        reason = assert_issuer_mismatch(Scenario::DiscoveryIssuerMismatch, *flow).await;
    }
    module.refused(reason);
}

/// The application does not start, and sends nobody anywhere. It does when the provider behaves. Gives the typed reason.
pub(crate) async fn assert_issuer_mismatch(scenario: Scenario, flow: Flow) -> String {
    let (provider, clock) = provider().await;
    provider.play(scenario);
    let error = discover(flow.config(&provider), &clock, |builder| builder).await.unwrap_err();
    let SetupError::Provider { source, .. } = &error else { panic!("{flow:?}: {error:?}") };
    assert!(matches!(&**source, ProviderError::IssuerMismatch { .. }), "{flow:?}: {source:?}");
    let asked = [Endpoint::Jwks, Endpoint::Authorize].map(|endpoint| provider.requests(endpoint));
    assert_eq!(asked, [0, 0], "{flow:?}: nothing in these metadata is used");
    provider.behave();
    assert!(discover(flow.config(&provider), &clock, |builder| builder).await.is_ok(), "{flow:?}");
    "SetupError::Provider(IssuerMismatch)".to_owned()
}

/// The provider was down at the start, and has another name when it comes up: nobody is sent there then either.
#[tokio::test]
async fn an_issuer_that_does_not_match_later_is_not_used_either() {
    let (provider, clock) = provider().await;
    provider.play(Scenario::DiscoveryIssuerMismatch);
    provider.go_down();
    let config = Flow::Code.config(&provider);
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    stand.provider.come_up().await;
    let metadata = stand.provider.endpoint(Endpoint::Discovery);
    in_time(stand.eventually(metadata.wait_for_requests(2))).await;
    let answer = stand.send(navigation("/me")).await;
    assert_eq!((answer.status, stand.principals()), (StatusCode::SERVICE_UNAVAILABLE, 0));
    assert_eq!(stand.provider.requests(Endpoint::Jwks), 0, "nothing in these metadata is used");
    stand.provider.behave();
    in_time(stand.eventually(stand.provider.endpoint(Endpoint::Jwks).wait_for_requests(1))).await;
    in_time(stand.eventually(becomes_ready(&stand))).await;
    assert_signs_in(&stand, Flow::Code).await;
}

async fn becomes_ready(stand: &Stand) {
    while !stand.auth.is_ready() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What comes of `future`, which on the slowest machine has come after a minute.
async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it comes in time")
}

/// Two logins: the second one's key is not among those that were published at the first.
#[tokio::test]
pub(crate) async fn oidcc_client_test_signing_key_rotation() {
    let module = table::begin(Scenario::SigningKeyRotation.name());
    for flow in ALL {
        let stand = flow.stand(Scenario::SigningKeyRotation).await;
        assert_signs_in(&stand, *flow).await;
        let (before, fetched) = (stand.provider.jwks(), stand.provider.requests(Endpoint::Jwks));
        assert_signs_in(&stand, *flow).await;
        assert_ne!(stand.provider.jwks(), before, "{flow:?}");
        assert!(stand.provider.requests(Endpoint::Jwks) > fetched, "{flow:?}: the keys were fetched again");
    }
    module.accepted("the second login fetches the keys again, and is signed in");
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_signing_key_rotation_just_before_signing() {
    let module = table::begin(Scenario::SigningKeyRotationJustBeforeSigning.name());
    for flow in ALL {
        let stand = flow.stand(Scenario::SigningKeyRotationJustBeforeSigning).await;
        let fetched = stand.provider.requests(Endpoint::Jwks);
        assert_signs_in(&stand, *flow).await;
        assert_eq!(stand.provider.requests(Endpoint::Jwks), fetched + 1, "{flow:?}");
    }
    module.accepted("the login fetches the keys once more, and is signed in");
}
