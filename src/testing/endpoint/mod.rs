//! The endpoints: one file for each, and what all of them have in common.

mod discovery;
mod document;
mod handle;
mod jwks;
mod state;
mod token;

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header::ALLOW};
use serde_json::Value;

use super::state::State;

pub use handle::EndpointHandle;
pub(super) use {document::revalidated, state::EndpointState};

/// An endpoint of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// The provider's metadata (OpenID Connect Discovery 1.0 section 4).
    Discovery,
    /// The provider's keys (RFC 7517 section 5).
    Jwks,
    /// The token endpoint (RFC 6749 section 3.2).
    Token,
}

impl Endpoint {
    pub(super) const ALL: [Self; 3] = [Self::Discovery, Self::Jwks, Self::Token];

    /// Its path, from the issuer on.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Discovery => "/.well-known/openid-configuration",
            Self::Jwks => "/jwks",
            Self::Token => "/oauth/token",
        }
    }

    /// The endpoint at that path.
    pub(super) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }

    /// The honest answer.
    pub(super) fn answer(self, state: &Arc<State>, request: &Request<Bytes>) -> Response<Bytes> {
        match (self, request.method()) {
            (Self::Discovery, &Method::GET | &Method::HEAD) => discovery::answer(state),
            (Self::Jwks, &Method::GET | &Method::HEAD) => jwks::answer(state),
            (Self::Token, &Method::POST) => token::answer(state, request),
            (Self::Discovery | Self::Jwks, _) => method_not_allowed("GET, HEAD"),
            (Self::Token, _) => method_not_allowed("POST"),
        }
    }
}

/// The provider's metadata, as it is served.
pub(super) fn metadata(state: &State) -> Value {
    discovery::metadata(state)
}

fn method_not_allowed(allowed: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, http::HeaderValue::from_static(allowed));
    response
}
