//! A callback that belongs to no login of this browser heals: with a session it goes on, else a login is started again, once.

use http::StatusCode;
use tower_oidc::{
    layer::AuthError,
    login::LoginError,
    testing::{Endpoint, Visited},
};

use super::support::{RECENT, Stand};

/// Where a callback of no login leads, with an honest `iss`.
fn stray(stand: &Stand) -> String {
    let iss: String = url::form_urlencoded::byte_serialize(stand.provider.issuer().as_bytes()).collect();
    format!("/callback?code=of-yesterday&state=of-yesterday&iss={iss}")
}

fn is_at_start(page: &Visited) -> bool {
    (page.status, page.url.as_str()) == (StatusCode::OK, "https://app.example/")
}

#[tokio::test]
async fn with_a_session_a_stray_callback_leads_to_the_start_page() {
    let stand = Stand::new().await;
    let mut browser = stand.signed_in("alice").await;
    let page = browser.navigate(&stray(&stand)).await;
    assert!(is_at_start(&page) && page.json::<serde_json::Value>()["sub"] == "alice");
    assert_eq!((stand.provider.requests(Endpoint::Authorize), stand.provider.requests(Endpoint::Token)), (1, 1));
}

#[tokio::test]
async fn with_a_session_in_a_store_a_stray_callback_leads_to_the_start_page_too() {
    let stand = Stand::with(|config| config.session_store("memory")).await;
    let mut browser = stand.signed_in("alice").await;
    assert!(is_at_start(&browser.navigate(&stray(&stand)).await));
    assert_eq!(stand.provider.requests(Endpoint::Authorize), 1);
}

#[tokio::test]
async fn without_a_session_a_stray_callback_starts_a_login_that_ends_well() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    let page = browser.navigate(&stray(&stand)).await;
    assert_eq!((page.history.len(), page.history[0].status), (1, StatusCode::SEE_OTHER));
    assert!(is_at_start(&browser.log_in_as(&stand.provider, "alice").await));
    stand.advance(6);
    let names: Vec<_> = browser.cookies().into_iter().map(|(name, _)| name).collect();
    assert!(names.iter().all(|name| name.contains("session")), "nothing is left behind but the session: {names:?}");
}

/// A store that is not shared behind a balancer, a proxy that drops long cookies: the login succeeds and is of no use.
#[tokio::test]
async fn a_session_that_is_lost_on_the_way_back_is_told_and_no_loop() {
    for response_mode in ["query", "form_post"] {
        let stand = Stand::with(|mut config| {
            config.authentication.oidc.response_mode = Some(response_mode.to_owned());
            config
        })
        .await;
        let mut loser = stand.signed_in("alice").await;
        let page = loop {
            assert!(stand.provider.requests(Endpoint::Token) <= 3, "{response_mode}: it goes round and round");
            loser.set_cookie("__Host-oidc_session", "lost");
            let page = loser.navigate("/me").await;
            if page.history.is_empty() {
                break page;
            }
        };
        assert_eq!(stand.provider.requests(Endpoint::Token), 3, "{response_mode}: three logins in a row are let pass");
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{response_mode}");
        assert!(page.text().contains("session_lost") && page.text().contains("href=\"/login"), "{}", page.text());
        assert!(matches!(stand.login_error(), LoginError::SessionLost), "{response_mode}");

        let another_day = loser.navigate("/login?return_to=/me").await;
        assert_eq!(another_day.url.path(), "/me", "{response_mode}: by the person's own wish it starts again");
    }
}

/// A provider that asks nothing, and says that the person signed in longer ago than the route wants: by less than is forgiven to an ID token.
#[tokio::test]
async fn a_login_that_stays_too_old_for_the_route_is_told_and_no_loop() {
    let stand = Stand::new().await;
    let mut browser = stand.signed_in("alice").await;
    stand.advance(RECENT.as_secs() + 30);
    let signed_in_at = stand.now() - RECENT.as_secs() - 30;
    stand.provider.change_id_token(move |token, _| token.claim("auth_time", signed_in_at));
    browser.navigate("/recent").await;
    let page = browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!((page.status, page.url.path()), (StatusCode::UNAUTHORIZED, "/recent"));
    assert!(page.text().contains("login_still_too_old"), "{}", page.text());
    assert!(matches!(stand.login_error(), LoginError::StillTooOld));
    assert_eq!(stand.provider.requests(Endpoint::Token), 1 + 3, "three newer logins in a row are tried");

    stand.provider.behave();
    stand.advance(5);
    assert_eq!(browser.navigate("/recent").await.status, StatusCode::OK, "a moment later it is tried again");
}

