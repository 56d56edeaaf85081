//! The bars of the verify path, measured beside a raw signature verification and `jsonwebtoken` in one run.
//!
//!     cargo bench --bench validate
//!
//! Every round runs each contender once over the same tokens, in turn, on one thread, by that thread's CPU time. What is printed
//! is the median over the rounds of the ratio to the raw verification of the same round, with the quartiles. The program exits
//! with status 1 when a bar is missed.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a benchmark that cannot go on has failed")]

use std::{hint::black_box, process::ExitCode, time::Duration};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use http::{Request, Response, header::AUTHORIZATION};
use nix::time::{ClockId, clock_gettime};
use serde_json::Value;
use tower::{Layer, Service, service_fn};
use tower_oidc::{Auth, Principal, testing::TestProvider, types::Algorithm};

/// Rounds, and calls of each contender in a round.
const ROUNDS: usize = 60;
const CALLS: usize = 150;

/// One row of the table: what is measured, against what, and the bar.
struct Row {
    name: String,
    ratios: Vec<f64>,
    bar: Option<f64>,
}

type Contender<'a> = (String, Option<f64>, Box<dyn FnMut() + 'a>);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().expect("nothing else installed one");
    let mut rows = Vec::new();
    for (algorithm, bytes, bar) in [
        (Algorithm::Rs256, 1034, Some(1.12)),
        (Algorithm::Es256, 1034, Some(1.06)),
        (Algorithm::EdDsa, 1034, Some(1.06)),
        (Algorithm::Rs256, 4096, Some(1.4)),
        (Algorithm::Rs256, 8192, Some(1.6)),
    ] {
        rows.extend(measure(algorithm, bytes, bar).await);
    }
    println!("{:<44} {:>8} {:>8} {:>8} {:>6}", "against a raw verification", "median", "25 %", "75 %", "bar");
    let missed = rows.into_iter().map(print).filter(|holds| !holds).count();
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure(algorithm: Algorithm, bytes: usize, bar: Option<f64>) -> Vec<Row> {
    let provider = TestProvider::builder().algorithm(algorithm).start().await;
    let auth = Auth::discover(provider.config().token_algorithm(algorithm.name())).await.expect("it is right");
    let token = token_of(&provider, bytes);
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
    let direct =
        || drop(black_box(auth.validate(black_box(&token)).now_or_never().expect("it does not wait")).expect("good"));
    let mut layered = layered(&auth);
    let through_layer = || layered(&token);

    let label = |what: &str| format!("{algorithm} {bytes} B  {what}");
    let layer_bar = (algorithm == Algorithm::Rs256 && bytes < 2000).then_some(1.2);
    compare(
        raw,
        vec![
            (label("Auth::validate"), bar, Box::new(direct)),
            (label("AuthLayer"), layer_bar, Box::new(through_layer)),
            (label("jsonwebtoken::decode"), None, Box::new(theirs)),
        ],
    )
}

/// A request through the layer to a handler that reads the principal.
fn layered(auth: &Auth) -> impl FnMut(&str) {
    let mut service = auth.layer().layer(service_fn(|request: Request<()>| async move {
        black_box(request.extensions().get::<Principal>().expect("a principal").subject());
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    }));
    move |token| {
        let request = Request::get("/").header(AUTHORIZATION, format!("Bearer {token}")).body(()).expect("a request");
        let response = service.call(request).now_or_never().expect("it does not wait").expect("infallible");
        assert!(response.status().is_success());
    }
}

fn compare(mut raw: impl FnMut(), mut contenders: Vec<Contender<'_>>) -> Vec<Row> {
    let mut ratios = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        let base = time(&mut raw);
        for ((_, _, contender), ratios) in contenders.iter_mut().zip(&mut ratios) {
            ratios.push(time(contender).as_secs_f64() / base.as_secs_f64());
        }
    }
    contenders.into_iter().zip(ratios).map(|((name, bar, _), ratios)| Row { name, ratios, bar }).collect()
}

fn time(mut call: impl FnMut()) -> Duration {
    let before = thread_time();
    (0..CALLS).for_each(|_| call());
    thread_time() - before
}

fn thread_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("the thread has a clock").into()
}

/// Prints a row, and says whether its bar holds.
fn print(mut row: Row) -> bool {
    row.ratios.sort_by(f64::total_cmp);
    let at = |part: f64| row.ratios[(row.ratios.len() as f64 * part) as usize];
    let holds = row.bar.is_none_or(|bar| at(0.5) <= bar);
    let bar = row.bar.map(|bar| format!("{bar:.2}")).unwrap_or_default();
    let verdict = if holds { "" } else { "  MISSED" };
    println!("{:<44} {:>8.3} {:>8.3} {:>8.3} {bar:>6}{verdict}", row.name, at(0.5), at(0.25), at(0.75));
    holds
}

/// An access token as Auth0 mints them, filled up to about so many bytes.
fn token_of(provider: &TestProvider, bytes: usize) -> String {
    let with = |filling: usize| {
        provider
            .token("auth0|5f7c8ec7c33c6c004bbafe82")
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
