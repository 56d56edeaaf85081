//! People sign out, here and there.

use std::time::Duration;

use http::StatusCode;
use reqwest::Method;
use serde_json::json;
use tower_oidc::Auth;

use crate::{
    app::{APP, App, HOST, PAGE, assert_in, bind, comes_in, config, public_config},
    browser::Browser,
    provider::{Endpoints, Provider},
};

const STORES: [&str; 2] = ["cookie", "memory"];

/// OpenID Connect RP-Initiated Logout 1.0.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn who_signs_out_is_signed_out_at_the_provider_and_comes_back() {
    let provider = Provider::start().await;
    for store in STORES {
        let app = App::serve(config(provider.endpoints(), "client_secret_basic").session_store(store)).await;
        let mut browser = app.browser();
        comes_in(&mut browser, "jane").await;
        let mut copy = browser.clone();

        let asked = browser.press(&format!("{APP}/logout")).await;
        assert!(asked.status == StatusCode::OK && asked.text.contains("op.logoutForm"), "{asked:?}");
        browser.hold(APP);
        let answer = browser.submit(&[("logout", "yes")]).await;
        assert_eq!(answer.leads_to().as_str(), "https://app.example/");
        // Back at the start, where nobody is signed in any more: neither there nor here.
        assert_eq!(browser.go_on().await.question(), Some("login"));
        copy.hold(&provider.endpoints().issuer);
        assert_eq!(copy.open(PAGE).await.status, StatusCode::FOUND, "{store}: every copy of the cookie is over");
    }
}

/// The session is over here before the provider asks anything, and whatever the answer is.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn who_stays_signed_in_at_the_provider_is_signed_out_here_all_the_same() {
    let provider = Provider::start().await;
    let app = App::serve(config(provider.endpoints(), "client_secret_basic")).await;
    let mut browser = app.browser();
    comes_in(&mut browser, "jane").await;
    browser.press(&format!("{APP}/logout")).await;
    assert!(browser.cookies(HOST).iter().all(|name| !name.contains("session")), "{browser:?}");
    browser.hold(APP);
    assert_eq!(browser.submit(&[]).await.leads_to().as_str(), "https://app.example/");
    browser.release();
    assert_eq!(
        browser.open(PAGE).await.question(),
        Some("consent"),
        "the grant is over, the provider's session is not"
    );
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_logout_works_without_a_session_and_when_the_provider_is_down() {
    let provider = Provider::start().await;
    let app = App::serve(config(provider.endpoints(), "client_secret_basic")).await;
    let mut stranger = app.browser();
    stranger.hold(APP);
    // Nobody to sign out: the provider asks nothing.
    let answer = stranger.press(&format!("{APP}/logout")).await;
    assert_eq!(answer.leads_to().as_str(), "https://app.example/", "{answer:?}");

    let mut browser = app.browser();
    comes_in(&mut browser, "jane").await;
    browser.hold(&provider.endpoints().issuer);
    provider.stop().await;
    assert_eq!(browser.press(&format!("{APP}/logout")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.open(PAGE).await.status, StatusCode::FOUND);
}

/// RFC 7009. Another replica knows nothing of the logout, but what it holds is worth nothing any more.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn the_refresh_token_is_taken_back_at_a_logout() {
    let mut provider = Provider::start().await;
    let mut config = config(provider.endpoints(), "client_secret_basic");
    config.authentication.oidc.scope = Some("openid email profile offline_access".to_owned());
    config.authentication.oidc.prompt = Some("consent".to_owned());
    let (app, replica) = (App::serve(config.clone()).await, App::serve(config).await);
    let mut browser = app.browser();
    comes_in(&mut browser, "jane").await;
    let mut copy = browser.clone();
    copy.knows(HOST, replica.address);
    assert_eq!(copy.fetch(Method::POST, &format!("{APP}/refresh")).await.status, StatusCode::OK);

    browser = copy.clone();
    browser.knows(HOST, app.address);
    browser.hold(&provider.endpoints().issuer);
    assert_eq!(browser.press(&format!("{APP}/logout")).await.status, StatusCode::SEE_OTHER);
    // One session is renewed once in so long at most.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let refused = copy.fetch(Method::POST, &format!("{APP}/refresh")).await;
    assert_eq!((refused.status, &refused.json()["error"]), (StatusCode::UNAUTHORIZED, &json!("renewal_refused")));
    assert_eq!(provider.token_requests().await, 3);
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_logout_is_no_other_sites_to_ask_for() {
    let provider = Provider::start().await;
    let app = App::serve(config(provider.endpoints(), "client_secret_basic")).await;
    let mut browser = app.browser();
    comes_in(&mut browser, "jane").await;
    let page = browser.press_on("https://evil.example/", &format!("{APP}/logout")).await;
    assert_eq!((page.status, page.code()), (StatusCode::FORBIDDEN, Some("cross_site")));
    assert_in(&browser.open(PAGE).await, "jane");
}

/// OpenID Connect Back-Channel Logout 1.0, by `sid` and by `sub`: the person signs out of another client of the same session.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn who_signs_out_of_another_application_is_signed_out_of_this_one() {
    for (store, by_session) in STORES.into_iter().flat_map(|store| [(store, true), (store, false)]) {
        let mut provider = Provider::start().await;
        let app = with_back_channel(&mut provider, store, by_session).await;
        let mut browser = app.browser();
        comes_in(&mut browser, "jane").await;
        let mut elsewhere = app.browser();
        comes_in(&mut elsewhere, "jane").await;
        let mut somebody_else = app.browser();
        comes_in(&mut somebody_else, "joe").await;

        sign_out_of_another(&mut browser, provider.endpoints()).await;

        assert!(is_out(&mut browser).await, "{store} {by_session}");
        // By `sid` it is this session alone; by `sub` all of the person's.
        assert_eq!(is_out(&mut elsewhere).await, !by_session, "{store} {by_session}");
        assert!(!is_out(&mut somebody_else).await, "{store} {by_session}");
        // And a new login is none of the old ones.
        comes_in(&mut browser, "jane").await;
        assert!(!is_out(&mut browser).await, "{store} {by_session}");
    }
}

/// The application under test, which the provider tells of logouts.
async fn with_back_channel(provider: &mut Provider, store: &str, by_session: bool) -> App {
    let listener = bind().await;
    let address = listener.local_addr().unwrap();
    provider
        .register(&json!({
            "client_id": "told",
            "backchannel_logout_uri": format!("http://{address}/backchannel-logout"),
            "backchannel_logout_session_required": by_session,
        }))
        .await;
    let config = public_config(provider.endpoints(), "told", "code").session_store(store);
    App::serve_with(Auth::builder(config), listener).await
}

/// Signs out at the provider, as another client sends people there.
async fn sign_out_of_another(browser: &mut Browser, provider: &Endpoints) {
    browser.open(&format!("{}/session/end?client_id=client_secret_post", provider.issuer)).await;
    let page = browser.submit(&[("logout", "yes")]).await;
    assert!(page.url.as_str().starts_with(&provider.issuer) && page.status == StatusCode::OK, "{page:?}");
}

/// A script is told so with the status alone.
async fn is_out(browser: &mut Browser) -> bool {
    let status = browser.fetch(Method::GET, PAGE).await.status;
    assert!(matches!(status, StatusCode::OK | StatusCode::UNAUTHORIZED), "{status}");
    status == StatusCode::UNAUTHORIZED
}
