//! The provider is slow, down or changing its keys while machines call a service, with our layer on both sides.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::{join_all, try_join_all};
use http::StatusCode;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};
use tower_oidc::{
    client::{CallError, TokenSource},
    provider::MAX_BACK_OFF,
    testing::ManualClock,
};

use crate::{
    orders::{Answer, Caller, KIND, Orders},
    provider::Provider,
};

/// How long a provider's return may stay unnoticed: the longest pause between attempts, and time for the attempt.
const NOTICED_WITHIN: Duration = MAX_BACK_OFF.saturating_add(Duration::from_secs(10));

/// The time for requests to get as far as they come.
const A_WHILE: Duration = Duration::from_millis(500);

/// By then a token of ten minutes is renewed ahead.
const RENEWAL: Duration = Duration::from_secs(500);

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn requests_wait_for_a_provider_that_is_slow() {
    let mut provider = Provider::start().await;
    let orders = Orders::serve(provider.endpoints()).await;
    let caller = orders.caller(provider.endpoints().account_for("client_secret_basic", KIND));
    provider.freeze().await;
    let requests = in_flight(&caller, 50);
    sleep(A_WHILE).await;
    assert!(requests.iter().all(|request| !request.is_finished()));
    assert_eq!(orders.arrived(), 0);

    provider.thaw().await;
    for answer in try_join_all(requests).await.unwrap() {
        assert_eq!(answer.unwrap().status, StatusCode::OK);
    }
    assert_eq!((orders.arrived(), provider.token_requests().await), (50, 1));
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn requests_fail_clearly_when_the_provider_dies_and_succeed_when_it_is_back() {
    let provider = Provider::start().await;
    let orders = Orders::serve(provider.endpoints()).await;
    let caller = orders.caller(provider.endpoints().account_for("client_secret_basic", KIND));
    provider.freeze().await;
    let requests = in_flight(&caller, 50);
    sleep(A_WHILE).await;
    let port = provider.kill().await;
    for answer in try_join_all(requests).await.unwrap() {
        assert_retryable(&answer.unwrap_err());
    }
    for answer in join_all((0..50).map(|_| caller.get("/read"))).await {
        assert_retryable(&answer.unwrap_err());
    }
    assert_eq!(orders.arrived(), 0);

    let mut provider = Provider::start_on(port).await;
    succeeds_in_time(&caller).await;
    for _ in 0..50 {
        caller.read().await;
    }
    assert_eq!(provider.token_requests().await, 1);
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn known_keys_and_a_good_token_serve_on_while_the_provider_is_down() {
    let provider = Provider::start().await;
    let orders = Orders::serve(provider.endpoints()).await;
    let clock = ManualClock::new();
    let account = provider.endpoints().account_for("client_secret_basic", KIND);
    let caller = orders.caller_with(TokenSource::builder(account).with_clock(clock.clone()).start().unwrap());
    caller.read().await;
    provider.stop().await;
    clock.advance(RENEWAL);
    for _ in 0..50 {
        caller.read().await;
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn keys_rotate_and_tokens_are_renewed_without_a_failed_request() {
    let mut provider = Provider::start().await;
    let orders = Orders::serve(provider.endpoints()).await;
    let clock = ManualClock::new();
    let account = provider.endpoints().account_for("client_secret_basic", KIND);
    let caller = orders.caller_with(TokenSource::builder(account).with_clock(clock.clone()).start().unwrap());
    let traffic = Traffic::start(&caller, 8);
    for _ in 0..3 {
        provider.rotate_keys().await;
        next_token(&caller, &clock).await;
    }
    assert!(traffic.stop().await >= 3 * 8);
    assert_eq!(provider.token_requests().await, 4);
}

/// The service learns of it by another caller's token, and then refuses the token under the old key: the layer gets a new one.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_key_that_is_withdrawn_under_a_good_token_fails_no_request() {
    let mut provider = Provider::start().await;
    let orders = Orders::serve(provider.endpoints()).await;
    let caller = orders.caller(provider.endpoints().account_for("private_key_jwt", KIND));
    let old = caller.tokens.token().await.unwrap();
    let traffic = Traffic::start(&caller, 8);
    provider.replace_keys().await;
    orders.caller(provider.endpoints().account_for("client_secret_post", KIND)).read().await;
    caller.read().await;
    assert!(orders.auth.validate(old.expose()).await.is_err());
    assert!(traffic.stop().await >= 8);
    assert_eq!(provider.token_requests().await, 3);
}

fn in_flight(caller: &Caller, count: usize) -> Vec<JoinHandle<Result<Answer, CallError>>> {
    let request = |_| {
        let caller = caller.clone();
        tokio::spawn(async move { caller.get("/read").await })
    };
    (0..count).map(request).collect()
}

fn assert_retryable(error: &CallError) {
    assert!(matches!(error, CallError::Token(reason) if reason.is_retryable()), "{error:?}");
}

/// Sends requests until one succeeds. Those before it fail for want of a token, or are answered by "later".
async fn succeeds_in_time(caller: &Caller) {
    let success = async {
        loop {
            match caller.get("/read").await {
                Ok(answer) if answer.status == StatusCode::OK => return,
                Ok(answer) => assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE),
                Err(error) => assert_retryable(&error),
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(NOTICED_WITHIN, success).await.expect("the provider's return is noticed");
}

/// Lets the caller's token grow old, until its traffic has got the next one.
async fn next_token(caller: &Caller, clock: &ManualClock) {
    let old = caller.tokens.token().await.unwrap();
    clock.advance(RENEWAL);
    while caller.tokens.token().await.unwrap().expose() == old.expose() {
        sleep(Duration::from_millis(10)).await;
    }
    caller.read().await;
}

/// Requests one after another, on several tasks.
struct Traffic {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<usize>>,
}

impl Traffic {
    fn start(caller: &Caller, tasks: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let task = |_| {
            let (stopped, caller) = (stop.clone(), caller.clone());
            tokio::spawn(async move {
                let mut accepted = 0;
                while !stopped.load(Ordering::Relaxed) {
                    caller.read().await;
                    accepted += 1;
                    sleep(Duration::from_millis(5)).await;
                }
                accepted
            })
        };
        Self { tasks: (0..tasks).map(task).collect(), stop }
    }

    /// How many requests there were. Fails if one of them did.
    async fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        try_join_all(self.tasks).await.unwrap().into_iter().sum()
    }
}
