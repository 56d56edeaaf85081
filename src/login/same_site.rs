//! Which site made the browser send a request.

use http::{HeaderMap, HeaderName, HeaderValue, header::ORIGIN};
use url::Url;

/// `Sec-Fetch-Site` (W3C Fetch Metadata section 2.4).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the browser says that another site than `server_url`'s origin sent the request, by `Origin` or by `Sec-Fetch-Site`.
///
/// A request with neither comes from a client without such headers, or from a browser so old that `SameSite=Lax` has to protect
/// alone. A value that is not known and a header that stands twice count as another site; so does `Origin: null`, unless the browser
/// says `same-origin` itself, which no script can: under `Referrer-Policy: no-referrer` the own forms are sent with it (Fetch section
/// 3.2), and those of a sandboxed frame as `cross-site`.
pub(super) fn sent_by_another_site(headers: &HeaderMap, server_url: &Url) -> bool {
    let own = server_url.origin().ascii_serialization();
    let is_vouched_for = only(headers, SEC_FETCH_SITE).is_some_and(|site| site == "same-origin");
    let is_withheld = is_vouched_for && only(headers, ORIGIN).is_some_and(|origin| origin == "null");
    let foreign_origin = !is_withheld && headers.get_all(ORIGIN).iter().any(|origin| origin != own.as_str());
    let foreign_site = headers.get_all(SEC_FETCH_SITE).iter().any(|site| !is_own(site));
    foreign_origin || foreign_site
}

/// Whether the browser says that the person asked for the page, or the own origin did. Without a word of the browser it is not
/// known.
pub(super) fn sent_by_own_site(headers: &HeaderMap, server_url: &Url) -> bool {
    headers.contains_key(SEC_FETCH_SITE) && !sent_by_another_site(headers, server_url)
}

/// The header of that name, if it stands there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

fn is_own(site: &HeaderValue) -> bool {
    site == "same-origin" || site == "none"
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://app.example.com";

    fn headers(origin: &[&str], site: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in origin {
            headers.append(ORIGIN, HeaderValue::from_str(value).unwrap());
        }
        for value in site {
            headers.append(SEC_FETCH_SITE, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn another_site_is_told_by_either_header() {
        let server_url = Url::parse("https://app.example.com/base/").unwrap();
        let table: [(&[&str], &[&str], bool); 26] = [
            (&[], &[], false),
            (&[OWN], &[], false),
            (&[OWN], &["same-origin"], false),
            (&[], &["same-origin"], false),
            (&[], &["none"], false),
            (&["null"], &[], true),
            (&["null"], &["same-origin"], false),
            (&["null"], &["none"], true),
            (&["null"], &["cross-site"], true),
            (&["null"], &["same-origin", "same-origin"], true),
            (&["null", "null"], &["same-origin"], true),
            (&["null", OWN], &["same-origin"], true),
            (&[""], &[], true),
            (&["https://evil.example"], &[], true),
            (&["https://evil.example"], &["same-origin"], true),
            (&["http://app.example.com"], &[], true),
            (&["https://app.example.com:8443"], &[], true),
            (&["https://app.example.com.evil.example"], &[], true),
            (&["https://app.example.com/"], &[], true),
            (&[OWN, "https://evil.example"], &[], true),
            (&[OWN], &["cross-site"], true),
            (&[], &["cross-site"], true),
            (&[], &["same-site"], true),
            (&[], &["Same-Origin"], true),
            (&[], &[""], true),
            (&[], &["same-origin", "cross-site"], true),
        ];
        for (origin, site, expected) in table {
            let another = sent_by_another_site(&headers(origin, site), &server_url);
            assert_eq!(another, expected, "{origin:?} {site:?}");
        }
    }

    #[test]
    fn the_default_port_is_no_difference() {
        for server_url in ["https://app.example.com:443/", "HTTPS://APP.example.com"] {
            assert!(!sent_by_another_site(&headers(&[OWN], &[]), &Url::parse(server_url).unwrap()), "{server_url}");
        }
        let local = Url::parse("http://127.0.0.1:3000/").unwrap();
        assert!(!sent_by_another_site(&headers(&["http://127.0.0.1:3000"], &[]), &local));
        assert!(sent_by_another_site(&headers(&["http://localhost:3000"], &[]), &local));
    }

    #[test]
    fn the_own_site_is_known_by_the_browsers_word_alone() {
        let server_url = Url::parse(OWN).unwrap();
        let table: [(&[&str], &[&str], bool); 6] = [
            (&[], &[], false),
            (&[OWN], &[], false),
            (&[], &["same-origin"], true),
            (&[], &["none"], true),
            (&[], &["same-site"], false),
            (&["https://evil.example"], &["same-origin"], false),
        ];
        for (origin, site, expected) in table {
            assert_eq!(sent_by_own_site(&headers(origin, site), &server_url), expected, "{origin:?} {site:?}");
        }
    }
}
