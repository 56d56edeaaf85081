use url::Url;

use crate::{
    provider::{IssuerRule, MAX_BACK_OFF, MAX_STALE, METADATA_LIFETIME},
    types::Issuer,
};

use super::*;

const MOVED: &str = "https://id.example/moved/keys";

fn moved() -> String {
    metadata(ISSUER).replace(JWKS, MOVED)
}

#[tokio::test]
async fn metadata_of_another_issuer_are_a_contradiction_and_no_keys_are_fetched() {
    let client = healthy_client();
    client.set(DISCOVERY, Reply::ok(metadata("https://id.example/")));
    let scene = Scene::start(settings(ProviderKind::CustomOidc), client);
    let error = scene.provider.first_attempt().await.unwrap_err();
    assert!(error.is_contradiction() && matches!(*error, ProviderError::IssuerMismatch { .. }));
    scene.clock.advance(10 * MINUTE).await;
    assert_eq!((scene.has_keys(), scene.key_requests()), (false, 0));
    assert!(scene.provider.snapshot().issuer().is_none() && scene.provider.snapshot().metadata().is_none());
    assert!(is_unavailable(scene.renewed("a").await));

    scene.client.set(DISCOVERY, Reply::ok(metadata(ISSUER)));
    scene.clock.advance(MAX_BACK_OFF).await;
    assert!(scene.knows("a"), "once mended, it recovers by itself");
}

#[tokio::test]
async fn one_extra_slash_is_taken_from_auth0() {
    let client = healthy_client();
    client.set(DISCOVERY, Reply::ok(metadata("https://id.example/")));
    let scene = Scene::settled(settings(ProviderKind::Auth0), client).await;
    assert_eq!(scene.provider.snapshot().issuer(), Some(&IssuerRule::Exact(Issuer::new("https://id.example/"))));
    assert!(scene.knows("a"));
}

#[tokio::test]
async fn a_template_is_kept_for_the_tenant_of_each_token() {
    const COMMON: &str = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration";
    let mut settings = settings(ProviderKind::Azure);
    settings.discovery = Some(Url::parse(COMMON).unwrap());
    let client = healthy_client();
    client.set(COMMON, Reply::ok(metadata("https://login.microsoftonline.com/{tenantid}/v2.0")));
    let scene = Scene::settled(settings, client).await;
    let snapshot = scene.provider.snapshot();
    let issuer = "https://login.microsoftonline.com/t1/v2.0";
    assert_eq!(snapshot.issuer().unwrap().matches(issuer, Some("t1")), Some(Issuer::new(issuer)));
    assert_eq!(snapshot.issuer().unwrap().matches(issuer, Some("t2")), None);
}

#[tokio::test]
async fn an_issuer_that_changes_later_is_a_contradiction_and_nothing_new_is_taken() {
    let mut pathless = settings(ProviderKind::Auth0);
    pathless.issuer = None;
    let scene = Scene::settled(pathless, healthy_client()).await;
    scene.client.set(DISCOVERY, Reply::ok(metadata("https://id.example/")));
    scene.client.set(JWKS, Reply::ok(jwks(&["b"])));
    scene.clock.advance(METADATA_LIFETIME).await;
    scene.clock.advance(HOUR).await;
    assert!(matches!(*scene.problem().unwrap(), ProviderError::IssuerMismatch { .. }));
    let requests = scene.key_requests();
    scene.clock.advance(HOUR).await;
    assert_eq!(scene.key_requests(), requests);
    assert_eq!(scene.provider.snapshot().issuer(), Some(&IssuerRule::Exact(Issuer::new(ISSUER))));
    scene.clock.advance(MAX_STALE).await;
    assert!(!scene.has_keys());
}

#[tokio::test]
async fn a_contradiction_is_not_forgotten_while_the_metadata_cannot_be_read() {
    let scene = Scene::healthy().await;
    scene.client.set(DISCOVERY, Reply::ok(metadata("https://evil.example")));
    scene.clock.advance(2 * HOUR).await;
    let requests = scene.key_requests();
    scene.client.set(DISCOVERY, Reply::status(503, ""));
    scene.client.set(JWKS, Reply::ok(jwks(&["b"])));
    scene.clock.advance(HOUR).await;
    assert!(scene.problem().unwrap().is_unreachable());
    assert_eq!((scene.key_requests(), scene.knows("b")), (requests, false));
    scene.client.set(DISCOVERY, Reply::ok(metadata(ISSUER)));
    scene.clock.advance(MAX_BACK_OFF).await;
    assert!(scene.knows("b"));
}

