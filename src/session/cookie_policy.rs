//! How every cookie of the crate is named, set, removed and read.

use std::{iter, time::Duration};

use cookie::{Cookie, CookieBuilder};
use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, InvalidHeaderValue},
};

/// Browsers take a cookie of that name only with `Secure`, `Path=/` and without `Domain` (RFC 6265bis section 4.1.3.2).
const HOST_PREFIX: &str = "__Host-";

/// How every cookie of the crate is named and set: `HttpOnly`, `Path=/`, no `Domain`; and over https `Secure`, with a name that
/// no other origin can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookiePolicy {
    secure: bool,
}

/// Which requests of other sites bring a cookie along (RFC 6265bis section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// Navigations by GET.
    Lax,
    /// All of them: a provider that answers by `form_post` is another site. Browsers want `Secure` with it, so that without
    /// that the attribute is left out.
    None,
}

impl CookiePolicy {
    /// The policy of a service; `secure` when it is served over https.
    #[must_use]
    pub fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// The full name of a cookie.
    #[must_use]
    pub fn name(self, name: &str) -> String {
        if self.secure { [HOST_PREFIX, name].concat() } else { name.to_owned() }
    }

    /// Sets the cookie of that full name; without `max_age` it ends with the browser.
    ///
    /// # Errors
    /// When name or value hold bytes that no header has.
    pub fn set(
        self,
        full_name: &str,
        value: &str,
        same_site: SameSite,
        max_age: Option<Duration>,
    ) -> Result<HeaderValue, InvalidHeaderValue> {
        let mut builder = self.builder(full_name, value, same_site);
        if let Some(max_age) = max_age {
            let seconds = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
            builder = builder.max_age(cookie::time::Duration::seconds(seconds));
        }
        let mut header = HeaderValue::try_from(builder.build().to_string())?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// Removes the cookie of that full name.
    ///
    /// # Errors
    /// When the name holds bytes that no header has.
    pub fn removal(self, full_name: &str, same_site: SameSite) -> Result<HeaderValue, InvalidHeaderValue> {
        self.set(full_name, "", same_site, Some(Duration::ZERO))
    }

    fn builder<'c>(self, full_name: &'c str, value: &'c str, same_site: SameSite) -> CookieBuilder<'c> {
        let builder = Cookie::build((full_name, value)).path("/").http_only(true);
        let builder = if self.secure { builder.secure(true) } else { builder };
        match same_site {
            SameSite::Lax => builder.same_site(cookie::SameSite::Lax),
            SameSite::None if self.secure => builder.same_site(cookie::SameSite::None),
            SameSite::None => builder,
        }
    }
}

/// The cookies of a request, as they stand: name and value, of every `Cookie` header.
///
/// One that is not UTF-8 is passed over, and hides none of the others: any script can set such a one.
pub fn request_cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|line| pairs(line.as_bytes()));
    pairs.filter_map(|pair| pair.trim_ascii().split_once('='))
}

/// The parts of a header between semicolons, those that can be read.
fn pairs(line: &[u8]) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b';', line).chain(iter::once(line.len()));
    let pairs = ends.scan(0, |start, end| {
        let pair = &line[*start..end];
        *start = end + 1;
        Some(pair)
    });
    pairs.filter_map(|pair| str::from_utf8(pair).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_https_no_other_origin_can_set_the_cookie() {
        let policy = CookiePolicy::new(true);
        let name = policy.name("session");
        let set = policy.set(&name, "v", SameSite::Lax, Some(Duration::from_secs(60))).unwrap();
        assert_eq!(set, "__Host-session=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
        let cross = policy.set(&name, "v", SameSite::None, None).unwrap();
        assert_eq!(cross, "__Host-session=v; HttpOnly; SameSite=None; Secure; Path=/");
    }

    #[test]
    fn over_http_there_is_no_secure_and_no_prefix() {
        let policy = CookiePolicy::new(false);
        let name = policy.name("session");
        assert_eq!(policy.set(&name, "v", SameSite::Lax, None).unwrap(), "session=v; HttpOnly; SameSite=Lax; Path=/");
        assert_eq!(policy.set(&name, "v", SameSite::None, None).unwrap(), "session=v; HttpOnly; Path=/");
    }

    #[test]
    fn a_removal_has_the_attributes_of_what_it_removes() {
        let removal = CookiePolicy::new(true).removal("__Host-session", SameSite::Lax).unwrap();
        assert_eq!(removal, "__Host-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
    }

    #[test]
    fn cookies_are_read_from_every_header() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; b=x=y"));
        headers.append(COOKIE, HeaderValue::from_static("c=; nonsense;a=2"));
        assert_eq!(request_cookies(&headers).collect::<Vec<_>>(), [("a", "1"), ("b", "x=y"), ("c", ""), ("a", "2")]);
    }

    #[test]
    fn a_cookie_that_cannot_be_read_hides_no_other() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_bytes(b"a=1; b=\xff; c=\xc3\xa9;\td=2").unwrap());
        assert_eq!(request_cookies(&headers).collect::<Vec<_>>(), [("a", "1"), ("c", "é"), ("d", "2")]);
    }
}
