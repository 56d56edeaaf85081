use tokio::sync::Notify;

use super::*;

/// A reader that does what the validator does: look, renew once, look again.
fn lookup(scene: &Scene, kid: &'static str) -> JoinHandle<bool> {
    let (provider, clock) = (scene.provider.clone(), scene.clock.clone());
    tokio::spawn(async move {
        let seen = provider.snapshot().generation();
        if knows(&provider, clock.elapsed(), kid) {
            return true;
        }
        provider.renew(seen, Some(kid)).await == Renewed::Changed && knows(&provider, clock.elapsed(), kid)
    })
}

#[tokio::test]
async fn a_rotation_loses_no_lookup() {
    const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let scene = Scene::healthy().await;
    for pair in KEYS.windows(2) {
        scene.client.set(JWKS, Reply::ok(jwks(pair)));
        let lookups: Vec<_> = (0..10).flat_map(|_| pair).map(|kid| lookup(&scene, kid)).collect();
        scene.clock.advance(20 * SECOND).await;
        for lookup in lookups {
            assert!(lookup.await.unwrap());
        }
    }
    assert_eq!(scene.key_requests(), KEYS.len());
    assert!(!scene.knows("a"), "a key that was removed is gone");
}

#[tokio::test]
async fn a_rotation_in_the_pause_after_the_start_waits_for_the_next_attempt() {
    let scene = Scene::start(settings(ProviderKind::CustomOidc), healthy_client());
    scene.provider.first_attempt().await.unwrap();
    scene.client.set(JWKS, Reply::ok(jwks(&["a", "b"])));
    let lookup = lookup(&scene, "b");
    settle().await;
    assert_eq!(scene.key_requests(), 1);
    scene.clock.advance(SECOND).await;
    assert!(lookup.await.unwrap());
    assert_eq!(scene.key_requests(), 2);
}

#[tokio::test]
async fn a_rotation_while_an_older_answer_is_under_way_gets_an_attempt_of_its_own() {
    let scene = Scene::healthy().await;
    let gate = Arc::new(Notify::new());
    scene.client.set(JWKS, Reply::Held(Arc::clone(&gate), Box::new(Reply::ok(jwks(&["a"])))));
    let first = scene.renewing("x");
    settle().await;
    scene.client.set(JWKS, Reply::ok(jwks(&["a", "b"])));
    let second = lookup(&scene, "b");
    settle().await;
    gate.notify_one();
    scene.clock.advance(2 * SECOND).await;
    assert_eq!(first.await.unwrap(), Renewed::Unchanged);
    assert!(second.await.unwrap());
}

#[tokio::test]
async fn a_reader_that_comes_late_learns_of_the_change_without_an_attempt() {
    let scene = Scene::healthy().await;
    let seen = scene.generation();
    scene.client.set(JWKS, Reply::ok(jwks(&["b"])));
    assert_eq!(scene.renewed("b").await, Renewed::Changed);
    assert_eq!(scene.provider.renew(seen, Some("b")).await, Renewed::Changed);
    assert_eq!(scene.provider.renew(seen, None).await, Renewed::Changed);
    assert_eq!(scene.key_requests(), 2);
}

#[tokio::test]
async fn keys_are_renewed_ahead_of_time_by_their_own_lifetime() {
    let client = healthy_client();
    client.set(JWKS, Reply::ok(jwks(&["a"])).header("cache-control", "max-age=1000"));
    let scene = Scene::start(settings(ProviderKind::CustomOidc), client);
    scene.clock.advance(799 * SECOND).await;
    assert_eq!(scene.key_requests(), 1);
    scene.client.set(JWKS, Reply::ok(jwks(&["b"])));
    scene.clock.advance(SECOND).await;
    assert_eq!(scene.key_requests(), 2);
    assert!(scene.knows("b") && !scene.knows("a"));
}

#[tokio::test]
async fn an_unchanged_document_is_confirmed_by_its_etag() {
    let client = healthy_client();
    client.set(JWKS, Reply::ok(jwks(&["a"])).header("etag", "\"one\"").header("cache-control", "max-age=1000"));
    let scene = Scene::start(settings(ProviderKind::CustomOidc), client);
    scene.clock.advance(SECOND).await;
    assert!(!scene.client.last_headers(JWKS).contains_key("if-none-match"));
    let generation = scene.generation();

    scene.client.set(JWKS, Reply::status(304, ""));
    scene.clock.advance(800 * SECOND).await;
    assert_eq!(scene.client.last_headers(JWKS)["if-none-match"], "\"one\"");
    assert_eq!(scene.provider.status().keys_age, Some(SECOND));
    assert_eq!(scene.generation(), generation);
    assert!(scene.problem().is_none());

    scene.clock.advance(798 * SECOND).await;
    assert_eq!(scene.key_requests(), 2, "a 304 keeps the lifetime");
    scene.clock.advance(SECOND).await;
    assert_eq!(scene.key_requests(), 3);
    assert_eq!(scene.client.last_headers(JWKS)["if-none-match"], "\"one\"");
}

#[tokio::test]
async fn the_same_document_again_is_no_change() {
    let scene = Scene::healthy().await;
    let generation = scene.generation();
    scene.clock.advance(HOUR).await;
    assert!(scene.key_requests() > 2);
    assert_eq!(scene.generation(), generation);
}
