//! The token endpoint (RFC 6749 section 3.2).

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header::WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::testing::{grant, parameters::Parameters, service_account::Refusal, state::State, token::LIFETIME};

use super::json;

pub(super) fn answer(state: &Arc<State>, request: &Request<Bytes>) -> Response<Bytes> {
    let form = Parameters::read(request.body());
    match tokens(state, request, &form) {
        Ok(tokens) => json(StatusCode::OK, &tokens),
        Err(refusal) => refuse(refusal),
    }
}

fn tokens(state: &Arc<State>, request: &Request<Bytes>, form: &Parameters) -> Result<Value, Refusal> {
    let client_id = state.service_accounts().authenticate(state, request, form)?;
    let signs_people_in = client_id == state.client_id;
    match form.get("grant_type") {
        Some("client_credentials") => machine_token(state, &client_id, form),
        Some("authorization_code" | "refresh_token") if !signs_people_in => Err(Refusal::INVALID_GRANT),
        Some("authorization_code") => grant::redeem(state, form).map(Value::Object),
        Some("refresh_token") => grant::renew(state, form).map(Value::Object),
        Some(_) => Err(Refusal::UNSUPPORTED_GRANT),
        None => Err(Refusal::INVALID_REQUEST),
    }
}

/// The client credentials grant (RFC 6749 section 4.4), which is for those who have some.
fn machine_token(state: &Arc<State>, client_id: &str, form: &Parameters) -> Result<Value, Refusal> {
    let accounts = state.service_accounts();
    if accounts.is_public(client_id) {
        return Err(Refusal::UNAUTHORIZED_CLIENT);
    }
    let access_token = accounts.token(state, client_id, form).sign();
    Ok(json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": LIFETIME.as_secs() }))
}

pub(in crate::testing) fn refuse(refusal: Refusal) -> Response<Bytes> {
    let mut response = json(refusal.status, &json!({ "error": refusal.error }));
    if refusal.status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"token\""));
    }
    response
}
