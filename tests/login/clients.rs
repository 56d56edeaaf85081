//! Every way in which an application proves itself when it exchanges a code, and both kinds of client, from page to page.

use std::{collections::BTreeMap, path::PathBuf};

use aws_lc_rs::{
    encoding::AsDer as _,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::StatusCode;
use serde_json::{Value, json};
use tower_oidc::{
    Config,
    testing::{Endpoint, TestProvider},
};
use url::form_urlencoded;

use super::support::{SECRET, SERVER, Stand, login_config, provider};

/// The last request at the token endpoint: its `Authorization` and its form.
fn exchange(provider: &TestProvider) -> (Option<String>, BTreeMap<String, String>) {
    let request = provider.last_request(Endpoint::Token).unwrap();
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    let header = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    (header, form_urlencoded::parse(request.body()).into_owned().collect())
}

/// The payload of a client assertion.
fn claims(assertion: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn method(config: Config, name: &str) -> Config {
    let mut config = config;
    config.authentication.oidc.client_authentication_method = Some(name.to_owned());
    config
}

/// A client that proves itself in that way, in front of its provider.
async fn stand(change: impl FnOnce(Config, &TestProvider) -> Config) -> Stand {
    let (provider, clock) = provider().await;
    let config = change(login_config(&provider, SERVER), &provider);
    Stand::built(provider, clock, config, |builder| builder).await
}

/// What every exchange says, whoever proves what.
fn assert_exchange(form: &BTreeMap<String, String>, pkce: bool) {
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["redirect_uri"], "https://app.example/callback");
    assert!(!form["code"].is_empty());
    assert_eq!(form.get("code_verifier").map(|verifier| verifier.len() >= 43), pkce.then_some(true));
}

/// `oidcc-client-test-client-secret-basic`. RFC 6749 section 2.3.1: both halves are form-encoded before they are put together.
#[tokio::test]
async fn client_secret_basic_form_encodes_id_and_secret() {
    let clock = tower_oidc::testing::ManualClock::new();
    let provider = TestProvider::builder().client_id("an id: with+signs%").clock(clock.clone()).start().await;
    let config = login_config(&provider, SERVER).client_secret("a secret: ü+/=%&");
    provider.add_service_account("an id: with+signs%", "a secret: ü+/=%&");
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    stand.signed_in("alice").await;
    let (header, form) = exchange(&stand.provider);
    let pair = STANDARD.decode(header.unwrap().strip_prefix("Basic ").unwrap()).unwrap();
    assert_eq!(String::from_utf8(pair).unwrap(), "an+id%3A+with%2Bsigns%25:a+secret%3A+%C3%BC%2B%2F%3D%25%26");
    assert_exchange(&form, true);
    assert!(!form.contains_key("client_secret") && !form.contains_key("client_assertion"));
}

#[tokio::test]
async fn client_secret_post_sends_it_in_the_form_alone() {
    let stand = stand(|config, _| method(config, "client_secret_post")).await;
    stand.signed_in("alice").await;
    let (header, form) = exchange(&stand.provider);
    assert_eq!(
        (header, &*form["client_id"], &*form["client_secret"]),
        (None, "test-client", stand.provider.client_secret())
    );
    assert_exchange(&form, true);
}

#[tokio::test]
async fn client_secret_jwt_signs_with_the_secret_and_does_not_send_it() {
    let stand = stand(|config, _| method(config, "client_secret_jwt")).await;
    stand.signed_in("alice").await;
    let (header, form) = exchange(&stand.provider);
    assert_eq!(header, None);
    assert!(form.values().all(|value| !value.contains(stand.provider.client_secret())));
    assert_exchange(&form, true);
    assert_assertions(&stand).await;
}

/// RFC 7523 section 3, and Auth0: a life of a few minutes, and an id that is good once. Every attempt has an assertion of its own.
async fn assert_assertions(stand: &Stand) {
    let (_, form) = exchange(&stand.provider);
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let first = claims(&form["client_assertion"]);
    assert_eq!((&first["iss"], &first["sub"]), (&json!("test-client"), &json!("test-client")));
    let now = stand.now();
    let (issued, ends) = (first["iat"].as_u64().unwrap(), first["exp"].as_u64().unwrap());
    assert!(issued <= now && ends > now && ends - issued <= 300, "{first}");
    let audience = first["aud"].as_str().expect("one audience, as a text");
    assert!([stand.provider.issuer(), &stand.provider.endpoint(Endpoint::Token).url()].contains(&audience));
    stand.signed_in("bob").await;
    let (_, form) = exchange(&stand.provider);
    assert_ne!(claims(&form["client_assertion"])["jti"], first["jti"]);
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

/// The configuration of a client with that key; its provider knows the public half.
fn with_key(config: Config, provider: &TestProvider, key: &str, algorithm: &str, public: &Value) -> Config {
    let mut config = method(config, "private_key_jwt");
    provider.add_service_account_with_key(provider.client_id(), public);
    let oidc = &mut config.authentication.oidc;
    (oidc.secret, oidc.private_key) = (None, Some(key.into()));
    oidc.private_key_id = Some("key-of-ours".to_owned());
    oidc.private_key_algorithm = Some(algorithm.to_owned());
    config
}

#[tokio::test]
async fn private_key_jwt_signs_with_an_elliptic_curve_key() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    let public = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "key-of-ours", "x": x, "y": y});
    let private = pem(pair.to_pkcs8v1().unwrap().as_ref());
    let stand = stand(|config, provider| with_key(config, provider, &private, "ES256", &public)).await;
    stand.signed_in("alice").await;
    assert_exchange(&exchange(&stand.provider).1, true);
    assert_assertions(&stand).await;
}

