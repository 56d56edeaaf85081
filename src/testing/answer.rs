//! From a request to what is sent back.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;

use super::{
    body::Body,
    endpoint::{Endpoint, revalidated},
    fault::{Closed, Fault},
    state::State,
};

/// Longest body that a request may bring. Forms of OAuth and OpenID are far shorter.
const MAX_BODY: usize = 1024 * 1024;

/// Records the request, lets it meet its fault, and answers.
pub(super) async fn answer(state: &Arc<State>, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
    let Some(endpoint) = state.address.below(request.uri().path()).and_then(Endpoint::at) else {
        return Ok(elsewhere(state, request.uri().path()));
    };
    let request = with_whole_body(request).await?;
    let at_endpoint = state.endpoint(endpoint);
    let (fault, healed) = at_endpoint.receive(request.clone());
    if let Some(fault) = &fault {
        fault.delay(&*state.clock, healed).await?;
    }
    if let Some(answer) = fault.as_ref().and_then(Fault::of_a_gateway) {
        return Ok(answer);
    }
    let honest = at_endpoint.dress(endpoint.answer(state, &request).await);
    Ok(match fault {
        Some(fault) if fault.spoils() => fault.spoil(honest, &state.clock),
        _ => revalidated(&request, honest).map(Body::whole),
    })
}

/// The request with its body read, without what hyper attached to it.
async fn with_whole_body(request: Request<Incoming>) -> Result<Request<Bytes>, Closed> {
    let (mut parts, body) = request.into_parts();
    parts.extensions.clear();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| Closed)?;
    Ok(Request::from_parts(parts, body.to_bytes()))
}

fn elsewhere(state: &State, path: &str) -> Response<Body> {
    state.hooks().elsewhere(path).unwrap_or_else(not_found).map(Body::whole)
}

/// Nothing is there.
pub(super) fn not_found() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
