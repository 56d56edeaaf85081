//! The bars of the verify path, measured beside a raw signature verification and `jsonwebtoken` in one run.
//!
//!     cargo bench --bench validate               # everything
//!     cargo bench --bench validate -- rotation   # one part, or several: verify, cached, session, growth, contention, rotation
//!     cargo test --bench validate                # the short form: `gates`
//!
//! Every round runs each contender over the same tokens, in turn, on one thread, by that thread's CPU time. What is printed is
//! the median over the rounds: nanoseconds of a call, and the ratio to the base of the same round, with the quartiles. The base
//! is the first row of each table. The program exits with status 1 when a bar or a limit is missed.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a benchmark that cannot go on has failed")]

mod cached;
mod contention;
mod contest;
mod gates;
mod growth;
mod rotation;
mod sessions;

use std::{hint::black_box, process::ExitCode};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use http::{Request, Response, header::AUTHORIZATION};
use serde_json::Value;
use tower::{Layer, Service, service_fn};
use tower_oidc::{Auth, Principal, testing::TestProvider, types::Algorithm};

use contest::{Contender, Row, compare};

/// Calls of each contender in a round.
const CALLS: usize = 150;

/// Tokens from the cache in one call, so that it takes about as long as a call of the others.
const BATCH: usize = 100;

/// cargo says by this argument that it measures, and by its absence that it tests.
const MEASURE: &str = "--bench";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tables = match arguments.iter().any(|argument| argument == MEASURE) {
        true => measured(&arguments).await,
        false => gates::tables().await,
    };
    contest::print_heads();
    let missed = tables.into_iter().flatten().map(Row::print).filter(|holds| !holds).count();
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The tables of the parts that the arguments name; without a name, of all.
async fn measured(arguments: &[String]) -> Vec<Vec<Row>> {
    let all = arguments.iter().all(|argument| argument.starts_with("--"));
    let wanted = |part: &str| all || arguments.iter().any(|argument| argument == part);
    let mut tables = Vec::new();
    if wanted("rotation") {
        rotation::print();
    }
    if wanted("verify") {
        tables.extend(verifications().await);
    }
    if wanted("cached") {
        tables.extend([cached::many_tokens().await, cached::requests().await]);
    }
    if wanted("session") {
        tables.push(sessions::requests().await);
    }
    if wanted("growth") {
        tables.extend(growth::tables().await);
    }
    if wanted("contention") {
        tables.extend(contention::tables().await);
    }
    tables
}

async fn verifications() -> Vec<Vec<Row>> {
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().expect("nothing else installed one");
    let mut tables = Vec::new();
    for (algorithm, bytes, bar) in [
        (Algorithm::Rs256, 1034, 1.12),
        (Algorithm::Es256, 1034, 1.06),
        (Algorithm::EdDsa, 1034, 1.06),
        (Algorithm::Rs256, 4096, 1.4),
        (Algorithm::Rs256, 8192, 1.6),
    ] {
        tables.push(verification(algorithm, bytes, bar).await);
    }
    tables
}

