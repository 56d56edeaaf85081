//! The cookies of a browser (RFC 6265bis), without their ends in time.

use reqwest::{
    Url,
    header::{HeaderMap, SET_COOKIE},
};

/// The cookies of all hosts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jar(Vec<Kept>);

#[derive(Debug, Clone)]
struct Kept {
    /// Whatever the port (section 8.5).
    host: String,
    path: String,
    name: String,
    value: String,
    secure: bool,
    same_site: Option<String>,
}

impl Jar {
    /// Takes in what an answer from `url` sets.
    pub(crate) fn receive(&mut self, url: &Url, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let cookie = Kept::parse(url, line.to_str().unwrap());
            // Section 5.7: neither is taken without `Secure`.
            let wants_secure = cookie.name.starts_with("__Host-") || cookie.same_site.as_deref() == Some("none");
            assert!(cookie.secure || !wants_secure, "no browser takes {}", cookie.name);
            self.0.retain(|kept| !kept.is_replaced_by(&cookie));
            // Both sides remove a cookie by an empty one that is over.
            if !cookie.value.is_empty() {
                self.0.push(cookie);
            }
        }
    }

    /// The `Cookie` header of a request: what may go to `url`, from another site's form or otherwise.
    pub(crate) fn header(&self, url: &Url, is_foreign_form: bool) -> String {
        let sent = self.0.iter().filter(|kept| kept.goes_to(url, is_foreign_form));
        sent.map(|kept| format!("{}={}", kept.name, kept.value)).collect::<Vec<_>>().join("; ")
    }

    /// The names of a host's cookies.
    pub(crate) fn names(&self, host: &str) -> Vec<&str> {
        self.0.iter().filter(|kept| kept.host == host).map(|kept| kept.name.as_str()).collect()
    }

    /// Forgets them.
    pub(crate) fn forget(&mut self, host: &str) {
        self.0.retain(|kept| kept.host != host);
    }
}

impl Kept {
    fn parse(url: &Url, line: &str) -> Self {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<_> = parts.map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
        let attribute = |name: &str| attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        Self {
            host: url.host_str().unwrap().to_owned(),
            path: attribute("path").map_or("/", |(_, path)| path).to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
            secure: attribute("secure").is_some(),
            same_site: attribute("samesite").map(|(_, site)| site.to_ascii_lowercase()),
        }
    }

    fn is_replaced_by(&self, other: &Self) -> bool {
        (&self.host, &self.path, &self.name) == (&other.host, &other.path, &other.name)
    }

    fn goes_to(&self, url: &Url, is_foreign_form: bool) -> bool {
        let on_the_path = url
            .path()
            .strip_prefix(&self.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'));
        // Without the attribute it counts as `Lax`; the two minutes of mercy of some browsers are not counted on here.
        let crosses = !is_foreign_form || self.same_site.as_deref() == Some("none");
        self.host == url.host_str().unwrap() && on_the_path && crosses && (url.scheme() == "https" || !self.secure)
    }
}
