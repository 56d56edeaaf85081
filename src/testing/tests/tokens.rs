//! The tokens, judged by another library.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, Validation, crypto::aws_lc, jwk::JwkSet};
use serde_json::{Value, json};

use super::{TestProvider, get};
use crate::{
    testing::{Endpoint, ManualClock, SigningKey, jws},
    types::{Algorithm, Clock as _, unix_seconds},
};

async fn fast() -> TestProvider {
    TestProvider::builder().algorithm(Algorithm::Es256).start().await
}

/// The claims of `token`, if `jsonwebtoken` finds its key in the published set and its signature good.
async fn verified(provider: &TestProvider, token: &str) -> Option<Value> {
    // Only the first call of the process can install it.
    let _ = aws_lc::DEFAULT_PROVIDER.install_default();
    let document = get(provider.endpoint(Endpoint::Jwks).url()).await.unwrap().text().await.unwrap();
    let keys: JwkSet = serde_json::from_str(&document).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    let key = keys.find(&header.kid?)?;
    assert_eq!(key.common.key_algorithm.unwrap().to_string(), format!("{:?}", header.alg));
    let mut validation = Validation::new(header.alg);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    validation.set_issuer(&[provider.issuer()]);
    validation.set_audience(&[provider.audience()]);
    jsonwebtoken::decode(token, &DecodingKey::from_jwk(key).unwrap(), &validation).ok().map(|token| token.claims)
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn header(token: &str) -> Value {
    decoded(token.split('.').next().unwrap())
}

fn claims(token: &str) -> Value {
    decoded(token.split('.').nth(1).unwrap())
}

#[tokio::test]
async fn a_token_of_every_algorithm_verifies_with_the_published_keys() {
    let provider = fast().await;
    for &algorithm in Algorithm::ALL {
        provider.rotate_keys(algorithm);
        let token = provider.token("jane").claim("email", "jane@company.com").scope("read:orders").sign();
        assert_eq!(header(&token)["alg"], algorithm.name());
        let claims = verified(&provider, &token).await.unwrap_or_else(|| panic!("{algorithm}"));
        assert_eq!((&claims["sub"], &claims["email"]), (&json!("jane"), &json!("jane@company.com")));
    }
}

#[tokio::test]
async fn a_forged_token_of_every_algorithm_does_not_verify() {
    let provider = fast().await;
    for &algorithm in Algorithm::ALL {
        let honest = provider.rotate_keys(algorithm);
        let stranger = SigningKey::generate(algorithm).with_key_id(honest.key_id());
        assert_eq!(verified(&provider, &provider.token("jane").key(&stranger).sign()).await, None, "{algorithm}");
    }
}

#[tokio::test]
async fn a_token_may_be_unsigned_or_signed_with_a_shared_secret() {
    let _ = aws_lc::DEFAULT_PROVIDER.install_default();
    let provider = fast().await;
    let unsigned = provider.token("jane").unsigned().sign();
    assert_eq!(header(&unsigned), json!({ "typ": "at+jwt", "alg": "none" }));
    assert!(unsigned.ends_with('.') && claims(&unsigned)["sub"] == "jane");

    let symmetric = provider.token("jane").secret("a secret of thirty-two bytes, or more").sign();
    assert_eq!(header(&symmetric), json!({ "typ": "at+jwt", "alg": "HS256" }));
    let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.set_audience(&[provider.audience()]);
    for (secret, holds) in [("a secret of thirty-two bytes, or more", true), ("another", false)] {
        let key = DecodingKey::from_secret(secret.as_bytes());
        assert_eq!(jsonwebtoken::decode::<Value>(&symmetric, &key, &validation).is_ok(), holds, "{secret}");
    }
}

#[tokio::test]
async fn an_access_token_is_one_by_rfc_9068() {
    let clock = ManualClock::new();
    let provider = TestProvider::builder().algorithm(Algorithm::EdDsa).clock(clock.clone()).start().await;
    let token = provider.token("jane").sign();
    let key = provider.signing_key();
    assert_eq!(header(&token), json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": key.key_id() }));
    let mut claims = claims(&token);
    assert!(claims["jti"].take().is_string());
    assert_eq!(
        claims,
        json!({
            "iss": provider.issuer(), "sub": "jane", "aud": "https://api.example.test", "client_id": "test-client",
            "scope": "openid profile email", "iat": 1_767_225_600, "exp": 1_767_229_200, "jti": null,
        })
    );
}

#[tokio::test]
async fn an_id_token_is_for_the_client() {
    let clock = ManualClock::new();
    let builder = TestProvider::builder().algorithm(Algorithm::EdDsa).client_id("portal");
    let provider = builder.clock(clock.clone()).start().await;
    let token = provider.id_token("jane").nonce("n-0S6_WzA2Mj").sign();
    assert_eq!(header(&token)["typ"], "JWT");
    let mut claims = claims(&token);
    assert!(claims["sid"].take().is_string());
    assert_eq!(
        claims,
        json!({
            "iss": provider.issuer(), "sub": "jane", "aud": "portal", "nonce": "n-0S6_WzA2Mj",
            "iat": 1_767_225_600, "exp": 1_767_229_200, "auth_time": 1_767_225_600, "sid": null,
        })
    );
}

#[tokio::test]
async fn a_machine_token_has_auth0s_marks() {
    let provider = TestProvider::builder().algorithm(Algorithm::Es256).audience("https://orders.example").start().await;
    let token = provider.machine_token("billing").sign();
    assert_eq!(header(&token)["typ"], "JWT");
    let claims = claims(&token);
    assert_eq!((&claims["sub"], &claims["azp"]), (&json!("billing@clients"), &json!("billing")));
    assert_eq!((&claims["gty"], &claims["aud"]), (&json!("client-credentials"), &json!("https://orders.example")));
    assert_eq!(claims.get("client_id"), None);
}

#[tokio::test]
async fn tokens_differ_in_their_identifiers() {
    let provider = fast().await;
    let identifier = || claims(&provider.token("jane").sign())["jti"].clone();
    assert_ne!(identifier(), identifier());
}

#[tokio::test]
async fn every_claim_and_header_can_be_set_and_left_out() {
    let provider = fast().await;
    let token = provider
        .token("jane")
        .issuer("https://elsewhere.example")
        .audience(["a", "b"])
        .claim("https://company.com/roles", json!(["admin"]))
        .without("jti")
        .header("alg", "none")
        .header("crit", ["exp"])
        .without_header("kid")
        .type_("JWT")
        .sign();
    assert_eq!(header(&token), json!({ "alg": "none", "crit": ["exp"], "typ": "JWT" }));
    let claims = claims(&token);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("https://elsewhere.example"), &json!(["a", "b"])));
    assert_eq!((&claims["https://company.com/roles"], claims.get("jti")), (&json!(["admin"]), None));
}

