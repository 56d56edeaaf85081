//! New keys come, old ones go.

use std::sync::Arc;

use http::StatusCode;
use tokio::task::JoinSet;
use tower_oidc::{
    principal::rules::signed_in, provider::PAUSE, testing::Endpoint, types::Algorithm, validator::TokenError,
};

use super::PATIENCE;
use crate::support::{Stand, ask, provider};

/// Requests under way at once, half of them with old tokens.
const REQUESTS: usize = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_costs_no_request_and_one_fetch() {
    let stand = Arc::new(Stand::new().await);
    stand.clock.advance(PAUSE);
    for round in 1..=3 {
        let old = stand.provider.token("jane").sign();
        stand.provider.rotate_keys(Algorithm::Rs256);
        let new = stand.provider.token("jane").sign();

        let mut requests = JoinSet::new();
        for number in 0..REQUESTS {
            let (stand, token) = (Arc::clone(&stand), if number % 2 == 0 { old.clone() } else { new.clone() });
            requests.spawn(async move { ask(&stand.auth, signed_in(), Some(&token)).await });
        }
        // Whoever asked for a second attempt would wait for its pause, which does not end here.
        let answers = tokio::time::timeout(PATIENCE, requests.join_all()).await.expect("one attempt is enough");
        for answer in answers {
            assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.reason);
        }
        assert_eq!(stand.provider.requests(Endpoint::Jwks), 1 + round);
        stand.clock.advance(PAUSE);
    }
}

#[tokio::test]
async fn a_new_key_is_there_before_its_first_token_when_it_is_published_ahead() {
    let stand = Stand::new().await;
    stand.provider.rotate_keys(Algorithm::Rs256);
    stand.next_attempt().await;
    stand.assert_serves();
    assert_eq!(stand.provider.requests(Endpoint::Jwks), 2);
}

#[tokio::test]
async fn a_removed_key_verifies_no_longer_once_the_keys_are_renewed() {
    let stand = Stand::new().await;
    let leaked = stand.provider.signing_key();
    let token = || stand.provider.token("jane").key(&leaked).sign();
    stand.provider.rotate_keys(Algorithm::Rs256);
    stand.provider.remove_key(leaked.key_id());
    assert_eq!(stand.at_once(&token()).status, StatusCode::OK, "nobody has told us yet");

    stand.next_attempt().await;
    assert_eq!(stand.refusal(&token()).await, TokenError::UnknownKey);
    stand.assert_serves();
}

#[tokio::test]
async fn a_document_that_did_not_change_is_not_sent_again_and_counts_as_confirmed() {
    let (provider, clock) = provider().await;
    let keys = provider.endpoint(Endpoint::Jwks);
    keys.set_header("etag", "\"v1\"");
    let config = provider.config();
    let stand = Stand::of(provider, clock, config).await;
    let known = stand.status().keys;
    for _ in 0..3 {
        stand.next_attempt().await;
        assert_eq!(keys.last_request().unwrap().headers()["if-none-match"], "\"v1\"");
        assert!(stand.status().problem.is_none());
        assert!(stand.status().keys_age.unwrap() < PAUSE);
        stand.assert_serves();
    }
    assert_eq!((keys.requests(), stand.status().keys), (4, known));

    stand.provider.rotate_keys(Algorithm::Rs256);
    keys.set_header("etag", "\"v2\"");
    stand.next_attempt().await;
    assert_eq!(stand.status().keys, 2 * known);
    stand.assert_serves();
}
