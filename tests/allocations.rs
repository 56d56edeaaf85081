//! How much the crate allocates: exact counts, so a hard test where a measured time would not be one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]

use std::convert::Infallible;

use allocation_counter::AllocationInfo;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use http::{HeaderValue, Request, Response, StatusCode, header::AUTHORIZATION};
use serde_json::json;
use tower::{Layer, Service, service_fn};
use tower_oidc::{
    Auth, Config,
    config::TrustedIssuer,
    jose::{JwkSet, Jws, MAX_TOKEN_BYTES},
    provider::{MAX_JWKS_BYTES, MAX_METADATA_BYTES},
    testing::{SigningKey, TestProvider, TokenBuilder},
    types::{Algorithm, Claims, MAX_CLAIMS_BYTES},
};

/// The bar for a token of 1 KB.
const MOST: u64 = 20;

/// What the layer may add: the way of a request through `poll`, and what goes into its extensions.
const MOST_OF_THE_LAYER: u64 = 4;

/// The bar for a refusal: the token is read, and an answer is written.
const MOST_OF_A_REFUSAL: u64 = 20;

/// Peak of a parser, in multiples of the longest input it takes.
const MOST_TIMES_THE_INPUT: u64 = 4;

/// A provider with a key for every algorithm, and an `Auth` that takes them all and remembers no token.
async fn every_algorithm() -> (TestProvider, Auth) {
    let provider = TestProvider::start().await;
    for algorithm in Algorithm::ALL.iter().copied().filter(|algorithm| *algorithm != Algorithm::Rs256) {
        provider.add_key(&SigningKey::generate(algorithm));
    }
    let config =
        Algorithm::ALL.iter().fold(provider.config(), |config, algorithm| config.token_algorithm(algorithm.name()));
    let auth = Auth::builder(config).without_token_cache().discover().await.unwrap();
    (provider, auth)
}

/// A token of a kilobyte, as Auth0 makes them.
fn kilobyte(provider: &TestProvider) -> TokenBuilder {
    provider
        .token("auth0|5f7c8ec7c33c6c004bbafe82")
        .claim("email", "jane@company.com")
        .claim("email_verified", true)
        .claim("permissions", ["read:orders", "write:orders"])
        .claim("https://company.com/filling", "x".repeat(100))
}

fn measured(name: &str, act: impl FnOnce()) -> AllocationInfo {
    let counted = allocation_counter::measure(act);
    println!("{name}: {} allocations, at most {} bytes at once", counted.count_total, counted.bytes_max);
    counted
}

#[tokio::test]
async fn validating_a_token_of_a_kilobyte_allocates_at_most_twenty_times() {
    let (provider, auth) = every_algorithm().await;
    let token = kilobyte(&provider).sign();
    assert!((900..1200).contains(&token.len()), "{}", token.len());
    for &algorithm in Algorithm::ALL {
        let token = kilobyte(&provider).algorithm(algorithm).sign();
        auth.validate(&token).await.unwrap();
        let counted = measured(algorithm.name(), || drop(auth.validate(&token).now_or_never().unwrap().unwrap()));
        assert!(counted.count_total <= MOST, "{algorithm}: {} allocations", counted.count_total);
        assert_eq!(counted.bytes_current, 0, "{algorithm}: something is left behind");
    }
}

#[tokio::test]
async fn a_token_that_is_remembered_allocates_nothing() {
    let provider = TestProvider::start().await;
    let auth = Auth::discover(provider.config()).await.unwrap();
    let token = kilobyte(&provider).sign();
    auth.validate(&token).await.unwrap();
    let counted = measured("remembered", || drop(auth.validate(&token).now_or_never().unwrap().unwrap()));
    assert_eq!(counted.count_total, 0);
}

/// Counting and timing cost no allocation: what a request counts was found when the service started.
#[cfg(feature = "metrics")]
#[tokio::test]
async fn a_token_that_is_remembered_is_counted_without_an_allocation() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let provider = TestProvider::start().await;
    let auth = Auth::discover(provider.config()).await.unwrap();
    let token = kilobyte(&provider).sign();
    for _ in 0..2 {
        auth.validate(&token).await.unwrap();
    }
    let counted = measured("counted", || drop(auth.validate(&token).now_or_never().unwrap().unwrap()));
    assert_eq!(counted.count_total, 0);
    through_the_layer("counted through the layer", &auth, &token, StatusCode::OK);
    let rendered = recorder.handle().render();
    assert!(rendered.contains("result=\"hit\"} 3") && rendered.contains("via=\"bearer\"} 1"), "{rendered}");
}