/// The first bar, and those of the second and the third that are told in raw verifications.
async fn verification(algorithm: Algorithm, bytes: usize, bar: f64) -> Vec<Row> {
    let provider = TestProvider::builder().algorithm(algorithm).start().await;
    let config = || provider.config().token_algorithm(algorithm.name());
    let cold = Auth::builder(config()).without_token_cache().discover().await.expect("it is right");
    let cached = Auth::discover(config()).await.expect("it is right");
    let token = token_of(&provider, "auth0|5f7c8ec7c33c6c004bbafe82", bytes);
    let jwk = provider.jwks()["keys"][0].clone();

    let (message, signature) = token.rsplit_once('.').expect("a token has three parts");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let key = raw_key(algorithm, &jwk);
    let raw = || key.verify_sig(black_box(message.as_bytes()), &signature).expect("the signature holds");

    let (decoding_key, validation) = jsonwebtoken_setup(algorithm, &jwk, &provider);
    let theirs = || {
        black_box(jsonwebtoken::decode::<serde_json::Map<String, Value>>(&token, &decoding_key, &validation))
            .expect("good");
    };
    let validate = |auth: &Auth| {
        drop(black_box(auth.validate(black_box(&token)).now_or_never().expect("it does not wait")).expect("good"));
    };
    let mut through_layer = layered(&cold);

    let label = |what: &str| format!("{algorithm} {bytes} B  {what}");
    let is_usual = algorithm == Algorithm::Rs256 && bytes < 2000;
    let mut contenders = vec![
        Contender::new(label("Auth::validate"), CALLS, || validate(&cold)).bar(bar),
        Contender::new(label("AuthLayer"), CALLS, || through_layer(&token)).bar(is_usual.then_some(1.2)),
        Contender::new(label("jsonwebtoken::decode"), CALLS, theirs),
    ];
    if is_usual {
        let hits = || {
            let batch = async {
                for _ in 0..BATCH {
                    drop(black_box(cached.validate(black_box(&token)).await).expect("good"));
                }
            };
            batch.now_or_never().expect("it does not wait");
        };
        let hit = Contender::new(label("Auth::validate, cached"), CALLS, hits).batch(BATCH);
        contenders.push(hit.bar(1.0 / 120.0).limit(150));
    }
    compare(Contender::new(label("raw verification"), CALLS, raw), contenders)
}

/// A request through the layer to a handler that reads the principal.
fn layered(auth: &Auth) -> impl FnMut(&str) {
    let mut service = auth.layer().layer(service_fn(|request: Request<String>| async move {
        black_box(request.extensions().get::<Principal>().expect("a principal").subject());
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    }));
    move |token| {
        let request =
            Request::get("/").header(AUTHORIZATION, format!("Bearer {token}")).body(String::new()).expect("a request");
        let response = service.call(request).now_or_never().expect("it does not wait").expect("infallible");
        assert!(response.status().is_success());
    }
}

/// An access token as Auth0 mints them, filled up to about so many bytes.
fn token_of(provider: &TestProvider, subject: &str, bytes: usize) -> String {
    let with = |filling: usize| {
        provider
            .token(subject)
            .claim("email", "jane@company.com")
            .claim("email_verified", true)
            .claim("azp", "s6BhdRkqt3f8Zy6Wc1nGbQ2v")
            .claim("permissions", ["read:orders", "write:orders", "read:customers"])
            .claim("https://company.com/filling", "x".repeat(filling))
            .sign()
    };
    let empty = with(0).len();
    with(bytes.saturating_sub(empty) * 3 / 4)
}

fn member(jwk: &Value, name: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(jwk[name].as_str().expect("a text")).expect("base64url")
}

fn raw_key(algorithm: Algorithm, jwk: &Value) -> ParsedPublicKey {
    match algorithm {
        Algorithm::Es256 => {
            let point = [&[4][..], &member(jwk, "x"), &member(jwk, "y")].concat();
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        }
        Algorithm::EdDsa => ParsedPublicKey::new(&ED25519, member(jwk, "x")),
        _ => RsaPublicKeyComponents { n: member(jwk, "n"), e: member(jwk, "e") }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256),
    }
    .expect("a good key")
}

fn jsonwebtoken_setup(
    algorithm: Algorithm,
    jwk: &Value,
    provider: &TestProvider,
) -> (jsonwebtoken::DecodingKey, jsonwebtoken::Validation) {
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(jwk.clone()).expect("a JWK");
    let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).expect("a good key");
    let mut validation = jsonwebtoken::Validation::new(algorithm.name().parse().expect("a known algorithm"));
    validation.set_audience(&[provider.audience()]);
    validation.set_issuer(&[provider.issuer()]);
    (key, validation)
}
