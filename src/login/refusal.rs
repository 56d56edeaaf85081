//! The answer to a failure.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode,
    header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY},
};
use serde::Serialize;

use crate::{config::ResponseMode, metrics, types::Reference};

use super::{
    Login, LoginError, LoginErrorKind, ReturnTo, Route,
    pages::{ErrorPage, NotAllowedPage, Page, Pages, respond},
    start::login_url,
};

impl Login {
    /// The answer to a failure, with the error and the [`Reference`] that it shows in its extensions:
    ///
    /// 1. on the paths that people open, a page, or a problem (RFC 9457) for a script that asks for JSON;
    /// 2. at [`Route::Refresh`], a problem;
    /// 3. at [`Route::BackChannelLogout`], what OpenID Connect Back-Channel Logout 1.0 section 2.8 says;
    /// 4. at [`Route::FrontChannelLogout`], nothing but the status: nobody sees it.
    pub fn refusal(&self, error: LoginError, route: Route, request: &Request<Bytes>) -> Response<Bytes> {
        self.count_failure(&error, route);
        self.desk(&self.paths.login).answer(error, route, request.headers(), Reference::new())
    }

    /// The page that tells a person of a failure, with the error and the reference in its extensions.
    #[must_use]
    pub fn refusal_page(&self, error: LoginError, reference: Reference) -> Response<Bytes> {
        self.desk(&self.paths.login).answer(error, Route::Login, &HeaderMap::new(), reference)
    }

    /// Likewise for a login that was to end at `return_to`, where another try shall end too.
    pub(super) fn refusal_on_the_way_to(
        &self,
        return_to: &ReturnTo,
        error: LoginError,
        route: Route,
        request: &Request<Bytes>,
    ) -> Response<Bytes> {
        self.count_failure(&error, route);
        self.desk(&login_url(&self.paths, return_to)).answer(error, route, request.headers(), Reference::new())
    }

    /// The page for somebody who opens a page, and whose login cannot start.
    pub(crate) fn welcome_refusal(&self, error: LoginError, reference: Reference) -> Response<Bytes> {
        self.count_failure(&error, Route::Login);
        self.refusal_page(error, reference)
    }

    /// A failure on the way in is that of a login; on the other paths nobody signs in.
    fn count_failure(&self, error: &LoginError, route: Route) {
        if matches!(route, Route::Login | Route::Callback) {
            metrics::login_failed(&self.provider_name, error.code());
        }
    }

    fn desk<'a>(&'a self, login_url: &'a str) -> RefusalDesk<'a> {
        RefusalDesk {
            pages: &*self.pages,
            provider: &self.provider_name,
            logout_url: &self.paths.logout,
            login_url,
            home: self.settings.server_url.path(),
            response_mode: self.settings.response_mode,
        }
    }
}

/// What an answer says about the service.
struct RefusalDesk<'a> {
    pages: &'a dyn Pages,
    provider: &'a str,
    logout_url: &'a str,
    /// Where a login is tried again.
    login_url: &'a str,
    home: &'a str,
    response_mode: ResponseMode,
}

impl RefusalDesk<'_> {
    fn answer(&self, error: LoginError, route: Route, headers: &HeaderMap, reference: Reference) -> Response<Bytes> {
        let mut response = match route {
            Route::Login | Route::Callback | Route::Logout if !wants_json(headers) => {
                respond(error.kind().status(), self.page(&error, route, reference))
            }
            Route::Login | Route::Callback | Route::Logout | Route::Refresh => problem(&error, reference),
            Route::BackChannelLogout => back_channel(&error),
            Route::FrontChannelLogout => empty(error.kind().status()),
        };
        let status = response.status();
        let fields = response.headers_mut();
        fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        fields.insert(VARY, HeaderValue::from_static("Cookie"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            fields.insert(ALLOW, HeaderValue::from_static(allowed(route, self.response_mode)));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE
            && let Some(retry_after) = error.retry_after()
        {
            fields.insert(RETRY_AFTER, whole_seconds(retry_after).into());
        }
        response.extensions_mut().insert(reference);
        response.extensions_mut().insert(error);
        response
    }

    fn page(&self, error: &LoginError, route: Route, reference: Reference) -> Page {
        let (kind, code) = (error.kind(), error.code());
        let Self { provider, home: home_url, logout_url, login_url, .. } = *self;
        if kind == LoginErrorKind::NotAllowed {
            return self.pages.not_allowed(&NotAllowedPage { provider, code, reference, logout_url, home_url });
        }
        let again = if route == Route::Logout { logout_url } else { login_url };
        let retry_url = kind.row().retry_helps.then_some(again);
        self.pages.error(&ErrorPage { provider, kind, code, reference, retry_url, home_url })
    }
}

/// Whether a script reads the answer: what no navigation asks for, and where a browser does not say, what names JSON and
/// not HTML.
fn wants_json(headers: &HeaderMap) -> bool {
    if let Some(mode) = headers.get("sec-fetch-mode") {
        return mode != "navigate";
    }
    let accepts = |media_type: &str| {
        let lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split([',', ';'])).any(|range| range.trim().eq_ignore_ascii_case(media_type))
    };
    (accepts("application/json") || accepts("application/problem+json")) && !accepts("text/html")
}

/// Rounded up, and at least one: a client told to wait for no time would come back at once.
fn whole_seconds(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}

/// The methods that a path answers.
fn allowed(route: Route, response_mode: ResponseMode) -> &'static str {
    match route {
        Route::Login => "GET, HEAD, POST",
        Route::Callback => match response_mode {
            ResponseMode::Query => "GET",
            ResponseMode::FormPost => "POST",
        },
        Route::Logout => "GET, POST",
        Route::Refresh | Route::BackChannelLogout => "POST",
        Route::FrontChannelLogout => "GET",
    }
}

fn problem(error: &LoginError, reference: Reference) -> Response<Bytes> {
    let row = error.kind().row();
    let problem = Problem {
        type_: error.kind().problem_type(),
        title: row.status.canonical_reason(),
        status: row.status.as_u16(),
        detail: row.explanation,
        error: error.code(),
        reference: reference.as_str(),
    };
    json(row.status, "application/problem+json", &problem)
}

/// The members of RFC 9457 section 3.1, the word for the failure, and its number.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    type_: &'static str,
    title: Option<&'static str>,
    status: u16,
    detail: &'static str,
    error: &'static str,
    /// What the log is searched by.
    reference: &'a str,
}

/// 400 whether the logout token was invalid or the logout failed (OpenID Connect Back-Channel Logout 1.0 section 2.8). Only a
/// request that is no logout request keeps its status.
fn back_channel(error: &LoginError) -> Response<Bytes> {
    let status = match error.kind() {
        LoginErrorKind::Method => StatusCode::METHOD_NOT_ALLOWED,
        _ => StatusCode::BAD_REQUEST,
    };
    json(status, "application/json", &BackChannelRefusal { error: "invalid_request" })
}

#[derive(Serialize)]
struct BackChannelRefusal {
    error: &'static str,
}

fn json(status: StatusCode, content_type: &'static str, content: &impl Serialize) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(serde_json::to_vec(content).unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests;
