//! The examples of one page each.

use reqwest::StatusCode;
use serde_json::json;
use tonic::{Code, Request, transport::Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower_oidc::testing::TestProvider;

use super::{Program, ask, read_json, status, variables};

/// Starts one of them, on a port of its own.
async fn start(name: &str, provider: &TestProvider) -> (Program, String) {
    let mut variables = variables(provider);
    variables.push(("LISTEN", "127.0.0.1:0".to_owned()));
    let mut program = Program::start::<&str>(name, &[], &variables);
    let address = program.url_after("listening on").await;
    (program, address)
}

#[tokio::test]
async fn bearer_api_opens_to_bearer_tokens() {
    let provider = TestProvider::start().await;
    let (_program, address) = start("bearer_api", &provider).await;
    let (me, orders) = (format!("{address}/me"), format!("{address}/orders"));
    let jane = provider.token("jane").sign();
    let reader = provider.token("jane").scope("read:orders").sign();
    assert_eq!(status(&me, None).await, StatusCode::UNAUTHORIZED);
    assert_eq!(read_json(&me, Some(&jane)).await["sub"], json!("jane"));
    assert_eq!(status(&orders, Some(&jane)).await, StatusCode::FORBIDDEN);
    assert_eq!(ask(&orders, Some(&reader)).await.text().await.unwrap(), "no orders\n");
}

#[tokio::test]
async fn plain_hyper_greets_by_name() {
    let provider = TestProvider::start().await;
    let (_program, address) = start("plain_hyper", &provider).await;
    let jane = provider.token("jane").sign();
    assert_eq!(status(&address, None).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&address, Some("a.b.c")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&address, Some(&jane)).await.text().await.unwrap(), "hello, jane\n");
}

#[tokio::test]
async fn grpc_answers_in_grpc() {
    let provider = TestProvider::start().await;
    let (_program, address) = start("grpc", &provider).await;
    let mut client = HealthClient::new(Endpoint::from_shared(address).unwrap().connect().await.unwrap());
    let refused = client.check(HealthCheckRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let mut request = Request::new(HealthCheckRequest::default());
    let token = format!("Bearer {}", provider.token("jane").sign());
    request.metadata_mut().insert("authorization", token.parse().unwrap());
    client.check(request).await.unwrap();
}

#[tokio::test]
async fn without_a_configuration_they_say_what_is_missing() {
    for name in ["bearer_api", "plain_hyper", "grpc"] {
        let ended = Program::run::<&str>(name, &[], &[]).await;
        assert_ne!(ended.status, 0, "{name}");
        for path in ["authenticationConfiguration.authority", "authenticationConfiguration.oidcConfiguration.audience"]
        {
            assert!(ended.stderr.contains(path), "{name}: {}", ended.stderr);
        }
    }
}
