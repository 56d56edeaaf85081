//! The way back to the application.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::LOCATION};

use crate::testing::{page, parameters::with_query, state::State};

/// Where the answer goes, and how.
#[derive(Debug, Clone)]
pub(in crate::testing) struct ReplyTo {
    pub(super) redirect_uri: String,
    pub(super) mode: ResponseMode,
    pub(super) state: Option<String>,
}

/// `response_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseMode {
    Query,
    /// OAuth 2.0 Form Post Response Mode 1.0.
    FormPost,
}

impl ReplyTo {
    /// An error (OpenID Connect Core 1.0 section 3.1.2.6).
    pub(super) fn error(&self, state: &State, code: &str) -> Response<Bytes> {
        self.send(state, ("error", code.to_owned()))
    }

    /// An answer, with `state` and `iss` (RFC 9207 section 2) and the test's changes.
    pub(super) fn send(&self, state: &State, (name, value): (&str, String)) -> Response<Bytes> {
        let mut parameters = vec![(name.to_owned(), value)];
        parameters.extend(self.state.clone().map(|state| ("state".to_owned(), state)));
        parameters.push(("iss".to_owned(), state.address.issuer().to_owned()));
        state.hooks().authorization_response(&mut parameters);
        match self.mode {
            ResponseMode::Query => see_other(&with_query(&self.redirect_uri, &parameters)),
            ResponseMode::FormPost => page::form_post(&self.redirect_uri, &parameters),
        }
    }
}

/// Sends the browser elsewhere, by GET (RFC 9700 section 4.12).
pub(in crate::testing) fn see_other(url: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::try_from(url).expect("a registered URI is visible ASCII");
    response.headers_mut().insert(LOCATION, location);
    response
}
