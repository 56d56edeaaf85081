//! People sign out: here, at the provider, and not because another site says so (class P).

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Method, StatusCode};
use tower_oidc::{
    Config,
    login::LoginError,
    principal::Identity,
    testing::{Endpoint, Fault, ManualClock, TestProvider, TestProviderBuilder},
    types::Issuer,
};
use url::Url;

use crate::{
    support::{SERVER, Stand, login_config, parameter, provider},
    support_sessions::{Cookies, OFFLINE, STORES, assert_kept_by_no_cache, copy, form, oidc, removed, request},
};

/// Names and values of a query, in their order.
fn query(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().into_owned().collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn without_query(url: &Url) -> String {
    url.as_str().split('?').next().unwrap().to_owned()
}

/// A stand whose provider is changed before the application first looks at it.
async fn with_provider(change: impl FnOnce(&TestProvider), config: impl FnOnce(Config) -> Config) -> Stand {
    let (provider, clock) = provider().await;
    change(&provider);
    let config = config(login_config(&provider, SERVER));
    Stand::built(provider, clock, config, |builder| builder).await
}

/// The address of the form on a page that asks.
fn action(page: &str) -> String {
    let (_, rest) = page.split_once("action=\"").expect("there is a form");
    rest.split_once('"').unwrap().0.replace("&amp;", "&")
}

async fn assert_alive(stand: &Stand, cookies: &Cookies, what: &str) {
    assert!(stand.is_alive(cookies).await, "{what}");
}

#[tokio::test]
async fn a_logout_ends_the_session_and_every_copy_of_its_cookie() {
    for store in STORES {
        let stand = Stand::with(|config| config.session_store(store)).await;
        let mut browser = stand.signed_in("jane").await;
        let (stolen, other) = (copy(&browser), copy(&stand.signed_in("jane").await));
        let visited = browser.post("/logout", &[]).await;
        assert_eq!(visited.url.origin().ascii_serialization(), SERVER, "{store}: and back from the provider");
        assert!(copy(&browser).is_empty(), "{store}");
        assert!(!stand.is_alive(&stolen).await, "{store}");
        assert!(stand.is_alive(&other).await, "{store}: her other browser is signed in");
    }
}

#[tokio::test]
async fn after_a_logout_the_provider_asks_again() {
    let stand = Stand::new().await;
    let mut browser = stand.signed_in("jane").await;
    browser.post("/logout", &[]).await;
    assert!(stand.provider.session_ids("jane").is_empty());
    let asked = browser.navigate("/me").await;
    assert_eq!(without_query(&asked.url), stand.provider.endpoint(Endpoint::Authorize).url());
}

/// OpenID Connect RP-Initiated Logout 1.0 section 2.
#[tokio::test]
async fn the_provider_is_told_whose_session_and_where_to_come_back() {
    let (provider, clock) = provider().await;
    let issued: Arc<Mutex<String>> = Arc::default();
    let seen = Arc::clone(&issued);
    provider.change_token_response(move |members, _| {
        *seen.lock().unwrap() = members["id_token"].as_str().unwrap().to_owned();
    });
    let config = login_config(&provider, SERVER);
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    let cookies = copy(&stand.signed_in("jane").await);
    let answer = stand.send(form("/logout", &cookies, "")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(removed(&answer.headers), ["__Host-oidc_session"]);
    assert_kept_by_no_cache(&answer.headers, "logout");
    let location = answer.location();
    assert_eq!(without_query(&location), stand.provider.endpoint(Endpoint::EndSession).url());
    let hint = issued.lock().unwrap().clone();
    let told = [
        ("client_id", stand.provider.client_id()),
        ("post_logout_redirect_uri", "https://app.example"),
        ("id_token_hint", &hint),
    ];
    assert_eq!(query(&location), pairs(&told));
}

/// Rounds that a browser makes by itself are stopped after a few; somebody who signs out makes none.
#[tokio::test]
async fn who_signs_out_can_sign_in_again_at_once_however_often() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    for _ in 0..5 {
        browser.navigate("/me").await;
        assert_eq!(browser.log_in_as(&stand.provider, "jane").await.status, StatusCode::OK);
        browser.post("/logout", &[]).await;
    }
}

/// EXP#640: the session has gone, and the provider's has not.
#[tokio::test]
async fn without_a_session_the_logout_leads_to_the_provider_all_the_same() {
    let stand = Stand::new().await;
    let dead = copy(&stand.signed_in("jane").await);
    stand.send(form("/logout", &dead, "")).await;
    for cookies in [&Vec::new(), &dead] {
        let answer = stand.send(form("/logout", cookies, "")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let told = [("client_id", stand.provider.client_id()), ("post_logout_redirect_uri", "https://app.example")];
        assert_eq!(query(&answer.location()), pairs(&told));
        assert_eq!(removed(&answer.headers).len(), cookies.len());
    }
}

#[tokio::test]
async fn a_post_signs_out_unless_another_site_sent_it() {
    let own: [&[(&str, &str)]; 6] = [
        &[],
        &[("origin", SERVER)],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("origin", SERVER), ("sec-fetch-site", "same-origin")],
        &[("origin", "null"), ("sec-fetch-site", "same-origin")],
    ];
    for headers in own {
        let stand = Stand::new().await;
        let cookies = copy(&stand.signed_in("jane").await);
        let answer = stand.send(request(Method::POST, "/logout", &cookies, headers, "")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{headers:?}");
        assert!(!stand.is_alive(&cookies).await, "{headers:?}");
    }
    let stand = Stand::new().await;
    let cookies = copy(&stand.signed_in("jane").await);
    let foreign: [&[(&str, &str)]; 14] = [
        &[("origin", "https://attacker.example")],
        &[("origin", "null")],
        &[("origin", "null"), ("sec-fetch-site", "none")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("origin", "")],
        &[("origin", "http://app.example")],
        &[("origin", "https://app.example:8443")],
        &[("origin", "https://app.example/")],
        &[("origin", "https://app.example.attacker.example")],
        &[("origin", "https://sub.app.example")],
        &[("origin", SERVER), ("origin", "https://attacker.example")],
        &[("origin", SERVER), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "Same-Origin")],
    ];
    for headers in foreign {
        let answer = stand.send(request(Method::POST, "/logout", &cookies, headers, "")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert!(matches!(answer.login_error(), LoginError::CrossSite), "{headers:?}");
        assert!(answer.set_cookies().is_empty(), "{headers:?}");
        assert_alive(&stand, &cookies, &format!("{headers:?}")).await;
    }
}

/// CVE of every logout by GET: an image on another site signs people out. Without the browser's word there is a button.
#[tokio::test]
async fn a_get_signs_out_on_the_browsers_word_alone() {
    let stand = Stand::new().await;
    let cookies = copy(&stand.signed_in("jane").await);
    let unsure: [&[(&str, &str)]; 5] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none"), ("origin", "null")],
        &[("origin", SERVER)],
    ];
    for headers in unsure {
        let answer = stand.send(request(Method::GET, "/logout", &cookies, headers, "")).await;
        assert_eq!(answer.status, StatusCode::OK, "{headers:?}");
        assert_eq!(action(&answer.text), "/logout", "{headers:?}");
        assert!(answer.set_cookies().is_empty(), "{headers:?}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "no clickjacking");
        assert_alive(&stand, &cookies, &format!("{headers:?}")).await;
    }
    for site in ["same-origin", "none"] {
        let stand = Stand::new().await;
        let cookies = copy(&stand.signed_in("jane").await);
        let answer = stand.send(request(Method::GET, "/logout", &cookies, &[("sec-fetch-site", site)], "")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{site}");
        assert!(!stand.is_alive(&cookies).await, "{site}");
    }
}

#[tokio::test]
async fn pressing_the_button_signs_out_and_keeps_the_return_address() {
    let (provider, clock) = provider().await;
    provider.add_post_logout_redirect_uri("https://app.example/answer/200?a=1&b=2");
    let config = login_config(&provider, SERVER);
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    let mut browser = stand.signed_in("jane").await;
    let stolen = copy(&browser);
    let path = "/logout?return_to=%2Fanswer%2F200%3Fa%3D1%26b%3D2";
    let page = stand.send(request(Method::GET, path, &stolen, &[("sec-fetch-site", "cross-site")], "")).await;
    let visited = browser.post(&action(&page.text), &[]).await;
    assert_eq!((visited.status.as_u16(), visited.url.as_str()), (200, "https://app.example/answer/200?a=1&b=2"));
    assert!(!stand.is_alive(&stolen).await);
}

#[tokio::test]
async fn a_browser_that_looks_ahead_signs_nobody_out() {
    let stand = Stand::new().await;
    let cookies = copy(&stand.signed_in("jane").await);
    for purpose in ["prefetch", "prefetch;prerender"] {
        let headers = [("sec-purpose", purpose), ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")];
        let answer = stand.send(request(Method::GET, "/logout", &cookies, &headers, "")).await;
        assert!(answer.status.is_client_error(), "{purpose}: {}", answer.status);
    }
    let head = stand.send(request(Method::HEAD, "/logout", &cookies, &[("sec-fetch-site", "none")], "")).await;
    assert_eq!(head.status, StatusCode::OK);
    for method in [Method::PUT, Method::DELETE, Method::OPTIONS] {
        let answer = stand.send(request(method.clone(), "/logout", &cookies, &[], "")).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, POST"), "{method}");
    }
    assert_alive(&stand, &cookies, "nobody asked").await;
}

/// Class A: a logout that leads to another site is a phishing link.
#[tokio::test]
async fn a_logout_leads_to_no_address_that_is_not_trusted() {
    let stand = Stand::with(|mut config| {
        config.authentication.additional_trusted_redirect_uris = vec!["https://www.example/bye".to_owned()];
        config
    })
    .await;
    let cookies = copy(&stand.signed_in("jane").await);
    for address in [
        "https://attacker.example/",
        "//attacker.example",
        "/\\attacker.example",
        "/%09/attacker.example",
        "https://app.example@attacker.example/",
        "https://www.example/bye/more",
        "https://www.example/bye?x=1",
        "https://www.example.attacker.example/bye",
        "javascript:alert(1)",
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
        for (path, body) in [
            (format!("/logout?return_to={encoded}"), String::new()),
            ("/logout".to_owned(), format!("return_to={encoded}")),
        ] {
            let answer = stand.send(form(&path, &cookies, &body)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{address}");
            assert!(!answer.headers.contains_key("location") && !answer.text.contains("attacker"), "{address}");
        }
    }
    let twice = stand.send(form("/logout?return_to=/a", &cookies, "return_to=/b")).await;
    assert!(matches!(twice.login_error(), LoginError::Repeated { .. }));
    assert_alive(&stand, &cookies, "nothing was done").await;
    let trusted = stand.send(form("/logout", &cookies, "return_to=https%3A%2F%2Fwww.example%2Fbye")).await;
    let back = parameter(&trusted.location(), "post_logout_redirect_uri");
    assert_eq!(back.as_deref(), Some("https://www.example/bye"));
}

#[tokio::test]
async fn a_logout_comes_back_to_a_page_of_the_application() {
    let stand = Stand::new().await;
    let cookies = copy(&stand.signed_in("jane").await);
    let answer = stand.send(form("/logout?return_to=/goodbye", &cookies, "")).await;
    let back = parameter(&answer.location(), "post_logout_redirect_uri");
    assert_eq!(back.as_deref(), Some("https://app.example/goodbye"));
}

#[tokio::test]
async fn a_provider_without_a_logout_is_left_out() {
    let stand = with_provider(|provider| provider.remove_metadata("end_session_endpoint"), |config| config).await;
    let cookies = copy(&stand.signed_in("jane").await);
    let answer = stand.send(form("/logout", &cookies, "")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("signed out") && answer.text.contains("/login"), "{}", answer.text);
    assert_eq!(removed(&answer.headers), ["__Host-oidc_session"]);
    assert!(!stand.is_alive(&cookies).await);
    let elsewhere = stand.send(form("/logout?return_to=/goodbye", &[], "")).await;
    assert_eq!((elsewhere.status.as_u16(), elsewhere.header("location")), (303, "/goodbye"));
}

/// An issuer with a final slash, as Auth0's, whose metadata have no end-session endpoint if `old`.
async fn of_kind(kind: &str, old: bool) -> (Stand, Url) {
    let clock = ManualClock::new();
    let builder: TestProviderBuilder = TestProvider::builder().clock(clock.clone()).issuer_slash(kind == "auth0");
    let provider = builder.start().await;
    if old {
        provider.remove_metadata("end_session_endpoint");
    }
    let config = login_config(&provider, SERVER).provider(kind);
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    let cookies = copy(&stand.signed_in("jane").await);
    let location = stand.send(form("/logout", &cookies, "")).await.location();
    assert!(!stand.is_alive(&cookies).await);
    (stand, location)
}

fn root(stand: &Stand) -> String {
    Url::parse(stand.provider.issuer()).unwrap().origin().ascii_serialization()
}

#[tokio::test]
async fn an_older_tenant_of_auth0_has_a_logout_of_its_own() {
    let (stand, location) = of_kind("auth0", true).await;
    assert_eq!(without_query(&location), format!("{}/v2/logout", root(&stand)));
    let told = [("client_id", stand.provider.client_id()), ("returnTo", "https://app.example")];
    assert_eq!(query(&location), pairs(&told));
}

#[tokio::test]
async fn a_newer_tenant_of_auth0_is_told_by_the_standard() {
    let (stand, location) = of_kind("auth0", false).await;
    assert_eq!(without_query(&location), stand.provider.endpoint(Endpoint::EndSession).url());
    assert!(parameter(&location, "id_token_hint").is_some());
}

#[tokio::test]
async fn cognito_takes_parameters_of_its_own() {
    for old in [true, false] {
        let (stand, location) = of_kind("aws-cognito", old).await;
        let path = if old { "/logout" } else { Endpoint::EndSession.path() };
        assert_eq!(without_query(&location), format!("{}{path}", root(&stand)));
        let told = [("client_id", stand.provider.client_id()), ("logout_uri", "https://app.example")];
        assert_eq!(query(&location), pairs(&told));
    }
}

#[tokio::test]
async fn the_service_signs_a_person_out_everywhere() {
    for store in STORES {
        let stand = Stand::with(|config| config.session_store(store)).await;
        let (mut here, there) = (stand.signed_in("jane").await, copy(&stand.signed_in("jane").await));
        let other = copy(&stand.signed_in("john").await);
        let me: serde_json::Value = here.fetch("/me").await.json();
        let jane = Identity::new(Issuer::new(me["iss"].as_str().unwrap()), me["sub"].as_str().unwrap());
        stand.auth.end_sessions(&jane).await.unwrap();
        for cookies in [copy(&here), there] {
            assert!(!stand.is_alive(&cookies).await, "{store}");
        }
        assert_alive(&stand, &other, store).await;
        here.navigate("/me").await;
        assert_alive(&stand, &copy(&here), "the provider still knows her, and signs her in again").await;
    }
}

/// RFC 7009.
#[tokio::test]
async fn the_refresh_token_is_taken_back() {
    for store in STORES {
        let (provider, clock) = provider().await;
        let issued: Arc<Mutex<String>> = Arc::default();
        let seen = Arc::clone(&issued);
        provider.change_token_response(move |members, _| {
            *seen.lock().unwrap() = members["refresh_token"].as_str().unwrap().to_owned();
        });
        provider.remove_metadata("end_session_endpoint");
        let config = login_config(&provider, SERVER).scope(OFFLINE).session_store(store);
        let stand = Stand::built(provider, clock, config, |builder| builder).await;
        let cookies = copy(&stand.signed_in("jane").await);
        stand.send(form("/logout", &cookies, "")).await;
        let sent = stand.provider.last_request(Endpoint::Revoke).expect("before the answer");
        let body: Vec<(String, String)> = url::form_urlencoded::parse(sent.body()).into_owned().collect();
        let token = issued.lock().unwrap().clone();
        assert!(body.contains(&("token".to_owned(), token)), "{store}");
    }
}

/// Providers end the session of a token that is revoked, and the browser then finds none to leave (keycloak#34234).
#[tokio::test]
async fn the_browser_reaches_the_providers_logout_before_the_refresh_token_is_taken_back() {
    for store in STORES {
        let stand = Stand::with(|config| config.scope(OFFLINE).session_store(store)).await;
        let mut browser = stand.signed_in("jane").await;
        let sleepers = stand.clock.sleepers();
        browser.post("/logout", &[]).await;
        assert_eq!(stand.provider.requests(Endpoint::EndSession), 1, "{store}");
        stand.clock.wait_for_sleepers(sleepers + 1).await;
        stand.clock.advance(Duration::from_millis(4999));
        assert_eq!((stand.clock.sleepers(), stand.provider.requests(Endpoint::Revoke)), (sleepers + 1, 0), "{store}");
        stand.clock.advance(Duration::from_millis(1));
        stand.provider.endpoint(Endpoint::Revoke).wait_for_requests(1).await;
    }
}

/// Whether it was asked for or not: nobody can tell whether it ends with the provider's session, nor whether the person goes through with
/// that.
#[tokio::test]
async fn a_refresh_token_that_was_not_asked_for_is_taken_back_too() {
    for kind in ["custom-oidc", "aws-cognito"] {
        let (provider, clock) = provider().await;
        provider.change_token_response(|members, _| {
            members.insert("refresh_token".to_owned(), "r".into());
        });
        let config = login_config(&provider, SERVER).provider(kind);
        let stand = Stand::built(provider, clock, config, |builder| builder).await;
        let cookies = copy(&stand.signed_in("jane").await);
        let sleepers = stand.clock.sleepers();
        assert_eq!(stand.send(form("/logout", &cookies, "")).await.status, StatusCode::SEE_OTHER);
        stand.clock.wait_for_sleepers(sleepers + 1).await;
        assert_eq!(stand.provider.requests(Endpoint::Revoke), 0, "{kind}");
        stand.advance(5);
        stand.provider.endpoint(Endpoint::Revoke).wait_for_requests(1).await;
    }
}

/// Who comes back to a page of yesterday and signs out there wants no more to do with it.
#[tokio::test]
async fn the_refresh_token_of_a_session_that_has_run_out_is_taken_back_once() {
    for store in STORES {
        let idle = oidc(|oidc| oidc.session_idle_timeout = Some(100));
        let without_logout = |provider: &TestProvider| provider.remove_metadata("end_session_endpoint");
        let stand = with_provider(without_logout, |config| idle(config).scope(OFFLINE).session_store(store)).await;
        let cookies = copy(&stand.signed_in("jane").await);
        stand.advance(100);
        for again in [false, true] {
            let answer = stand.send(form("/logout", &cookies, "")).await;
            assert_eq!(answer.status, StatusCode::OK, "{store}");
            assert_eq!(removed(&answer.headers), ["__Host-oidc_session"], "{store}");
            assert_eq!(stand.provider.requests(Endpoint::Revoke), 1, "{store}, again: {again}");
        }
    }
}

/// By then the cookie may be anybody's.
#[tokio::test]
async fn a_session_that_has_run_out_gives_nobody_its_id_token() {
    for store in STORES {
        let idle = oidc(|oidc| oidc.session_idle_timeout = Some(100));
        let stand = Stand::with(|config| idle(config).session_store(store)).await;
        let cookies = copy(&stand.signed_in("jane").await);
        stand.advance(100);
        let answer = stand.send(form("/logout", &cookies, "")).await;
        let told = [("client_id", stand.provider.client_id()), ("post_logout_redirect_uri", "https://app.example")];
        assert_eq!(query(&answer.location()), pairs(&told), "{store}");
    }
}

async fn without_a_logout_at_the_provider() -> Stand {
    with_provider(|provider| provider.remove_metadata("end_session_endpoint"), |config| config.scope(OFFLINE)).await
}

#[tokio::test]
async fn a_revocation_that_fails_keeps_nobody_signed_in() {
    for fault in [Fault::Status(500), Fault::Close] {
        let stand = without_a_logout_at_the_provider().await;
        let cookies = copy(&stand.signed_in("jane").await);
        stand.provider.endpoint(Endpoint::Revoke).fail_with(fault.clone());
        let answer = stand.send(form("/logout?return_to=/goodbye", &cookies, "")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{fault:?}");
        assert!(!stand.is_alive(&cookies).await, "{fault:?}");
    }
}

#[tokio::test]
async fn a_revocation_that_hangs_holds_nobody_up_for_long() {
    let stand = without_a_logout_at_the_provider().await;
    let cookies = copy(&stand.signed_in("jane").await);
    let revocation = stand.provider.endpoint(Endpoint::Revoke);
    revocation.fail_with(Fault::Hang);
    let signing_out = stand.send(form("/logout?return_to=/goodbye", &cookies, ""));
    let answer = stand.held_up(signing_out, revocation.wait_for_requests(1), 2).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(!stand.is_alive(&cookies).await);
}

/// `oidcc-client-test-rp-init-logout`, `-no-state` and `-other-state`: the way back is an address that anybody may open.
#[tokio::test]
async fn rp_init_logout_with_no_state_and_with_another() {
    for state in [None, Some("another")] {
        let stand = Stand::new().await;
        let mut browser = stand.signed_in("jane").await;
        stand.provider.change_logout_response(move |parameters| {
            parameters.retain(|(name, _)| name != "state");
            parameters.extend(state.map(|state| ("state".to_owned(), state.to_owned())));
        });
        let visited = browser.post("/logout", &[]).await;
        assert_eq!((visited.status.as_u16(), visited.url.path()), (200, "/"), "{state:?}");
        assert_eq!(visited.text(), "null", "{state:?}");
    }
}

#[tokio::test]
async fn a_session_that_ended_stays_ended_as_long_as_its_cookie_could_be_good() {
    let stand = Stand::new().await;
    let cookies = copy(&stand.signed_in("jane").await);
    stand.send(form("/logout", &cookies, "")).await;
    for seconds in [0, 1, 3600, 604_000, 799, 1] {
        stand.advance(seconds);
        assert!(!stand.is_alive(&cookies).await, "{seconds} s later");
    }
}
