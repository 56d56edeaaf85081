//! People sign in.

use std::time::Duration;

use http::StatusCode;
use reqwest::Url;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    app::{APP, App, FRESH, HOST, PAGE, assert_in, comes_in, config, public_config},
    provider::{METHODS, Provider},
};

/// Ages are told in whole seconds: more than one of them makes a login older.
const A_LITTLE: Duration = Duration::from_millis(1100);

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_confidential_client_signs_people_in_however_it_proves_itself() {
    let mut provider = Provider::start().await;
    for (signed_in, method) in (1..).zip(METHODS) {
        let app = App::serve(config(provider.endpoints(), method)).await;
        comes_in(&mut app.browser(), "jane").await;
        assert_eq!(provider.token_requests().await, signed_in, "{method}: a code is sent once");
    }
}

/// RFC 9126: the provider takes no other request, and says so in its metadata.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_provider_that_wants_requests_pushed_signs_people_in_however_the_client_proves_itself() {
    let mut provider = Provider::start().await;
    provider.require_pushed_requests().await;
    for (pushed, method) in (1..).zip(METHODS) {
        let app = App::serve(config(provider.endpoints(), method)).await;
        comes_in(&mut app.browser(), "jane").await;
        assert_eq!(provider.pushed_requests().await, pushed, "{method}: a request is pushed once");
    }
    let app = App::serve(public_config(provider.endpoints(), "none", "code")).await;
    comes_in(&mut app.browser(), "jane").await;
    let mut browser = app.browser();
    let asked = browser.open("https://app.example/login").await;
    assert_eq!(asked.question(), Some("login"), "{asked:?}");
}

/// A request that the provider refuses is told before anybody is sent there.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_request_that_is_not_taken_when_it_is_pushed_sends_nobody_away() {
    let mut provider = Provider::start().await;
    provider.require_pushed_requests().await;
    let mut wrong_secret = config(provider.endpoints(), "client_secret_post");
    wrong_secret.authentication.oidc.secret = Some("a secret that is not the client's own, of 32 bytes".into());
    let mut wrong_callback = config(provider.endpoints(), "client_secret_post");
    wrong_callback.authentication.oidc.callback_url = Some(format!("{APP}/not-registered"));
    for config in [wrong_secret, wrong_callback] {
        let page = App::serve(config).await.browser().open(PAGE).await;
        assert_eq!((page.status, page.url.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, PAGE), "{page:?}");
        assert!(page.text.contains("push_failed"), "{page:?}");
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_public_client_signs_people_in_by_the_code_flow() {
    let mut provider = Provider::start().await;
    let app = App::serve(public_config(provider.endpoints(), "none", "code")).await;
    comes_in(&mut app.browser(), "jane").await;
    assert_eq!(provider.token_requests().await, 1);
}

/// The provider is another site, whose form brings along `SameSite=None` alone.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn the_code_may_come_by_form_post() {
    let provider = Provider::start().await;
    let mut config = config(provider.endpoints(), "client_secret_basic");
    config.authentication.oidc.response_mode = Some("form_post".to_owned());
    let mut browser = App::serve(config).await.browser();
    browser.open(PAGE).await;
    browser.hold(APP);
    let answer = browser.sign_in("jane").await;
    assert!(answer.text.contains("name=\"code\"") && !answer.status.is_redirection(), "{answer:?}");
    assert_in(&browser.go_on().await, "jane");
}

/// OpenID Connect Core 1.0 section 3.2: no code, and no request to the token endpoint or to userinfo.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn the_implicit_flow_signs_people_in_by_form_post() {
    let mut provider = Provider::start().await;
    let implicit = json!({
        "client_id": "implicit",
        "response_types": ["id_token"],
        "grant_types": ["implicit"],
        "redirect_uris": [format!("{APP}/callback")],
    });
    provider.register(&implicit).await;
    let app = App::serve(public_config(provider.endpoints(), "implicit", "id_token")).await;
    comes_in(&mut app.browser(), "jane").await;
    assert_eq!(provider.token_requests().await, 0);
}

/// By the code flow the provider puts claims of scopes into userinfo alone (OpenID Connect Core 1.0 section 5.4).
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn what_the_id_token_does_not_say_comes_from_userinfo() {
    let provider = Provider::start().await;
    for (load_userinfo, email) in [("auto", json!("jane@company.com")), ("never", json!(null))] {
        let mut config = config(provider.endpoints(), "client_secret_post");
        config.authentication.oidc.load_userinfo = Some(load_userinfo.to_owned());
        config.authentication.jwt_principal_claims = vec!["email".to_owned(), "sub".to_owned()];
        let mut browser = App::serve(config).await.browser();
        browser.open(PAGE).await;
        assert_eq!(browser.sign_in("jane").await.json()["email"], email, "{load_userinfo}");
    }
}

