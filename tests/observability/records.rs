//! The record of a refusal is the one source of all that is told of it.

use axum::{Router, response::Response, routing::get};
use bytes::Bytes;
use http::{Request, StatusCode, header::AUTHORIZATION};
use http_body_util::Full;
use tower::ServiceExt as _;
use tower_oidc::{
    layer::{AuthError, AuthErrorKind, DecisionRecord, Outcome, Seen},
    principal::{PrincipalError, Via},
    testing::{Endpoint, Fault, Visited},
};
use tracing::Level;

use crate::{
    events::{self, Logged},
    support::{Stand, navigation},
};

/// The refusals among the events, which an operator sees at the default level.
fn refusals(logged: &[Logged]) -> Vec<&Logged> {
    let is_refusal = |event: &&Logged| event.fields.get("message").is_some_and(|message| message == "request refused");
    logged.iter().filter(|event| event.level <= Level::INFO).filter(is_refusal).collect()
}

fn field<'e>(event: &'e Logged, name: &str) -> &'e str {
    event.fields.get(name).map(String::as_str).unwrap_or_default()
}

/// What a person reads on a page.
fn reference(page: &str) -> &str {
    let rest = page.split_once("Reference</dt><dd><code>").unwrap_or_else(|| panic!("{page}")).1;
    rest.split_once('<').unwrap().0
}

#[track_caller]
fn assert_found_in_the_log(page: &Visited, logged: &[Logged], reason: &str) {
    let [event] = refusals(logged)[..] else { panic!("one refusal is one event: {logged:?}") };
    assert_eq!((field(event, "reason"), field(event, "reference")), (reason, reference(&page.text())));
    assert_eq!(field(event, "path"), page.url.path());
}

