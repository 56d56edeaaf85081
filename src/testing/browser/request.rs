//! A request that a browser is about to send, and the headers that it gives it.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{ACCEPT, CONTENT_TYPE, HOST, ORIGIN, UPGRADE_INSECURE_REQUESTS},
};
use url::{Host, Position, Url};

use crate::testing::parameters::to_query;

/// What Chromium says that pages may be.
const DOCUMENTS: HeaderValue =
    HeaderValue::from_static("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_USER: HeaderName = HeaderName::from_static("sec-fetch-user");

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Going {
    pub(super) method: Method,
    pub(super) url: Url,
    /// Before the browser's own.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The page that asks for it; none when the address was typed.
    pub(super) initiator: Option<Url>,
    pub(super) purpose: Purpose,
}

/// What for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be shown.
    Page,
    /// To be shown inside a page.
    Frame,
    /// For a script.
    Fetch,
}

impl Going {
    /// To an address that somebody typed.
    pub(super) fn typed(url: Url) -> Self {
        Self::get(url, None, Purpose::Page)
    }

    pub(super) fn get(url: Url, initiator: Option<Url>, purpose: Purpose) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new(), initiator, purpose }
    }

    /// With the fields of a form on that page.
    pub(super) fn form(method: Method, mut url: Url, fields: &[(String, String)], page: &Url) -> Self {
        let fields = to_query(fields);
        if method != Method::POST {
            url.set_query(Some(&fields));
            return Self::get(url, Some(page.clone()), Purpose::Page);
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let body = Bytes::from(fields);
        Self { method, url, headers, body, initiator: Some(page.clone()), purpose: Purpose::Page }
    }

    /// After a redirect: by GET and without a body, but for a 307 or 308 (Fetch, "HTTP-redirect fetch").
    pub(super) fn redirected(self, url: Url, keeps_method: bool) -> Self {
        if keeps_method { Self { url, ..self } } else { Self::get(url, self.initiator, self.purpose) }
    }

    /// All headers but cookies. `chain` are the addresses that redirects led through before this one.
    pub(super) fn headers(&self, chain: &[Url]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, text(&self.url[Position::BeforeHost..Position::AfterPort]));
        headers
            .insert(ACCEPT, if self.purpose == Purpose::Fetch { HeaderValue::from_static("*/*") } else { DOCUMENTS });
        if let Some(initiator) = self.initiator.as_ref().filter(|_| !self.method.is_safe()) {
            headers.insert(ORIGIN, text(&initiator.origin().ascii_serialization()));
        }
        if self.purpose != Purpose::Fetch {
            headers.insert(UPGRADE_INSECURE_REQUESTS, HeaderValue::from_static("1"));
        }
        if is_trustworthy(&self.url) {
            headers.extend(self.fetch_metadata(chain));
        }
        headers.extend(self.headers.clone());
        headers
    }

    /// Fetch Metadata Request Headers, section 2.
    fn fetch_metadata(&self, chain: &[Url]) -> HeaderMap {
        let (mode, destination) = match self.purpose {
            Purpose::Page => ("navigate", "document"),
            Purpose::Frame => ("navigate", "iframe"),
            Purpose::Fetch => ("cors", "empty"),
        };
        let mut headers = HeaderMap::new();
        headers.insert(SEC_FETCH_MODE, HeaderValue::from_static(mode));
        headers.insert(SEC_FETCH_DEST, HeaderValue::from_static(destination));
        headers.insert(SEC_FETCH_SITE, HeaderValue::from_static(self.site(chain)));
        if self.purpose == Purpose::Page {
            headers.insert(SEC_FETCH_USER, HeaderValue::from_static("?1"));
        }
        headers
    }

    /// Section 2.3: how the asking page stands to every address on the way.
    fn site(&self, chain: &[Url]) -> &'static str {
        let Some(initiator) = &self.initiator else { return "none" };
        let mut way = chain.iter().chain([&self.url]);
        if way.clone().all(|url| url.origin() == initiator.origin()) {
            "same-origin"
        } else if way.all(|url| is_same_site(url, initiator)) {
            "same-site"
        } else {
            "cross-site"
        }
    }

    /// Whether another site asks for it.
    pub(super) fn is_cross_site(&self) -> bool {
        self.initiator.as_ref().is_some_and(|initiator| !is_same_site(initiator, &self.url))
    }
}

/// One host under one scheme, whatever the port. Sites of several hosts are not known here: that takes the public suffix list.
fn is_same_site(one: &Url, other: &Url) -> bool {
    (one.scheme(), one.host()) == (other.scheme(), other.host())
}

/// Where browsers send Fetch Metadata to (Secure Contexts section 3.1).
fn is_trustworthy(url: &Url) -> bool {
    url.scheme() == "https" || is_loopback(url)
}

/// An address of this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("a part of a URL is visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn site(initiator: Option<&str>, chain: &[&str], to: &str) -> &'static str {
        let chain: Vec<Url> = chain.iter().map(|text| url(text)).collect();
        Going::get(url(to), initiator.map(url), Purpose::Page).site(&chain)
    }

    #[test]
    fn the_site_of_a_request_is_told_by_every_address_on_the_way() {
        let app = "https://app.example/";
        assert_eq!(site(None, &["https://id.example/"], app), "none");
        assert_eq!(site(Some(app), &[], "https://app.example/x"), "same-origin");
        assert_eq!(site(Some(app), &[], "https://app.example:8443/"), "same-site");
        assert_eq!(site(Some(app), &["https://id.example/"], app), "cross-site");
        assert_eq!(site(Some("http://app.example/"), &[], app), "cross-site");
    }

    #[test]
    fn a_page_over_plain_http_gets_no_fetch_metadata_but_on_loopback() {
        let names = |to: &str| Going::typed(url(to)).headers(&[]).contains_key(SEC_FETCH_SITE);
        assert!(names("http://127.0.0.1:3000/") && names("http://localhost/") && names("https://app.example/"));
        assert!(!names("http://app.example/"));
    }

    #[test]
    fn a_form_says_where_it_comes_from_and_a_typed_address_does_not() {
        let page = url("https://id.example/login");
        let post = Going::form(Method::POST, url("https://app.example/cb"), &[], &page).headers(&[]);
        assert_eq!(
            (&post[ORIGIN], &post[HOST]),
            (&"https://id.example".parse().unwrap(), &"app.example".parse().unwrap())
        );
        assert_eq!(Going::typed(page).headers(&[]).get(ORIGIN), None);
    }
}
