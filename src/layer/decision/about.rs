//! What a request says of itself, as it may stand in a log.

use http::{HeaderMap, Method, Request, Uri, header::AUTHORIZATION, request::Parts};

use crate::{
    layer::credentials::{Credentials, Dpop},
    principal::{Principal, Via},
    types::Issuer,
};

/// Longest path that is kept, in characters. What tells routes apart stands in front of it.
const MAX_PATH: usize = 200;

/// What stands for the rest.
const CUT_OFF: &str = "...";

/// What a request says of itself, as it may stand in a log: nobody can put a line of their own there.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) via: Option<Via>,
    pub(super) issuer: Option<Issuer>,
}

impl About {
    pub(crate) fn request<A>(request: &Request<A>) -> Self {
        Self::new(request.method(), request.uri(), request.headers())
    }

    pub(crate) fn parts(parts: &Parts) -> Self {
        Self::new(&parts.method, &parts.uri, &parts.headers)
    }

    fn new(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let via = match Credentials::of(headers, Dpop::Unknown) {
            Ok(Credentials::None) => None,
            Ok(Credentials::Bearer(_) | Credentials::Dpop(_)) | Err(_) => Some(Via::Bearer),
        };
        Self { method: known(method), path: shown(uri.path()), via, issuer: None }
    }

    /// Whoever is refused by the layer itself was refused for what their `Authorization` header brings, or else for a session.
    pub(in crate::layer) fn or_refused(mut self, headers: &HeaderMap) -> Self {
        let via = if headers.contains_key(AUTHORIZATION) { Via::Bearer } else { Via::Session };
        self.via = self.via.or(Some(via));
        self
    }

    /// With the way and the issuer of the principal that a layer let in, if there is one.
    pub(crate) fn of(mut self, principal: Option<&Principal>) -> Self {
        if let Some(principal) = principal {
            self.via = Some(principal.via());
            self.issuer = Some(principal.issuer().clone());
        }
        self
    }

    /// `issuer` for a token that has no principal.
    pub(in crate::layer) fn or_issuer(mut self, issuer: impl FnOnce() -> Option<Issuer>) -> Self {
        self.issuer = self.issuer.or_else(issuer);
        self
    }
}

/// The methods of RFC 9110 and RFC 5789, and the name that OpenTelemetry has for all others.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "_OTHER",
    }
}

/// The path in visible ASCII. Everything else becomes `?`, as a control character of a terminal would, and an invisible one.
fn shown(path: &str) -> String {
    let visible = |char: char| if char.is_ascii_graphic() { char } else { '?' };
    let mut shown = String::with_capacity(path.len().min(MAX_PATH + CUT_OFF.len()));
    shown.extend(path.chars().take(MAX_PATH).map(visible));
    if path.chars().nth(MAX_PATH).is_some() {
        shown.push_str(CUT_OFF);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(method: &str, uri: &str) -> About {
        About::request(&Request::builder().method(method).uri(uri).body(()).unwrap())
    }

    #[test]
    fn the_route_is_method_and_path_without_the_query() {
        let about = about("GET", "https://user@app.example/orders/7?token=SECRET#x");
        assert_eq!((about.method, &*about.path), ("GET", "/orders/7"));
    }

    #[test]
    fn a_method_that_nobody_knows_is_not_repeated() {
        for method in ["BREW", "get", "GETX"] {
            assert_eq!(about(method, "/").method, "_OTHER", "{method}");
        }
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE"] {
            assert_eq!(about(method, "/").method, method);
        }
    }

    #[test]
    fn nobody_writes_a_line_of_their_own_into_the_log() {
        for path in ["/a\u{85}b", "/a\u{2028}b", "/a\u{202e}b", "/a\nb", "/a\u{1b}b", "/a b"] {
            assert_eq!(shown(path), "/a?b", "{path:?}");
        }
        assert_eq!(shown("/a%0Ab"), "/a%0Ab");
    }

    #[test]
    fn a_long_path_is_cut_off() {
        let (fits, long) = ("x".repeat(MAX_PATH), "x".repeat(MAX_PATH + 1));
        assert_eq!(shown(&fits), fits);
        assert_eq!(shown(&long), format!("{fits}..."));
    }

    #[test]
    fn a_header_that_cannot_be_read_counts_as_one() {
        for (value, via) in [
            (None, None),
            (Some("Basic YTpi"), None),
            (Some("Bearer a.b.c"), Some(Via::Bearer)),
            (Some("Bearer"), Some(Via::Bearer)),
        ] {
            let mut request = Request::new(());
            if let Some(value) = value {
                request.headers_mut().insert("authorization", value.parse().unwrap());
            }
            assert_eq!(About::request(&request).via, via, "{value:?}");
        }
    }
}
