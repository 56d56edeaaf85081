//! Somebody sends made-up keys.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;
use tower_oidc::{
    layer::AuthError,
    principal::rules::signed_in,
    provider::{DEMAND_BURST, DEMAND_INTERVAL, PAUSE},
    testing::Endpoint,
    types::{Algorithm, Clock as _},
    validator::TokenError,
};

use crate::support::{Answer, Stand, ask};

/// Tokens of `jane` under key ids that nobody ever had.
struct Forger {
    rest: String,
    made: usize,
}

impl Forger {
    fn new(stand: &Stand) -> Self {
        let token = stand.provider.token("jane").sign();
        Self { rest: token.split_once('.').unwrap().1.to_owned(), made: 0 }
    }

    fn token(&mut self) -> String {
        self.made += 1;
        let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": format!("made-up-{}", self.made)});
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), self.rest)
    }
}

/// Requests under way.
struct Flood {
    stand: Arc<Stand>,
    requests: JoinSet<Answer>,
    begun: Arc<AtomicUsize>,
}

impl Flood {
    fn new(stand: &Arc<Stand>) -> Self {
        Self { stand: Arc::clone(stand), requests: JoinSet::new(), begun: Arc::default() }
    }

    /// Sends requests, and ends once each has got as far as it gets without waiting.
    async fn send(&mut self, tokens: impl IntoIterator<Item = String>) {
        for token in tokens {
            let (stand, begun) = (Arc::clone(&self.stand), Arc::clone(&self.begun));
            self.requests.spawn(async move {
                begun.fetch_add(1, Ordering::Relaxed);
                ask(&stand.auth, signed_in(), Some(&token)).await
            });
        }
        let sent = self.requests.len();
        while self.begun.load(Ordering::Relaxed) < sent {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until all are refused; time goes on where nothing else does.
    async fn assert_refused(mut self) {
        while !self.requests.is_empty() {
            tokio::select! {
                biased;
                answer = self.requests.join_next() => {
                    let answer = answer.unwrap().unwrap();
                    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{:?}", answer.reason);
                    assert!(matches!(answer.reason, Some(AuthError::Token(TokenError::UnknownKey))));
                }
                () = tokio::time::sleep(Duration::from_millis(200)) => self.stand.clock.advance(PAUSE),
            }
        }
    }
}

#[tokio::test]
async fn ten_thousand_made_up_keys_in_a_second_cost_a_handful_of_requests() {
    let stand = Arc::new(Stand::new().await);
    let mut forger = Forger::new(&stand);
    let fetched = stand.provider.requests(Endpoint::Jwks);
    stand.clock.advance(PAUSE);

    let mut flood = Flood::new(&stand);
    for _ in 0..10 {
        flood.send((0..1000).map(|_| forger.token())).await;
        stand.assert_serves();
        stand.clock.advance(Duration::from_millis(100));
    }
    flood.assert_refused().await;
    let caused = stand.provider.requests(Endpoint::Jwks) - fetched;
    assert!((1..=DEMAND_BURST as usize).contains(&caused), "{caused}");
}

#[tokio::test]
async fn a_minute_of_made_up_keys_costs_the_burst_and_one_request_each_interval() {
    let stand = Arc::new(Stand::new().await);
    let mut forger = Forger::new(&stand);
    let (fetched, began) = (stand.provider.requests(Endpoint::Jwks), stand.clock.elapsed());
    for _ in 0..60 {
        let mut flood = Flood::new(&stand);
        flood.send((0..20).map(|_| forger.token())).await;
        stand.clock.advance(Duration::from_secs(1));
        flood.assert_refused().await;
        stand.assert_serves();
    }
    let caused = stand.provider.requests(Endpoint::Jwks) - fetched;
    let intervals = (stand.clock.elapsed() - began).as_secs() / DEMAND_INTERVAL.as_secs();
    let most = DEMAND_BURST as usize + intervals as usize;
    assert!((DEMAND_BURST as usize..=most).contains(&caused), "{caused}");
}

#[tokio::test]
async fn a_rotation_amid_made_up_keys_is_noticed_within_an_interval() {
    let stand = Arc::new(Stand::new().await);
    let mut forger = Forger::new(&stand);
    for _ in 0..10 {
        let token = forger.token();
        let refused = stand.at_most_a_pause(&token).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
    let spent = stand.provider.requests(Endpoint::Jwks);
    stand.provider.rotate_keys(Algorithm::Rs256);
    stand.clock.advance(DEMAND_INTERVAL);
    let token = stand.provider.token("jane").sign();
    assert_eq!(stand.at_most_a_pause(&token).await.status, StatusCode::OK);
    assert_eq!(stand.provider.requests(Endpoint::Jwks), spent + 1);
}

#[tokio::test]
async fn one_client_with_a_retired_key_costs_one_request() {
    let stand = Stand::new().await;
    let token = Forger::new(&stand).token();
    let fetched = stand.provider.requests(Endpoint::Jwks);
    for _ in 0..100 {
        assert_eq!(stand.refusal(&token).await, TokenError::UnknownKey);
    }
    assert_eq!(stand.provider.requests(Endpoint::Jwks), fetched + 1);
}

impl Stand {
    /// The answer to a request that may cause an attempt, which begins after the pause of the last one.
    async fn at_most_a_pause(&self, token: &str) -> Answer {
        self.clock.advance(PAUSE);
        ask(&self.auth, signed_in(), Some(token)).await
    }
}
