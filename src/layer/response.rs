//! From a refusal to its answer: the one table.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde::Serialize;

use crate::{
    config::DpopPolicy,
    principal::Strength,
    types::{Algorithm, Reference},
    validator::{PROOF_ALGORITHMS, TokenError},
};

use super::{
    AuthError, AuthErrorKind,
    browser::{self, LoginError},
    credentials,
    decision::{About, Journal, refused_without_a_layer},
    realm::Realm,
};

/// Where a gRPC client finds the reference, which has no body to look into.
const REFERENCE: HeaderName = HeaderName::from_static("refusal-reference");

/// The row of the table for a kind of refusal.
struct Row {
    status: StatusCode,
    /// A `WWW-Authenticate` challenge, with this `error` (RFC 6750 section 3.1: none when no credentials were sent).
    challenge: Option<Option<&'static str>>,
    /// What the client reads. The same for every reason of a kind.
    detail: &'static str,
    /// <https://grpc.io/docs/guides/status-codes/>
    grpc_status: u8,
}

const UNAUTHENTICATED: u8 = 16;
const PERMISSION_DENIED: u8 = 7;
const INVALID_ARGUMENT: u8 = 3;
const UNAVAILABLE: u8 = 14;
const INTERNAL: u8 = 13;

#[rustfmt::skip]
fn row(kind: AuthErrorKind) -> Row {
    use AuthErrorKind as Kind;
    let (status, challenge, grpc_status, detail) = match kind {
        Kind::NoCredentials => (401, Some(None), UNAUTHENTICATED, "Nobody is signed in, and there is no bearer token."),
        Kind::InvalidRequest => (400, Some(Some("invalid_request")), INVALID_ARGUMENT, "The request has more than one Authorization header."),
        Kind::InvalidToken => (401, Some(Some("invalid_token")), UNAUTHENTICATED, "The token is not accepted."),
        Kind::InvalidProof => (401, Some(Some("invalid_dpop_proof")), UNAUTHENTICATED, "The DPoP proof is not accepted."),
        Kind::InsufficientScope => (403, Some(Some("insufficient_scope")), PERMISSION_DENIED, "The token lacks a scope."),
        Kind::LoginTooOld => (401, Some(Some("insufficient_user_authentication")), UNAUTHENTICATED, "A newer login is needed."),
        Kind::LoginTooWeak => (401, Some(Some("insufficient_user_authentication")), UNAUTHENTICATED, "A stronger login is needed."),
        Kind::Forbidden => (403, None, PERMISSION_DENIED, "You are known, but not allowed here."),
        Kind::Login => (400, None, INVALID_ARGUMENT, "The login did not come to its end."),
        Kind::Unavailable => (503, None, UNAVAILABLE, "The credentials cannot be checked at the moment."),
        Kind::Misconfigured => (500, None, INTERNAL, "A guard was reached without the layer of its `Auth`: put `.layer(auth.layer())` outside of it."),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Row { status, challenge, detail, grpc_status }
}

/// The answer to a refused request. Tells of the refusal, and keeps it in the response's extensions: the error and its record.
///
/// `realm` is absent only where no layer was passed, so that nobody is known to speak for.
pub(crate) fn refusal(error: AuthError, realm: Option<&Realm>, request: &HeaderMap, about: About) -> Response<Bytes> {
    let mut row = row(error.kind());
    if let (AuthError::Login(_), AuthErrorKind::Misconfigured) = (&error, error.kind()) {
        row.detail = "The login is set up wrongly.";
    }
    let reference = Reference::new();
    let record = match realm {
        Some(realm) => realm.journal.refused(&error, about, row.status, reference),
        None => refused_without_a_layer(&error, about, row.status, reference),
    };
    let login_url =
        realm.and_then(|realm| realm.login_url.as_deref()).filter(|_| row.status == StatusCode::UNAUTHORIZED);
    let mut response =
        if is_grpc(request) { grpc(&row, reference) } else { problem(&row, error.kind(), reference, login_url) };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let (Some(code), Some(realm)) = (row.challenge, realm) {
        challenge(headers, code, &error, realm, request);
    }
    if let Some(retry_after) = retry_after(&error) {
        headers.insert(RETRY_AFTER, whole_seconds(retry_after).into());
    }
    response.extensions_mut().insert(record);
    response.extensions_mut().insert(error);
    response
}

/// The answer of the login to a request for one of its own paths, with the reason in the extensions if it is a refusal.
pub(super) fn of_login(mut response: Response<Bytes>, realm: &Realm, about: About) -> Response<Bytes> {
    note_login_error(&mut response, &realm.journal, about);
    // RFC 9110 section 15.5.2: no 401 without a challenge.
    if response.status() == StatusCode::UNAUTHORIZED
        && let Some(error) = response.extensions().get::<AuthError>().cloned()
    {
        challenge(response.headers_mut(), None, &error, realm, &HeaderMap::new());
    }
    response
}

/// Tells of the [`LoginError`] of an answer under the reference that it shows, and makes it the reason of a refusal like any
/// other.
pub(super) fn note_login_error(response: &mut Response<Bytes>, journal: &Journal, about: About) {
    if let Some(error) = response.extensions_mut().remove::<LoginError>() {
        let reference = response.extensions_mut().remove::<Reference>().unwrap_or_else(Reference::new);
        let error = AuthError::from(error);
        let record = journal.refused(&error, about, response.status(), reference);
        response.extensions_mut().insert(record);
        response.extensions_mut().insert(error);
    }
}

fn retry_after(error: &AuthError) -> Option<Duration> {
    match error {
        AuthError::Token(TokenError::KeysUnavailable { retry_after }) => Some(*retry_after),
        AuthError::Login(error) => browser::retry_after(error),
        _ => None,
    }
}

/// What most problems fit into.
const PROBLEM_BYTES: usize = 320;

/// RFC 9457.
fn problem(row: &Row, kind: AuthErrorKind, reference: Reference, login_url: Option<&str>) -> Response<Bytes> {
    let problem = Problem {
        type_: kind.problem_type(),
        title: row.status.canonical_reason(),
        status: row.status.as_u16(),
        detail: row.detail,
        error: kind.as_str(),
        reference: reference.as_str(),
        login_url,
    };
    let mut body = Vec::with_capacity(PROBLEM_BYTES);
    // Nothing in it can fail to be written to memory.
    let _written = serde_json::to_writer(&mut body, &problem);
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = row.status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// The members of RFC 9457 section 3.1, the kind of the refusal, and its number.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    type_: &'static str,
    title: Option<&'static str>,
    status: u16,
    detail: &'static str,
    error: &'static str,
    /// What the log is searched by.
    reference: &'a str,
    /// Where a person signs in.
    #[serde(rename = "loginUrl", skip_serializing_if = "Option::is_none")]
    login_url: Option<&'a str>,
}

/// A gRPC response of trailers only: status 200, the verdict in headers.
fn grpc(row: &Row, reference: Reference) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", u16::from(row.grpc_status).into());
    headers.insert("grpc-message", HeaderValue::from_static(row.detail));
    if let Ok(reference) = HeaderValue::from_str(reference.as_str()) {
        headers.insert(REFERENCE, reference);
    }
    response
}

