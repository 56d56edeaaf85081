//! The token endpoint (RFC 6749 section 3.2), for service accounts.

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use serde_json::{Value, json};

use crate::testing::{
    service_account::{Form, Refusal},
    state::State,
    token::LIFETIME,
};

pub(super) fn answer(state: &Arc<State>, request: &Request<Bytes>) -> Response<Bytes> {
    let form = Form::read(request.body());
    match token(state, request, &form) {
        Ok(token) => json(StatusCode::OK, &token),
        Err(refusal) => refuse(refusal),
    }
}

/// The client credentials grant (RFC 6749 section 4.4).
fn token(state: &Arc<State>, request: &Request<Bytes>, form: &Form) -> Result<Value, Refusal> {
    let mut accounts = state.service_accounts();
    let client_id = accounts.authenticate(state, request, form)?;
    match form.get("grant_type") {
        Some("client_credentials") => {
            let access_token = accounts.token(state, &client_id, form).sign();
            Ok(json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": LIFETIME.as_secs() }))
        }
        Some(_) => Err(Refusal::UNSUPPORTED_GRANT),
        None => Err(Refusal::INVALID_REQUEST),
    }
}

fn refuse(refusal: Refusal) -> Response<Bytes> {
    let mut response = json(refusal.status, &json!({ "error": refusal.error }));
    if refusal.status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"token\""));
    }
    response
}

fn json(status: StatusCode, content: &Value) -> Response<Bytes> {
    let mut response = Response::new(content.to_string().into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
