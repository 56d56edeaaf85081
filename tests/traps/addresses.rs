//! Where a browser is sent: classes A and S.

use http::{Request, StatusCode};
use tower_oidc::testing::Endpoint;
use url::form_urlencoded;

use crate::support::{Stand, location, navigation, parameter};

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The table of tricks is in `return_address`; these are those of the advisories.
#[tokio::test]
async fn class_a_no_return_address_leads_elsewhere() {
    let stand = Stand::new().await;
    for address in [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/%09/evil.example",
        "https://evil.example",
        "https://app.example@evil.example",
        "https://app.example.evil.example",
        "https:evil.example",
    ] {
        let address = encoded(address);
        for path in ["/login", "/logout"] {
            let answer = stand.send(navigation(&format!("{path}?return_to={address}"))).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {address}");
            assert!(!answer.headers.contains_key("location"), "{path} {address}");
        }
    }
}

#[tokio::test]
async fn class_s_no_header_says_where_the_service_is() {
    let stand = Stand::new().await;
    for name in ["host", "x-forwarded-host", "x-original-host", "forwarded", "x-forwarded-proto", "x-forwarded-prefix"]
    {
        let mut request = navigation("/me");
        let value = if name == "forwarded" { "host=evil.example;proto=http" } else { "evil.example" };
        request.headers_mut().insert(name, value.parse().unwrap());
        let answer = stand.send(request).await;
        let redirect_uri = parameter(&answer.location(), "redirect_uri");
        assert_eq!(redirect_uri.as_deref(), Some("https://app.example/callback"), "{name}");
    }
}

/// CVE-2026-107369 (nextjs-auth0): the address was checked as it came, and then built anew out of its parts, into another one. What
/// reads differently when it is built anew is refused here, and what is accepted comes back to the letter.
#[tokio::test]
async fn cve_2026_107369_nextjs_auth0_an_address_is_not_rebuilt_after_its_check() {
    let stand = Stand::new().await;
    for address in
        ["/.//evil.example", "/a/..//evil.example", "/%2e%2e//evil.example", "/./\\evil.example", "/me/../..//x"]
    {
        let answer = stand.send(navigation(&format!("/login?return_to={}", encoded(address)))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{address}");
    }
    for address in ["/me?a=//evil.example&b=%2F%2Fx", "/me?next=https://evil.example/", "/me?%61=%62+c%20d&&="] {
        let mut browser = stand.browser();
        browser.navigate(&format!("/login?return_to={}", encoded(address))).await;
        let me = browser.log_in_as(&stand.provider, "alice").await;
        let callback = me.history.iter().find(|hop| hop.url.path() == "/callback").unwrap();
        assert_eq!(callback.headers["location"], address);
    }
}

/// CVE-2025-67716 (nextjs-auth0): a return address with parameters of its own put them into the request to the provider.
#[tokio::test]
async fn cve_2025_67716_nextjs_auth0_a_return_address_smuggles_no_parameter_to_the_provider() {
    let stand = Stand::new().await;
    let smuggled = "scope=admin&prompt=none&redirect_uri=https://evil.example&audience=evil&response_type=token";
    let nested = format!("/me?{smuggled}");
    let names = async |path: &str| {
        let url = stand.send(navigation(path)).await.location();
        let mut names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        names.sort();
        let values = ["scope", "prompt", "redirect_uri", "audience", "response_type"].map(|name| parameter(&url, name));
        (names, values)
    };
    let plain = names("/login?return_to=/me").await;
    assert_eq!(names(&format!("/login?return_to={}", encoded(&nested))).await, plain);
    assert_eq!(names(&format!("/login?return_to=/me&{smuggled}")).await, plain);
}

/// CVE-2026-82461 to 82464 (pac4j): a backslash in the address of a logout led elsewhere.
#[tokio::test]
async fn cve_2026_82461_to_82464_pac4j_a_backslash_after_a_logout_leads_nowhere() {
    let stand = Stand::new().await;
    let browser = stand.signed_in("alice").await;
    let cookies: Vec<_> = browser.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    for address in ["/\\evil.example", "\\\\evil.example", "https:\\\\evil.example", "/%5cevil.example"] {
        for (query, form) in [(encoded(address), String::new()), (String::new(), encoded(address))] {
            let query = if query.is_empty() { query } else { format!("?return_to={query}") };
            let form = if form.is_empty() { form } else { format!("return_to={form}") };
            let request = Request::post(format!("/logout{query}")).header("cookie", cookies.join("; "));
            let request = request.header("content-type", "application/x-www-form-urlencoded").body(form).unwrap();
            let answer = stand.send(request).await;
            let leads = answer.headers.contains_key("location").then(|| location(&answer.headers).to_string());
            assert!(leads.as_ref().is_none_or(|url| !url.contains("evil")), "{address}: {leads:?}");
        }
    }
    assert_eq!(stand.provider.requests(Endpoint::EndSession), 0);
}
