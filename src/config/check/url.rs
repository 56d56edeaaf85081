//! URLs of the configuration.

use std::net::Ipv4Addr;

use url::{Host, Url};

use super::report::Report;

/// Which URLs are allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct UrlRules {
    /// `enableSecureSocketConnection`.
    pub(super) https_only: bool,
}

const EXAMPLE: &str = "write a full URL, such as https://tenant.us.auth0.com";

impl UrlRules {
    /// Reads an http or https URL; the text itself is in no message, as it may hold credentials.
    pub(super) fn read(self, path: &str, text: &str, report: &mut Report<'_>) -> Option<Url> {
        if !is_plain(path, text, report) {
            return None;
        }
        let url = match parse(text) {
            Ok(url) => url,
            Err(what) => {
                report.problem(path, what, EXAMPLE);
                return None;
            }
        };
        self.scheme(path, url.scheme(), is_loopback(&url), report);
        Some(url)
    }

    /// Holds a scheme against `enableSecureSocketConnection`.
    pub(super) fn scheme(self, path: &str, scheme: &str, loopback: bool, report: &mut Report<'_>) {
        match scheme {
            "http" if self.https_only => {
                report.problem(path, "is http, and enableSecureSocketConnection is on", "write an https URL");
            }
            "http" if !loopback => report.warning(path, "is http: what it carries can be read and changed on the way"),
            _ => {}
        }
    }
}

/// Whether a text has no typographic hyphen and no white space; otherwise it tells.
pub(super) fn is_plain(path: &str, text: &str, report: &mut Report<'_>) -> bool {
    if let Some(what) = typographic_hyphen(text) {
        report.problem(path, what, "write - (U+002D) in its place; it likely came in by copying from a page");
        return false;
    }
    if text.chars().any(|char| char.is_whitespace() || char.is_control()) {
        report.problem(path, "holds white space or a control character", "take it out");
        return false;
    }
    true
}

/// Where a typographic hyphen stands, if one does.
pub(super) fn typographic_hyphen(text: &str) -> Option<String> {
    let typographic = |char: char| matches!(char, '\u{2010}'..='\u{2015}' | '\u{2212}');
    let (position, hyphen) = text.chars().enumerate().find(|(_, char)| typographic(*char))?;
    Some(format!("character {} is a typographic hyphen (U+{:04X})", position + 1, u32::from(hyphen)))
}

fn parse(text: &str) -> Result<Url, &'static str> {
    if text.contains(['{', '}', '<', '>']) {
        return Err("still holds a placeholder");
    }
    // The URL standard forgives `https:host` and `https:\host`; an operator who wrote that meant something else.
    if !text.contains("://") || text.contains('\\') {
        return Err("is not a full URL");
    }
    let url = Url::parse(text).map_err(|_| "is not a valid URL")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("is neither https nor http");
    }
    if !text[url.scheme().len()..].starts_with("://") {
        return Err("is not a full URL");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or a password");
    }
    if url.fragment().is_some() {
        return Err("holds a fragment (#)");
    }
    Ok(url)
}

/// Whether a URL names this machine (RFC 6761 section 6.3, RFC 8252 section 7.3).
pub(crate) fn is_loopback(url: &Url) -> bool {
    // Where the scheme is none of the web's, the URL standard reads no IPv4 address.
    let is_address = |name: &str| name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost") || is_address(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_by_its_address() {
        for text in [
            "http://localhost:1/",
            "http://a.localhost/",
            "http://127.0.0.9/",
            "http://[::1]/",
            "redis://127.0.0.9",
            "redis://[::1]",
        ] {
            assert!(is_loopback(&Url::parse(text).unwrap()), "{text}");
        }
        for text in [
            "http://localhost.evil.example/",
            "http://10.0.0.1/",
            "http://id.example/",
            "redis://10.0.0.1",
            "redis://127.0.0.1.id.example",
        ] {
            assert!(!is_loopback(&Url::parse(text).unwrap()), "{text}");
        }
    }
}
