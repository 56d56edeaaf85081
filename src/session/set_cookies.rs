//! What an answer must say of the session.

use http::{
    HeaderMap, HeaderValue,
    header::{CACHE_CONTROL, SET_COOKIE, VARY},
};

/// Values of `Set-Cookie`, one header each.
#[derive(Debug, Clone, Default)]
#[must_use = "without them the browser keeps what it has"]
pub struct SetCookies(pub(super) Vec<HeaderValue>);

impl SetCookies {
    /// Whether there is no cookie to set or to remove.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds them to an answer, which no cache may keep from now on, even if there is no cookie to set.
    pub fn apply(self, headers: &mut HeaderMap) {
        for value in self.0 {
            headers.append(SET_COOKIE, value);
        }
        depends_on_session(headers);
    }
}

/// Says of an answer that it depends on the session: `Cache-Control: no-store`, whatever stood there, and `Vary: Cookie`
/// (RFC 9111 sections 5.2.2.5 and 4.1).
pub fn depends_on_session(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    vary_by_cookie(headers);
}

/// Says of an answer that it would be another one with a session.
pub fn vary_by_cookie(headers: &mut HeaderMap) {
    if !varies_by_cookie(headers) {
        headers.append(VARY, HeaderValue::from_static("Cookie"));
    }
}

fn varies_by_cookie(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(VARY).iter().filter_map(|line| line.to_str().ok());
    let mut names = lines.flat_map(|line| line.split(',')).map(str::trim);
    names.any(|name| name == "*" || name.eq_ignore_ascii_case("cookie"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(headers: &HeaderMap, name: http::HeaderName) -> Vec<&str> {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// CVE-2025-48947 (nextjs-auth0): a CDN kept the `Set-Cookie` of one user and gave it to the others.
    #[test]
    fn no_cache_keeps_an_answer_that_sets_a_session_cookie() {
        let mut headers = HeaderMap::new();
        headers.append(CACHE_CONTROL, HeaderValue::from_static("public, max-age=600"));
        headers.append(CACHE_CONTROL, HeaderValue::from_static("immutable"));
        headers.append(VARY, HeaderValue::from_static("Accept"));
        headers.append(SET_COOKIE, HeaderValue::from_static("theirs=1"));
        SetCookies(vec![HeaderValue::from_static("a=1"), HeaderValue::from_static("b=2")]).apply(&mut headers);
        assert_eq!(lines(&headers, CACHE_CONTROL), ["no-store"]);
        assert_eq!(lines(&headers, VARY), ["Accept", "Cookie"]);
        assert_eq!(lines(&headers, SET_COOKIE), ["theirs=1", "a=1", "b=2"]);
    }

    #[test]
    fn without_cookies_the_answer_depends_on_the_session_all_the_same() {
        let mut headers = HeaderMap::new();
        SetCookies::default().apply(&mut headers);
        assert_eq!((lines(&headers, CACHE_CONTROL), lines(&headers, VARY)), (vec!["no-store"], vec!["Cookie"]));
        assert!(!headers.contains_key(SET_COOKIE));
    }

    #[test]
    fn vary_names_the_cookie_once() {
        for there in ["Cookie", "accept, COOKIE", "*", "Accept-Encoding , cookie"] {
            let mut headers = HeaderMap::new();
            headers.append(VARY, HeaderValue::from_static("Accept"));
            headers.append(VARY, HeaderValue::from_static(there));
            depends_on_session(&mut headers);
            depends_on_session(&mut headers);
            assert_eq!(lines(&headers, VARY), ["Accept", there]);
        }
        let mut headers = HeaderMap::new();
        headers.append(VARY, HeaderValue::from_static("Cookies, X-Cookie"));
        depends_on_session(&mut headers);
        assert_eq!(lines(&headers, VARY), ["Cookies, X-Cookie", "Cookie"]);
    }
}
