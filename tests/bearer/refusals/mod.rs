//! Every refusal, as the client, the log and the service itself see it.

mod passing;
mod table;

use axum::{
    body::{self, Body},
    extract::Request,
};
use http::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, AsHeaderName, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    response::Parts,
};
use serde_json::{Value, json};
use tower::ServiceExt;
use tower_oidc::layer::{AuthError, AuthErrorKind as Kind, DecisionRecord, Outcome};
use tracing::Level;

use self::table::{PERSONAL, Refused};
use crate::{
    events::{self, Logged},
    support::Stand,
};

/// What the client is told about a kind, the same for every reason.
struct Told {
    status: u16,
    title: &'static str,
    detail: &'static str,
    challenge: Option<&'static str>,
    grpc_status: u8,
}

#[rustfmt::skip]
fn told(kind: Kind) -> Told {
    let (status, title, challenge, grpc_status, detail) = match kind {
        Kind::NoCredentials => (401, "Unauthorized", Some(""), 16, "Nobody is signed in, and there is no bearer token."),
        Kind::InvalidRequest => (400, "Bad Request", Some(r#", error="invalid_request""#), 3, "The request has more than one Authorization header."),
        Kind::InvalidToken => (401, "Unauthorized", Some(r#", error="invalid_token""#), 16, "The token is not accepted."),
        Kind::InsufficientScope => (403, "Forbidden", Some(r#", error="insufficient_scope""#), 7, "The token lacks a scope."),
        Kind::LoginTooOld => (401, "Unauthorized", Some(r#", error="insufficient_user_authentication""#), 16, "A newer login is needed."),
        Kind::LoginTooWeak => (401, "Unauthorized", Some(r#", error="insufficient_user_authentication""#), 16, "A stronger login is needed."),
        Kind::Forbidden => (403, "Forbidden", None, 7, "You are known, but not allowed here."),
        Kind::Unavailable => (503, "Service Unavailable", None, 14, "The credentials cannot be checked at the moment."),
        Kind::Misconfigured => (500, "Internal Server Error", None, 13, "A guard was reached without the layer of its `Auth`: put `.layer(auth.layer())` outside of it."),
        other => panic!("a kind that the table does not know: {other:?}"),
    };
    Told { status, title, detail, challenge, grpc_status }
}

#[tokio::test]
async fn every_refusal_is_answered_by_the_table() {
    let stand = Stand::with(table::company).await;
    for refused in table::table(&stand).await {
        let (parts, body) = assert_refused(&stand, &refused, "application/json").await;
        assert_problem(&refused, &parts, &body);
    }
}

#[tokio::test]
async fn every_refusal_is_a_grpc_status_for_a_grpc_client() {
    let stand = Stand::with(table::company).await;
    for refused in table::table(&stand).await {
        let (parts, body) = assert_refused(&stand, &refused, "application/grpc+proto").await;
        assert_grpc_status(&refused, &parts, &body);
    }
}

/// What is the same for every protocol: challenge, headers, the error in the extensions, one event, and no secret in any
/// of it. Gives the response.
async fn assert_refused(stand: &Stand, refused: &Refused, content_type: &str) -> (Parts, String) {
    let mut request = Request::get(refused.path).header(CONTENT_TYPE, content_type);
    for value in &refused.authorization {
        request = request.header(AUTHORIZATION, value);
    }
    let answer = refused.app.clone().oneshot(request.body(Body::empty()).unwrap());
    let (response, logged) = events::during(stand.eventually(answer)).await;
    let (parts, body) = response.unwrap().into_parts();
    let body = text(body).await;

    let told = told(refused.kind);
    let challenge = told.challenge.map(|code| format!(r#"Bearer realm="Acme \"ID\""{code}{}"#, refused.wanted));
    assert_eq!(values(&parts.headers, WWW_AUTHENTICATE), Vec::from_iter(challenge), "{refused:?}");
    assert_eq!(values(&parts.headers, CACHE_CONTROL), ["no-store"], "{refused:?}");
    let retry_after: &[&str] = if refused.kind == Kind::Unavailable { &["5"] } else { &[] };
    assert_eq!(values(&parts.headers, RETRY_AFTER), retry_after, "{refused:?}");

    let error = parts.extensions.get::<AuthError>().expect("the response carries its AuthError");
    assert_eq!(error.kind(), refused.kind, "{refused:?}");
    assert!(format!("{error:?}").starts_with(refused.error), "{refused:?}: {error:?}");
    assert_eq!(record(&parts).outcome(), Outcome::Refused(refused.kind), "{refused:?}");
    assert_one_event(refused, error, record(&parts), &logged);
    let seen = format!("{:?} {body} {logged:?} {error:?}", parts.headers);
    for secret in secrets(refused) {
        assert!(!seen.contains(&secret), "{refused:?}: {secret:?} stands in {seen}");
    }
    (parts, body)
}

/// RFC 9457.
fn assert_problem(refused: &Refused, parts: &Parts, body: &str) {
    let Told { status, title, detail, .. } = told(refused.kind);
    assert_eq!(parts.status, status, "{refused:?}");
    assert_eq!(values(&parts.headers, CONTENT_TYPE), ["application/problem+json"], "{refused:?}");
    let error = refused.kind.as_str();
    assert_eq!(
        serde_json::from_str::<Value>(body).unwrap(),
        json!({
            "type": format!("urn:tower-oidc:refusal:{error}"), "title": title, "status": status, "detail": detail,
            "error": error, "reference": record(parts).reference().as_str(),
        }),
        "{refused:?}"
    );
}

/// A gRPC response of trailers only.
fn assert_grpc_status(refused: &Refused, parts: &Parts, body: &str) {
    let Told { grpc_status, detail, .. } = told(refused.kind);
    assert_eq!((parts.status, body), (StatusCode::OK, ""), "{refused:?}");
    assert_eq!(values(&parts.headers, CONTENT_TYPE), ["application/grpc"], "{refused:?}");
    assert_eq!(values(&parts.headers, "grpc-status"), [grpc_status.to_string()], "{refused:?}");
    assert_eq!(values(&parts.headers, "grpc-message"), [detail], "{refused:?}");
    assert_eq!(values(&parts.headers, "refusal-reference"), [record(parts).reference().as_str()], "{refused:?}");
}

fn record(parts: &Parts) -> &DecisionRecord {
    parts.extensions.get().expect("the response carries its record")
}

/// One event that an operator sees: the record, and the error in words.
fn assert_one_event(refused: &Refused, error: &AuthError, record: &DecisionRecord, logged: &[Logged]) {
    let shown: Vec<_> = logged.iter().filter(|event| event.level <= Level::INFO).collect();
    let [event] = shown[..] else { panic!("{refused:?}: {shown:?}") };
    let level = match refused.kind {
        Kind::Misconfigured => Level::ERROR,
        Kind::Unavailable => Level::WARN,
        _ => Level::INFO,
    };
    // A guard knows whose it is without the layer; an extractor does not.
    let nameless = refused.kind == Kind::Misconfigured && refused.path != "/admin";
    let provider = (!nameless).then_some("Acme \"ID\"");
    let via = if refused.authorization.iter().any(|value| value.starts_with("Bearer")) { "bearer" } else { "none" };
    let known = [
        ("kind", Some(refused.kind.as_str())),
        ("message", Some("request refused")),
        ("provider", provider),
        ("reason", Some(error.reason())),
        ("via", Some(via)),
        ("method", Some("GET")),
        ("path", Some(refused.path)),
        ("rule", record.rule()),
        ("claim", record.claim()),
        ("expected", record.expected()),
    ];
    let others = [
        ("reference", Some(record.reference().to_string())),
        ("error", Some(error.to_string())),
        ("status", Some(told(refused.kind).status.to_string())),
        ("seen", record.seen().map(|seen| seen.to_string())),
        ("issuer", record.issuer().map(ToString::to_string)),
    ];
    let known = known.map(|(name, value)| (name, value.map(str::to_owned)));
    let fields = known.into_iter().chain(others).filter_map(|(name, value)| Some((name, value?))).collect();
    assert_eq!((event.level, &event.fields), (level, &fields), "{refused:?}");
}

/// The credentials, whole and in parts, and whatever a token says of its user.
fn secrets(refused: &Refused) -> impl Iterator<Item = String> {
    let tokens = refused.authorization.iter().filter_map(|value| value.split_once(' ')).map(|(_, token)| token);
    let parts = tokens.flat_map(|token| token.split('.').chain([token])).filter(|part| part.len() > 8);
    parts.chain(PERSONAL).chain(["4711"]).map(str::to_owned)
}

fn values(headers: &HeaderMap, name: impl AsHeaderName) -> Vec<&str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

async fn text(body: Body) -> String {
    String::from_utf8(body::to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap()
}
