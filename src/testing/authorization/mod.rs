//! The authorization endpoint (OpenID Connect Core 1.0 section 3.1.2), and the forms of its pages.
//!
//! ```text
//! GET or POST /authorize -> request -> nobody is signed in, or not lately enough -> sign-in page
//!                                   -> the person was not asked                  -> consent page
//!                                   -> code or ID token, or an error             -> back to the application
//! POST /login            -> the same request, with what the person did
//! ```
//!
//! Nothing is kept between two pages: a form brings the request along, or the reference to one that was [pushed].

mod decision;
mod pushed;
mod reply;
mod request;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header::SET_COOKIE};
use serde_json::{Map, Value};

use crate::types::unix_seconds;

use super::{
    grant::{self, Binding, GrantType, Granted},
    page::{self, Mistake},
    parameters::Parameters,
    session::{self, Session},
    state::State,
};

use decision::{Step, next_step};
use pushed::Stage;
use request::{Rejected, ResponseType};
pub(super) use {
    pushed::{LIFETIME as PUSHED_LIFETIME, PushedRequests},
    reply::see_other,
    request::AuthorizationRequest,
};

/// Answers an authorization request.
pub(super) fn authorize(state: &Arc<State>, request: &Request<Bytes>) -> Response<Bytes> {
    let asked = match AuthorizationRequest::read(state, Parameters::of(request), Stage::Arrival) {
        Ok(asked) => asked,
        Err(rejected) => return refuse(state, rejected),
    };
    let session =
        session::cookie(request.headers(), &state.address).and_then(|cookie| state.sessions().get(cookie).cloned());
    match next_step(&asked, session.as_ref(), asks_for_consent(state), now(state)) {
        Step::Refuse(error) => asked.reply_to.error(state, error),
        Step::SignIn => page::sign_in(state, &asked, None),
        Step::Consent(session) => page::consent(state, &asked, &session),
        Step::Grant(session) => grant(state, asked, session),
    }
}

/// Answers the form of a page.
pub(super) fn submit(state: &Arc<State>, request: &Request<Bytes>) -> Response<Bytes> {
    let form = Parameters::read(request.body());
    let asked = Parameters::read(form.get("request").unwrap_or_default().as_bytes());
    let asked = match AuthorizationRequest::read(state, asked, Stage::Form) {
        Ok(asked) => asked,
        Err(rejected) => return refuse(state, rejected),
    };
    let cookie = session::cookie(request.headers(), &state.address);
    match (form.get("decision"), form.get("name").map(str::trim)) {
        (Some("deny"), _) => asked.reply_to.error(state, "access_denied"),
        (Some("allow"), _) => consent(state, asked, cookie),
        (_, Some(name)) if !name.is_empty() => sign_in(state, asked, cookie, name, form.get("claims")),
        _ => ask_again(state, &asked, "Choose an account, or type a name."),
    }
}

fn sign_in(
    state: &Arc<State>,
    asked: AuthorizationRequest,
    cookie: Option<&str>,
    name: &str,
    claims: Option<&str>,
) -> Response<Bytes> {
    let typed = claims.unwrap_or_default();
    let Some(claims) = read_claims(typed) else {
        let mistake = Mistake { told: "The claims are not a JSON object.", name, claims: typed };
        return page::sign_in(state, &asked, Some(&mistake));
    };
    let subject = state.users().sign_in(name, claims);
    let (cookie, session) = state.sessions().sign_in(cookie, &subject, now(state));
    let mut response = if decision::needs_consent(&asked, &session, asks_for_consent(state)) {
        page::consent(state, &asked, &session)
    } else {
        grant(state, asked, session)
    };
    response.headers_mut().append(SET_COOKIE, session::set_cookie(&state.address, &cookie));
    response
}

fn consent(state: &Arc<State>, asked: AuthorizationRequest, cookie: Option<&str>) -> Response<Bytes> {
    let session = cookie.and_then(|cookie| {
        let mut sessions = state.sessions();
        sessions.consent(cookie);
        sessions.get(cookie).cloned()
    });
    match session {
        Some(session) => grant(state, asked, session),
        None => ask_again(state, &asked, "You are signed out by now."),
    }
}

/// Lets the application in.
fn grant(state: &Arc<State>, asked: AuthorizationRequest, session: Session) -> Response<Bytes> {
    let granted = Granted {
        subject: session.subject,
        session_id: session.id,
        auth_time: session.auth_time,
        scope: asked.scope,
        nonce: asked.nonce,
        audience: asked.audience,
    };
    let parameter = match asked.response_type {
        ResponseType::Code => {
            let binding =
                Binding { redirect_uri: asked.reply_to.redirect_uri.clone(), code_challenge: asked.code_challenge };
            ("code", state.grants().issue_code(granted, binding, now(state)))
        }
        ResponseType::IdToken => ("id_token", grant::id_token(state, &granted, None, GrantType::Implicit)),
    };
    asked.reply_to.send(state, parameter)
}

/// Without a redirect URI that can be trusted there is nowhere to go back to (RFC 6749 section 4.1.2.1).
fn refuse(state: &State, rejected: Rejected) -> Response<Bytes> {
    match rejected {
        Rejected::Here(reason) => page::error(StatusCode::BAD_REQUEST, reason),
        Rejected::There(reply_to, error) => reply_to.error(state, error),
    }
}

/// Asks once more, though nothing was typed that could be kept.
fn ask_again(state: &State, asked: &AuthorizationRequest, told: &str) -> Response<Bytes> {
    page::sign_in(state, asked, Some(&Mistake { told, ..Mistake::default() }))
}

/// The claims that a person typed: a JSON object, or nothing.
fn read_claims(text: &str) -> Option<Map<String, Value>> {
    if text.trim().is_empty() { Some(Map::new()) } else { serde_json::from_str(text).ok() }
}

fn asks_for_consent(state: &State) -> bool {
    state.registration().asks_for_consent
}

fn now(state: &State) -> u64 {
    unix_seconds(state.clock.now())
}
