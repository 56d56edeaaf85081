//! The provider is down.

use std::time::Duration;

use http::{StatusCode, header::RETRY_AFTER};
use tower_oidc::{
    layer::AuthErrorKind,
    provider::{MAX_BACK_OFF, MAX_STALE},
    testing::SigningKey,
    types::Algorithm,
};

use crate::support::{Answer, Stand};

const MINUTE: Duration = Duration::from_secs(60);

/// The answer of a service that cannot ask its provider: come back, and when.
#[track_caller]
fn assert_come_back(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", answer.reason);
    assert_eq!(answer.kind(), Some(AuthErrorKind::Unavailable));
    let seconds: u64 = answer.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=MAX_BACK_OFF.as_secs()).contains(&seconds), "{seconds}");
    assert!(answer.headers.get("www-authenticate").is_none(), "the token is not to blame");
}

#[tokio::test]
async fn an_hour_of_outage_is_noticed_by_nobody_whose_key_is_known() {
    let stand = Stand::new().await;
    stand.provider.go_down();
    stand.next_attempt().await;
    for _ in 0..60 {
        stand.assert_serves();
        stand.attempt_within(MINUTE).await;
    }
    stand.assert_serves();
    let status = stand.status();
    assert!(status.ready && status.problem.is_some());
    assert!(status.keys_age.unwrap() >= 60 * MINUTE);

    stand.provider.come_up().await;
    stand.recovery().await;
    assert!(stand.status().keys_age.unwrap() < MINUTE);
}

#[tokio::test]
async fn after_a_day_of_outage_nobody_comes_in_until_the_provider_is_back() {
    let stand = Stand::new().await;
    stand.provider.go_down();
    let confirmed = stand.status().keys_age.unwrap();
    stand.clock.advance(MAX_STALE - confirmed - Duration::from_secs(1));
    stand.assert_serves();
    stand.clock.advance(Duration::from_secs(1));
    assert_come_back(&stand.at_once(&stand.provider.token("jane").sign()));

    stand.attempt_within(60 * MINUTE).await;
    assert_come_back(&stand.at_once(&stand.provider.token("jane").sign()));
    assert!(!stand.auth.is_ready());

    stand.provider.come_up().await;
    stand.recovery().await;
    stand.assert_serves();
}

#[tokio::test]
async fn an_unknown_key_has_no_verdict_while_the_provider_is_down() {
    let stand = Stand::new().await;
    stand.provider.go_down();
    stand.next_attempt().await;
    let foreign = SigningKey::generate(Algorithm::Rs256);
    for _ in 0..10 {
        assert_come_back(&stand.get(&stand.provider.token("jane").key(&foreign).sign()).await);
    }
    stand.assert_serves();

    stand.provider.come_up().await;
    stand.recovery().await;
    let answer = stand.get(&stand.provider.token("jane").key(&foreign).sign()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
