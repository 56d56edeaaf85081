use tokio::sync::Notify;

use crate::provider::{DEMAND_BURST, MISSING_LIFETIME};

use super::*;

#[tokio::test]
async fn ten_thousand_made_up_keys_in_a_second_cause_at_most_eleven_fetches_in_a_minute() {
    let scene = Scene::healthy().await;
    let (start, before) = (scene.now(), scene.key_requests());
    let mut readers = Vec::new();
    for number in 0..10_000 {
        readers.push(scene.renewing(&format!("made-up-{number}")));
        if number % 100 == 0 {
            scene.clock.advance(SECOND / 100).await;
        }
    }
    while scene.now() < start + MINUTE {
        readers.push(scene.renewing(&format!("more-{:?}", scene.now())));
        scene.clock.advance(SECOND / 4).await;
    }
    let fetches = scene.key_requests() - before;
    assert!((DEMAND_BURST as usize..=11).contains(&fetches), "{fetches}");
    assert_eq!(scene.client.count(DISCOVERY), 1);
    scene.clock.advance(WAIT_LIMIT).await;
    for reader in readers {
        assert_eq!(reader.await.unwrap(), Renewed::Unchanged);
    }
}

#[tokio::test]
async fn a_thousand_readers_cause_one_fetch() {
    for same in [true, false] {
        let scene = Scene::healthy().await;
        scene.client.set(JWKS, Reply::ok(jwks(&["b"])));
        let kid = |number| if same { "b".to_owned() } else { format!("x{number}") };
        let readers: Vec<_> = (0..1000).map(|number| scene.renewing(&kid(number))).collect();
        scene.clock.advance(WAIT_LIMIT).await;
        for reader in readers {
            assert_eq!(reader.await.unwrap(), Renewed::Changed);
        }
        assert_eq!(scene.key_requests(), 2);
    }
}

#[tokio::test]
async fn readers_who_come_while_a_fetch_is_under_way_join_it() {
    let scene = Scene::healthy().await;
    let gate = Arc::new(Notify::new());
    scene.client.set(JWKS, Reply::Held(Arc::clone(&gate), Box::new(Reply::ok(jwks(&["b"])))));
    let mut readers = vec![scene.renewing("b")];
    settle().await;
    readers.extend((0..1000).map(|_| scene.renewing("b")));
    settle().await;
    gate.notify_one();
    scene.clock.advance(WAIT_LIMIT).await;
    for reader in readers {
        assert_eq!(reader.await.unwrap(), Renewed::Changed);
    }
    assert_eq!(scene.key_requests(), 2);
}

#[tokio::test]
async fn one_retired_key_does_not_eat_the_budget() {
    let scene = Scene::healthy().await;
    assert_eq!(scene.renewed("retired").await, Renewed::Unchanged);
    let asked = scene.now();
    while scene.now() < asked + MISSING_LIFETIME - 2 * WAIT_LIMIT {
        assert_eq!(scene.provider.renew(scene.generation(), Some("retired")).await, Renewed::Unchanged);
        scene.clock.advance(SECOND / 10).await;
    }
    assert_eq!(scene.key_requests(), 2);
    scene.client.set(JWKS, Reply::ok(jwks(&["a", "b"])));
    assert_eq!(scene.renewed("b").await, Renewed::Changed, "others are not held up by it");
    scene.clock.advance(MISSING_LIFETIME).await;
    assert_eq!(scene.renewed("retired").await, Renewed::Unchanged);
    assert_eq!(scene.key_requests(), 4);
}

#[tokio::test]
async fn a_spent_budget_answers_at_once() {
    let scene = Scene::healthy().await;
    for number in 0..DEMAND_BURST {
        let reader = scene.renewing(&number.to_string());
        scene.clock.advance(SECOND).await;
        assert_eq!(reader.await.unwrap(), Renewed::Unchanged);
    }
    let before = scene.now();
    assert_eq!(scene.provider.renew(scene.generation(), Some("x")).await, Renewed::Unchanged);
    assert_eq!(scene.now(), before);
    assert_eq!(scene.key_requests(), 1 + DEMAND_BURST as usize);
}

#[tokio::test]
async fn a_known_key_and_a_token_without_one_cost_nothing_and_one_attempt() {
    let scene = Scene::healthy().await;
    assert_eq!(scene.provider.renew(scene.generation(), Some("a")).await, Renewed::Unchanged);
    assert_eq!(scene.key_requests(), 1);
    let (provider, seen) = (scene.provider.clone(), scene.generation());
    let reader = tokio::spawn(async move { provider.renew(seen, None).await });
    scene.clock.advance(WAIT_LIMIT).await;
    assert_eq!(reader.await.unwrap(), Renewed::Unchanged);
    assert_eq!(scene.key_requests(), 2);
}
