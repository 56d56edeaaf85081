//! What the provider issues for something else, and what was changed on the way.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};
use tower_oidc::{
    jose::JoseError,
    layer::AuthError,
    types::{Algorithm, Scopes},
    validator::TokenError,
};

use crate::{
    provider::{Provider, api, first_token},
    service::{Service, config},
    tokens::{CLIENT_ID, log_in},
};

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_token_for_another_api_is_refused() {
    let provider = Provider::start().await;
    let elsewhere = config(provider.endpoints(), "RS256", "https://other.example", "access_token");
    let service = Service::discover(elsewhere).await;
    assert_eq!(service.refuses(&provider.token("RS256").await).await, TokenError::Audience);
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_token_without_the_scope_is_forbidden_and_the_challenge_names_it() {
    let provider = Provider::start().await;
    let service = Service::of(provider.endpoints(), "RS256").await;
    for scope in ["write:orders", ""] {
        let account = provider.endpoints().account("client_secret_post").resource(api("RS256"));
        let answer = service.ask(&first_token(account.scopes(Scopes::parse(scope))).await).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        let challenge = answer.challenge.unwrap();
        assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
        assert!(challenge.contains("scope=\"read:orders\""), "{challenge}");
        assert!(matches!(answer.reason, Some(AuthError::Denied(_))));
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn an_algorithm_that_the_operator_did_not_allow_is_refused() {
    let provider = Provider::start().await;
    for (used, algorithm) in [("ES256", Algorithm::Es256), ("PS256", Algorithm::Ps256), ("RS384", Algorithm::Rs384)] {
        let service = Service::discover(config(provider.endpoints(), "RS256", &api(used), "access_token")).await;
        let reason = service.refuses(&provider.token(used).await).await;
        assert_eq!(reason, TokenError::AlgorithmNotAllowed { algorithm });
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_token_that_was_changed_on_the_way_is_refused() {
    let provider = Provider::start().await;
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let service = Service::of(provider.endpoints(), algorithm).await;
        let good = provider.token(algorithm).await;
        let another = provider.token(algorithm).await;
        service.accepts(&good).await;
        for bad in [promoted(&good), flipped(&good), with_signature_of(&good, &another)] {
            assert_eq!(service.refuses(&bad).await, TokenError::Jose(JoseError::Signature), "{algorithm}");
        }
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_token_of_another_provider_is_refused() {
    let (ours, theirs) = tokio::join!(Provider::start(), Provider::start());
    let service = Service::of(ours.endpoints(), "RS256").await;
    assert_eq!(service.refuses(&theirs.token("RS256").await).await, TokenError::UnknownIssuer);
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn an_opaque_token_is_not_a_jwt() {
    let provider = Provider::start().await;
    let service = Service::of(provider.endpoints(), "RS256").await;
    let for_no_api = first_token(provider.endpoints().account("client_secret_post")).await;
    for token in [for_no_api, provider.token("opaque").await] {
        assert_eq!(service.refuses(&token).await, TokenError::Jose(JoseError::Segments));
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_token_under_a_shared_secret_or_an_encrypted_one_is_refused() {
    let provider = Provider::start().await;
    for (kind, reason) in [("HS256", JoseError::Symmetric), ("encrypted", JoseError::Encrypted)] {
        let service = Service::discover(config(provider.endpoints(), "RS256", &api(kind), "access_token")).await;
        assert_eq!(service.refuses(&provider.token(kind).await).await, TokenError::Jose(reason));
    }
}

/// The audience is the client itself, as it is where the operator sets none: nothing but the kind of the token tells.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn an_id_token_is_no_access_token_even_for_its_own_client() {
    let provider = Provider::start().await;
    let service = Service::discover(config(provider.endpoints(), "RS256", CLIENT_ID, "access_token")).await;
    for (nonce, expected) in [(Some("n-0S6_WzA2Mj"), TokenError::IdToken), (None, TokenError::Unmarked)] {
        let tokens = log_in(provider.endpoints(), "jane", &api("RS256"), nonce).await;
        assert_eq!(service.refuses(&tokens.id_token).await, expected);
    }
}

/// The token with another subject.
fn promoted(token: &str) -> String {
    let [header, payload, signature] = parts(token);
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["sub"] = json!("admin");
    format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// The token with one other bit in its signature.
fn flipped(token: &str) -> String {
    let [header, payload, signature] = parts(token);
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let middle = signature.len() / 2;
    signature[middle] ^= 1;
    format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The token with a signature that the same key made for another one.
fn with_signature_of(token: &str, another: &str) -> String {
    let ([header, payload, _], [_, _, signature]) = (parts(token), parts(another));
    format!("{header}.{payload}.{signature}")
}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().unwrap()
}
