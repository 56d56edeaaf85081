use url::Url;

use crate::{
    provider::{IssuerRule, MAX_BACK_OFF, MAX_STALE},
    types::Issuer,
};

use super::*;

const OTHER: &str = "https://other.example/keys";

/// An issuer pinned by the operator, with keys at two URLs and no discovery.
fn two_urls() -> IssuerSettings {
    let mut settings = settings(ProviderKind::CustomOidc);
    settings.issuer = Some(Issuer::new(ISSUER));
    settings.discovery = None;
    settings.key_urls = [JWKS, OTHER].map(|url| Url::parse(url).unwrap()).to_vec();
    settings
}

fn both_up() -> ScriptedClient {
    let client = healthy_client();
    client.set(OTHER, Reply::ok(jwks(&["o"])));
    client
}

#[tokio::test]
async fn without_discovery_the_issuer_is_known_at_once() {
    let scene = Scene::start(two_urls(), both_up());
    assert_eq!(scene.provider.snapshot().issuer(), Some(&IssuerRule::Exact(Issuer::new(ISSUER))));
    assert!(!scene.has_keys());
    scene.provider.first_attempt().await.unwrap();
    assert!(scene.knows("a") && scene.knows("o") && scene.provider.snapshot().metadata().is_none());
    assert_eq!(scene.client.count(DISCOVERY), 0);
}

#[tokio::test]
async fn a_dead_url_does_not_stop_the_other() {
    let client = both_up();
    client.set(OTHER, Reply::Down);
    let scene = Scene::start(two_urls(), client);
    scene.provider.first_attempt().await.unwrap();
    assert!(scene.knows("a") && scene.problem().is_some());
    scene.clock.advance(5 * MINUTE).await;
    assert_eq!(scene.key_requests(), 1, "the good one is not asked more often for it");

    scene.client.set(JWKS, Reply::ok(jwks(&["b"])));
    assert_eq!(scene.renewed("b").await, Renewed::Changed);
    assert!(is_unavailable(scene.renewed("x").await), "it may be a key of the dead one");
    scene.client.set(JWKS, Reply::ok(jwks(&["b", "c"])));
    assert!(is_unavailable(scene.renewed("y").await), "whatever else has changed");
    assert!(scene.knows("c"));
    scene.client.set(OTHER, Reply::ok(jwks(&["o"])));
    scene.clock.advance(MAX_BACK_OFF).await;
    assert!(scene.knows("b") && scene.knows("o") && scene.problem().is_none());
    assert_eq!(scene.renewed("x").await, Renewed::Unchanged);
}

#[tokio::test]
async fn readers_do_not_hasten_the_dead_url() {
    let client = both_up();
    client.set(OTHER, Reply::status(503, "").header("retry-after", "120"));
    let scene = Scene::settled(two_urls(), client).await;
    for kid in ["x", "y", "z"] {
        assert!(is_unavailable(scene.renewed(kid).await), "{kid}");
    }
    assert_eq!((scene.key_requests(), scene.client.count(OTHER)), (4, 1));
}

#[tokio::test]
async fn each_url_keeps_its_own_last_good_keys_and_their_age() {
    let scene = Scene::settled(two_urls(), both_up()).await;
    scene.client.set(OTHER, Reply::status(500, ""));
    scene.clock.advance(HOUR).await;
    assert!(scene.knows("a") && scene.knows("o"));
    assert!(scene.provider.status().keys_age.unwrap() > HOUR / 2);
    scene.clock.advance(MAX_STALE + MAX_BACK_OFF).await;
    assert!(scene.knows("a") && !scene.knows("o"));
    assert!(scene.provider.status().ready);
}

#[tokio::test]
async fn both_urls_are_fetched_side_by_side() {
    let client = both_up();
    client.set(JWKS, Reply::Silence);
    client.set(OTHER, Reply::Silence);
    let scene = Scene::start(two_urls(), client);
    settle().await;
    assert_eq!((scene.key_requests(), scene.client.count(OTHER)), (1, 1));
}

#[tokio::test]
async fn each_url_has_its_own_etag() {
    let client = both_up();
    client.set(JWKS, Reply::ok(jwks(&["a"])).header("etag", "\"one\""));
    client.set(OTHER, Reply::ok(jwks(&["o"])).header("etag", "\"two\""));
    let scene = Scene::settled(two_urls(), client).await;
    scene.clock.advance(10 * MINUTE).await;
    assert_eq!(scene.client.last_headers(JWKS)["if-none-match"], "\"one\"");
    assert_eq!(scene.client.last_headers(OTHER)["if-none-match"], "\"two\"");
}

#[tokio::test]
async fn a_pinned_issuer_with_key_urls_does_not_need_its_metadata() {
    let mut settings = two_urls();
    settings.discovery = Some(Url::parse(DISCOVERY).unwrap());
    let client = both_up();
    client.set(DISCOVERY, Reply::Down);
    let scene = Scene::start(settings, client);
    scene.provider.first_attempt().await.unwrap();
    assert!(scene.knows("a") && scene.provider.snapshot().metadata().is_none() && scene.problem().is_some());

    scene.client.set(DISCOVERY, Reply::ok(metadata(ISSUER)));
    scene.clock.advance(MAX_BACK_OFF).await;
    assert!(scene.provider.snapshot().metadata().is_some() && scene.problem().is_none());
    assert_eq!(scene.key_requests(), 1, "key URLs of the operator count in place of `jwks_uri`");
}

#[tokio::test]
async fn key_urls_without_a_known_issuer_are_of_no_use() {
    let mut settings = two_urls();
    settings.discovery = Some(Url::parse(DISCOVERY).unwrap());
    settings.issuer = None;
    let client = both_up();
    client.set(DISCOVERY, Reply::Down);
    let scene = Scene::start(settings, client);
    assert!(scene.provider.first_attempt().await.unwrap_err().is_unreachable());
    assert!(!scene.has_keys());
    scene.client.set(DISCOVERY, Reply::ok(metadata(ISSUER)));
    scene.clock.advance(2 * SECOND).await;
    assert!(scene.knows("a") && scene.knows("o"));
}