#[tokio::test]
async fn a_token_allocates_no_more_among_a_hundred_keys_or_issuers() {
    let provider = TestProvider::start().await;
    let config = || provider.config().token_algorithm("RS256").token_algorithm("ES256");
    let keys_url = provider.metadata()["jwks_uri"].as_str().unwrap().to_owned();
    let token = kilobyte(&provider).sign();
    let check = async |name: &str, config: Config| {
        let auth = Auth::builder(config).without_token_cache().discover().await.unwrap();
        auth.validate(&token).await.unwrap();
        let counted = measured(name, || drop(auth.validate(&token).now_or_never().unwrap().unwrap()));
        (counted.count_total, counted.bytes_total)
    };
    let alone = check("one key, one issuer", config()).await;
    let many_issuers = (1..100).fold(config(), |config, number| {
        let issuer = TrustedIssuer::new(format!("https://issuer-{number}.example"));
        config.trusted_issuer(issuer.public_key_url(&keys_url))
    });
    assert_eq!(check("a hundred issuers", many_issuers).await, alone);
    for _ in 1..100 {
        provider.add_key(&SigningKey::generate(Algorithm::Es256));
    }
    assert_eq!(check("a hundred keys", config()).await, alone);
}

/// What one request through the layer allocates, its own making left out.
fn through_the_layer(name: &str, auth: &Auth, token: &str, expected: StatusCode) -> AllocationInfo {
    let handler = service_fn(|_: Request<String>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let mut service = auth.layer().layer(handler);
    let mut request = Request::new(String::new());
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
    let mut response = None;
    let counted = measured(name, || response = service.call(request).now_or_never());
    assert_eq!(response.expect("nothing is waited for").unwrap().status(), expected, "{name}");
    counted
}

#[tokio::test]
async fn the_layer_adds_next_to_nothing() {
    let (provider, auth) = every_algorithm().await;
    for &algorithm in Algorithm::ALL {
        let token = kilobyte(&provider).algorithm(algorithm).sign();
        auth.validate(&token).await.unwrap();
        let alone = measured("Auth::validate", || drop(auth.validate(&token).now_or_never().unwrap().unwrap()));
        let counted = through_the_layer(algorithm.name(), &auth, &token, StatusCode::OK);
        let bar = alone.count_total + MOST_OF_THE_LAYER;
        assert!(counted.count_total <= bar, "{algorithm}: {} allocations", counted.count_total);
    }
}

#[tokio::test]
async fn a_forged_token_is_refused_at_a_small_price() {
    let (provider, auth) = every_algorithm().await;
    for &algorithm in Algorithm::ALL {
        let good = kilobyte(&provider).algorithm(algorithm).sign();
        let (input, signature) = good.rsplit_once('.').unwrap();
        let forged = format!("{input}.{}", "A".repeat(signature.len()));
        let counted = through_the_layer(algorithm.name(), &auth, &forged, StatusCode::UNAUTHORIZED);
        assert!(counted.count_total <= MOST_OF_A_REFUSAL, "{algorithm}: {} allocations", counted.count_total);
    }
}

#[tokio::test]
async fn a_token_over_the_limit_is_refused_before_it_is_copied() {
    let (_provider, auth) = every_algorithm().await;
    let long = "a".repeat(MAX_TOKEN_BYTES + 1);
    let counted = through_the_layer("too long", &auth, &long, StatusCode::UNAUTHORIZED);
    assert!(counted.bytes_max < 4096, "{} bytes at once", counted.bytes_max);
}

/// Texts of about `bytes` that want more memory than they take.
fn hostile_objects(bytes: usize) -> Vec<(&'static str, String)> {
    let many = |member: &dyn Fn(usize) -> String| {
        let mut text = String::from("{");
        for number in 0.. {
            let member = member(number);
            if text.len() + member.len() + 2 > bytes {
                break;
            }
            if number > 0 {
                text.push(',');
            }
            text.push_str(&member);
        }
        text + "}"
    };
    let fill = |unit: &str, around: usize| unit.repeat((bytes - around) / unit.len());
    vec![
        ("wide", many(&|number| format!("\"{number}\":1"))),
        ("wide and empty", many(&|_| "\"\":0".to_owned())),
        ("names with escapes", many(&|number| format!("\"\\u0061{number:0>4000}\":1"))),
        ("one name with escapes", format!("{{\"{}\":1}}", fill("\\n", 8))),
        ("deep", format!("{{\"a\":{}", fill("[", 8))),
        ("deep in objects", format!("{{\"a\":{}", fill("{\"a\":", 8))),
        ("deep and closed", format!("{{\"a\":{}{}}}", "[".repeat(bytes / 2 - 4), "]".repeat(bytes / 2 - 4))),
        ("a long string", format!("{{\"aud\":\"{}\"}}", fill("x", 12))),
        ("a long list", format!("{{\"aud\":[{}0]}}", fill("0,", 12))),
        ("noise", fill("x", 0)),
    ]
}

#[track_caller]
fn assert_bounded(name: &str, limit: usize, parse: impl FnOnce()) {
    let counted = measured(name, parse);
    assert!(counted.bytes_max <= MOST_TIMES_THE_INPUT * limit as u64, "{name}: {} bytes at once", counted.bytes_max);
}

#[test]
fn claims_take_no_more_memory_than_a_few_times_their_text() {
    for limit in [MAX_METADATA_BYTES, MAX_CLAIMS_BYTES] {
        for (name, text) in hostile_objects(limit) {
            assert!(text.len() <= limit, "{name}: {}", text.len());
            assert_bounded(name, limit, move || drop(Claims::parse(text)));
        }
    }
}

#[test]
fn tokens_take_no_more_memory_than_a_few_times_their_text() {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
    for (name, text) in hostile_objects(MAX_TOKEN_BYTES / 4 * 3 - 100) {
        for token in [
            format!("{header}.{}.AA", URL_SAFE_NO_PAD.encode(&text)),
            format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(&text)),
            format!("{header}.e30.{}", URL_SAFE_NO_PAD.encode(&text)),
        ] {
            assert!(token.len() <= MAX_TOKEN_BYTES, "{name}: {}", token.len());
            assert_bounded(name, MAX_TOKEN_BYTES, || drop(Jws::parse(&token)));
        }
    }
    for token in ["a".repeat(MAX_TOKEN_BYTES), ".".repeat(MAX_TOKEN_BYTES), "a.".repeat(MAX_TOKEN_BYTES / 2)] {
        assert_bounded("noise", MAX_TOKEN_BYTES, || drop(Jws::parse(&token)));
    }
}

