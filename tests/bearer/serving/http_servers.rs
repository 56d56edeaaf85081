//! HTTP: the same requests to axum and to bare hyper, with the same answers.

use std::net::SocketAddr;

use axum::{Router, routing::get};
use http::{
    StatusCode,
    header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE},
};
use reqwest::{Client, Response};
use serde_json::Value;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_oidc::{
    Auth, Principal,
    principal::rules::scope,
    testing::{Endpoint, Fault, TestProvider},
    types::Algorithm,
};

use crate::support::Stand;

use super::{hello, listen, serve};

/// Two servers with one guarded route, which greets whoever may read orders.
async fn servers(auth: &Auth) -> [(&'static str, SocketAddr); 2] {
    let guard = || auth.require(scope("read:orders"));
    let greet = get(|principal: Principal| async move { format!("hello, {}", principal.username()) });
    let app = Router::new().route("/", greet.layer(guard())).layer(auth.layer());
    let (listener, axum) = listen().await;
    tokio::spawn(async move { axum::serve(listener, app).await });

    let service = ServiceBuilder::new().layer(auth.layer()).layer(guard()).service(service_fn(hello));
    [("axum", axum), ("hyper", serve(service).await)]
}

async fn ask(address: SocketAddr, authorization: &[&str]) -> Response {
    let client = Client::builder().no_proxy().build().unwrap();
    let mut request = client.get(format!("http://{address}/"));
    for value in authorization {
        request = request.header(AUTHORIZATION, *value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_good_token_is_served() {
    let stand = Stand::new().await;
    let token = format!("Bearer {}", stand.provider.token("jane").scope("read:orders").sign());
    for (server, address) in servers(&stand.auth).await {
        let response = ask(address, &[&token]).await;
        assert_eq!(response.status(), StatusCode::OK, "{server}");
        assert_eq!(response.content_length(), Some(11), "{server}: the length of the inner body is still known");
        assert_eq!(response.text().await.unwrap(), "hello, jane", "{server}");
    }
}

#[tokio::test]
async fn every_kind_of_refusal_reaches_the_client() {
    let stand = Stand::new().await;
    let expired = format!("Bearer {}", stand.provider.token("jane").claim("exp", 1).sign());
    let unscoped = format!("Bearer {}", stand.provider.token("jane").sign());
    for (server, address) in servers(&stand.auth).await {
        for (authorization, status, error) in [
            (&[][..], StatusCode::UNAUTHORIZED, "no_credentials"),
            (&["Basic YTpi"], StatusCode::UNAUTHORIZED, "no_credentials"),
            (&["Bearer a", "Bearer b"], StatusCode::BAD_REQUEST, "invalid_request"),
            (&["Bearer a.b.c"], StatusCode::UNAUTHORIZED, "invalid_token"),
            (&[&*expired], StatusCode::UNAUTHORIZED, "invalid_token"),
            (&[&*unscoped], StatusCode::FORBIDDEN, "insufficient_scope"),
        ] {
            let response = ask(address, authorization).await;
            assert_eq!(response.status(), status, "{server}: {authorization:?}");
            assert!(response.headers().contains_key(WWW_AUTHENTICATE), "{server}: {authorization:?}");
            let problem: Value = response.json().await.unwrap();
            assert_eq!(problem["error"], error, "{server}: {authorization:?}");
        }
    }
}

#[tokio::test]
async fn without_keys_clients_are_asked_to_come_back() {
    let provider = TestProvider::start().await;
    let token = format!("Bearer {}", provider.token("jane").sign());
    provider.go_down();
    let auth = Auth::discover(provider.config()).await.unwrap();
    for (server, address) in servers(&auth).await {
        let response = ask(address, &[&token]).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{server}");
        assert!(response.headers().contains_key(RETRY_AFTER), "{server}");
        assert_eq!(ask(address, &[]).await.status(), StatusCode::UNAUTHORIZED, "{server}: no token, nothing to check");
    }
}

#[tokio::test]
async fn a_request_that_waits_for_new_keys_holds_up_nobody() {
    let stand = Stand::new().await;
    let good = format!("Bearer {}", stand.provider.token("jane").scope("read:orders").sign());
    stand.provider.rotate_keys(Algorithm::Rs256);
    let with_new_key = format!("Bearer {}", stand.provider.token("john").scope("read:orders").sign());
    let jwks = stand.provider.endpoint(Endpoint::Jwks);
    jwks.fail_with(Fault::Hang);
    let [(_, axum), (_, hyper)] = servers(&stand.auth).await;

    let before = jwks.requests();
    let waiting = [axum, hyper].map(|address| {
        let token = with_new_key.clone();
        tokio::spawn(async move { ask(address, &[&token]).await.text().await.unwrap() })
    });
    stand.eventually(jwks.wait_for_requests(before + 1)).await;
    for address in [axum, hyper] {
        assert_eq!(ask(address, &[&good]).await.text().await.unwrap(), "hello, jane");
    }
    assert!(waiting.iter().all(|request| !request.is_finished()));
    jwks.heal();
    for request in waiting {
        assert_eq!(request.await.unwrap(), "hello, john");
    }
    assert_eq!(jwks.requests(), before + 1, "both waited for the same renewal");
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    let stand = Stand::new().await;
    let inner = service_fn(|_: http::Request<String>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    // A concurrency limit panics when it is called without having been ready, and blocks when a place is never given back.
    let mut service = ServiceBuilder::new()
        .layer(stand.auth.layer())
        .concurrency_limit(1)
        .layer(stand.auth.require(scope("read:orders")))
        .service(inner);
    let request = |token: &str| {
        http::Request::get("/").header(AUTHORIZATION, format!("Bearer {token}")).body(String::new()).unwrap()
    };
    let good = stand.provider.token("jane").scope("read:orders").sign();
    let unscoped = stand.provider.token("jane").sign();
    for (token, status) in [
        (&*good, StatusCode::OK),
        ("a.b.c", StatusCode::UNAUTHORIZED),
        (&*unscoped, StatusCode::FORBIDDEN),
        (&*good, StatusCode::OK),
    ] {
        let response = service.ready().await.unwrap().call(request(token)).await.unwrap();
        assert_eq!(response.status(), status);
    }
}
