//! Holders of their tokens.

use http::{Method, Request, StatusCode, Uri};
use serde_json::json;
use tokio::net::TcpStream;
use tower_oidc::{
    testing::{DpopKey, Endpoint},
    types::Algorithm,
    validator::ProofError,
};

use crate::support::Stand;

use super::{ORDERS, accepting, bound, get, jane, proof, requiring, send};

#[tokio::test]
async fn a_bound_token_with_its_proof_is_accepted() {
    for change in [accepting, requiring] {
        let stand = Stand::with(change).await;
        let (key, token) = jane(&stand);
        for scheme in ["DPoP", "dpop", "DPOP"] {
            let headers = [("authorization", &*format!("{scheme} {token}")), ("dpop", &proof(&key, &token).sign())];
            let answer = get(&stand, &headers).await;
            assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "jane"), "{scheme}: {:?}", answer.reason);
        }
    }
}

#[tokio::test]
async fn proofs_by_every_algorithm_are_accepted() {
    let stand = Stand::with(accepting).await;
    for &algorithm in Algorithm::ALL {
        let key = DpopKey::generate(algorithm).with_clock(stand.clock.clone());
        let token = stand.provider.token("jane").bound_to(&key).sign();
        assert_eq!(bound(&stand, &token, &proof(&key, &token).sign()).await.status, StatusCode::OK, "{algorithm}");
    }
}

/// The token is remembered, and its proof is not.
#[tokio::test]
async fn a_remembered_token_needs_a_proof_at_every_request() {
    let stand = Stand::with(accepting).await;
    let (key, token) = jane(&stand);
    for _ in 0..3 {
        assert_eq!(bound(&stand, &token, &proof(&key, &token).sign()).await.status, StatusCode::OK);
    }
    let other = stand.provider.dpop_key();
    let stolen = bound(&stand, &token, &proof(&other, &token).sign()).await;
    assert_eq!(stolen.refusal(), &tower_oidc::validator::TokenError::AnotherHolder);
    let replayed = proof(&key, &token).sign();
    assert_eq!(bound(&stand, &token, &replayed).await.status, StatusCode::OK);
    assert_eq!(bound(&stand, &token, &replayed).await.proof_refusal(), &ProofError::Replayed);
}

#[tokio::test]
async fn bearer_tokens_go_on_where_bound_ones_are_accepted() {
    let stand = Stand::with(accepting).await;
    let token = stand.provider.token("jane").sign();
    for headers in [
        &[("authorization", &*format!("Bearer {token}"))][..],
        // What nobody asked for is not looked at.
        &[("authorization", &*format!("Bearer {token}")), ("dpop", "nonsense")],
    ] {
        let answer = get(&stand, headers).await;
        assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "jane"));
    }
}

/// The request is decided twice, and its proof is used once.
#[tokio::test]
async fn a_request_that_waits_for_keys_does_not_use_up_its_own_proof() {
    let stand = Stand::with(accepting).await;
    stand.provider.rotate_keys(Algorithm::Rs256);
    let (key, token) = jane(&stand);
    let asked = stand.provider.requests(Endpoint::Jwks);
    let once = proof(&key, &token).sign();
    let answer = bound(&stand, &token, &once).await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "jane"), "{:?}", answer.reason);
    assert_eq!(stand.provider.requests(Endpoint::Jwks), asked + 1, "it waited");
    assert_eq!(bound(&stand, &token, &once).await.proof_refusal(), &ProofError::Replayed);

    stand.provider.rotate_keys(Algorithm::Rs256);
    let token = stand.provider.token("jane").bound_to(&key).sign();
    let (once, uri) = (proof(&key, &token).sign(), Uri::from_static("/orders"));
    stand.clock.advance(std::time::Duration::from_secs(30));
    let direct = stand.eventually(stand.auth.validate_bound(&token, &once, &Method::GET, &uri)).await;
    assert_eq!(direct.unwrap().subject(), "jane");
}

#[tokio::test]
async fn the_direct_call_and_the_layer_share_what_they_remember() {
    let stand = Stand::with(accepting).await;
    let (key, token) = jane(&stand);
    let (once, uri) = (proof(&key, &token).sign(), Uri::from_static("https://elsewhere.example/orders?page=7"));
    let direct = stand.auth.validate_bound(&token, &once, &Method::GET, &uri).await.unwrap();
    assert_eq!(direct.subject(), "jane");
    assert_eq!(bound(&stand, &token, &once).await.proof_refusal(), &ProofError::Replayed);
    assert!(stand.auth.validate_bound(&token, &once, &Method::GET, &uri).await.is_err());
}

