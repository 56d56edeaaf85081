//! What the provider answers in place of a login, and answers that are changed on their way.

use std::time::Duration;

use http::StatusCode;
use reqwest::Url;
use tokio::time::timeout;
use tower_oidc::Config;

use crate::{
    app::{APP, App, PAGE, assert_in, comes_in, config},
    browser::{Browser, Page},
    provider::{Endpoints, Provider},
};

/// The time for a request to get as far as it comes.
const A_WHILE: Duration = Duration::from_millis(500);

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn who_cancels_at_the_provider_reads_that_and_may_try_again() {
    let provider = Provider::start().await;
    let mut browser = App::serve(basic(provider.endpoints())).await.browser();
    browser.open(PAGE).await;
    let page = browser.follow("[ Cancel ]").await;
    assert_refused(&page, StatusCode::UNAUTHORIZED, "access_denied");
    assert!(browser.cookies("app.example").iter().all(|name| !name.contains("session")), "{browser:?}");
    browser.open(PAGE).await;
    assert_in(&browser.sign_in("jane").await, "jane");
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn who_denies_consent_is_not_let_in() {
    let provider = Provider::start().await;
    let mut browser = App::serve(basic(provider.endpoints())).await.browser();
    browser.open(PAGE).await;
    let asked = browser.submit(&[("login", "jane")]).await;
    assert_eq!(asked.question(), Some("consent"));
    assert_refused(&browser.follow("[ Cancel ]").await, StatusCode::UNAUTHORIZED, "access_denied");
}

/// OpenID Connect Core 1.0 section 3.1.2.6: no page of the provider's, and no loop.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn with_prompt_none_who_is_not_signed_in_at_the_provider_reads_that() {
    let provider = Provider::start().await;
    let mut config = basic(provider.endpoints());
    config.authentication.oidc.prompt = Some("none".to_owned());
    let quiet = App::serve(config).await;
    let mut browser = quiet.browser();
    assert_refused(&browser.open(PAGE).await, StatusCode::UNAUTHORIZED, "login_required");

    // Whoever is signed in there by another way comes in.
    let mut elsewhere = App::serve(basic(provider.endpoints())).await.browser();
    comes_in(&mut elsewhere, "jane").await;
    elsewhere.forget("app.example");
    elsewhere.knows("app.example", quiet.address);
    assert_in(&elsewhere.open(PAGE).await, "jane");
}

/// An unregistered `redirect_uri` is never sent to (RFC 6749 section 4.1.2.1): the person stays with the provider.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn with_a_callback_that_is_not_registered_the_provider_says_so_itself() {
    let provider = Provider::start().await;
    let config = basic(provider.endpoints()).callback_url(format!("{APP}/elsewhere"));
    let page = App::serve(config).await.browser().open(PAGE).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.url.as_str().starts_with(&provider.endpoints().issuer) && page.text.contains("redirect_uri"));
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_provider_that_wants_pkce_refuses_a_login_without() {
    let provider = Provider::start().await;
    let mut config = basic(provider.endpoints());
    config.authentication.oidc.disable_pkce = Some(true);
    let page = App::serve(config).await.browser().open(PAGE).await;
    assert_eq!(page.code(), Some("invalid_request"), "{page:?}");
    assert!(!page.status.is_success() && page.url.as_str().starts_with(APP), "{page:?}");
}

/// RFC 9207 section 2.4, against mix-up: the provider announces `iss`, so that an answer without it, or with another, is no
/// answer of its.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn an_answer_of_another_issuer_or_of_none_is_refused_and_its_code_not_sent() {
    let mut provider = Provider::start().await;
    let app = App::serve(basic(provider.endpoints())).await;
    for iss in [None, Some("https://evil.example"), Some("")] {
        let (mut browser, answer) = answer(&app).await;
        let page = browser.open(with(&answer, "iss", iss).as_str()).await;
        assert_refused(&page, StatusCode::BAD_REQUEST, "response_of_another_issuer");
    }
    assert_eq!(provider.token_requests().await, 0);
}

