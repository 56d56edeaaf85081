//! The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0 section 2).

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header::SET_COOKIE};

use crate::{
    testing::{
        TokenBuilder,
        authorization::see_other,
        page,
        parameters::{Parameters, with_query},
        session::{self, Session},
        state::State,
    },
    types::Claims,
};

use super::{back_channel, front_channel};

/// Ends the session of a browser, tells the application, and goes on to where it asked.
///
/// A person who comes without a hint is not asked whether he means it (section 2 recommends that).
pub(in crate::testing) async fn end_session(state: &Arc<State>, request: &Request<Bytes>) -> Response<Bytes> {
    let parameters = Parameters::of(request);
    let (hint, next) = match asked(state, &parameters) {
        Ok(asked) => asked,
        Err(reason) => return page::error(StatusCode::BAD_REQUEST, reason),
    };
    let session_id = hint.as_ref().and_then(|hint| hint.string("sid").ok().flatten());
    let cookie = session::cookie(request.headers(), &state.address);
    let ended =
        state.sessions().end(|own, session| Some(own) == cookie || Some(session.id.as_str()) == session_id.as_deref());
    tell_back_channel(state, &ended).await;
    let frame = ended.first().and_then(|session| front_channel::frame(state, session));
    let mut response = match (next, frame) {
        (Some(next), None) => see_other(&next),
        (next, frame) => page::signed_out(frame.as_deref(), next.as_deref()),
    };
    response.headers_mut().append(SET_COOKIE, session::remove_cookie(&state.address));
    response
}

/// Whom the request is about, and where it wants to go on to.
fn asked(state: &State, parameters: &Parameters) -> Result<(Option<Claims>, Option<String>), &'static str> {
    let hint = parameters.get("id_token_hint").map(|token| hint(state, token)).transpose()?;
    let client = parameters.get("client_id");
    if client.is_some_and(|client| client != state.client_id) {
        return Err("No application with this client_id is registered.");
    }
    let Some(uri) = parameters.get("post_logout_redirect_uri") else { return Ok((hint, None)) };
    if hint.is_none() && client.is_none() {
        return Err("Neither id_token_hint nor client_id says which application asks.");
    }
    if !state.registration().post_logout_redirect_uris.contains(uri) {
        return Err("This post_logout_redirect_uri is not registered.");
    }
    let mut answer = parameters.get("state").map(|state| ("state".to_owned(), state.to_owned())).into_iter().collect();
    state.hooks().logout_response(&mut answer);
    Ok((hint, Some(with_query(uri, &answer))))
}

/// An ID token that was issued to the client. It may have expired (section 2).
fn hint(state: &State, token: &str) -> Result<Claims, &'static str> {
    let claims = state.own_token(token).ok_or("The id_token_hint is not from here.")?;
    let audience = claims.strings("aud").ok().flatten().unwrap_or_default();
    let is_for_client = audience.iter().any(|audience| *audience == state.client_id);
    is_for_client.then_some(claims).ok_or("The id_token_hint is for another application.")
}

/// What the application answers is its affair (OpenID Connect Back-Channel Logout 1.0 section 2.8).
async fn tell_back_channel(state: &Arc<State>, ended: &[Session]) {
    for session in ended {
        let token = TokenBuilder::logout_token_for(state, &session.subject).claim("sid", &session.id);
        let _answer = back_channel::tell(state, token).await;
    }
}