#[tokio::test]
async fn without_the_memory_for_tokens_proofs_are_looked_at_all_the_same() {
    let (provider, clock) = crate::support::provider().await;
    let config = accepting(provider.config());
    let auth = tower_oidc::Auth::builder(config).with_clock(clock.clone()).without_token_cache();
    let stand = Stand { auth: auth.discover().await.unwrap(), provider, clock };
    let (key, token) = jane(&stand);
    let once = proof(&key, &token).sign();
    assert_eq!(bound(&stand, &token, &once).await.status, StatusCode::OK);
    assert_eq!(bound(&stand, &token, &once).await.proof_refusal(), &ProofError::Replayed);
    let bearer = get(&stand, &[("authorization", &format!("Bearer {token}"))]).await;
    assert_eq!(bearer.refusal(), &tower_oidc::validator::TokenError::ProofMissing);
}

/// The address is that of the configuration, whatever the request says: `Host`, an absolute address, a header of a proxy.
#[tokio::test]
async fn the_address_is_the_configured_one_whatever_the_request_says() {
    let stand = Stand::with(|config| accepting(config).server_url("https://api.example/shop")).await;
    let (key, token) = jane(&stand);
    let ask = async |uri: &str, url: &str| {
        let request = Request::get(uri)
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example;proto=http")
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", key.proof("GET", url, &token).sign());
        send(&stand.auth, request.body(String::new()).unwrap()).await
    };
    for uri in ["/orders", "http://evil.example/orders", "https://api.example/orders"] {
        assert_eq!(ask(uri, ORDERS).await.status, StatusCode::OK, "{uri}");
        assert_eq!(ask(uri, "https://evil.example/orders").await.proof_refusal(), &ProofError::Address, "{uri}");
    }
    // The path is the one that the layer sees, whole.
    assert_eq!(ask("/shop/orders", "https://api.example/shop/orders").await.status, StatusCode::OK);
    assert_eq!(ask("/orders", "https://api.example/shop/orders").await.proof_refusal(), &ProofError::Address);
}

#[tokio::test]
async fn the_origin_of_the_callback_stands_for_the_server_url() {
    let (provider, clock) = crate::support::provider().await;
    let mut config = provider.login_config("https://api.example").dpop("accepted");
    config.authentication.oidc.server_url = None;
    let stand = Stand::of(provider, clock, config.session_secret("a secret of the tests that is long enough")).await;
    let (key, token) = jane(&stand);
    assert_eq!(bound(&stand, &token, &proof(&key, &token).sign()).await.status, StatusCode::OK);
}

/// A proof is held against the method and the path that the server has read from the wire.
#[tokio::test]
async fn it_holds_over_http_1_and_http_2() {
    use axum::{Router, routing::any};
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let stand = Stand::with(accepting).await;
    let me = async |principal: tower_oidc::Principal| principal.subject().to_owned();
    let app = Router::new().route("/orders", any(me)).layer(stand.auth.layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let (key, token) = jane(&stand);
    let ask = |proof: String| {
        let request = Request::post(format!("http://{address}/orders?page=2"));
        let request = request.header("host", address.to_string()).header("authorization", format!("DPoP {token}"));
        request.header("dpop", proof).body(String::new()).unwrap()
    };
    let good = || key.proof("POST", ORDERS, &token).sign();
    let other = || key.proof("GET", ORDERS, &token).sign();

    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut one, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut two, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    for (proof, status) in [(good(), StatusCode::OK), (other(), StatusCode::UNAUTHORIZED)] {
        one.ready().await.unwrap();
        assert_eq!(one.send_request(ask(proof)).await.unwrap().status(), status);
    }
    for (proof, status) in [(good(), StatusCode::OK), (other(), StatusCode::UNAUTHORIZED)] {
        two.ready().await.unwrap();
        assert_eq!(two.send_request(ask(proof)).await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn clients_can_read_what_is_asked_of_them() {
    let metadata = async |change: fn(tower_oidc::Config) -> tower_oidc::Config| {
        let stand = Stand::with(change).await;
        serde_json::to_value(stand.auth.protected_resource()).unwrap()
    };
    let all = Algorithm::ALL.iter().copied().map(Algorithm::name).collect::<Vec<_>>();
    let (off, accepted, required) =
        (metadata(|config| config).await, metadata(accepting).await, metadata(requiring).await);
    assert_eq!(off.get("dpop_signing_alg_values_supported"), None);
    assert_eq!(off.get("dpop_bound_access_tokens_required"), None);
    assert_eq!(accepted["dpop_signing_alg_values_supported"], json!(all));
    assert_eq!(accepted.get("dpop_bound_access_tokens_required"), None);
    assert_eq!(accepted["resource"], "https://api.example");
    assert_eq!(required["dpop_signing_alg_values_supported"], json!(all));
    assert_eq!(required["dpop_bound_access_tokens_required"], true);
}
