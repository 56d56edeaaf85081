//! Something else than keys comes from where the keys are.

use std::time::Duration;

use futures_util::FutureExt as _;
use http::StatusCode;
use tower_oidc::{
    provider::{FETCH_LIMIT, HttpError, MAX_JWKS_BYTES, MAX_RETRY_AFTER, ProviderError},
    testing::{Endpoint, Fault, TestProvider},
    types::Algorithm,
};

use crate::support::Stand;

/// The keys fail in that way when they are due: the old ones serve on, and the provider's recovery is noticed.
async fn assert_old_keys_serve_on(name: &str, fails: impl FnOnce(&Stand), expected: fn(&ProviderError) -> bool) {
    let stand = Stand::new().await;
    fails(&stand);
    stand.next_attempt().await;
    let problem = stand.status().problem.expect(name);
    assert!(expected(&problem), "{name}: {problem}");
    assert!(stand.auth.is_ready(), "{name}");
    stand.assert_serves();
    stand.next_attempt().await;
    stand.assert_serves();

    stand.provider.endpoint(Endpoint::Jwks).heal();
    stand.provider.publish_keys();
    stand.provider.rotate_keys(Algorithm::Rs256);
    stand.recovery().await;
    stand.assert_serves();
}

fn fault(fault: Fault) -> impl FnOnce(&Stand) {
    move |stand| stand.provider.endpoint(Endpoint::Jwks).fail_with(fault)
}

fn document(text: &'static str) -> impl FnOnce(&Stand) {
    move |stand| stand.provider.publish_raw_jwks(text)
}

#[tokio::test]
async fn old_keys_serve_on_whatever_fault_the_endpoint_has() {
    let unreachable = |error: &ProviderError| matches!(error, ProviderError::Unreachable { .. });
    let status = |error: &ProviderError| matches!(error, ProviderError::Status { .. });
    let unreadable = |error: &ProviderError| matches!(error, ProviderError::KeyDocument { .. });
    let html = |error: &ProviderError| matches!(error, ProviderError::Html { .. });
    let too_large = |error: &ProviderError| {
        matches!(error, ProviderError::Unreachable { source: HttpError::TooLarge { limit: MAX_JWKS_BYTES }, .. })
    };
    assert_old_keys_serve_on("500", fault(Fault::Status(500)), status).await;
    assert_old_keys_serve_on("404", fault(Fault::Status(404)), status).await;
    assert_old_keys_serve_on("204", fault(Fault::Status(204)), status).await;
    assert_old_keys_serve_on("HTML", fault(Fault::Html), html).await;
    assert_old_keys_serve_on("malformed", fault(Fault::Malformed), unreadable).await;
    assert_old_keys_serve_on("truncated", fault(Fault::Truncated), unreachable).await;
    assert_old_keys_serve_on("closed", fault(Fault::Close), unreachable).await;
    assert_old_keys_serve_on("huge", fault(Fault::Huge(MAX_JWKS_BYTES as u64 + 1)), too_large).await;
    assert_old_keys_serve_on("endless", fault(Fault::Huge(1 << 40)), too_large).await;
}

#[tokio::test]
async fn old_keys_serve_on_whatever_document_stands_in_place_of_the_keys() {
    let unreadable = |error: &ProviderError| matches!(error, ProviderError::KeyDocument { .. });
    let no_keys = |error: &ProviderError| matches!(error, ProviderError::NoKeys { .. });
    for text in ["", "[]", "null", "{}", "{\"keys\":{}}", "{\"keys\":1}", "not JSON"] {
        assert_old_keys_serve_on(text, document(text), unreadable).await;
    }
    for text in ["{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", "{\"keys\":[1,{}]}"] {
        assert_old_keys_serve_on(text, document(text), no_keys).await;
    }
}

#[tokio::test]
async fn a_redirect_of_the_keys_is_not_followed() {
    let evil = TestProvider::start().await;
    let to = evil.endpoint(Endpoint::Jwks).url();
    let redirect = |error: &ProviderError| matches!(error, ProviderError::Redirect { to: Some(_), .. });
    assert_old_keys_serve_on("redirect", fault(Fault::RedirectTo(to)), redirect).await;
    assert_eq!(evil.requests(Endpoint::Jwks), 0);
}

#[tokio::test]
async fn a_provider_that_asks_to_be_left_alone_is_left_alone() {
    let stand = Stand::new().await;
    let keys = stand.provider.endpoint(Endpoint::Jwks);
    for (asked, kept) in [(120, Duration::from_secs(120)), (86_400, MAX_RETRY_AFTER)] {
        keys.fail_with(Fault::StatusRetryAfter(429, Duration::from_secs(asked)));
        stand.next_attempt().await;
        let requests = keys.requests();
        assert_eq!(stand.status().next_attempt, kept);
        stand.clock.advance(kept - Duration::from_secs(1));
        stand.assert_serves();
        assert_eq!(keys.requests(), requests);
        keys.heal();
        stand.next_attempt().await;
        assert!(stand.status().problem.is_none());
    }
}

#[tokio::test]
async fn nobody_with_a_known_key_waits_while_a_fetch_hangs() {
    let stand = Stand::new().await;
    let keys = stand.provider.endpoint(Endpoint::Jwks);
    keys.fail_with(Fault::Hang);
    let attempts = stand.status().attempts;
    stand.clock.advance(stand.status().next_attempt);
    keys.wait_for_requests(2).await;
    stand.assert_serves();

    // Those who wait for a new key wait alone.
    let known = stand.provider.token("jane").sign();
    stand.provider.rotate_keys(Algorithm::Rs256);
    let new = stand.provider.token("jane").sign();
    let mut waiting = std::pin::pin!(stand.auth.validate(&new));
    assert!(waiting.as_mut().now_or_never().is_none());
    assert_eq!(stand.at_once(&known).status, StatusCode::OK);
    assert_eq!(stand.status().attempts, attempts, "the fetch hangs still");

    stand.attempt_within(FETCH_LIMIT).await;
    assert!(waiting.await.is_err_and(|error| error.to_string().contains("try again")));
    keys.heal();
    stand.recovery().await;
    assert_eq!(stand.at_once(&new).status, StatusCode::OK);
}

#[tokio::test]
async fn a_slow_answer_is_an_answer() {
    let stand = Stand::new().await;
    let keys = stand.provider.endpoint(Endpoint::Jwks);
    keys.fail_with(Fault::Slow(FETCH_LIMIT - Duration::from_secs(1)));
    stand.provider.rotate_keys(Algorithm::Rs256);
    stand.clock.advance(stand.status().next_attempt);
    keys.wait_for_requests(2).await;
    // The fetch and the provider's delay both sleep.
    stand.clock.wait_for_sleepers(2).await;
    stand.attempt_within(FETCH_LIMIT - Duration::from_secs(1)).await;
    assert!(stand.status().problem.is_none());
    stand.assert_serves();
}