/// The cookies were lost on the way: the person is known at the provider by now, and signed in by redirects alone.
#[tokio::test]
async fn a_login_that_lost_its_cookie_is_finished_by_a_second_one() {
    for response_mode in ["query", "form_post"] {
        let stand = Stand::with(|mut config| {
            config.authentication.oidc.response_mode = Some(response_mode.to_owned());
            config
        })
        .await;
        let mut browser = stand.browser();
        browser.navigate("/me").await;
        for (name, _) in browser.cookies() {
            browser.set_cookie(&name, "lost");
        }
        let page = browser.log_in_as(&stand.provider, "alice").await;
        assert!(is_at_start(&page), "{response_mode}: {:?}", stand.refusals());
        assert_eq!(stand.provider.requests(Endpoint::Authorize), 2, "{response_mode}");
    }
}

/// A browser that takes no cookie of the application's, and stays signed in at the provider: nothing but the state itself tells the second round.
#[tokio::test]
async fn a_browser_that_keeps_no_cookies_is_told_so_after_two_rounds() {
    for response_mode in ["query", "form_post"] {
        let stand = Stand::with(|mut config| {
            config.authentication.oidc.response_mode = Some(response_mode.to_owned());
            config
        })
        .await;
        let mut browser = stand.browser_that_keeps_no_cookies();
        browser.navigate("/me").await;
        let page = browser.log_in_as(&stand.provider, "alice").await;
        assert_eq!((page.status, page.url.path()), (StatusCode::BAD_REQUEST, "/callback"), "{response_mode}");
        assert!(page.text().contains("<code>login_loop</code>"), "{response_mode}");
        assert_eq!(stand.provider.requests(Endpoint::Authorize), 2, "{response_mode}");
    }
}

/// Nothing of ours comes back with the answer: the second round looks like the first, and only a cookie counts them.
#[tokio::test]
async fn a_provider_that_answers_with_a_state_of_its_own_is_asked_a_few_times_and_no_more() {
    for response_mode in ["query", "form_post"] {
        let stand = Stand::with(|mut config| {
            config.authentication.oidc.response_mode = Some(response_mode.to_owned());
            config
        })
        .await;
        stand.provider.change_authorization_response(|parameters| {
            parameters
                .iter_mut()
                .filter(|(name, _)| name == "state")
                .for_each(|(_, state)| *state = "fixed".to_owned());
        });
        let mut browser = stand.browser();
        browser.navigate("/me").await;
        let page = browser.log_in_as(&stand.provider, "alice").await;
        assert_eq!((page.status, page.url.path()), (StatusCode::BAD_REQUEST, "/callback"), "{response_mode}");
        assert!(matches!(stand.login_error(), LoginError::Loop), "{response_mode}");
        assert_eq!(
            stand.provider.requests(Endpoint::Authorize),
            4,
            "{response_mode}: one login, begun again three times"
        );

        stand.provider.behave();
        stand.advance(6);
        browser.navigate("/me").await;
        assert_eq!(browser.navigate("/me").await.status, StatusCode::OK, "{response_mode}: and later it goes on");
    }
}

#[tokio::test]
async fn an_error_of_the_provider_in_a_stray_callback_is_shown_and_starts_nothing() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    let address = stray(&stand).replace("code=of-yesterday", "error=access_denied");
    let page = browser.navigate(&address).await;
    assert_eq!((page.status, page.url.path()), (StatusCode::UNAUTHORIZED, "/callback"));
    assert_eq!(stand.login_error().code(), "access_denied");
    assert!(browser.cookies().is_empty());
}

#[tokio::test]
async fn a_stray_callback_of_another_issuer_starts_nothing() {
    let stand = Stand::new().await;
    let page = stand.browser().navigate("/callback?code=c&state=s&iss=https%3A%2F%2Fevil.example").await;
    assert_eq!((page.status, page.history.len()), (StatusCode::BAD_REQUEST, 0));
    assert!(matches!(stand.refusals()[..], [AuthError::Login(LoginError::ResponseIssuer)]));
}