#[tokio::test]
async fn the_reference_on_a_page_is_found_in_the_log() {
    let stand = Stand::with(|config| config.admin("alice@example.com")).await;
    let mut bob = stand.signed_in("bob").await;
    let (page, logged) = events::during(bob.navigate("/admin")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert_found_in_the_log(&page, &logged, "rule_not_met");
    let event = refusals(&logged)[0];
    for (name, expected) in [
        ("kind", "forbidden"),
        ("rule", "admin"),
        ("via", "session"),
        ("method", "GET"),
        ("status", "403"),
        ("issuer", stand.provider.issuer()),
    ] {
        assert_eq!(field(event, name), expected, "{name}");
    }

    let callback = format!("/callback?error=access_denied&state=x&iss={}", stand.provider.issuer());
    let (page, logged) = events::during(bob.navigate(&callback)).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert_found_in_the_log(&page, &logged, "access_denied");
}

/// A store that is down refuses in the layer, and a page takes the place of that answer.
#[tokio::test]
async fn a_page_in_the_place_of_a_refusal_shows_its_reference() {
    let stand = Stand::new().await;
    let own = Router::new().route("/own", get(async || refused_by_hand())).layer(stand.auth.layer());
    let request = navigation("/own").map(Full::new);
    let (response, logged) = events::during(own.oneshot(request)).await;
    let (parts, body) = response.unwrap().into_parts();
    assert_eq!(parts.status, StatusCode::FORBIDDEN);
    let page = axum::body::to_bytes(axum::body::Body::new(body), usize::MAX).await.unwrap();
    let [event] = refusals(&logged)[..] else { panic!("{logged:?}") };
    assert_eq!(field(event, "reference"), reference(std::str::from_utf8(&page).unwrap()));
    assert_eq!(field(event, "reason"), "domain_not_allowed");
}

/// A handler that refuses by itself, and leaves the reason for the layer to show.
fn refused_by_hand() -> Response {
    let mut response = Response::new(axum::body::Body::empty());
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.extensions_mut().insert(AuthError::Principal(PrincipalError::DomainNotAllowed));
    response
}

#[tokio::test]
async fn a_login_that_cannot_start_shows_the_reference_of_its_own_record() {
    let mut stand = Stand::new().await;
    stand.provider.go_down();
    stand.restart(stand.config()).await;
    let (answer, logged) = events::during(stand.send(navigation("/me"))).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let [nobody, unavailable] = refusals(&logged)[..] else { panic!("{logged:?}") };
    assert_eq!(field(nobody, "reason"), "no_credentials");
    assert_eq!(
        (field(unavailable, "reason"), field(unavailable, "reference")),
        ("provider_unavailable", reference(&answer.text))
    );
    assert_eq!(unavailable.level, Level::WARN);
}

#[tokio::test]
async fn a_refused_id_token_is_told_with_its_claim_and_its_cause() {
    let stand = Stand::new().await;
    stand.provider.change_id_token(|token, _| token.audience("somebody else"));
    let mut alice = stand.browser();
    let (page, logged) = events::during(stand.sign_in(&mut alice, "alice")).await;
    let event = refusals(&logged).into_iter().next_back().unwrap();
    for (name, expected) in [
        ("reason", "id_token_refused"),
        ("claim", "aud"),
        ("seen", "another"),
        ("error", "the ID token was refused: the token is meant for another audience"),
        ("reference", reference(&page.text())),
        ("path", "/callback"),
    ] {
        assert_eq!(field(event, name), expected, "{name}");
    }
    assert!(!format!("{logged:?}").contains("somebody else"));
}

#[tokio::test]
async fn the_record_of_a_refused_token_is_in_the_extensions() {
    let stand = Stand::new().await;
    let app = Router::new().route("/orders", get(async || "in")).layer(stand.auth.layer());
    let expired = stand.provider.token("jane").claim("exp", stand.now() - 3600).sign();
    let request = Request::post("/orders?secret=1").header(AUTHORIZATION, format!("Bearer {expired}"));
    let refused = app.oneshot(request.body(Full::new(Bytes::new())).unwrap()).await.unwrap();
    let record = refused.extensions().get::<DecisionRecord>().unwrap();
    assert_eq!(record.outcome(), Outcome::Refused(AuthErrorKind::InvalidToken));
    assert_eq!((record.reason(), record.claim(), record.seen()), ("expired", Some("exp"), Some(Seen::Past)));
    assert_eq!((record.method(), record.path()), ("POST", "/orders"));
    assert_eq!(record.issuer().map(|issuer| issuer.as_str()), Some(stand.provider.issuer()));
    assert_eq!((record.rule(), record.status()), (None, Some(StatusCode::UNAUTHORIZED)));
    assert_eq!(record.via(), Some(Via::Bearer));
}

/// What a token says of its issuer is not repeated unless the settings say the same.
#[tokio::test]
async fn an_issuer_that_nobody_trusts_is_not_in_the_record() {
    let stand = Stand::new().await;
    let app = Router::new().route("/orders", get(async || "in")).layer(stand.auth.layer());
    let foreign = stand.provider.token("jane").issuer("https://zq7Marked.example").sign();
    let request = Request::get("/orders").header(AUTHORIZATION, format!("Bearer {foreign}"));
    let refused = app.oneshot(request.body(Full::new(Bytes::new())).unwrap()).await.unwrap();
    let record = refused.extensions().get::<DecisionRecord>().unwrap();
    assert_eq!((record.reason(), record.issuer()), ("unknown_issuer", None));
    assert!(!format!("{record:?}").contains("zq7Marked"));
}

/// Fetched JSON and the page of the same failure are told in the same way.
#[tokio::test]
async fn a_script_finds_the_reference_in_the_problem() {
    let stand = Stand::with(|config| config.scope("openid email profile offline_access")).await;
    let alice = stand.signed_in("alice").await;
    stand.provider.endpoint(Endpoint::Token).fail_with(Fault::Status(502));
    let request = Request::post("/refresh").header("sec-fetch-site", "same-origin").body(Bytes::new()).unwrap();
    let (answer, logged) = events::during(alice.fetch_with(request)).await;
    let [event] = refusals(&logged)[..] else { panic!("{logged:?}") };
    let problem: serde_json::Value = answer.json();
    assert_eq!(problem["reference"], field(event, "reference"));
    assert_eq!(problem["type"], "urn:tower-oidc:login:unavailable");
    assert_eq!(field(event, "reason"), "renewal_failed");
}