#[tokio::test]
async fn private_key_jwt_signs_with_an_rsa_key_by_either_padding() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let encoded = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let modulus = encoded(pair.public_key().modulus().big_endian_without_leading_zero());
    let exponent = encoded(pair.public_key().exponent().big_endian_without_leading_zero());
    let private = pem(pair.as_der().unwrap().as_ref());
    for algorithm in ["RS256", "PS256"] {
        let public = json!({"kty": "RSA", "alg": algorithm, "kid": "key-of-ours", "n": modulus, "e": exponent});
        let stand = stand(|config, provider| with_key(config, provider, &private, algorithm, &public)).await;
        stand.signed_in("alice").await;
        let (header, form) = exchange(&stand.provider);
        assert!(header.is_none() && !form.contains_key("client_secret"), "{algorithm}");
        let head = URL_SAFE_NO_PAD.decode(form["client_assertion"].split('.').next().unwrap()).unwrap();
        let head: Value = serde_json::from_slice(&head).unwrap();
        assert_eq!((&head["alg"], &head["kid"]), (&json!(algorithm), &json!("key-of-ours")));
    }
}

#[tokio::test]
async fn a_client_with_the_wrong_credential_signs_nobody_in() {
    let another = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    let public = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "key-of-ours", "x": x, "y": y});
    let wrong_key = pem(another.to_pkcs8v1().unwrap().as_ref());
    let wrong_secret = "another secret that is long enough for HS256 too";
    for name in ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"] {
        let stand = stand(|config, provider| match name {
            "private_key_jwt" => with_key(config, provider, &wrong_key, "ES256", &public),
            name => method(config, name).client_secret(wrong_secret),
        })
        .await;
        let mut browser = stand.browser();
        let page = stand.sign_in(&mut browser, "alice").await;
        assert_eq!(
            (page.status, stand.login_error().code()),
            (StatusCode::INTERNAL_SERVER_ERROR, "exchange_failed"),
            "{name}"
        );
        assert_eq!(browser.fetch("/me").await.status, StatusCode::UNAUTHORIZED, "{name}");
    }
}

#[tokio::test]
async fn a_public_client_with_a_code_proves_nothing_but_the_verifier() {
    let (provider, clock) = provider().await;
    let mut config = provider.public_login_config(SERVER).session_secret(SECRET);
    config.authentication.oidc.response_type = Some("code".to_owned());
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    stand.signed_in("alice").await;
    let (header, form) = exchange(&stand.provider);
    assert_eq!((header, &*form["client_id"]), (None, "test-client"));
    assert_exchange(&form, true);
    assert!(!form.contains_key("client_secret") && !form.contains_key("client_assertion"));
}

#[tokio::test]
async fn disable_pkce_leaves_challenge_and_verifier_out() {
    let stand = stand(|mut config, _| {
        config.authentication.oidc.disable_pkce = Some(true);
        config
    })
    .await;
    stand.signed_in("alice").await;
    assert_exchange(&exchange(&stand.provider).1, false);
    let asked = stand.provider.last_request(Endpoint::Authorize).unwrap();
    assert!(!asked.uri().query().unwrap().contains("code_challenge"));
}

#[tokio::test]
async fn the_implicit_flow_asks_the_token_endpoint_for_nothing() {
    for stand in [Stand::implicit(|config| config).await, stand(confidential_implicit).await] {
        stand.signed_in("alice").await;
        assert_eq!(stand.provider.requests(Endpoint::Token), 0);
    }
}

fn confidential_implicit(mut config: Config, _: &TestProvider) -> Config {
    config.authentication.oidc.response_type = Some("id_token".to_owned());
    config
}

#[tokio::test]
async fn use_nonce_false_sends_none_and_signs_in() {
    let stand = stand(|mut config, _| {
        config.authentication.oidc.use_nonce = Some(false);
        config
    })
    .await;
    stand.signed_in("alice").await;
    let asked = stand.provider.last_request(Endpoint::Authorize).unwrap();
    assert!(!asked.uri().query().unwrap().contains("nonce"));
}

/// A file that is gone when the test is.
struct SecretFile(PathBuf);

impl SecretFile {
    fn new(text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tower-oidc-login-{}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// `OIDC_CLIENT_SECRET_FILE` is read again when the provider answers `invalid_client`: the rotation of a secret needs no restart.
#[tokio::test]
async fn a_secret_that_was_rotated_in_its_file_is_found_and_the_login_goes_on() {
    let file = SecretFile::new("the first secret, which is as good as any other");
    let stand = stand(|mut config, provider| {
        config.authentication.oidc.secret = None;
        provider.add_service_account(provider.client_id(), "the first secret, which is as good as any other");
        config.client_secret_file(&file.0)
    })
    .await;
    stand.signed_in("alice").await;
    stand.provider.add_service_account(stand.provider.client_id(), "the second secret, which is as good as the first");
    std::fs::write(&file.0, "the second secret, which is as good as the first\n").unwrap();
    stand.signed_in("bob").await;
}
