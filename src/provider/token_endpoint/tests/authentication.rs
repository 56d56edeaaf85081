use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::{Method, header};
use serde_json::json;

use crate::{
    jose::{JwkSet, Jws, KeyRing},
    types::{Algorithm, Claims},
};

use super::*;

async fn sent(authentication: ClientAuthentication) -> Request<Bytes> {
    let scene = Scene::new(authentication, [good()]);
    assert_eq!(scene.request().await.unwrap().access_token.expose(), "at-1");
    let mut requests = scene.requests();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

#[tokio::test]
async fn a_request_is_a_form_posted_for_json() {
    let request = sent(ClientAuthentication::None).await;
    assert_eq!((request.method(), request.uri().to_string().as_str()), (&Method::POST, URL));
    assert_eq!(request.headers()[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
    assert_eq!(request.headers()[header::ACCEPT], "application/json");
    assert_eq!(request.headers().len(), 2);
    assert_eq!(body(&request), "grant_type=client_credentials&scope=read+write&client_id=me");
}

#[tokio::test]
async fn client_secret_basic_stands_in_the_header_alone() {
    let request = sent(ClientAuthentication::Basic(secret("p:+ %\u{e9}"))).await;
    let value = &request.headers()[header::AUTHORIZATION];
    assert!(value.is_sensitive());
    assert_eq!(value, &format!("Basic {}", STANDARD.encode("me:p%3A%2B+%25%C3%A9")));
    assert_eq!(body(&request), "grant_type=client_credentials&scope=read+write");
}

#[tokio::test]
async fn client_secret_post_stands_in_the_form_alone() {
    let request = sent(ClientAuthentication::Post(secret("p:+ %\u{e9}"))).await;
    assert!(!request.headers().contains_key(header::AUTHORIZATION));
    assert_eq!(
        body(&request),
        "grant_type=client_credentials&scope=read+write&client_id=me&client_secret=p%3A%2B+%25%C3%A9"
    );
}

#[tokio::test]
async fn client_secret_jwt_signs_with_the_secret() {
    let request = sent(ClientAuthentication::SecretJwt(secret(SECRET))).await;
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.set_audience(&[ISSUER]);
    validation.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_secret(SECRET.as_bytes());
    let assertion = field(&request, "client_assertion").unwrap();
    let token = jsonwebtoken::decode::<serde_json::Value>(&assertion, &key, &validation).unwrap();
    assert_eq!((&token.claims["iss"], &token.claims["sub"]), (&json!("me"), &json!("me")));
    assert!(!request.headers().contains_key(header::AUTHORIZATION));
    assert_eq!(field(&request, "client_secret"), None);
}

/// A private key, and what verifies its signatures.
pub(super) fn key() -> (ClientAuthentication, KeyRing) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(pair.to_pkcs8v1().unwrap())
    );
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    let set = json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "k1", "x": x, "y": y}]});
    let ring = KeyRing::new([&JwkSet::parse(set.to_string().as_bytes()).unwrap()], Algorithm::Es256.into());
    let authentication = ClientAuthentication::PrivateKeyJwt {
        key: secret(&pem),
        key_id: Some("k1".to_owned()),
        algorithm: Algorithm::Es256,
    };
    (authentication, ring)
}

pub(super) fn verified(request: &Request<Bytes>, ring: &KeyRing) -> Claims {
    let assertion = field(request, "client_assertion").unwrap();
    let jws = Jws::parse(&assertion).unwrap();
    assert_eq!((jws.key_id(), jws.algorithm()), (Some("k1"), Algorithm::Es256));
    jws.verify(ring.find(Some("k1"), Algorithm::Es256).unwrap()).unwrap()
}

#[tokio::test]
async fn private_key_jwt_signs_with_the_key() {
    let (authentication, ring) = key();
    let request = sent(authentication).await;
    let claims = verified(&request, &ring);
    assert_eq!(claims.names().collect::<Vec<_>>(), ["iss", "sub", "aud", "jti", "iat", "exp"]);
    assert_eq!(claims.string("iss").unwrap().unwrap(), "me");
    assert_eq!(claims.string("sub").unwrap().unwrap(), "me");
    assert_eq!(claims.string("aud").unwrap().unwrap(), ISSUER);
    assert_eq!(claims.seconds("iat").unwrap(), Some(1_700_000_000));
    assert_eq!(claims.seconds("exp").unwrap(), Some(1_700_000_060));
    let start = "grant_type=client_credentials&scope=read+write&client_id=me&client_assertion_type=\
                 urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=";
    assert!(body(&request).starts_with(start), "{}", body(&request));
    assert_eq!(request.headers().len(), 2);
}

#[tokio::test]
async fn an_assertion_may_name_the_token_endpoint_instead() {
    let (authentication, ring) = key();
    let mut scene = Scene::new(authentication, [good()]);
    scene.endpoint = scene.endpoint.with_assertion_audience(AssertionAudience::TokenEndpoint);
    scene.request().await.unwrap();
    assert_eq!(verified(&scene.requests()[0], &ring).string("aud").unwrap().unwrap(), URL);
}

#[tokio::test]
async fn each_attempt_has_an_assertion_of_its_own() {
    let (authentication, ring) = key();
    let scene = Scene::new(authentication, [Reply::Down, good()]);
    scene.request().await.unwrap_err();
    scene.clock.advance(Duration::from_secs(30)).await;
    scene.request().await.unwrap();
    let claims: Vec<_> = scene.requests().iter().map(|request| verified(request, &ring)).collect();
    assert_ne!(claims[0].string("jti").unwrap(), claims[1].string("jti").unwrap());
    assert_eq!(claims[1].seconds("iat").unwrap(), Some(1_700_000_030));
}

#[test]
fn an_unusable_credential_is_refused_before_anything_is_sent() {
    let refused = TokenEndpoint::new(
        Url::parse(URL).unwrap(),
        Issuer::new(ISSUER),
        "me".to_owned(),
        ClientAuthentication::SecretJwt(secret("hunter2")),
        Arc::new(ScriptedClient::default()),
        Arc::new(ManualClock::default()),
    );
    assert_eq!(refused.unwrap_err(), ClientAuthenticationError::ShortSecret { limit: 32 });
}