#[test]
fn key_documents_take_no_more_memory_than_a_few_times_their_text() {
    let fill = |unit: &str| unit.repeat((MAX_JWKS_BYTES - 600) / unit.len());
    let rsa_key = json!({"kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xa7; 256])}).to_string();
    let mut documents = hostile_objects(MAX_JWKS_BYTES);
    documents.extend([
        ("many numbers", format!("{{\"keys\":[{}0]}}", fill("0,"))),
        ("many objects", format!("{{\"keys\":[{}{{}}]}}", fill("{},"))),
        ("many keys", format!("{{\"keys\":[{}{rsa_key}]}}", fill(&format!("{rsa_key},")))),
        ("many operations", format!("{{\"keys\":[{{\"key_ops\":[{}\"\"]}}]}}", fill("\"\","))),
        ("a long modulus", format!("{{\"keys\":[{{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"{}\"}}]}}", fill("p"))),
        ("a long name with escapes", format!("{{\"keys\":[{{\"kty\":\"{}\"}}]}}", fill("\\n"))),
        ("deep", format!("{{\"keys\":[{}", fill("["))),
        ("keys twice", format!("{{\"keys\":[{}0],\"keys\":[]}}", fill("0,"))),
    ]);
    for (name, document) in documents {
        assert!(document.len() <= MAX_JWKS_BYTES, "{name}: {}", document.len());
        assert_bounded(name, MAX_JWKS_BYTES, || drop(JwkSet::parse(document.as_bytes())));
    }
}
