//! What kind of visit a request is.

use http::{HeaderMap, HeaderName, Method, header::ACCEPT};

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// What kind of visit a request is: whether a login may be started for it, and whether a page is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Visit {
    /// A person opens a page: a GET whose answer the browser will show.
    Navigation,
    /// The browser fetches a page that nobody may ever look at.
    Prefetch,
    /// Everything else: a script's request, an API client, a form that was sent.
    Other,
}

/// What tells a prefetch, and by which word: the standard's header, and what browsers sent before it.
static PREFETCH: [(HeaderName, &str); 4] = [
    (HeaderName::from_static("sec-purpose"), "prefetch"),
    (HeaderName::from_static("purpose"), "prefetch"),
    (HeaderName::from_static("x-purpose"), "preview"),
    (HeaderName::from_static("x-moz"), "prefetch"),
];

impl Visit {
    /// Whether the browser says that a page fetched this by itself: as an image, a frame or by a script.
    pub(super) fn is_of_a_page(headers: &HeaderMap) -> bool {
        let mode = text(headers, &SEC_FETCH_MODE).is_some_and(|mode| mode != "navigate");
        let destination = text(headers, &SEC_FETCH_DEST);
        mode || destination.is_some_and(|destination| !matches!(destination, "document" | "empty"))
    }

    /// Told by `Sec-Fetch-Mode` and `Sec-Fetch-Dest`, and by `Accept` where a browser sends neither (older ones, and all of them
    /// over plain http).
    ///
    /// A page inside of another one (`iframe`, `frame`, `object`, `embed`) is no navigation: providers refuse to be framed.
    #[must_use]
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return Self::Other;
        }
        if is_prefetch(headers) {
            return Self::Prefetch;
        }
        let is_navigation = match (text(headers, &SEC_FETCH_MODE), text(headers, &SEC_FETCH_DEST)) {
            // A service worker that passes a navigation on loses its destination. No script can set the mode.
            (Some("navigate"), Some("document" | "empty")) => true,
            (Some("navigate") | None, None) => wants_page(headers),
            _ => false,
        };
        if is_navigation { Self::Navigation } else { Self::Other }
    }
}

/// `Sec-Purpose: prefetch;prerender` is a prefetch too: the page may be thrown away unseen.
fn is_prefetch(headers: &HeaderMap) -> bool {
    let says = |(name, word): &(HeaderName, &str)| {
        let value = text(headers, name)?;
        Some(value.split([';', ',']).any(|token| token.trim().eq_ignore_ascii_case(word)))
    };
    PREFETCH.iter().any(|header| says(header) == Some(true))
}

/// Whether `text/html` is asked for by its name: `*/*` is what scripts and API clients send. A script may ask for it too;
/// those that say so are believed.
fn wants_page(headers: &HeaderMap) -> bool {
    let scripted = text(headers, &X_REQUESTED_WITH).is_some_and(|value| value.eq_ignore_ascii_case("XMLHttpRequest"));
    let ranges =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    !scripted && ranges.into_iter().any(is_html)
}

