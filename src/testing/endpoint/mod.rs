//! The endpoints: one file for each, and what all of them have in common.

mod discovery;
mod document;
mod handle;
mod jwks;
mod par;
mod revoke;
mod state;
mod token;
mod userinfo;

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE},
};
use serde_json::Value;

use super::{authorization, logout, state::State};

pub use handle::EndpointHandle;
pub(super) use {document::revalidated, state::EndpointState, token::refuse};

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
    /// The authorization endpoint (OpenID Connect Core 1.0 section 3.1.2), which shows the sign-in page.
    Authorize,
    /// Where the forms of the provider's own pages are posted to.
    Login,
    /// The userinfo endpoint (OpenID Connect Core 1.0 section 5.3).
    Userinfo,
    /// The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0 section 2).
    EndSession,
    /// The revocation endpoint (RFC 7009).
    Revoke,
    /// The endpoint of pushed authorization requests (RFC 9126).
    PushedAuthorization,
}

impl Endpoint {
    pub(super) const ALL: [Self; 9] = [
        Self::Discovery,
        Self::Jwks,
        Self::Token,
        Self::Authorize,
        Self::Login,
        Self::Userinfo,
        Self::EndSession,
        Self::Revoke,
        Self::PushedAuthorization,
    ];

    /// Its path, from the issuer on.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Discovery => "/.well-known/openid-configuration",
            Self::Jwks => "/jwks",
            Self::Token => "/oauth/token",
            Self::Authorize => "/authorize",
            Self::Login => "/login",
            Self::Userinfo => "/userinfo",
            Self::EndSession => "/oidc/logout",
            Self::Revoke => "/oauth/revoke",
            Self::PushedAuthorization => "/oauth/par",
        }
    }

    /// The endpoint at that path.
    pub(super) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }

    /// The honest answer, or the one of the scenario that is played.
    pub(super) async fn answer(self, state: &Arc<State>, request: &Request<Bytes>) -> Response<Bytes> {
        if !self.takes(request.method()) {
            return method_not_allowed(self.methods());
        }
        if let Some(answer) = state.hooks().in_place(self, request) {
            return answer;
        }
        match self {
            Self::Discovery => discovery::answer(state),
            Self::Jwks => jwks::answer(state),
            Self::Token => token::answer(state, request),
            Self::Authorize => authorization::authorize(state, request),
            Self::Login => authorization::submit(state, request),
            Self::Userinfo => userinfo::answer(state, request),
            Self::EndSession => logout::end_session(state, request).await,
            Self::Revoke => revoke::answer(state, request),
            Self::PushedAuthorization => par::answer(state, request),
        }
    }

    const fn methods(self) -> &'static str {
        match self {
            Self::Discovery | Self::Jwks => "GET, HEAD",
            Self::Authorize | Self::Userinfo | Self::EndSession => "GET, POST",
            Self::Token | Self::Login | Self::Revoke | Self::PushedAuthorization => "POST",
        }
    }

    fn takes(self, method: &Method) -> bool {
        self.methods().split(", ").any(|taken| taken == method.as_str())
    }
}

/// The provider's metadata, as it is served.
pub(super) fn metadata(state: &State) -> Value {
    discovery::metadata(state)
}

fn method_not_allowed(allowed: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// An answer that nobody may keep.
pub(super) fn json(status: StatusCode, content: &Value) -> Response<Bytes> {
    let mut response = Response::new(content.to_string().into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