/// Trap class: open redirects and lost addresses. The way back is the page that was opened, whatever the provider's pages are.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn two_tabs_sign_in_side_by_side_and_each_comes_back_to_its_own_page() {
    let provider = Provider::start().await;
    let app = App::serve(config(provider.endpoints(), "client_secret_basic")).await;
    let mut browser = app.browser();
    browser.open(&format!("{APP}/page?tab=1")).await;
    let first = browser.shown();
    browser.open(&format!("{APP}/page?tab=2")).await;
    let second = browser.sign_in("jane").await;
    assert_eq!((second.status, second.url.query()), (StatusCode::OK, Some("tab=2")), "{second:?}");
    browser.show_again(first);
    let first = browser.sign_in("jane").await;
    assert_eq!((first.status, first.url.query()), (StatusCode::OK, Some("tab=1")), "{first:?}");
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn who_is_signed_in_at_the_provider_comes_in_without_being_asked() {
    let provider = Provider::start().await;
    let app = App::serve(config(provider.endpoints(), "client_secret_basic")).await;
    let mut browser = app.browser();
    comes_in(&mut browser, "jane").await;
    browser.forget(HOST);
    assert_in(&browser.open(PAGE).await, "jane");
}

/// OpenID Connect Core 1.0 section 3.1.2.1: `max_age` asks for a login that is not older, and `auth_time` says so.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_login_that_is_older_than_max_age_is_asked_for_again() {
    let provider = Provider::start().await;
    let mut config = config(provider.endpoints(), "client_secret_basic");
    config.authentication.oidc.max_age = Some(1);
    let app = App::serve(config).await;
    let mut browser = app.browser();
    comes_in(&mut browser, "jane").await;
    browser.forget(HOST);
    sleep(Duration::from_secs(1) + A_LITTLE).await;
    assert_eq!(browser.open(PAGE).await.question(), Some("login"));
    assert_in(&browser.sign_in("jane").await, "jane");
}

/// RFC 9470: the rule of one route wants a fresher login than the rest of the application does.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_route_that_wants_a_fresh_login_asks_for_one_and_comes_back() {
    let provider = Provider::start().await;
    let app = App::serve(config(provider.endpoints(), "client_secret_basic")).await;
    let mut browser = app.browser();
    comes_in(&mut browser, "jane").await;
    sleep(FRESH + A_LITTLE).await;
    assert_in(&browser.open(PAGE).await, "jane");
    assert_eq!(browser.open(&format!("{APP}/payment")).await.question(), Some("login"));
    let page = browser.sign_in("jane").await;
    assert_eq!((page.status, page.url.path()), (StatusCode::OK, "/payment"), "{page:?}");
}

/// OpenID Connect Core 1.0 section 4.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn the_provider_may_start_a_login_and_say_whose() {
    let provider = Provider::start().await;
    let app = App::serve(config(provider.endpoints(), "client_secret_basic")).await;
    let mut browser = app.browser();
    let parameters = [("iss", &*provider.endpoints().issuer), ("login_hint", "jane"), ("target_link_uri", PAGE)];
    let start = Url::parse_with_params(&format!("{APP}/login"), parameters).unwrap();
    let asked = browser.open(start.as_str()).await;
    assert!(asked.text.contains("value=\"jane\""), "{asked:?}");
    assert_in(&browser.sign_in("jane").await, "jane");
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_login_waits_for_a_provider_that_is_slow() {
    let provider = Provider::start().await;
    let app = App::serve(config(provider.endpoints(), "private_key_jwt")).await;
    let mut browser = app.browser();
    browser.open(PAGE).await;
    browser.hold(APP);
    browser.sign_in("jane").await;
    provider.freeze().await;
    let (page, ()) = tokio::join!(browser.go_on(), async {
        sleep(A_LITTLE).await;
        provider.thaw().await;
    });
    assert_in(&page, "jane");
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn every_login_has_another_session() {
    let provider = Provider::start().await;
    for store in ["cookie", "memory"] {
        let config = config(provider.endpoints(), "client_secret_basic").session_store(store);
        let app = App::serve(config).await;
        let mut browser = app.browser();
        comes_in(&mut browser, "jane").await;
        let mut before = browser.clone();
        assert_in(&before.open(PAGE).await, "jane");
        browser.open(&format!("{APP}/login?return_to=/page?a=1")).await;
        assert_in(&browser.shown(), "jane");
        // Session fixation: the session that the browser brought along is over.
        before.hold(&provider.endpoints().issuer);
        assert_eq!(before.open(PAGE).await.status, StatusCode::FOUND, "{store}");
    }
}
