//! A page, and what its answer says to the browser.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, VARY,
        X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};

/// Lets nothing in: no style, no image, no script, no form.
const STRICT: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

/// What every page says, whoever made it.
///
/// `Referrer-Policy` is not `no-referrer`: with that, browsers send `Origin: null` with a form, and the sign-out button would look
/// like another site's. The origin alone is what the provider knows anyway; the `code` in a callback's URL stays out of it.
const FIELDS: [(HeaderName, &str); 6] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "strict-origin"),
    (CACHE_CONTROL, "no-store"),
    (VARY, "Cookie"),
];

/// A page: its HTML, and what its `Content-Security-Policy` lets in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page {
    /// A whole HTML document in UTF-8.
    pub html: String,
    /// The value of `Content-Security-Policy`.
    pub content_security_policy: String,
}

impl Page {
    /// A page whose policy lets nothing in: no style, no image, no script, no form.
    #[must_use]
    pub fn new(html: impl Into<String>) -> Self {
        Self { html: html.into(), content_security_policy: STRICT.to_owned() }
    }

    /// The page with a policy of its own in place of the strict one. Keep `frame-ancestors 'none'` in it: a page that another site
    /// can frame is a page whose buttons another site can have pressed. One that is no header value is passed over.
    ///
    /// Chromium and Safari hold `form-action` against every redirect that follows on the form too, so that of the sign-out page must let in
    /// the provider and wherever that sends the browser.
    #[must_use]
    pub fn with_content_security_policy(mut self, policy: impl Into<String>) -> Self {
        self.content_security_policy = policy.into();
        self
    }
}

/// A page as an answer: never cached, never framed, never sniffed.
pub(in crate::login) fn respond(status: StatusCode, page: Page) -> Response<Bytes> {
    let policy = HeaderValue::try_from(page.content_security_policy).unwrap_or(HeaderValue::from_static(STRICT));
    let mut response = Response::new(Bytes::from(page.html));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(CONTENT_SECURITY_POLICY, policy);
    for (name, value) in FIELDS {
        fields.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_never_cached_framed_or_sniffed() {
        let response = respond(StatusCode::FORBIDDEN, Page::new("<p>"));
        assert_eq!((response.status(), &response.body()[..]), (StatusCode::FORBIDDEN, &b"<p>"[..]));
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", STRICT),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "strict-origin"),
            ("cache-control", "no-store"),
            ("vary", "Cookie"),
        ] {
            assert_eq!(response.headers()[name], value, "{name}");
        }
    }

    #[test]
    fn a_policy_that_is_no_header_value_leaves_the_strict_one() {
        for (policy, expected) in [("default-src 'self'", "default-src 'self'"), ("default-src *\r\nx: y", STRICT)] {
            let response = respond(StatusCode::OK, Page::new("").with_content_security_policy(policy));
            assert_eq!(response.headers()["content-security-policy"], expected);
        }
    }
}