#[tokio::test]
async fn metadata_are_fetched_again_after_an_hour_and_not_before() {
    let scene = Scene::healthy().await;
    scene.clock.advance(METADATA_LIFETIME - MINUTE).await;
    assert_eq!(scene.client.count(DISCOVERY), 1);
    scene.clock.advance(20 * MINUTE).await;
    assert_eq!(scene.client.count(DISCOVERY), 2);
}

#[tokio::test]
async fn a_moved_key_url_is_noticed_by_its_failure() {
    let scene = Scene::healthy().await;
    scene.client.set(DISCOVERY, Reply::ok(moved()));
    scene.client.set(MOVED, Reply::ok(jwks(&["b"])));
    scene.client.set(JWKS, Reply::status(404, ""));
    assert!(is_unavailable(scene.renewing("b").await.unwrap()));
    assert_eq!(scene.renewed("b").await, Renewed::Changed);
    assert!(scene.knows("b") && !scene.knows("a"));
}

#[tokio::test]
async fn the_old_keys_serve_until_those_of_the_moved_url_are_there() {
    let client = healthy_client();
    client.set(JWKS, Reply::ok(jwks(&["a"])).header("etag", "\"one\""));
    let scene = Scene::settled(settings(ProviderKind::CustomOidc), client).await;
    scene.client.set(DISCOVERY, Reply::ok(moved()));
    scene.client.set(MOVED, Reply::Down);
    scene.clock.advance(METADATA_LIFETIME + 10 * MINUTE).await;
    assert!(scene.client.count(MOVED) > 0 && scene.knows("a"));
    assert!(!scene.client.last_headers(MOVED).contains_key("if-none-match"), "the ETag is of the other document");
    scene.client.set(MOVED, Reply::ok(jwks(&["b"])));
    scene.clock.advance(MAX_BACK_OFF).await;
    assert!(scene.knows("b") && !scene.knows("a"));
}

#[tokio::test]
async fn metadata_that_cannot_be_fetched_again_do_not_stop_the_keys() {
    let scene = Scene::healthy().await;
    scene.client.set(DISCOVERY, Reply::status(503, ""));
    scene.clock.advance(METADATA_LIFETIME + 10 * MINUTE).await;
    assert!(scene.problem().unwrap().is_unreachable());
    scene.client.set(JWKS, Reply::ok(jwks(&["b"])));
    assert_eq!(scene.renewed("b").await, Renewed::Changed);
}

#[tokio::test]
async fn a_page_or_a_missing_page_in_place_of_metadata_is_no_contradiction() {
    for reply in [Reply::ok("<html>"), Reply::status(404, ""), Reply::ok("OK"), Reply::status(502, "<html>")] {
        let client = healthy_client();
        client.set(DISCOVERY, reply);
        let scene = Scene::start(settings(ProviderKind::CustomOidc), client);
        assert!(scene.provider.first_attempt().await.unwrap_err().is_unreachable());
        scene.client.set(DISCOVERY, Reply::ok(metadata(ISSUER)));
        scene.clock.advance(2 * SECOND).await;
        assert!(scene.knows("a"));
    }
}

#[tokio::test]
async fn https_is_demanded_of_metadata_when_the_operator_wants_it() {
    let client = healthy_client();
    client.set(DISCOVERY, Reply::ok(metadata(ISSUER).replace("https://id.example/keys", "http://id.example/keys")));
    let http = HttpSettings { https_only: true, ..HttpSettings::default() };
    let clock = ManualClock::default();
    let provider =
        Provider::start(settings(ProviderKind::CustomOidc), &http, Arc::new(client.clone()), Arc::new(clock));
    let error = provider.first_attempt().await.unwrap_err();
    assert!(matches!(*error, ProviderError::NotHttps { member: "jwks_uri" }));
    assert_eq!(client.count("http://id.example/keys"), 0);
}
