//! What the provider issues for an API is accepted there.

use std::time::{Duration, SystemTime};

use tower_oidc::{testing::ManualClock, types::Algorithm, validator::TokenError};

use crate::{
    provider::{Provider, api},
    service::{Service, config},
    tokens::{CLIENT_ID, log_in},
};

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_token_of_each_algorithm_is_accepted() {
    let provider = Provider::start().await;
    for algorithm in Algorithm::ALL.iter().copied().map(Algorithm::name) {
        let service = Service::of(provider.endpoints(), algorithm).await;
        assert!(service.auth.is_ready(), "{algorithm}");
        let principal = service.accepts(&provider.token(algorithm).await).await;
        assert_eq!(principal.issuer().as_str(), provider.endpoints().issuer);
        assert_eq!(principal.subject(), "client_secret_post");
        assert!(principal.is_machine() && principal.scopes().contains("read:orders"), "{algorithm}");
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn the_token_of_a_person_who_logged_in_is_accepted() {
    let provider = Provider::start().await;
    let service = Service::of(provider.endpoints(), "ES256").await;
    let tokens = log_in(provider.endpoints(), "jane", &api("ES256"), None).await;
    let principal = service.accepts(&tokens.access_token).await;
    assert_eq!(principal.subject(), "jane");
    assert!(!principal.is_machine() && principal.scopes().contains("read:orders"));
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn an_id_token_is_accepted_where_id_tokens_are_asked_for() {
    let provider = Provider::start().await;
    let tokens = log_in(provider.endpoints(), "jane", &api("RS256"), Some("n-0S6_WzA2Mj")).await;
    let service = Service::discover(config(provider.endpoints(), "RS256", &api("RS256"), "id_token")).await;
    let principal = service.auth.validate(&tokens.id_token).await.unwrap();
    assert_eq!(principal.subject(), "jane");
    assert_eq!(principal.claims().strings("aud").unwrap().unwrap(), [CLIENT_ID]);
    assert_eq!(service.refuses(&tokens.access_token).await, TokenError::AccessToken);
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_token_is_good_for_as_long_as_the_provider_says_and_the_leeway() {
    let provider = Provider::start().await;
    let token = provider.token("RS256").await;
    let at = async |seconds| {
        let clock = ManualClock::at(SystemTime::now() + Duration::from_secs(seconds));
        let config = config(provider.endpoints(), "RS256", &api("RS256"), "access_token");
        Service::discover_at(config, clock).await
    };
    at(630).await.accepts(&token).await;
    assert!(matches!(at(690).await.refuses(&token).await, TokenError::Expired { ago: 85..=120 }));
}