#[tokio::test]
async fn the_last_call_about_a_thing_counts() {
    let provider = fast().await;
    let token = provider.token("jane").without("sub").claim("sub", 7).claim("exp", "soon").sign();
    assert_eq!((&claims(&token)["sub"], &claims(&token)["exp"]), (&json!(7), &json!("soon")));
    let token = provider
        .token("jane")
        .header("kid", "x")
        .without_header("kid")
        .expires_in(Duration::ZERO)
        .without("exp")
        .sign();
    assert_eq!((header(&token).get("kid"), claims(&token).get("exp")), (None, None));
}

#[tokio::test]
async fn times_follow_the_clock_and_each_other_in_any_order() {
    let clock = ManualClock::new();
    let provider = TestProvider::builder().algorithm(Algorithm::Es256).clock(clock.clone()).start().await;
    let start = clock.now();
    clock.advance(Duration::from_secs(86_400));
    let times = |token: String| {
        let claims = claims(&token);
        ["iat", "exp"].map(|name| claims[name].as_u64().unwrap() - unix_seconds(start))
    };
    let minute = Duration::from_secs(60);
    assert_eq!(times(provider.token("jane").sign()), [86_400, 90_000]);
    assert_eq!(times(provider.token("jane").issued_at(start).expires_in(minute).sign()), [0, 60]);
    assert_eq!(times(provider.token("jane").expires_in(minute).issued_at(start).sign()), [0, 60]);
    let token = provider.token("jane").not_before(start + minute).sign();
    assert_eq!(claims(&token)["nbf"], unix_seconds(start) + 60);
}

