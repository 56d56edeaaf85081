//! Trap A: CVE-2026-107369 and its like. `url` stands for the browser: it implements the standard that browsers follow.

use http::HeaderValue;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::{
    super::samples::{APP, settings},
    *,
};

fn app() -> LoginSettings {
    settings(|config| {
        config.authentication.additional_trusted_redirect_uris =
            ["https://other.example", "https://other.example/exact?a=1", "https://app.example.org/done"]
                .map(str::to_owned)
                .into();
    })
}

fn parse(text: &str) -> Option<String> {
    ReturnTo::parse(text, &app()).map(|return_to| return_to.to_string())
}

#[test]
fn a_path_of_the_own_origin_is_emitted_as_it_came() {
    for path in [
        "/",
        "/a/b",
        "/a/",
        "/a//b",
        "/@user/post",
        "/a:b;c=d,e!$&'()*+=~._-",
        "/path?x=//evil.example",
        "/path?next=https://evil.example/..",
        "/search?filter[]=a&q=%E2%82%AC+%0a",
        "/files/a%2Fb",
        "/%E2%82%AC",
        "/.well-known/x",
        "/...",
        "/a..b/..c",
        "/%252e%252e",
    ] {
        assert_eq!(parse(path).as_deref(), Some(path));
    }
}

#[test]
fn a_whole_url_of_the_own_origin_is_taken_by_its_path() {
    for (text, path) in [
        ("https://app.example", "/"),
        ("https://app.example/", "/"),
        ("https://app.example/a?b=c", "/a?b=c"),
        ("https://app.example/a#b", "/a"),
        ("/a?b#//evil.example", "/a?b"),
    ] {
        assert_eq!(parse(text).as_deref(), Some(path), "{text}");
    }
}

#[test]
fn every_known_way_out_of_the_origin_is_refused() {
    for text in [
        // Hosts that look like paths.
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/\\/evil.example",
        "/a\\b",
        "/?a\\b",
        // White space and controls, which browsers drop.
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r/evil.example",
        " //evil.example",
        "/ /evil.example",
        "\u{0}//evil.example",
        "/a\u{0}",
        "/a\r\nSet-Cookie: x=y",
        "/%09/evil.example",
        "/%0a/evil.example",
        "/a%00",
        "/a%7f",
        // Dots, which browsers resolve.
        "/..//evil.example",
        "/.//evil.example",
        "/a/../..//evil.example",
        "/%2e%2e//evil.example",
        "/.%2E//evil.example",
        "/a/..",
        "/a/./b",
        "/a/%2e/b",
        "/a%2f..%2f..%2fb",
        // What the encoding stands for.
        "/%2fevil.example",
        "/%2Fevil.example",
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "/%5c%5cevil.example",
        "/a%5cb",
        "/%c0%af/evil.example",
        // Schemes.
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "https://evil.example",
        "http://app.example/",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "blob:https://app.example/x",
        "https:app.example/a",
        "https:/app.example/a",
        "https:\\\\app.example/a",
        // Neighbours of the own origin.
        "https://app.example@evil.example/",
        "https://app.example:pass@evil.example/",
        "https://user@app.example/",
        "https://app.example.evil.example/",
        "https://app.example.",
        "https://app.example./a",
        "https://app.example%2eevil.example/",
        "https://sub.app.example/",
        "https://example/",
        "https://app.example:444/",
        "https://app.example:443/a",
        "https://APP.example/a",
        "HTTPS://app.example/a",
        "https://app.example?a",
        "https://app.example//evil.example",
        "https://app.example/../a",
        "https://app.example\\@evil.example",
        // Look-alikes of the slash and the full stop, which hosts are folded by.
        "\u{ff0f}\u{ff0f}evil.example",
        "/\u{ff0f}evil.example",
        "/\u{2044}evil.example",
        "https://app\u{3002}example/",
        "/caf\u{e9}",
        // Neighbours of the trusted ones.
        "https://other.example/a",
        "https://other.example//",
        "https://other.example/exact",
        "https://other.example/exact?a=1&b=2",
        "https://other.example/exact?a=1/",
        "https://OTHER.example/",
        "https://other.example:443/",
        "https://app.example.org/",
        // No address at all.
        "",
        "a",
        "?a",
        ".",
        "..",
        "@evil.example",
        ":80",
        "/a\"b",
        "/<script>",
        "/a b",
    ] {
        assert_eq!(parse(text), None, "{text:?}");
    }
}