fn is_grpc(request: &HeaderMap) -> bool {
    request.get(CONTENT_TYPE).is_some_and(|content_type| {
        let after = content_type.as_bytes().strip_prefix(b"application/grpc");
        // `application/grpc+proto` is gRPC, `application/grpc-web` is another protocol over plain HTTP.
        after.is_some_and(|rest| rest.is_empty() || matches!(rest[0], b'+' | b';' | b' '))
    })
}

/// A scheme that tokens come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Bearer,
    Dpop,
}

/// Adds a challenge for each scheme that is offered, the error under the one that the client used (RFC 9449 sections 7.1 and 7.2).
fn challenge(headers: &mut HeaderMap, code: Option<&str>, error: &AuthError, realm: &Realm, request: &HeaderMap) {
    let offered: &[Scheme] = match realm.dpop {
        None => &[Scheme::Bearer],
        Some(DpopPolicy::Accepted) => &[Scheme::Bearer, Scheme::Dpop],
        Some(DpopPolicy::Required) => &[Scheme::Dpop],
    };
    let used = if realm.dpop.is_some() && credentials::is_of_dpop(request) { Scheme::Dpop } else { offered[0] };
    headers.remove(WWW_AUTHENTICATE);
    for scheme in offered {
        let told = Some((code, error)).filter(|_| *scheme == used);
        if let Ok(challenge) = HeaderValue::try_from(challenge_of(*scheme, told, realm)) {
            headers.append(WWW_AUTHENTICATE, challenge);
        }
    }
}

/// What most challenges fit into.
const CHALLENGE_BYTES: usize = 192;

/// `WWW-Authenticate` as RFC 6750 section 3, RFC 9449 section 7.1, RFC 9470 section 3 and RFC 9728 section 5.1 have it.
fn challenge_of(scheme: Scheme, told: Option<(Option<&str>, &AuthError)>, realm: &Realm) -> String {
    let mut challenge = String::with_capacity(CHALLENGE_BYTES);
    challenge.push_str(match scheme {
        Scheme::Bearer => "Bearer realm=",
        Scheme::Dpop => "DPoP realm=",
    });
    push_quoted(&mut challenge, realm.journal.provider());
    let mut add = |name: &str, value: &str| {
        challenge.extend([", ", name, "="]);
        push_quoted(&mut challenge, value);
    };
    if let Some((Some(code), _)) = told {
        add("error", code);
    }
    if let Some((_, AuthError::Denied(denied))) = told {
        if !denied.scopes().is_empty() {
            add("scope", denied.scopes().as_str());
        }
        let acr_values = denied.strength().map(Strength::acr_values).unwrap_or_default();
        if !acr_values.is_empty() {
            add("acr_values", &acr_values);
        }
        if let Some(max_age) = denied.max_age() {
            add("max_age", &max_age.as_secs().to_string());
        }
    }
    if scheme == Scheme::Dpop {
        let algorithms: Vec<_> = PROOF_ALGORITHMS.iter().copied().map(Algorithm::name).collect();
        add("algs", &algorithms.join(" "));
    }
    if let Some(url) = &realm.resource_metadata {
        add("resource_metadata", url);
    }
    challenge
}

/// Adds a quoted-string of visible ASCII (RFC 9110 section 5.6.4). What cannot stand in it becomes `?`.
fn push_quoted(to: &mut String, text: &str) {
    to.push('"');
    for char in text.chars() {
        if matches!(char, '"' | '\\') {
            to.push('\\');
        }
        to.push(if matches!(char, ' '..='~') { char } else { '?' });
    }
    to.push('"');
}

/// Rounded up, and at least one: a client told to wait for no time would come back at once.
fn whole_seconds(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}