/// Whether a media range (RFC 9110 section 12.5.1) is `text/html`, and is not refused by a weight of 0.
fn is_html(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let is_html = parts.next().is_some_and(|media_type| media_type.eq_ignore_ascii_case("text/html"));
    let refused = |part: &str| {
        let (name, weight) = part.split_once('=')?;
        Some(name.eq_ignore_ascii_case("q") && weight.parse() == Ok(0.0))
    };
    is_html && !parts.any(|part| refused(part) == Some(true))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    fn of(method: Method, headers: &[(&'static str, &'static str)]) -> Visit {
        let pairs =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Visit::of(&method, &pairs.collect())
    }

    fn get(headers: &[(&'static str, &'static str)]) -> Visit {
        of(Method::GET, headers)
    }

    fn fetch(mode: &'static str, dest: &'static str, accept: &'static str) -> Visit {
        get(&[("sec-fetch-mode", mode), ("sec-fetch-dest", dest), ("accept", accept)])
    }

    #[test]
    fn a_person_who_opens_a_page_navigates() {
        let chrome = [
            ("sec-fetch-site", "none"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-user", "?1"),
            ("sec-fetch-dest", "document"),
            ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"),
        ];
        assert_eq!(get(&chrome), Visit::Navigation);
        assert_eq!(of(Method::HEAD, &chrome), Visit::Navigation);
        assert_eq!(fetch("navigate", "document", "*/*"), Visit::Navigation);
        // Safari before 16.4, and every browser over plain http.
        assert_eq!(get(&[("accept", PAGE), ("upgrade-insecure-requests", "1")]), Visit::Navigation);
        // Android's WebView names its app.
        assert_eq!(get(&[("accept", PAGE), ("x-requested-with", "com.example.app")]), Visit::Navigation);
        // Chrome 76 to 79 sent the mode alone.
        assert_eq!(get(&[("sec-fetch-mode", "navigate"), ("accept", PAGE)]), Visit::Navigation);
        // A service worker with `fetch(event.request)`.
        assert_eq!(fetch("navigate", "empty", PAGE), Visit::Navigation);
        assert_eq!(get(&[("accept", "Text/HTML ; q=0.5")]), Visit::Navigation);
    }

    #[test]
    fn a_prefetch_is_told_whoever_sends_it() {
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "prefetch;anonymous-client-ip"),
            ("purpose", "prefetch"),
            ("purpose", "Prefetch"),
            ("x-moz", "prefetch"),
            ("x-purpose", "preview"),
        ] {
            for (mode, dest) in [("navigate", "document"), ("no-cors", "empty")] {
                let headers = [(name, value), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest), ("accept", PAGE)];
                assert_eq!(get(&headers), Visit::Prefetch, "{name}: {value}");
                assert_eq!(of(Method::POST, &headers), Visit::Other);
            }
        }
        assert_eq!(get(&[("purpose", "preview"), ("accept", PAGE)]), Visit::Navigation);
    }

    #[test]
    fn a_scripts_request_is_no_navigation() {
        for (mode, dest, accept) in [
            ("cors", "empty", "*/*"),
            ("cors", "empty", PAGE),
            ("same-origin", "empty", "text/html, application/xhtml+xml"),
            ("no-cors", "image", "image/avif,*/*;q=0.8"),
            ("no-cors", "script", "*/*"),
            ("websocket", "empty", "*/*"),
            ("websocket", "websocket", PAGE),
        ] {
            assert_eq!(fetch(mode, dest, accept), Visit::Other, "{mode} {dest}");
        }
        assert_eq!(get(&[("accept", PAGE), ("x-requested-with", "XMLHttpRequest")]), Visit::Other);
    }

    #[test]
    fn a_page_inside_of_a_page_is_no_navigation() {
        for dest in ["iframe", "frame", "object", "embed", "fencedframe"] {
            assert_eq!(fetch("navigate", dest, PAGE), Visit::Other, "{dest}");
        }
        assert_eq!(get(&[("sec-fetch-mode", "nested-navigate"), ("accept", PAGE)]), Visit::Other);
        assert_eq!(get(&[("sec-fetch-dest", "iframe"), ("accept", PAGE)]), Visit::Other);
    }

    #[test]
    fn an_api_client_is_no_navigation() {
        for accept in [
            "*/*",
            "application/json",
            "application/json, text/plain, */*",
            "text/*",
            "text/html-x",
            "text/html;q=0",
            "text/html; Q=0.000",
            "",
        ] {
            assert_eq!(get(&[("accept", accept)]), Visit::Other, "{accept}");
        }
        assert_eq!(get(&[]), Visit::Other);
        assert_eq!(get(&[("accept", "text/html;q=0, */*")]), Visit::Other);
    }

    #[test]
    fn only_get_and_head_navigate() {
        let headers = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("accept", PAGE)];
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
            assert_eq!(of(method.clone(), &headers), Visit::Other, "{method}");
        }
        let grpc = [("content-type", "application/grpc"), ("te", "trailers")];
        assert_eq!(of(Method::POST, &grpc), Visit::Other);
    }
}
