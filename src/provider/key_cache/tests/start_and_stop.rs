use crate::provider::{HttpClient, MAX_BACK_OFF};

use super::*;

#[tokio::test]
async fn a_start_without_the_provider_recovers_by_itself() {
    let client = ScriptedClient::default();
    client.set(DISCOVERY, Reply::Down);
    let scene = Scene::start(settings(ProviderKind::CustomOidc), client);
    let error = scene.provider.first_attempt().await.unwrap_err();
    assert!(error.is_unreachable() && !error.is_contradiction());
    assert!(!scene.provider.status().ready);
    scene.clock.advance(HOUR).await;
    assert!(scene.client.count(DISCOVERY) <= 3600 / 30 + 10);

    scene.client.set(DISCOVERY, Reply::ok(metadata(ISSUER)));
    scene.client.set(JWKS, Reply::ok(jwks(&["a"])));
    scene.clock.advance(MAX_BACK_OFF).await;
    assert!(scene.knows("a") && scene.provider.status().ready);
    scene.provider.first_attempt().await.unwrap();
}

#[tokio::test]
async fn a_reader_who_comes_before_the_keys_waits_for_them() {
    let scene = Scene::start(settings(ProviderKind::CustomOidc), healthy_client());
    assert_eq!(scene.provider.renew(0, Some("a")).await, Renewed::Changed);
    assert_eq!(scene.key_requests(), 1);
}

#[tokio::test]
async fn the_status_tells_how_the_provider_is_doing() {
    let scene = Scene::healthy().await;
    let status = scene.provider.status();
    assert!(status.ready && status.problem.is_none());
    assert_eq!((status.keys, status.attempts, status.failed_attempts, status.requests), (1, 1, 0, 2));
    assert_eq!((status.keys_age, status.next_attempt), (Some(2 * SECOND), 478 * SECOND));
    scene.client.set(JWKS, Reply::Down);
    assert!(is_unavailable(scene.renewing("b").await.unwrap()));
    let status = scene.provider.status();
    assert_eq!((status.attempts, status.failed_attempts, status.requests), (2, 1, 3));
    assert!(status.ready && status.problem.is_some() && status.next_attempt <= SECOND);
}

#[tokio::test]
async fn the_worker_ends_with_the_last_handle() {
    for reply in [Reply::ok(metadata(ISSUER)), Reply::Silence] {
        let client: Arc<ScriptedClient> = Arc::new(healthy_client());
        client.set(DISCOVERY, reply);
        let (weak, clock) = (Arc::downgrade(&client), ManualClock::default());
        let settings = settings(ProviderKind::CustomOidc);
        let client: Arc<dyn HttpClient> = client;
        let provider = Provider::start(settings, &HttpSettings::default(), client, Arc::new(clock));
        let clone = provider.clone();
        settle().await;
        drop(provider);
        settle().await;
        assert!(weak.upgrade().is_some(), "a handle is left");
        drop(clone);
        settle().await;
        assert!(weak.upgrade().is_none());
    }
}

#[test]
fn readers_do_not_hang_when_the_runtime_of_the_worker_is_gone() {
    let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    let first = runtime();
    let scene = first.block_on(Scene::healthy());
    assert!(scene.provider.with_settings(scene.provider.settings()).is_some());
    drop(first);
    assert!(
        scene.provider.with_settings(scene.provider.settings()).is_none(),
        "nobody goes on with what nothing renews"
    );
    runtime().block_on(async {
        assert!(is_unavailable(scene.provider.renew(scene.generation(), Some("b")).await));
        assert!(scene.knows("a"), "known keys serve until they are too old");
        assert!(matches!(*scene.problem().unwrap(), ProviderError::Stopped));
    });
}
