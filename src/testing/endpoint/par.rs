//! The endpoint of pushed authorization requests (RFC 9126 section 2).

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::json;

use crate::{
    testing::{
        authorization::{AuthorizationRequest, PUSHED_LIFETIME},
        parameters::Parameters,
        service_account::Refusal,
        state::State,
    },
    types::unix_seconds,
};

use super::{json, token::refuse};

/// How the client proves itself: no part of its request.
const PROOF: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

pub(super) fn answer(state: &Arc<State>, request: &Request<Bytes>) -> Response<Bytes> {
    match push(state, request, &Parameters::read(request.body())) {
        Ok(request_uri) => {
            let taken = json!({ "request_uri": request_uri, "expires_in": PUSHED_LIFETIME.as_secs() });
            json(StatusCode::CREATED, &taken)
        }
        Err(refusal) => refuse(refusal),
    }
}

/// The request is looked at as it would be if the browser brought it (section 2.1).
fn push(state: &Arc<State>, request: &Request<Bytes>, form: &Parameters) -> Result<String, Refusal> {
    let client_id = state.service_accounts().authenticate(state, request, form)?;
    if client_id != state.client_id {
        return Err(Refusal::UNAUTHORIZED_CLIENT);
    }
    let parameters = form.without(&PROOF);
    AuthorizationRequest::check(state, &parameters).map_err(Refusal::bad_request)?;
    Ok(state.pushed_requests().keep(parameters, unix_seconds(state.clock.now())))
}
