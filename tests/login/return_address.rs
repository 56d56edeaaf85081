//! Class A of the traps, through the whole flow: where a browser ends up after a login is a path of the application or an address
//! that the operator trusts, whatever a link says.

use http::StatusCode;
use tower_oidc::{
    login::{LoginError, MAX_RETURN_TO_BYTES},
    testing::Endpoint,
};
use url::{Url, form_urlencoded};

use super::support::{SERVER, Stand, location, navigation};

fn login(return_to: &str) -> String {
    format!("/login?return_to={}", form_urlencoded::byte_serialize(return_to.as_bytes()).collect::<String>())
}

/// The `Location` that a login with that return address ends with; none if it is refused at its start.
async fn ends_at(stand: &Stand, return_to: &str) -> Option<String> {
    let answer = stand.send(navigation(&login(return_to))).await;
    if answer.status != StatusCode::FOUND {
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{return_to}");
        assert!(
            matches!(answer.login_error(), LoginError::ReturnAddress | LoginError::Malformed { .. }),
            "{return_to}"
        );
        assert!(answer.set_cookies().is_empty() && answer.header("content-type").starts_with("text/html"));
        return None;
    }
    let mut browser = stand.browser();
    browser.navigate(&login(return_to)).await;
    let shown = browser.log_in_as(&stand.provider, "alice").await;
    // An address of somebody else's is where the visit ends.
    let way = shown.history.iter().map(|hop| (&hop.url, &hop.headers)).chain([(&shown.url, &shown.headers)]);
    let (_, headers) = way.into_iter().find(|(url, _)| url.path() == "/callback").expect("it ends at the callback");
    Some(headers["location"].to_str().unwrap().to_owned())
}

/// MOD CVE-2019-14857, CVE-2021-32786, CVE-2021-39191, CVE-2022-23527; NXT CVE-2026-107369 and its kin; O2P and pac4j: each of these
/// led somewhere else in one of the crate's peers.
const TRICKS: [&str; 40] = [
    "https://evil.example",
    "https://evil.example/",
    "HTTPS://EVIL.EXAMPLE/",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%2f/evil.example",
    "/%2Fevil.example",
    "/%5cevil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/%2e%2e//evil.example",
    "/%2e//evil.example",
    "/a/%2e%2e/%2fevil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http://app.example/",
    "https://app.example.evil.example/",
    "https://app.exampleevil.example/",
    "https://app.example@evil.example/",
    "https://app.example:443@evil.example/",
    "https://app.example:8443/",
    "https://evil.example\\@app.example/",
    "https://sub.app.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "/a\r\nSet-Cookie: x=y",
    "relative",
    "https://app.example//evil.example",
];

#[tokio::test]
async fn no_trick_leads_anywhere_else() {
    let stand = Stand::with(trusting).await;
    let mut refused = 0;
    for trick in TRICKS {
        match ends_at(&stand, trick).await {
            None => refused += 1,
            Some(end) => {
                assert_eq!(Url::parse(SERVER).unwrap().join(&end).unwrap().origin().ascii_serialization(), SERVER)
            }
        }
    }
    assert_eq!(refused, TRICKS.len(), "none of these is an address of the application");
    assert_eq!(stand.provider.requests(Endpoint::Authorize), 0);
}

fn trusting(mut config: tower_oidc::Config) -> tower_oidc::Config {
    config.authentication.additional_trusted_redirect_uris =
        vec!["https://other.example/welcome?from=sso".to_owned(), "https://bare.example".to_owned()];
    config
}

/// The very text that was checked is the text that is sent: NXT CVE-2026-107369 built another one from it.
#[tokio::test]
async fn a_path_and_its_query_come_back_to_the_letter() {
    let stand = Stand::new().await;
    for path in [
        "/",
        "/me",
        "/me/",
        "/deep/me?x=1",
        "/a%20b?c=%2F%2Fd&e=f+g",
        "/?return_to=//evil.example",
        "/a?b=https://evil.example",
        "/caf%C3%A9",
        "/me?",
        "/@evil.example",
        "/:80/x",
        "/a/evil.example//b",
    ] {
        assert_eq!(ends_at(&stand, path).await.as_deref(), Some(path));
    }
    assert_eq!(ends_at(&stand, "/me?x=1#fragment").await.as_deref(), Some("/me?x=1"), "a fragment is cut off");
    assert_eq!(
        ends_at(&stand, "https://app.example/me?x").await.as_deref(),
        Some("/me?x"),
        "the own origin may stand there"
    );
    assert_eq!(ends_at(&stand, "https://app.example").await.as_deref(), Some("/"));
}

