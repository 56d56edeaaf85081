//! gRPC: the health service of tonic behind the layer, and a tonic client that understands the refusals.

use http::header::AUTHORIZATION;
use tonic::{
    Code, Request,
    metadata::MetadataValue,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};
use tonic_health::{
    ServingStatus,
    pb::{HealthCheckRequest, health_check_response, health_client::HealthClient},
    server::{HealthReporter, health_reporter},
};
use tower_oidc::{Auth, principal::rules::scope, testing::TestProvider};

use crate::support::Stand;

use super::listen;

/// The health service for whoever may read it, and a client of it.
async fn health(auth: &Auth) -> (HealthClient<Channel>, HealthReporter) {
    let (reporter, health) = health_reporter();
    let (listener, address) = listen().await;
    let server = Server::builder().layer(auth.layer()).layer(auth.require(scope("read:health"))).add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    (client(address).await, reporter)
}

async fn client(address: std::net::SocketAddr) -> HealthClient<Channel> {
    HealthClient::new(Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap())
}

fn request(authorization: &[&str]) -> Request<HealthCheckRequest> {
    let mut request = Request::new(HealthCheckRequest { service: String::new() });
    for value in authorization {
        request.metadata_mut().append(AUTHORIZATION.as_str(), MetadataValue::try_from(*value).unwrap());
    }
    request
}

/// How a call is refused, and what the client reads.
async fn refusal(client: &mut HealthClient<Channel>, authorization: &[&str]) -> (Code, String) {
    let status = client.check(request(authorization)).await.unwrap_err();
    (status.code(), status.message().to_owned())
}

#[tokio::test]
async fn a_good_token_is_served() {
    let stand = Stand::new().await;
    let token = format!("Bearer {}", stand.provider.token("jane").scope("read:health").sign());
    let (mut client, _reporter) = health(&stand.auth).await;
    let answer = client.check(request(&[&token])).await.unwrap();
    assert_eq!(answer.get_ref().status(), health_check_response::ServingStatus::Serving);
}

/// The method of the request is POST, its path that of the call.
#[tokio::test]
async fn a_bound_token_is_served_with_its_proof() {
    let stand = Stand::with(|config| config.server_url("https://api.example").dpop("accepted")).await;
    let key = stand.provider.dpop_key();
    let token = stand.provider.token("jane").bound_to(&key).scope("read:health").sign();
    let (mut client, _reporter) = health(&stand.auth).await;
    let with = |path: &str| {
        let mut request = request(&[&format!("DPoP {token}")]);
        let proof = key.proof("POST", &format!("https://api.example{path}"), &token).sign();
        request.metadata_mut().append("dpop", MetadataValue::try_from(proof).unwrap());
        request
    };
    let answer = client.check(with("/grpc.health.v1.Health/Check")).await.unwrap();
    assert_eq!(answer.get_ref().status(), health_check_response::ServingStatus::Serving);
    let refused = client.check(with("/grpc.health.v1.Health/Watch")).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::Unauthenticated, "The DPoP proof is not accepted."));
}

#[tokio::test]
async fn a_refusal_is_a_status_that_the_client_understands() {
    let stand = Stand::new().await;
    let expired = format!("Bearer {}", stand.provider.token("jane").claim("exp", 1).sign());
    let unscoped = format!("Bearer {}", stand.provider.token("jane").sign());
    let (mut client, _reporter) = health(&stand.auth).await;
    for (authorization, code, message) in [
        (&[][..], Code::Unauthenticated, "Nobody is signed in, and there is no bearer token."),
        (&["Basic YTpi"], Code::Unauthenticated, "Nobody is signed in, and there is no bearer token."),
        (&["Bearer a", "Bearer b"], Code::InvalidArgument, "The request has more than one Authorization header."),
        (&["Bearer a.b.c"], Code::Unauthenticated, "The token is not accepted."),
        (&[&*expired], Code::Unauthenticated, "The token is not accepted."),
        (&[&*unscoped], Code::PermissionDenied, "The token lacks a scope."),
    ] {
        assert_eq!(refusal(&mut client, authorization).await, (code, message.to_owned()), "{authorization:?}");
    }
}

#[tokio::test]
async fn without_keys_a_call_is_unavailable() {
    let provider = TestProvider::start().await;
    let token = format!("Bearer {}", provider.token("jane").sign());
    provider.go_down();
    let auth = Auth::discover(provider.config()).await.unwrap();
    let (mut client, _reporter) = health(&auth).await;
    let message = "The credentials cannot be checked at the moment.".to_owned();
    assert_eq!(refusal(&mut client, &[&token]).await, (Code::Unavailable, message));
}

#[tokio::test]
async fn a_guard_without_the_layer_is_an_internal_error() {
    let stand = Stand::new().await;
    let (_reporter, health) = health_reporter();
    let (listener, address) = listen().await;
    let server = Server::builder().layer(stand.auth.require(scope("read:health"))).add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    let (code, message) = refusal(&mut client(address).await, &[]).await;
    assert_eq!(code, Code::Internal);
    assert!(message.contains("`.layer(auth.layer())`"), "{message}");
}

#[tokio::test]
async fn a_stream_of_messages_passes_one_by_one() {
    let stand = Stand::new().await;
    let token = format!("Bearer {}", stand.provider.token("jane").scope("read:health").sign());
    let (mut client, reporter) = health(&stand.auth).await;
    let mut watched = client.watch(request(&[&token])).await.unwrap().into_inner();
    let mut next = async || watched.message().await.unwrap().expect("the stream goes on").status();
    assert_eq!(next().await, health_check_response::ServingStatus::Serving);
    reporter.set_service_status("", ServingStatus::NotServing).await;
    assert_eq!(next().await, health_check_response::ServingStatus::NotServing);
    let refused = client.watch(request(&[])).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
}
