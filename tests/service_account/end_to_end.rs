//! Both sides: the layer that sends a machine's token, and the one that takes it.

use std::{net::SocketAddr, time::Duration};

use axum::{Json, Router, routing::get};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use tower_oidc::{
    Auth, Config, Principal,
    client::{CallError, TokenSource},
    config::TrustedIssuer,
    principal::rules::{scope, signed_in},
    testing::{Endpoint, TestProvider, TokenProfile},
};

use super::support::{CLIENT, Stand};

async fn me(principal: Principal) -> Json<Principal> {
    Json(principal)
}

/// A service behind the layer, whose configuration is that of the stand's provider, changed.
async fn serve(stand: &Stand, change: impl FnOnce(Config) -> Config) -> SocketAddr {
    let config = change(stand.provider.config());
    let auth = Auth::builder(config).with_clock(stand.clock.clone()).discover().await.unwrap();
    assert!(auth.is_ready());
    let app = Router::new()
        .route("/me", get(me).layer(auth.require(signed_in())))
        .route("/orders", get("no orders").layer(auth.require(scope("read:orders"))))
        .route("/write", get("written").layer(auth.require(scope("write:orders"))))
        .layer(auth.layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// A GET through hyper's client under the layer.
async fn send(tokens: &TokenSource, address: SocketAddr, path: &str) -> Result<Response<Bytes>, CallError> {
    let client: Client<HttpConnector, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut service = tokens.layer(format!("http://{address}").parse().unwrap()).layer(client);
    let request = Request::get(format!("http://{address}{path}")).body(Empty::new()).unwrap();
    let (head, body) = service.ready().await?.call(request).await?.into_parts();
    Ok(Response::from_parts(head, body.collect().await.unwrap().to_bytes()))
}

async fn principal(stand: &Stand, address: SocketAddr) -> Value {
    let response = send(&stand.tokens, address, "/me").await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{response:?}");
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test]
async fn a_machine_comes_in_as_itself_in_either_profile() {
    let stand = Stand::new().await;
    let address = serve(&stand, |config| config).await;
    let auth0 = principal(&stand, address).await;
    assert_eq!(
        (&auth0["sub"], &auth0["via"], &auth0["bot"]),
        (&"ingestion@clients".into(), &"bearer".into(), &false.into())
    );

    stand.provider.set_token_profile(TokenProfile::Rfc9068);
    let old = stand.token().await;
    stand.tokens.replace(&old).await.unwrap();
    assert_eq!(principal(&stand, address).await["sub"], CLIENT);
}

#[tokio::test]
async fn a_bot_is_exempt_from_the_domain_that_people_must_be_of() {
    let stand = Stand::new().await;
    let enforcing = |config: Config| config.principal_domain("company.example").enforce_principal_domain(true);
    let address = serve(&stand, enforcing).await;
    assert_eq!(send(&stand.tokens, address, "/me").await.unwrap().status(), StatusCode::FORBIDDEN);

    for name in [CLIENT, "ingestion@clients"] {
        let address = serve(&stand, |config| enforcing(config).bot(name)).await;
        assert_eq!(principal(&stand, address).await["bot"], true, "{name}");
    }
}

#[tokio::test]
async fn the_rules_of_a_route_read_scopes_and_permissions_of_a_machine() {
    let stand = Stand::new().await;
    let address = serve(&stand, |config| config).await;
    for (path, status) in [("/orders", 200), ("/write", 403)] {
        assert_eq!(send(&stand.tokens, address, path).await.unwrap().status(), status, "{path}");
    }

    let auth0 = serve(&stand, |config| config.provider("auth0")).await;
    let token = stand.provider.machine_token(CLIENT).claim("permissions", ["write:orders"]).sign();
    let request = reqwest::Client::new().get(format!("http://{auth0}/write")).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_new_token_follows_when_the_provider_withdraws_its_key() {
    let stand = Stand::new().await;
    let address = serve(&stand, |config| config).await;
    principal(&stand, address).await;

    let old = stand.provider.signing_key();
    stand.provider.rotate_keys(old.algorithm());
    stand.provider.remove_key(old.key_id());
    let fetched = stand.provider.requests(Endpoint::Jwks);
    stand.clock.wait_for_sleepers(1).await;
    stand.clock.advance(Duration::from_secs(300));
    stand.provider.endpoint(Endpoint::Jwks).wait_for_requests(fetched + 1).await;

    let response = stand.eventually(send(&stand.tokens, address, "/me")).await.unwrap();
    assert_eq!((response.status(), stand.requests()), (StatusCode::OK, 2));
}

#[tokio::test]
async fn tokens_that_a_service_mints_itself_come_in_by_a_trusted_issuer() {
    let stand = Stand::new().await;
    let own = TestProvider::builder().clock(stand.clock.clone()).start().await;
    let address = serve(&stand, |config| {
        config.trusted_issuer(TrustedIssuer::new(own.issuer()).audience(own.audience())).bot("ingestion-bot")
    })
    .await;
    let token = own.token("ingestion-bot").without("client_id").sign();
    let response = reqwest::Client::new().get(format!("http://{address}/me")).bearer_auth(token).send().await.unwrap();
    let principal: Value = response.json().await.unwrap();
    assert_eq!((&principal["sub"], &principal["bot"]), (&"ingestion-bot".into(), &true.into()));
}

#[tokio::test]
async fn reqwest_goes_under_the_layer_too() {
    let stand = Stand::new().await;
    let address = serve(&stand, |config| config).await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let reqwest_service = service_fn(move |request: Request<reqwest::Body>| {
        let client = client.clone();
        async move { client.execute(request.try_into()?).await.map(Response::<reqwest::Body>::from) }
    });
    let layer = stand.tokens.layer(format!("http://{address}").parse().unwrap());
    let mut service = layer.layer(reqwest_service);
    let request = Request::get(format!("http://{address}/orders")).body(reqwest::Body::default()).unwrap();
    let response = service.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "no orders");
}

#[tokio::test]
async fn a_token_can_be_sent_by_hand() {
    let stand = Stand::new().await;
    let address = serve(&stand, |config| config).await;
    let token = stand.token().await;
    let request = reqwest::Client::new().get(format!("http://{address}/orders")).bearer_auth(token.expose());
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
}