/// Login CSRF: the answer to one browser's login is of no use in another (RFC 9700 section 4.7.1).
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn an_answer_signs_nobody_in_but_the_browser_that_asked() {
    let mut provider = Provider::start().await;
    let app = App::serve(basic(provider.endpoints())).await;
    let (_, answer) = answer(&app).await;
    let mut victim = app.browser();
    let page = victim.open(answer.as_str()).await;
    assert_eq!(page.question(), Some("login"), "it starts again: {page:?}");
    assert_eq!(provider.token_requests().await, 0);
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn an_answer_is_good_for_one_use() {
    let mut provider = Provider::start().await;
    let app = App::serve(basic(provider.endpoints())).await;
    let (mut browser, answer) = answer(&app).await;
    assert_in(&browser.open(answer.as_str()).await, "jane");
    // The back button: somebody is signed in, and goes on.
    assert_eq!(browser.open(answer.as_str()).await.status, StatusCode::OK);
    assert_eq!(provider.token_requests().await, 1);
}

/// A person presses reload since nothing happens. A code that is sent twice is taken for theft (RFC 6749 section 4.1.2): the
/// login starts again, and the provider asks nothing.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn who_reloads_while_the_code_is_exchanged_comes_in_by_another_one() {
    let mut provider = Provider::start().await;
    let app = App::serve(basic(provider.endpoints())).await;
    let (mut browser, answer) = answer(&app).await;
    provider.freeze().await;
    let mut impatient = browser.clone();
    timeout(A_WHILE, impatient.open(answer.as_str())).await.expect_err("the provider does not answer");
    provider.thaw().await;
    browser.hold(APP);
    let another = browser.open(answer.as_str()).await.leads_to();
    assert!(another.query() != answer.query() && another.path() == "/callback", "{another}");
    let page = browser.go_on().await;
    assert_eq!((page.status, page.url.as_str()), (StatusCode::OK, "https://app.example/"), "{page:?}");
    assert_eq!(provider.token_requests().await, 2, "once for each code");
}

/// Code injection: a code that was issued to somebody else's login does not fit this one's verifier (RFC 9700 section 4.5.3.1).
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn the_code_of_another_login_is_not_exchanged() {
    let provider = Provider::start().await;
    let app = App::serve(basic(provider.endpoints())).await;
    let ((_, stolen), (mut browser, own)) = (answer(&app).await, answer(&app).await);
    let code = stolen.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let page = browser.open(with(&own, "code", Some(&code)).as_str()).await;
    assert_refused(&page, StatusCode::BAD_REQUEST, "exchange_failed");
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_client_whose_secret_is_wrong_signs_nobody_in() {
    let provider = Provider::start().await;
    let config = basic(provider.endpoints()).client_secret("a secret that is not the client's, of 32 bytes");
    let mut browser = App::serve(config).await.browser();
    browser.open(PAGE).await;
    let page = browser.sign_in("jane").await;
    assert_refused(&page, StatusCode::INTERNAL_SERVER_ERROR, "exchange_failed");
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn who_comes_back_while_the_provider_is_down_signs_in_when_it_is_up_again() {
    let provider = Provider::start().await;
    let app = App::serve(basic(provider.endpoints())).await;
    let (mut browser, answer) = answer(&app).await;
    let port = provider.stop().await;
    let page = browser.open(answer.as_str()).await;
    assert_refused(&page, StatusCode::SERVICE_UNAVAILABLE, "exchange_failed");

    // New keys, new cookies: nothing of the first login is left there.
    let _provider = Provider::start_on(port).await;
    browser.forget("127.0.0.1");
    browser.open(PAGE).await;
    assert_in(&browser.sign_in("jane").await, "jane");
}

/// The metadata say what is offered, so that an operator learns it at the start and no person does.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn what_the_provider_does_not_offer_stops_the_start() {
    let provider = Provider::start().await;
    let mut config = basic(provider.endpoints());
    config.authentication.oidc.preferred_jws_algorithm = Some("ES384".to_owned());
    let error = tower_oidc::Auth::discover(config).await.unwrap_err().to_string();
    assert!(error.contains("ES384"), "{error}");
}

fn basic(provider: &Endpoints) -> Config {
    config(provider, "client_secret_basic")
}

/// A browser in which somebody has signed in at the provider, and the answer that it is to bring back.
async fn answer(app: &App) -> (Browser, Url) {
    let mut browser = app.browser();
    browser.open(PAGE).await;
    browser.hold(APP);
    let answer = browser.sign_in("jane").await.leads_to();
    browser.release();
    (browser, answer)
}

/// The answer with another value of a parameter, or without it.
fn with(answer: &Url, parameter: &str, value: Option<&str>) -> Url {
    let mut changed = answer.clone();
    let others = answer.query_pairs().filter(|(name, _)| name != parameter);
    changed.query_pairs_mut().clear().extend_pairs(others).extend_pairs(value.map(|value| (parameter, value)));
    changed
}

fn assert_refused(page: &Page, status: StatusCode, code: &str) {
    assert_eq!((page.status, page.code()), (status, Some(code)), "{page:?}");
    assert!(page.url.as_str().starts_with(APP), "{page:?}");
}
