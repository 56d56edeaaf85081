//! The short form: what holds on any machine, in any profile, however busy it is.
//!
//!     cargo test --bench validate
//!
//! A look-up that went through all there is would take many times as long among hundreds. Twice as long is refused: between
//! the two there is room for any noise. What a token allocates is counted in `tests/allocations.rs`.

use std::hint::black_box;

use bytes::Bytes;
use futures_util::FutureExt;
use http::Response;
use serde_json::{Value, json};
use tower_oidc::{
    Auth, Config, Principal,
    config::TrustedIssuer,
    jose::{JwkSet, KeyRing, MAX_KEYS},
    layer::AuthError,
    provider::{HttpClient, HttpError},
    testing::{SigningKey, TestProvider},
    types::{Algorithm, BoxFuture},
};

use crate::contest::{Contender, Row, compare};

const ISSUERS: usize = 2000;

/// The most that a look-up among many may take, in multiples of the same among one.
const BAR: f64 = 2.0;

const CALLS: usize = 500;

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://api.example";

pub(crate) async fn tables() -> Vec<Vec<Row>> {
    let keys: Vec<SigningKey> = (0..MAX_KEYS).map(|_| SigningKey::generate(Algorithm::Es256)).collect();
    let [known, new] = tokens(&keys).await;
    vec![key_by_id(&keys), known, new, foreign_tokens(&keys[..1]).await]
}

/// The key of an id.
fn key_by_id(keys: &[SigningKey]) -> Vec<Row> {
    let rings = [&keys[..1], keys].map(ring);
    let find = |ring: &KeyRing| {
        for _ in 0..100 {
            assert!(black_box(ring).find(Some(black_box(keys[0].key_id())), Algorithm::Es256).is_ok());
        }
    };
    compare(
        Contender::new("a key by its id, among one", CALLS, || find(&rings[0])).batch(100),
        [Contender::new(format!("a key by its id, among {MAX_KEYS}"), CALLS, || find(&rings[1])).batch(100).bar(BAR)],
    )
}

/// A token that is remembered, and one that is checked.
async fn tokens(keys: &[SigningKey]) -> [Vec<Row>; 2] {
    let provider = TestProvider::builder().algorithm(Algorithm::Es256).audience(AUDIENCE).start().await;
    let token = provider.token("jane").issuer(ISSUER).key(&keys[0]).sign();
    let auths = [(1, &keys[..1]), (1, keys), (ISSUERS, &keys[..1])].map(|(issuers, keys)| auth(issuers, keys));
    let [one, of_keys, of_issuers] = futures_util::future::join_all(auths).await.try_into().expect("three");
    let known = |auth: &Auth| drop(black_box(at_once(auth, &token)).expect("good"));
    let new = |auth: &Auth| {
        auth.forget_tokens();
        known(auth);
    };
    let known_tokens = compare(
        Contender::new("a known token, 1 key, 1 issuer", CALLS, || known(&one)),
        [
            Contender::new(format!("a known token, {MAX_KEYS} keys"), CALLS, || known(&of_keys)).bar(BAR),
            Contender::new(format!("a known token, {ISSUERS} issuers"), CALLS, || known(&of_issuers)).bar(BAR),
        ],
    );
    let new_tokens = compare(
        Contender::new("a new token, 1 key, 1 issuer", CALLS / 10, || new(&one)),
        [
            Contender::new(format!("a new token, {MAX_KEYS} keys"), CALLS / 10, || new(&of_keys)).bar(BAR),
            Contender::new(format!("a new token, {ISSUERS} issuers"), CALLS / 10, || new(&of_issuers)).bar(BAR),
        ],
    );
    [known_tokens, new_tokens]
}

/// A token that none of the trusted issuers made: nothing but a look-up stands between it and its refusal.
async fn foreign_tokens(keys: &[SigningKey]) -> Vec<Row> {
    let provider = TestProvider::builder().algorithm(Algorithm::Es256).start().await;
    let token = provider.token("jane").issuer("https://foreign.example").key(&keys[0]).sign();
    let [one, many] = [auth(1, keys).await, auth(ISSUERS, keys).await];
    let refused = |auth: &Auth| drop(black_box(at_once(auth, &token)).expect_err("it is foreign"));
    compare(
        Contender::new("a foreign token, 1 issuer", CALLS, || refused(&one)),
        [Contender::new(format!("a foreign token, {ISSUERS} issuers"), CALLS, || refused(&many)).bar(BAR)],
    )
}

fn at_once(auth: &Auth, token: &str) -> Result<Principal, AuthError> {
    auth.validate(black_box(token)).now_or_never().expect("it does not wait")
}

fn ring(keys: &[SigningKey]) -> KeyRing {
    let document = document(keys);
    KeyRing::new([&JwkSet::parse(&document).expect("keys")], Algorithm::Es256.into())
}

fn document(keys: &[SigningKey]) -> Bytes {
    let keys: Vec<Value> = keys.iter().map(SigningKey::public_jwk).collect();
    json!({ "keys": keys }).to_string().into()
}

/// An `Auth` that trusts so many issuers, all of which publish the same keys.
async fn auth(issuers: usize, keys: &[SigningKey]) -> Auth {
    let mut config = Config::new().provider("custom-oidc").issuer(ISSUER).audience(AUDIENCE).token_algorithm("ES256");
    config = config.public_key_url(format!("{ISSUER}/keys"));
    for number in 1..issuers {
        let issuer = format!("https://issuer-{number}.example");
        let trusted = TrustedIssuer::new(&issuer).public_key_url(format!("{issuer}/keys")).algorithm("ES256");
        config = config.trusted_issuer(trusted);
    }
    let auth = Auth::builder(config).with_http_client(Publisher(document(keys))).discover().await;
    let auth = auth.expect("it is right");
    assert!(auth.status().iter().all(|status| status.ready), "all keys are there");
    auth
}

/// Answers every request with the same keys.
#[derive(Debug)]
struct Publisher(Bytes);

impl HttpClient for Publisher {
    fn send(&self, _: http::Request<Bytes>, _: usize) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(std::future::ready(Ok(Response::new(self.0.clone()))))
    }
}
