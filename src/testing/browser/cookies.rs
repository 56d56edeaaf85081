//! Cookies, as a browser keeps them (RFC 6265bis section 5).

use std::time::{Duration, SystemTime};

use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, Method, header::SET_COOKIE};
use url::{Origin, Url};

use super::request::{Going, Purpose};

/// The cookies of all origins.
#[derive(Default)]
pub(super) struct Jar(Vec<Kept>);

struct Kept {
    origin: Origin,
    path: String,
    name: String,
    value: String,
    same_site: Option<SameSite>,
    /// None is the end of the browser.
    ends_at: Option<SystemTime>,
}

impl Jar {
    /// Takes in what an answer from `url` sets.
    pub(super) fn receive(&mut self, url: &Url, headers: &HeaderMap, now: SystemTime) {
        let lines = headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        for cookie in lines.filter_map(|line| Cookie::parse(line).ok()) {
            // Browsers take `SameSite=None` with `Secure` alone (section 5.7).
            if cookie.same_site() != Some(SameSite::None) || cookie.secure() == Some(true) {
                self.keep(Kept::new(&cookie, url, now), now);
            }
        }
    }

    /// Sets a cookie for all paths of `url`'s origin.
    pub(super) fn set(&mut self, url: &Url, name: &str, value: &str, now: SystemTime) {
        self.keep(Kept::new(&Cookie::build((name, value)).path("/").build(), url, now), now);
    }

    /// The `Cookie` header of a request: longer paths first.
    pub(super) fn header(&self, going: &Going, now: SystemTime) -> Option<HeaderValue> {
        let origin = going.url.origin();
        let mut sent: Vec<&Kept> = self.alive(&origin, now).filter(|cookie| cookie.goes_with(going)).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| HeaderValue::try_from(pairs.join("; ")).ok())?
    }

    /// Names and values of an origin's cookies.
    pub(super) fn of(&self, origin: &Origin, now: SystemTime) -> Vec<(String, String)> {
        self.alive(origin, now).map(|cookie| (cookie.name.clone(), cookie.value.clone())).collect()
    }

    fn alive(&self, origin: &Origin, now: SystemTime) -> impl Iterator<Item = &Kept> {
        self.0.iter().filter(move |cookie| cookie.origin == *origin && cookie.is_alive(now))
    }

    /// In the place of the one with the same name, origin and path.
    fn keep(&mut self, cookie: Kept, now: SystemTime) {
        let key = |cookie: &Kept| (cookie.origin.clone(), cookie.path.clone(), cookie.name.clone());
        let same = self.0.iter().position(|kept| key(kept) == key(&cookie));
        match same {
            Some(position) => self.0[position] = cookie,
            None => self.0.push(cookie),
        }
        self.0.retain(|cookie| cookie.is_alive(now));
    }
}

impl Kept {
    fn new(cookie: &Cookie<'_>, url: &Url, now: SystemTime) -> Self {
        let path = cookie.path().filter(|path| path.starts_with('/')).map(str::to_owned);
        Self {
            origin: url.origin(),
            path: path.unwrap_or_else(|| default_path(url)),
            name: cookie.name().to_owned(),
            value: cookie.value().to_owned(),
            same_site: cookie.same_site(),
            ends_at: ends_at(cookie, now),
        }
    }

    fn is_alive(&self, now: SystemTime) -> bool {
        self.ends_at.is_none_or(|end| now < end)
    }

    fn goes_with(&self, going: &Going) -> bool {
        path_matches(&self.path, going.url.path()) && (!going.is_cross_site() || self.crosses_sites(going))
    }

    /// Section 5.6.7.1. Without the attribute it goes everywhere for two minutes: browsers have it so for answers by
    /// `form_post`.
    fn crosses_sites(&self, going: &Going) -> bool {
        match self.same_site {
            Some(SameSite::Strict) => false,
            Some(SameSite::Lax) => going.purpose == Purpose::Page && going.method == Method::GET,
            Some(SameSite::None) | None => true,
        }
    }
}

fn ends_at(cookie: &Cookie<'_>, now: SystemTime) -> Option<SystemTime> {
    match cookie.max_age() {
        Some(age) => Some(now + Duration::from_secs(age.whole_seconds().max(0).unsigned_abs())),
        None => cookie.expires_datetime().map(SystemTime::from),
    }
}

/// Section 5.1.4.
fn default_path(url: &Url) -> String {
    match url.path().rsplit_once('/') {
        Some((folder, _)) if !folder.is_empty() => folder.to_owned(),
        _ => "/".to_owned(),
    }
}

/// Section 5.1.4.
fn path_matches(cookie: &str, path: &str) -> bool {
    let rest = path.strip_prefix(cookie);
    rest.is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn jar(lines: &[&'static str]) -> Jar {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(SET_COOKIE, HeaderValue::from_static(line));
        }
        let mut jar = Jar::default();
        jar.receive(&url("https://app.example/a/b"), &headers, UNIX_EPOCH);
        jar
    }

    fn sent(jar: &Jar, going: &Going, seconds: u64) -> String {
        let header = jar.header(going, UNIX_EPOCH + Duration::from_secs(seconds));
        header.map(|header| header.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    fn typed(to: &str) -> Going {
        Going::typed(url(to))
    }

    #[test]
    fn a_cookie_goes_back_to_its_origin_and_path() {
        let jar = jar(&["root=1; Path=/", "own=2", "deep=3; Path=/a/b/c", "other=4; Path=/x"]);
        assert_eq!(sent(&jar, &typed("https://app.example/a/b/c"), 0), "deep=3; own=2; root=1");
        assert_eq!(sent(&jar, &typed("https://app.example/ab"), 0), "root=1");
        assert_eq!(sent(&jar, &typed("https://app.example:8443/a"), 0), "");
    }

    #[test]
    fn a_cookie_ends_by_the_clock_and_by_its_removal() {
        let mut jar = jar(&["short=1; Max-Age=60; Path=/", "dated=2; Expires=Thu, 01 Jan 1970 00:02:00 GMT; Path=/"]);
        let app = typed("https://app.example/");
        assert_eq!(sent(&jar, &app, 59), "short=1; dated=2");
        assert_eq!(sent(&jar, &app, 60), "dated=2");
        assert_eq!(sent(&jar, &app, 120), "");
        let removal = HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static("dated=; Max-Age=0; Path=/"))]);
        jar.receive(&app.url, &removal, UNIX_EPOCH);
        assert_eq!(sent(&jar, &app, 0), "short=1");
    }

    #[test]
    fn another_site_brings_along_what_same_site_lets_it() {
        let jar = jar(&[
            "strict=1; SameSite=Strict; Path=/",
            "lax=2; SameSite=Lax; Path=/",
            "none=3; SameSite=None; Secure; Path=/",
            "refused=4; SameSite=None; Path=/",
            "plain=5; Path=/",
        ]);
        let (app, provider) = (url("https://app.example/"), url("https://id.example/"));
        let get = |purpose| Going::get(app.clone(), Some(provider.clone()), purpose);
        assert_eq!(sent(&jar, &get(Purpose::Page), 0), "lax=2; none=3; plain=5");
        assert_eq!(sent(&jar, &get(Purpose::Frame), 0), "none=3; plain=5");
        assert_eq!(sent(&jar, &Going::form(Method::POST, app.clone(), &[], &provider), 0), "none=3; plain=5");
        assert_eq!(sent(&jar, &Going::typed(app), 0), "strict=1; lax=2; none=3; plain=5");
    }
}
