//! The address that a proof is for, held against that of its request.

use std::fmt::Write as _;

use url::{Position, Url};

/// Whether `htu` is the address of a request for `path` at `origin`, both as RFC 3986 sections 6.2.2 and 6.2.3 normalise them, without query and
/// fragment (RFC 9449 section 4.3, step 9).
pub(super) fn is_of(htu: &str, origin: &str, path: &str) -> bool {
    // What a request asks for may be `*`, or an authority alone (RFC 9112 section 3.2). It must not become part of the host.
    // Routers take dot segments as they stand, and a URL does not: the proof for one route would be good for another.
    if !path.starts_with('/') || path.split('/').any(is_dot_segment) {
        return false;
    }
    normalised(htu).is_some_and(|htu| Some(htu) == normalised(&format!("{origin}{path}")))
}

/// `.` or `..`, as the URL standard reads them.
fn is_dot_segment(segment: &str) -> bool {
    matches!(&*segment.to_ascii_lowercase().replace("%2e", "."), "." | "..")
}

/// An http or https URL, normalised, without query and fragment.
fn normalised(text: &str) -> Option<String> {
    // The URL standard forgives white space, `https:host` and `\`; RFC 3986 does not.
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let is_full = text.get(url.scheme().len()..)?.starts_with("://");
    let is_plain = url.username().is_empty() && url.password().is_none();
    let is_web = matches!(url.scheme(), "http" | "https");
    (is_full && is_plain && is_web).then(|| with_normal_escapes(&url[..Position::AfterPath]))
}

/// What need not be escaped is not, and the rest is in capitals (RFC 3986 sections 6.2.2.1 and 6.2.2.2): the URL standard leaves both as
/// they are written.
fn with_normal_escapes(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        normal.push_str(before);
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            normal.push('%');
            rest = after;
            continue;
        };
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            normal.push(char::from(byte));
        } else {
            // Nothing fails that is written to memory.
            let _written = write!(normal, "%{byte:02X}");
        }
        rest = &after[2..];
    }
    normal.push_str(rest);
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://api.example";

    #[test]
    fn every_spelling_of_one_address_is_that_address() {
        for htu in [
            "https://api.example/orders/7",
            "HTTPS://API.Example/orders/7",
            "https://api.example:443/orders/7",
            "https://api.example:/orders/7",
            "https://api.example/orders/7?page=2",
            "https://api.example/orders/7#top",
            "https://api.example/orders/7?a=https://other.example/#b",
            "https://api.example/x/../orders/./7",
            "https://api.example/%6frders/%37",
        ] {
            assert!(is_of(htu, ORIGIN, "/orders/7"), "{htu}");
        }
        assert!(is_of("https://api.example", ORIGIN, "/"));
        assert!(is_of("https://api.example/a%2fb~", ORIGIN, "/a%2Fb%7e"));
        assert!(is_of("https://api.example/%C3%BC", ORIGIN, "/%c3%bc"));
        assert!(is_of("https://api.example/100%", ORIGIN, "/100%"));
        assert!(is_of("https://xn--bcher-kva.example:8443/a", "https://xn--bcher-kva.example:8443", "/a"));
    }

    #[test]
    fn another_address_is_not_the_one() {
        for htu in [
            "",
            "/orders/7",
            "//api.example/orders/7",
            "http://api.example/orders/7",
            "https://api.example:444/orders/7",
            "https://api.example./orders/7",
            "https://api.example.evil.example/orders/7",
            "https://api.example@evil.example/orders/7",
            "https://user@api.example/orders/7",
            "https://evil.example/orders/7",
            "https://api.example/orders/7/",
            "https://api.example/orders//7",
            "https://api.example/Orders/7",
            "https://api.example/orders%2f7",
            "https://api.example/orders/7%20",
            "https://api.example/orders\\7",
            "https:/api.example/orders/7",
            "https:api.example/orders/7",
            "https:\\\\api.example/orders/7",
            " https://api.example/orders/7",
            "https://api.example/ord\ters/7",
            "https://api.example/orders/7\n",
            "ftp://api.example/orders/7",
            "https://api.example/orders/7, https://api.example/orders/7",
        ] {
            assert!(!is_of(htu, ORIGIN, "/orders/7"), "{htu:?}");
        }
    }

    #[test]
    fn a_request_without_a_path_of_its_own_is_for_no_address() {
        for path in ["*", "", ".evil.example/", ":8443", "@evil.example/"] {
            assert!(!is_of(&format!("{ORIGIN}{path}"), ORIGIN, path), "{path}");
        }
        for path in ["/files/../orders", "/files/%2e%2E/orders", "/files/.%2e/orders", "/./orders", "/%2E/orders"] {
            assert!(!is_of("https://api.example/orders", ORIGIN, path), "{path}");
            assert!(!is_of(&format!("{ORIGIN}{path}"), ORIGIN, path), "{path}");
        }
        assert!(is_of("https://api.example/a/...", ORIGIN, "/a/..."));
        // A path with a backslash is routed as it stands: nothing is for it.
        assert!(!is_of("https://api.example/a/b", ORIGIN, "/a\\b"));
    }
}
