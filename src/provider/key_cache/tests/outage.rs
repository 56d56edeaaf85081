use crate::provider::{FETCH_LIMIT, HttpError, MAX_BACK_OFF, MAX_RETRY_AFTER, MAX_STALE, RATE_LIMIT_PAUSE};

use super::*;

fn go_down(client: &ScriptedClient) {
    client.set(DISCOVERY, Reply::Down);
    client.set(JWKS, Reply::Down);
}

fn come_back(client: &ScriptedClient, kid: &str) {
    client.set(DISCOVERY, Reply::ok(metadata(ISSUER)));
    client.set(JWKS, Reply::ok(jwks(&[kid])));
}

#[tokio::test]
async fn known_keys_serve_through_an_hour_without_the_provider() {
    let scene = Scene::healthy().await;
    go_down(&scene.client);
    scene.clock.advance(HOUR).await;
    assert!(scene.knows("a") && scene.provider.status().ready);
    assert!(scene.problem().unwrap().is_unreachable());
    let requests = scene.key_requests();
    assert!((3600 / 60 - 10..3600 / 30 + 10).contains(&requests), "{requests} requests in an hour");

    come_back(&scene.client, "b");
    scene.clock.advance(MAX_BACK_OFF).await;
    assert!(scene.knows("b") && !scene.knows("a") && scene.problem().is_none());
}

#[tokio::test]
async fn keys_grow_too_old_after_a_day_and_come_back_with_the_provider() {
    let scene = Scene::healthy().await;
    go_down(&scene.client);
    let last_confirmed = scene.now() - scene.provider.status().keys_age.unwrap();
    scene.clock.advance(last_confirmed + MAX_STALE - scene.now() - SECOND).await;
    assert!(scene.knows("a"));
    scene.clock.advance(SECOND).await;
    assert!(!scene.has_keys() && !scene.provider.status().ready);
    let unavailable = scene.provider.snapshot().keys(scene.now()).unwrap_err();
    assert!(unavailable.retry_after >= SECOND && unavailable.retry_after <= MAX_BACK_OFF);

    scene.clock.advance(2 * MINUTE).await;
    assert!(!scene.has_keys());
    assert!(is_unavailable(scene.renewed("a").await));
    come_back(&scene.client, "a");
    scene.clock.advance(MAX_BACK_OFF).await;
    assert!(scene.knows("a"));
}

#[tokio::test]
async fn an_unknown_key_is_unavailable_while_the_provider_is_down() {
    let scene = Scene::healthy().await;
    go_down(&scene.client);
    assert!(is_unavailable(scene.renewed("b").await));
    scene.clock.advance(10 * MINUTE).await;
    let before = scene.key_requests();
    for number in 0..100 {
        assert!(is_unavailable(scene.renewed(&number.to_string()).await));
    }
    let waited = (100 * WAIT_LIMIT).as_secs() as usize;
    assert!(scene.key_requests() - before <= waited / 30 + 1, "readers do not hasten a provider that is down");
    assert!(scene.knows("a"));
}

#[tokio::test]
async fn a_provider_that_answers_nothing_is_given_up_in_time() {
    let scene = Scene::healthy().await;
    scene.client.set(JWKS, Reply::Silence);
    let reader = scene.renewing("b");
    scene.clock.advance(WAIT_LIMIT - SECOND / 1000).await;
    assert!(!reader.is_finished());
    scene.clock.advance(SECOND / 1000).await;
    assert_eq!(reader.await.unwrap(), Renewed::Unavailable { retry_after: SECOND });
    scene.clock.advance(FETCH_LIMIT).await;
    let problem = scene.problem().unwrap();
    assert!(matches!(*problem, ProviderError::Unreachable { source: HttpError::Timeout, .. }), "{problem}");
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let scene = Scene::healthy().await;
    scene.client.set(JWKS, Reply::status(429, "slow down").header("retry-after", "120"));
    assert!(is_unavailable(scene.renewed("b").await));
    assert_eq!(scene.key_requests(), 2);
    scene.clock.advance(120 * SECOND - WAIT_LIMIT - SECOND).await;
    assert_eq!(scene.key_requests(), 2);
    come_back(&scene.client, "b");
    scene.clock.advance(2 * SECOND).await;
    assert_eq!(scene.key_requests(), 3);
    assert!(scene.knows("b"));
}

/// Auth0 and Okta count these requests with all others of a tenant, and do not send `Retry-After`.
#[tokio::test]
async fn a_rate_limit_is_waited_for_until_it_opens() {
    let limited = |header: &'static str, seconds: u64| {
        Reply::status(429, "slow down").header(header, &(1_700_000_000 + seconds).to_string())
    };
    let scene = Scene::healthy().await;
    scene.client.set(JWKS, limited("x-ratelimit-reset", 122));
    assert!(is_unavailable(scene.renewed("b").await));
    come_back(&scene.client, "b");
    scene.clock.advance(122 * SECOND - scene.now() - SECOND).await;
    assert_eq!(scene.key_requests(), 2);
    scene.clock.advance(2 * SECOND).await;
    assert_eq!(scene.key_requests(), 3);
    assert!(scene.knows("b"));

    for (limit, opens) in [
        (limited("x-ratelimit-reset", 120), 120 * SECOND),
        (limited("x-rate-limit-reset", 86_400), MAX_RETRY_AFTER),
        (Reply::status(429, "slow down"), RATE_LIMIT_PAUSE),
    ] {
        let client = healthy_client();
        client.set(DISCOVERY, limit);
        let scene = Scene::start(settings(ProviderKind::CustomOidc), client);
        scene.provider.first_attempt().await.unwrap_err();
        come_back(&scene.client, "a");
        scene.clock.advance(opens - SECOND).await;
        assert_eq!(scene.client.count(DISCOVERY), 1, "{opens:?}");
        scene.clock.advance(2 * SECOND).await;
        assert_eq!(scene.client.count(DISCOVERY), 2, "{opens:?}");
        assert!(scene.knows("a"));
    }
}

#[tokio::test]
async fn a_near_attempt_is_waited_for_while_the_provider_is_down() {
    let scene = Scene::healthy().await;
    go_down(&scene.client);
    assert!(is_unavailable(scene.renewing("b").await.unwrap()));
    come_back(&scene.client, "b");
    assert_eq!(scene.renewed("b").await, Renewed::Changed);
}
