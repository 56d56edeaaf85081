//! The fifth bar: with a hundred keys, and with a hundred issuers, a token costs what it costs with one.

use std::hint::black_box;

use futures_util::FutureExt;
use tower_oidc::{
    Auth, Config,
    config::TrustedIssuer,
    testing::{SigningKey, TestProvider},
    types::Algorithm,
};

use crate::{
    BATCH, CALLS,
    contest::{Contender, Row, compare},
    token_of,
};

const MANY: usize = 100;

/// What a service may trust. The token is signed with the provider's RSA key; all others are for ES256, which is let in too.
struct Trust {
    provider: TestProvider,
    config: Config,
    /// They stop when they are dropped.
    _others: Vec<TestProvider>,
}

/// A cold table and a cached one.
pub(crate) async fn tables() -> [Vec<Row>; 2] {
    let trusts =
        [("1 key, 1 issuer", one().await), ("100 keys", many_keys().await), ("100 issuers", many_issuers().await)];
    let tokens = trusts.each_ref().map(|(_, trust)| token_of(&trust.provider, "auth0|5f7c8ec7c33c6c004bbafe82", 1034));
    let [mut cold, mut cached] = [Vec::new(), Vec::new()];
    for ((name, trust), token) in trusts.iter().zip(&tokens) {
        let builder = || Auth::builder(trust.config.clone());
        let auth = builder().without_token_cache().discover().await.expect("it is right");
        cold.push(Contender::new(format!("{name}, cold"), CALLS, move || validate(&auth, token)).bar(1.05));
        let auth = builder().discover().await.expect("it is right");
        let hits = move || (0..BATCH).for_each(|_| validate(&auth, token));
        cached.push(Contender::new(format!("{name}, cached"), CALLS, hits).batch(BATCH).bar(1.10));
    }
    [cold, cached].map(|mut contenders| compare(contenders.remove(0), contenders))
}

async fn one() -> Trust {
    let provider = TestProvider::start().await;
    Trust { config: both_algorithms(&provider), provider, _others: Vec::new() }
}

async fn many_keys() -> Trust {
    let trust = one().await;
    for _ in 1..MANY {
        trust.provider.add_key(&SigningKey::generate(Algorithm::Es256));
    }
    let published = trust.provider.jwks()["keys"].as_array().map_or(0, Vec::len);
    assert_eq!(published, MANY);
    trust
}

async fn many_issuers() -> Trust {
    let mut trust = one().await;
    for _ in 1..MANY {
        let other = TestProvider::builder().algorithm(Algorithm::Es256).start().await;
        let mut issuer = TrustedIssuer::default();
        issuer.issuer = Some(other.issuer().to_owned());
        issuer.algorithms = vec!["ES256".to_owned()];
        trust.config = trust.config.trusted_issuer(issuer);
        trust._others.push(other);
    }
    trust
}

fn both_algorithms(provider: &TestProvider) -> Config {
    provider.config().token_algorithm("RS256").token_algorithm("ES256")
}

fn validate(auth: &Auth, token: &str) {
    drop(black_box(auth.validate(black_box(token)).now_or_never().expect("it does not wait")).expect("good"));
}
