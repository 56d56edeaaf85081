//! The span of a request to the provider, by OpenTelemetry's semantic conventions for HTTP clients.

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use tracing::{Span, field};

use super::http::HttpError;

/// The span of `request`. The query of its URL and whoever stands before the host are not in it: they may be secret.
///
/// The fields with `otel.` in front are what `tracing-opentelemetry` makes name, kind and status of.
pub(super) fn of(request: &Request<Bytes>, provider: &str) -> Span {
    let (method, uri) = (request.method().as_str(), request.uri());
    tracing::info_span!(
        target: "tower_oidc::provider",
        "provider request",
        "otel.kind" = "client",
        "otel.name" = method,
        "otel.status_code" = field::Empty,
        provider,
        "http.request.method" = method,
        "url.full" = shown(uri),
        "server.address" = uri.host(),
        "server.port" = port(uri),
        "http.response.status_code" = field::Empty,
        "error.type" = field::Empty,
    )
}

/// Notes what came of the request: its status, and of an error of either side what kind.
pub(super) fn end(span: &Span, outcome: &Result<Response<Bytes>, HttpError>) {
    match outcome {
        Ok(response) => {
            let status = response.status();
            span.record("http.response.status_code", i64::from(status.as_u16()));
            if is_error(status) {
                fail(span, status.as_str());
            }
        }
        Err(error) => fail(span, error.code()),
    }
}

fn fail(span: &Span, error_type: &str) {
    span.record("error.type", error_type);
    span.record("otel.status_code", "ERROR");
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

fn shown(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}{}", uri.scheme_str().unwrap_or_default(), uri.path())
}

/// As the type that the attribute has: of other integers `tracing-opentelemetry` makes texts.
fn port(uri: &Uri) -> Option<i64> {
    let default = match uri.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    };
    uri.port_u16().or(default).map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_may_be_secret() {
        for (uri, expected, expected_port) in [
            ("https://user:pass@id.example/token?code=1", "https://id.example/token", 443),
            ("http://id.example:8080", "http://id.example:8080/", 8080),
            ("http://[::1]/keys", "http://[::1]/keys", 80),
        ] {
            let uri: Uri = uri.parse().unwrap();
            assert_eq!((shown(&uri).as_str(), port(&uri)), (expected, Some(expected_port)));
        }
    }
}
