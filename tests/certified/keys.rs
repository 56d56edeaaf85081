//! Rotation and outage at the provider.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use http::StatusCode;
use tower_oidc::{provider::MAX_BACK_OFF, validator::TokenError};

use crate::{
    provider::{Endpoints, Provider},
    service::Service,
};

/// How long a provider's return may stay unnoticed: the longest pause between attempts, and time for the attempt.
const NOTICED_WITHIN: Duration = MAX_BACK_OFF.saturating_add(Duration::from_secs(10));

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn keys_rotate_without_a_failed_request() {
    let mut provider = Provider::start().await;
    let service = Service::of(provider.endpoints(), "RS256").await;
    let traffic = Traffic::start(&service, provider.endpoints());
    let mut tokens = vec![provider.token("RS256").await];
    for _ in 0..3 {
        provider.rotate_keys().await;
        tokens.push(provider.token("RS256").await);
        // Those who bring the new key first come together.
        join_all(tokens.iter().rev().cycle().take(32).map(|token| service.accepts(token))).await;
    }
    assert!(traffic.stop().await >= 4);
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_key_that_the_provider_withdrew_is_no_longer_accepted_once_new_keys_are_known() {
    let mut provider = Provider::start().await;
    let service = Service::of(provider.endpoints(), "ES256").await;
    let old = provider.token("ES256").await;
    service.accepts(&old).await;
    provider.replace_keys().await;
    service.accepts(&provider.token("ES256").await).await;
    assert_eq!(service.refuses(&old).await, TokenError::UnknownKey);
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn known_keys_serve_on_while_the_provider_is_down_and_new_ones_are_found_when_it_is_back() {
    let mut provider = Provider::start().await;
    let service = Service::of(provider.endpoints(), "RS256").await;
    let known = provider.token("RS256").await;
    service.accepts(&known).await;
    provider.rotate_keys().await;
    let unseen = provider.token("RS256").await;

    let port = provider.stop().await;
    service.accepts(&known).await;
    let answer = service.ask(&unseen).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", answer.reason);
    service.accepts(&known).await;

    let provider = Provider::start_on(port).await;
    accepts_in_time(&service, &provider.token("RS256").await).await;
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_service_may_start_before_its_provider() {
    let provider = Provider::start().await;
    let (endpoints, early) = (provider.endpoints().clone(), provider.token("EdDSA").await);
    let port = provider.stop().await;

    let service = Service::of(&endpoints, "EdDSA").await;
    assert!(!service.auth.is_ready());
    assert_eq!(service.ask(&early).await.status, StatusCode::SERVICE_UNAVAILABLE);

    let provider = Provider::start_on(port).await;
    accepts_in_time(&service, &provider.token("EdDSA").await).await;
    assert!(service.auth.is_ready());
}

/// Sends requests until one is answered otherwise than by "later", which must be by yes.
async fn accepts_in_time(service: &Service, token: &str) {
    let verdict = async {
        while service.ask(token).await.status == StatusCode::SERVICE_UNAVAILABLE {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        service.accepts(token).await
    };
    tokio::time::timeout(NOTICED_WITHIN, verdict).await.expect("the provider's return is noticed");
}

/// Requests one after another, each with a token that was just issued.
struct Traffic {
    stop: Arc<AtomicBool>,
    accepted: tokio::task::JoinHandle<usize>,
}

impl Traffic {
    fn start(service: &Service, provider: &Endpoints) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, service, provider) = (stop.clone(), service.clone(), provider.clone());
        let accepted = tokio::spawn(async move {
            let mut accepted = 0;
            while !stopped.load(Ordering::Relaxed) {
                service.accepts(&provider.token("RS256").await).await;
                accepted += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            accepted
        });
        Self { stop, accepted }
    }

    /// How many requests there were. Fails if one of them did.
    async fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.accepted.await.unwrap()
    }
}
