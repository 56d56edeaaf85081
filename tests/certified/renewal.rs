//! Sessions outlive their tokens. The provider gives another refresh token each time, and takes a second use of one for theft:
//! it ends the whole grant (RFC 9700 section 4.14.2).

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use futures_util::future::join_all;
use http::StatusCode;
use reqwest::Method;
use tokio::time::timeout;
use tower_oidc::{Auth, Config, testing::ManualClock};

use crate::{
    app::{APP, App, PAGE, assert_in, bind, comes_in, config},
    provider::{Endpoints, Provider},
};

/// By then an access token of ten minutes is to be renewed.
const RENEWAL: Duration = Duration::from_secs(560);

/// By then requests with an old cookie are late (`renewals::GRACE`).
const LATE: Duration = Duration::from_secs(61);

/// The time for a request to get as far as it comes.
const A_WHILE: Duration = Duration::from_millis(500);

const STORES: [&str; 2] = ["cookie", "memory"];

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn many_requests_at_once_cause_one_renewal_and_no_token_is_used_twice() {
    for store in STORES {
        let mut provider = Provider::start().await;
        let (app, clock) = serve(renewable(provider.endpoints(), store)).await;
        let mut browser = app.browser();
        comes_in(&mut browser, "jane").await;
        for renewal in 1..=5 {
            clock.advance(RENEWAL);
            let mut tabs = vec![browser.clone(); 20];
            for page in join_all(tabs.iter_mut().map(|tab| tab.open(PAGE))).await {
                assert_in(&page, "jane");
            }
            // A cookie from before comes late, and the next to use is one that any of the answers has set.
            assert_in(&browser.clone().open(PAGE).await, "jane");
            browser = tabs.swap_remove(renewal);
            assert_eq!(provider.token_requests().await, 1 + renewal as u64, "{store}");
        }
        assert_in(&browser.open(PAGE).await, "jane");
    }
}

/// The provider is not asked with a refresh token that was used before: it would end the session that goes on.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn an_old_copy_of_a_cookie_is_not_renewed_and_does_not_end_the_session() {
    let mut provider = Provider::start().await;
    let (app, clock) = serve(renewable(provider.endpoints(), "cookie")).await;
    let mut browser = app.browser();
    comes_in(&mut browser, "jane").await;
    let mut old = browser.clone();
    clock.advance(RENEWAL);
    assert_in(&browser.open(PAGE).await, "jane");
    // The new cookie comes back: its answer was not lost.
    assert_in(&browser.open(PAGE).await, "jane");

    clock.advance(LATE);
    old.hold(&provider.endpoints().issuer);
    assert_eq!(old.open(PAGE).await.status, StatusCode::FOUND);
    clock.advance(RENEWAL);
    assert_in(&browser.open(PAGE).await, "jane");
    assert_eq!(provider.token_requests().await, 3, "a code and two refresh tokens");
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn tokens_are_renewed_on_demand_too() {
    for store in STORES {
        let mut provider = Provider::start().await;
        let (app, clock) = serve(renewable(provider.endpoints(), store)).await;
        let mut browser = app.browser();
        comes_in(&mut browser, "jane").await;
        let mut seen = BTreeSet::new();
        for requests in 2..=4 {
            clock.advance(LATE);
            let answer = browser.fetch(Method::POST, &format!("{APP}/refresh")).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            seen.insert(answer.json()["renewAt"].as_u64().unwrap());
            assert_eq!(provider.token_requests().await, requests, "{store}");
        }
        assert_eq!(seen.len(), 3);
        assert_in(&browser.open(PAGE).await, "jane");
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_session_goes_on_while_the_provider_is_down_and_ends_when_it_does_not_know_it_any_more() {
    for store in STORES {
        let provider = Provider::start().await;
        let (app, clock) = serve(renewable(provider.endpoints(), store)).await;
        let mut browser = app.browser();
        comes_in(&mut browser, "jane").await;
        let port = provider.stop().await;
        clock.advance(RENEWAL);
        assert_in(&browser.open(PAGE).await, "jane");

        // A provider that forgot all answers with `invalid_grant`.
        let provider = Provider::start_on(port).await;
        clock.advance(LATE);
        browser.hold(&provider.endpoints().issuer);
        let page = browser.open(PAGE).await;
        assert_eq!(page.status, StatusCode::FOUND, "{store}: {page:?}");
        assert!(browser.cookies("app.example").iter().all(|name| !name.contains("session")), "{store}: {browser:?}");
    }
}

/// A refresh token that was replaced on behalf of a browser that does not hear of it any more would be lost.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_browser_that_goes_away_in_the_middle_of_a_renewal_loses_nothing() {
    for store in STORES {
        let mut provider = Provider::start().await;
        let (app, clock) = serve(renewable(provider.endpoints(), store)).await;
        let mut browser = app.browser();
        comes_in(&mut browser, "jane").await;
        clock.advance(RENEWAL);
        provider.freeze().await;
        let mut impatient = browser.clone();
        timeout(A_WHILE, impatient.open(PAGE)).await.expect_err("the provider does not answer");
        provider.thaw().await;

        assert_in(&browser.open(PAGE).await, "jane");
        assert_eq!(provider.token_requests().await, 2, "{store}");
        clock.advance(RENEWAL);
        assert_in(&browser.open(PAGE).await, "jane");
        assert_eq!(provider.token_requests().await, 3, "{store}");
    }
}

async fn serve(config: Config) -> (App, ManualClock) {
    let clock = ManualClock::at(SystemTime::now());
    let app = App::serve_with(Auth::builder(config).with_clock(clock.clone()), bind().await).await;
    (app, clock)
}

/// The provider gives a refresh token to those who ask for it and for consent (OpenID Connect Core 1.0 section 11).
fn renewable(provider: &Endpoints, store: &str) -> Config {
    let mut config = config(provider, "client_secret_basic").session_store(store);
    config.authentication.oidc.scope = Some("openid email profile offline_access".to_owned());
    config.authentication.oidc.prompt = Some("consent".to_owned());
    config
}
