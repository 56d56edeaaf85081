//! Each metric, after what it counts. The recorder is this thread's alone, and so is all that a test runs.

use std::collections::BTreeSet;

use axum::routing::any;
use http::{Request, StatusCode, header::AUTHORIZATION};
use tower::ServiceExt as _;
use tower_oidc::{
    Principal,
    principal::rules::signed_in,
    testing::{Endpoint, Fault},
};

use crate::{
    counted::counted,
    support::{Stand, navigation},
};

const DECISIONS: &str = "tower_oidc_decisions_total";
const VALIDATION: &str = "tower_oidc_token_validation_duration_seconds_count";
const TOKEN_CACHE: &str = "tower_oidc_token_cache_lookups_total";

async fn with_token(stand: &Stand, path: &str, token: &str) -> StatusCode {
    let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {token}"));
    stand.send(request.body(bytes::Bytes::new()).unwrap()).await.status
}

fn named(mut config: tower_oidc::Config) -> tower_oidc::Config {
    config.authentication.provider_name = Some("Acme".to_owned());
    config
}

#[tokio::test]
async fn decisions_are_counted_by_kind_reason_and_way() {
    counted!(counted);
    let stand = Stand::with(named).await;
    let good = stand.provider.token("jane").sign();
    for _ in 0..3 {
        assert_eq!(with_token(&stand, "/me", &good).await, StatusCode::OK);
    }
    assert_eq!(with_token(&stand, "/me", "a.b").await, StatusCode::UNAUTHORIZED);
    assert_eq!(with_token(&stand, "/me", &format!("{good}x")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(with_token(&stand, "/admin", &good).await, StatusCode::FORBIDDEN);
    let nobody = Request::get("/me").body(bytes::Bytes::new()).unwrap();
    assert_eq!(stand.send(nobody).await.status, StatusCode::UNAUTHORIZED);
    stand.signed_in("alice").await;

    for (kind, reason, via, value) in [
        ("accepted", "good_credentials", "bearer", 4.0),
        ("accepted", "good_credentials", "session", 1.0),
        ("invalid_token", "not_a_signed_jwt", "bearer", 1.0),
        ("invalid_token", "not_base64url", "bearer", 1.0),
        ("forbidden", "rule_not_met", "bearer", 1.0),
        // The one without credentials, and the navigation that was sent to log in.
        ("no_credentials", "no_credentials", "none", 2.0),
    ] {
        let labels = [("provider", "Acme"), ("kind", kind), ("reason", reason), ("via", via)];
        counted.assert(DECISIONS, &labels, value);
    }
}

#[tokio::test]
async fn a_guard_that_is_reached_without_the_layer_is_counted_too() {
    counted!(counted);
    let stand = Stand::with(named).await;
    let guarded = axum::Router::new()
        .route("/extractor", any(async |_: Principal| ""))
        .route("/guard", any("").layer(stand.auth.require(signed_in())));
    for path in ["/extractor", "/extractor", "/guard"] {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let answer = guarded.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
    for (provider, value) in [("", 2.0), ("Acme", 1.0)] {
        let labels = [("provider", provider), ("kind", "misconfigured"), ("reason", "not_layered"), ("via", "none")];
        counted.assert(DECISIONS, &labels, value);
    }
}

#[tokio::test]
async fn tokens_are_timed_apart_when_they_are_remembered() {
    counted!(counted);
    let stand = Stand::with(named).await;
    let good = stand.provider.token("jane").sign();
    for _ in 0..3 {
        with_token(&stand, "/me", &good).await;
    }
    with_token(&stand, "/me", "a.b.c").await;
    for (result, value) in [("hit", 2.0), ("miss", 2.0)] {
        counted.assert(TOKEN_CACHE, &[("provider", "Acme"), ("result", result)], value);
        counted.assert(VALIDATION, &[("provider", "Acme"), ("cache", result)], value);
    }
}

#[tokio::test]
async fn without_a_memory_there_are_no_hits_and_no_misses() {
    counted!(counted);
    let stand = Stand::parts(named, |builder| builder.without_token_cache()).await;
    with_token(&stand, "/me", &stand.provider.token("jane").sign()).await;
    counted.assert(TOKEN_CACHE, &[("result", "miss")], 0.0);
    counted.assert(VALIDATION, &[("cache", "miss")], 1.0);
}

#[tokio::test]
async fn fetches_their_failures_and_the_age_of_the_keys_are_counted() {
    counted!(counted);
    let stand = Stand::with(named).await;
    let fetches = |document| counted.value("tower_oidc_key_cache_fetches_total", &[("document", document)]);
    assert!(fetches("metadata") >= 1.0 && fetches("keys") >= 1.0, "{:#?}", counted.lines());
    let confirmed = || counted.value("tower_oidc_key_cache_confirmed_timestamp_seconds", &[("provider", "Acme")]);
    let first = confirmed();
    assert!((first - stand.now() as f64).abs() < 1.5, "{first} {}", stand.now());

    stand.provider.endpoint(Endpoint::Jwks).fail_with(Fault::Status(502));
    stand.provider.rotate_keys(tower_oidc::types::Algorithm::Rs256);
    stand.advance(2);
    let unknown = stand.provider.token("jane").sign();
    stand.eventually(with_token(&stand, "/me", &unknown)).await;
    let labels = [("provider", "Acme"), ("document", "keys"), ("reason", "status")];
    assert!(counted.value("tower_oidc_key_cache_fetch_failures_total", &labels) >= 1.0, "{:#?}", counted.lines());
    assert!((confirmed() - first).abs() < 1e-6, "a failure confirms nothing");
}

#[tokio::test]
async fn logins_are_counted_from_their_start_to_their_end() {
    counted!(counted);
    let stand = Stand::with(named).await;
    stand.signed_in("alice").await;
    let mut bob = stand.browser();
    bob.navigate("/me").await;
    bob.refuse(&stand.provider).await;
    stand.send(navigation("/login?return_to=https://evil.example")).await;

    let provider = ("provider", "Acme");
    counted.assert("tower_oidc_logins_started_total", &[provider], 2.0);
    counted.assert("tower_oidc_logins_finished_total", &[provider], 1.0);
    counted.assert("tower_oidc_logins_failed_total", &[provider, ("reason", "access_denied")], 1.0);
    counted.assert("tower_oidc_logins_failed_total", &[provider, ("reason", "foreign_return_address")], 1.0);
    counted.assert("tower_oidc_sessions_opened_total", &[provider], 1.0);
}

#[tokio::test]
async fn a_login_that_cannot_start_is_a_failed_one() {
    counted!(counted);
    let mut stand = Stand::with(named).await;
    stand.provider.go_down();
    stand.restart(named(stand.config())).await;
    assert_eq!(stand.send(navigation("/me")).await.status, StatusCode::SERVICE_UNAVAILABLE);
    counted.assert("tower_oidc_logins_failed_total", &[("reason", "provider_unavailable")], 1.0);
    counted.assert("tower_oidc_logins_started_total", &[], 0.0);
    let failures = counted.labels("tower_oidc_key_cache_fetch_failures_total", "document");
    assert!(failures["metadata"] >= 1.0, "{failures:?}");
}

/// A login has started when the browser is sent to the provider.
#[tokio::test]
async fn a_login_that_cannot_be_pushed_is_a_failed_one() {
    counted!(counted);
    let stand = Stand::with(|config| {
        let mut config = named(config);
        config.authentication.oidc.pushed_authorization_requests = Some("required".to_owned());
        config
    })
    .await;
    let endpoint = stand.provider.endpoint(Endpoint::PushedAuthorization);
    endpoint.fail_next(2, Fault::Status(500));
    for (path, status, failed, started) in [
        ("/me", StatusCode::SERVICE_UNAVAILABLE, 1.0, 0.0),
        ("/login", StatusCode::SERVICE_UNAVAILABLE, 2.0, 0.0),
        ("/me", StatusCode::FOUND, 2.0, 1.0),
        ("/login", StatusCode::FOUND, 2.0, 2.0),
    ] {
        assert_eq!(stand.send(navigation(path)).await.status, status);
        counted.assert("tower_oidc_logins_failed_total", &[("provider", "Acme"), ("reason", "push_failed")], failed);
        counted.assert("tower_oidc_logins_started_total", &[], started);
    }
}

/// What is remembered of somebody does not outlive their logout: the next token of theirs is checked again.
#[tokio::test]
async fn whoever_signs_out_is_no_remembered_token_either() {
    counted!(counted);
    let stand = Stand::with(named).await;
    let mut alice = stand.signed_in("alice").await;
    let [hers, his] = ["alice", "bob"].map(|subject| stand.provider.token(subject).sign());
    for token in [&hers, &his, &hers, &his] {
        with_token(&stand, "/me", token).await;
    }
    counted.assert(TOKEN_CACHE, &[("result", "miss")], 2.0);
    counted.assert(TOKEN_CACHE, &[("result", "hit")], 2.0);
    alice.post("/logout", &[]).await;
    with_token(&stand, "/me", &hers).await;
    counted.assert(TOKEN_CACHE, &[("result", "miss")], 3.0);
    with_token(&stand, "/me", &his).await;
    counted.assert(TOKEN_CACHE, &[("result", "hit")], 3.0);

    let told = format!("logout_token={}", stand.provider.logout_token("bob").sign());
    let told = Request::post("/backchannel-logout")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(bytes::Bytes::from(told));
    assert_eq!(stand.send(told.unwrap()).await.status, StatusCode::OK);
    with_token(&stand, "/me", &his).await;
    counted.assert(TOKEN_CACHE, &[("result", "miss")], 4.0);
}

/// A label that a caller could choose would be a way to fill the operator's memory.
#[tokio::test]
async fn nothing_of_a_request_is_a_label() {
    counted!(counted);
    let stand = Stand::with(named).await;
    let marked = |place: usize| format!("zq7Marked{place}");
    for place in 0..20 {
        let mark = marked(place);
        let token = || stand.provider.token(&mark);
        for token in [
            token().sign(),
            token().issuer(&mark).sign(),
            token().audience(&mark).sign(),
            token().header("kid", &mark).sign(),
            token().header("alg", &mark).sign(),
            mark.clone(),
        ] {
            stand.eventually(with_token(&stand, &format!("/{mark}"), &token)).await;
        }
        stand.send(navigation(&format!("/callback?error={mark}&state={mark}"))).await;
        stand.send(navigation(&format!("/login?return_to={mark}&iss={mark}"))).await;
        let method = http::Method::from_bytes(mark.to_uppercase().as_bytes()).unwrap();
        stand.send(Request::builder().method(method).uri("/login").body(bytes::Bytes::new()).unwrap()).await;
    }
    let text = counted.render();
    assert!(!text.to_lowercase().contains("zq7marked"), "{text}");
    let lines = counted.lines().len();
    assert!(lines < 80, "{lines} lines: {text}");
}

/// The chapter is what operators build their alerts on.
#[test]
fn the_chapter_has_every_metric_and_no_other() {
    let names = |text: &'static str, quote: char| -> BTreeSet<_> {
        text.split(quote).filter(|part| part.starts_with("tower_oidc_") && !part.contains([' ', '{', '('])).collect()
    };
    let recorded = names(include_str!("../../src/metrics/on.rs"), '"');
    let rows =
        include_str!("../../src/guide/observability.md").lines().filter(|line| line.starts_with("| `tower_oidc_"));
    let told: BTreeSet<_> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    assert!(recorded.len() > 8, "{recorded:?}");
    assert_eq!(recorded, told);
}
