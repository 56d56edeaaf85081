//! The revocation endpoint (RFC 7009).

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::json;

use crate::testing::{parameters::Parameters, service_account::Refusal, state::State};

use super::{json, token::refuse};

pub(super) fn answer(state: &Arc<State>, request: &Request<Bytes>) -> Response<Bytes> {
    match revoke(state, request, &Parameters::read(request.body())) {
        Ok(()) => json(StatusCode::OK, &json!({})),
        Err(refusal) => refuse(refusal),
    }
}

/// A token that is not known is as good as revoked (section 2.2).
fn revoke(state: &Arc<State>, request: &Request<Bytes>, form: &Parameters) -> Result<(), Refusal> {
    state.service_accounts().authenticate(state, request, form)?;
    let token = form.get("token").ok_or(Refusal::INVALID_REQUEST)?;
    let access_token = state.own_token(token);
    let id = access_token.and_then(|token| token.string("jti").ok().flatten().map(|id| id.into_owned()));
    state.grants().revoke(token, id);
    Ok(())
}