#[test]
fn a_trusted_address_is_compared_whole_and_the_operators_is_emitted() {
    for text in ["https://other.example", "https://other.example/", "https://other.example/#x"] {
        assert_eq!(parse(text).as_deref(), Some("https://other.example/"), "{text}");
    }
    assert_eq!(parse("https://other.example/exact?a=1").as_deref(), Some("https://other.example/exact?a=1"));
    assert_eq!(parse("https://app.example.org/done").as_deref(), Some("https://app.example.org/done"));
    assert_eq!(ReturnTo::parse("https://other.example/", &settings(|_| ())), None);
}

#[test]
fn an_address_has_a_most_length() {
    let longest = format!("/{}", "a".repeat(MAX_RETURN_TO_BYTES - 1));
    assert_eq!(parse(&longest), Some(longest.clone()));
    assert_eq!(parse(&format!("{longest}a")), None);
}

#[test]
fn the_start_page_is_the_path_of_the_server_url() {
    let under = |url: &str| settings(|config| config.authentication.oidc.server_url = Some(url.to_owned()));
    for (url, path) in [(APP, "/"), ("https://app.example/base", "/base"), ("https://app.example//evil.example", "/")] {
        assert_eq!(ReturnTo::start(&under(url)).as_str(), path);
    }
}

#[test]
fn the_provider_gets_the_whole_url() {
    let app = app();
    for (text, url) in [
        ("/", "https://app.example/"),
        ("/other?x=//y", "https://app.example/other?x=//y"),
        ("/a?", "https://app.example/a?"),
        ("https://other.example/exact?a=1", "https://other.example/exact?a=1"),
    ] {
        assert_eq!(ReturnTo::parse(text, &app).unwrap().to_url(&app).as_str(), url);
    }
}

/// Texts made of what the tricks are made of.
fn hostile() -> impl Strategy<Value = String> {
    const PIECES: [&str; 38] = [
        "/",
        "/",
        "//",
        "\\",
        "@",
        ":",
        "?",
        "#",
        "&",
        ".",
        "..",
        "...",
        ";",
        "%",
        "%2f",
        "%2F",
        "%2e",
        "%2E",
        "%5c",
        "%09",
        "%0a",
        "%00",
        "%25",
        "%c0%af",
        "\t",
        "\n",
        "\r",
        " ",
        "\u{0}",
        "\u{ff0f}",
        "\u{3002}",
        "a",
        "evil.example",
        "app.example",
        "https:",
        "https://app.example",
        "javascript:",
        "443",
    ];
    let pieces = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..9).prop_map(|pieces| pieces.concat());
    prop_oneof![pieces.clone(), pieces.prop_map(|rest| format!("/{rest}")), any::<String>(), "/[ -~]{0,12}"]
}

proptest! {
    #[test]
    fn whatever_is_accepted_stays_on_the_own_origin_unchanged(text in hostile()) {
        let app = app();
        let Some(return_to) = ReturnTo::parse(&text, &app) else { return Ok(()) };
        let emitted = return_to.as_str();
        prop_assert!(HeaderValue::from_str(emitted).is_ok());
        for page in [APP, "https://app.example/callback?code=x&state=y", "https://app.example/a/b/c/"] {
            let page = Url::parse(page).unwrap();
            let opened = page.join(emitted).unwrap();
            prop_assert_eq!(&opened[Position::BeforePath..], emitted);
            prop_assert_eq!(opened.origin(), app.server_url.origin());
            // The text meant the same before it was parsed.
            let mut meant = page.join(&text).unwrap();
            meant.set_fragment(None);
            prop_assert_eq!(opened, meant);
        }
    }

    #[test]
    fn whatever_is_accepted_stays_there_when_a_proxy_decodes_it(text in hostile()) {
        let app = app();
        let Some(return_to) = ReturnTo::parse(&text, &app) else { return Ok(()) };
        let decoded = percent_decode_str(return_to.own_path().unwrap()).decode_utf8().unwrap();
        prop_assert_eq!(app.server_url.join(&decoded).unwrap().origin(), app.server_url.origin());
    }

    #[test]
    fn what_is_emitted_is_accepted_again_and_means_the_same(text in hostile()) {
        let app = app();
        let Some(return_to) = ReturnTo::parse(&text, &app) else { return Ok(()) };
        prop_assert_eq!(ReturnTo::parse(return_to.as_str(), &app), Some(return_to.clone()));
        let whole = return_to.to_url(&app);
        prop_assert_eq!(&whole, &app.server_url.join(return_to.as_str()).unwrap());
        prop_assert_eq!(ReturnTo::parse(whole.as_str(), &app), Some(return_to));
    }

    #[test]
    fn ordinary_addresses_are_accepted(path in "(/[a-zA-Z0-9_~-]{1,8}){1,5}/?(\\?[a-z]=[a-zA-Z0-9%2f/:&+]{0,20})?") {
        let path = path.replace('%', "%25");
        prop_assert_eq!(parse(&path), Some(path));
    }
}