#[tokio::test]
async fn an_address_that_the_operator_trusts_is_one_by_its_whole_text() {
    let stand = Stand::with(trusting).await;
    for trusted in ["https://other.example/welcome?from=sso", "https://bare.example/"] {
        assert_eq!(ends_at(&stand, trusted).await.as_deref(), Some(trusted));
    }
    assert_eq!(ends_at(&stand, "https://bare.example").await.as_deref(), Some("https://bare.example/"));
    for near in [
        "https://other.example/",
        "https://other.example/welcome",
        "https://other.example/welcome?from=sso&x=y",
        "https://other.example/welcome?from=ssO",
        "https://other.example/x/../welcome?from=sso",
        "https://other.example:8443/welcome?from=sso",
        "http://other.example/welcome?from=sso",
        "https://bare.example/x",
        "https://bare.example.evil.example/",
    ] {
        assert_eq!(ends_at(&stand, near).await, None, "{near}");
    }
}

/// The settings decide when the login ends: who was trusted when it began, and is not any more, gets nobody.
#[tokio::test]
async fn an_address_that_is_no_longer_trusted_is_none_at_the_end_of_the_login() {
    let mut stand = Stand::with(trusting).await;
    let mut browser = stand.browser();
    browser.navigate(&login("https://bare.example")).await;
    let config = stand.config();
    stand.restart(config).await;
    let page = browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!((page.status, page.url.as_str()), (StatusCode::OK, "https://app.example/"), "it healed");
}

#[tokio::test]
async fn the_logins_own_paths_are_no_place_to_come_back_to() {
    let stand = Stand::new().await;
    for own in
        ["/login", "/login?return_to=/login", "/callback?code=x", "/logout", "/refresh", "/frontchannel-logout?sid=x"]
    {
        assert_eq!(ends_at(&stand, own).await.as_deref(), Some("/"), "{own}");
    }
}

#[tokio::test]
async fn an_address_that_is_too_long_is_refused_or_left_for_the_start_page() {
    let stand = Stand::new().await;
    let longest = format!("/{}", "a".repeat(MAX_RETURN_TO_BYTES - 1));
    assert_eq!(ends_at(&stand, &longest).await, Some(longest.clone()));
    assert_eq!(ends_at(&stand, &format!("{longest}a")).await, None);

    let mut browser = stand.browser();
    browser.navigate(&format!("/me?{}", "a".repeat(MAX_RETURN_TO_BYTES))).await;
    let page = browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!(
        page.url.as_str(),
        "https://app.example/",
        "a page whose address is too long is left for the start page"
    );
}

/// Classes A and S of the traps: who opens a page under a forged `Host` or behind forged headers comes back to the configured address.
#[tokio::test]
async fn no_header_of_the_request_has_a_say_in_where_the_browser_goes() {
    let stand = Stand::new().await;
    let mut request = navigation("https://evil.example/me?x=1");
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-prefix", "//evil.example"),
        ("x-forwarded-uri", "//evil.example"),
        ("x-original-url", "//evil.example"),
        ("x-rewrite-url", "//evil.example"),
        ("forwarded", "host=evil.example;proto=http"),
        ("referer", "https://evil.example/"),
        ("origin", "https://evil.example"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let answer = stand.send(request).await;
    let url = location(&answer.headers);
    assert!(
        url.as_str().starts_with(&stand.provider.endpoint(Endpoint::Authorize).url()) && !url.as_str().contains("evil")
    );
    let redirect_uri = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1;
    assert_eq!(redirect_uri, "https://app.example/callback");
    assert!(answer.set_cookies()[0].contains("; Secure"), "{:?}", answer.set_cookies());
    assert!(answer.set_cookies()[0].starts_with("__Host-") && !answer.set_cookies()[0].contains("Domain"));
}