#[tokio::test]
async fn a_payload_may_be_any_text() {
    let provider = fast().await;
    let token = provider.token("jane").raw_claims("[1, 2").sign();
    assert_eq!(URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap(), b"[1, 2");
}

#[tokio::test]
async fn an_algorithm_picks_the_newest_published_key_or_publishes_one() {
    let provider = fast().await;
    let signing = provider.signing_key();
    let other = SigningKey::generate(Algorithm::Es256);
    provider.add_key(&other);
    assert_eq!(header(&provider.token("jane").algorithm(Algorithm::Es256).sign())["kid"], other.key_id());
    assert_eq!(header(&provider.token("jane").sign())["kid"], signing.key_id());
    let token = provider.token("jane").algorithm(Algorithm::EdDsa).sign();
    assert!(verified(&provider, &token).await.is_some());
}

#[tokio::test]
async fn a_key_that_is_not_published_signs_all_the_same() {
    let provider = fast().await;
    let stranger = SigningKey::generate(Algorithm::EdDsa);
    let token = provider.token("jane").key(&stranger).sign();
    assert_eq!(header(&token)["kid"], stranger.key_id());
    assert_eq!(verified(&provider, &token).await, None);
    provider.add_key(&stranger);
    assert!(verified(&provider, &token).await.is_some());
}

#[tokio::test]
async fn a_removed_key_goes_on_signing_until_the_next_rotation() {
    let provider = fast().await;
    provider.remove_key(provider.signing_key().key_id());
    let token = provider.token("jane").sign();
    assert_eq!(verified(&provider, &token).await, None);
    provider.rotate_keys(Algorithm::Es256);
    assert!(verified(&provider, &provider.token("jane").sign()).await.is_some());
    assert_eq!(verified(&provider, &token).await, None);
}

/// The example of OpenID Connect Core 1.0, appendix A.3.
#[tokio::test]
async fn the_hash_of_the_access_token_is_that_of_the_specification() {
    const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    let provider = fast().await;
    let id_token = || provider.id_token("jane").access_token(ACCESS_TOKEN);
    assert_eq!(claims(&id_token().sign())["at_hash"], "77QmUPtjPfzWtF2AnpK9RQ");
    let length = |algorithm| claims(&id_token().algorithm(algorithm).sign())["at_hash"].as_str().unwrap().len();
    assert_eq!([Algorithm::Es384, Algorithm::EdDsa].map(length), [32, 43]);

    assert_eq!(claims(&id_token().claim("at_hash", "wrong").sign())["at_hash"], "wrong");
    assert_eq!(claims(&id_token().without("at_hash").sign()).get("at_hash"), None);
}

#[tokio::test]
async fn a_jws_of_any_text_has_an_honest_signature() {
    let provider = fast().await;
    let key = provider.signing_key();
    let header = json!({ "alg": "ES256", "kid": key.key_id() }).to_string();
    let payload = format!(r#"{{"iss":"{}","aud":"{}","exp":4000000000}}"#, provider.issuer(), provider.audience());
    assert!(verified(&provider, &jws(&header, &payload, &key)).await.is_some());
    assert!(verified(&provider, &jws(&header, &payload, &SigningKey::generate(Algorithm::Es256))).await.is_none());
    assert_eq!(jws("é{", b"\xff", &key).split('.').take(2).collect::<Vec<_>>(), ["w6l7", "_w"]);
}

#[tokio::test]
async fn two_providers_at_one_time_never_share_a_key() {
    let (one, other) = (TestProvider::start().await, TestProvider::start().await);
    let modulus = |provider: &TestProvider| provider.jwks()["keys"][0]["n"].clone();
    assert!(modulus(&one).is_string());
    assert_ne!(modulus(&one), modulus(&other));
}

#[tokio::test]
async fn a_key_never_comes_back_to_the_provider_that_withdrew_it() {
    let provider = TestProvider::start().await;
    let mut seen = vec![provider.jwks()["keys"][0]["n"].clone()];
    for _ in 0..2 {
        provider.remove_key(provider.signing_key().key_id());
        provider.rotate_keys(Algorithm::Rs256);
        let modulus = provider.jwks()["keys"][0]["n"].clone();
        assert!(!seen.contains(&modulus));
        seen.push(modulus);
    }
}
