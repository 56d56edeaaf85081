//! A service calls an API as the person who is signed in: `keepAccessToken`.

use http::StatusCode;
use tower_oidc::{
    Auth, Config,
    config::Oidc,
    layer::AuthError,
    login::LoginError,
    session::SessionError,
    testing::{Browser, Endpoint, Fault},
};

use crate::{
    support::Stand,
    support_sessions::{OFFLINE, RENEWAL, STORES, copy, oidc},
};

/// What the route answers that has an access token to call an API with: the token. Nothing without.
async fn access_token(browser: &Browser) -> Option<String> {
    let answer = browser.fetch("/access-token").await;
    assert_eq!(answer.status, StatusCode::OK);
    Some(answer.text()).filter(|token| !token.is_empty())
}

fn kept(config: Config) -> Config {
    oidc(|oidc: &mut Oidc| oidc.keep_access_token = Some(true))(config)
}

/// The API of another service at the same provider.
async fn api(stand: &Stand) -> Auth {
    Auth::builder(stand.provider.config()).with_clock(stand.clock.clone()).discover().await.unwrap()
}

#[tokio::test]
async fn an_api_is_called_as_the_person_who_is_signed_in() {
    for store in STORES {
        let stand = Stand::with(|config| kept(config).session_store(store)).await;
        let browser = stand.signed_in("jane").await;
        let me: serde_json::Value = serde_json::from_str(&browser.fetch("/me").await.text()).unwrap();
        let token = access_token(&browser).await.expect("it was kept");
        let caller = api(&stand).await.validate(&token).await.unwrap();
        assert_eq!(caller.subject(), me["sub"], "{store}");
    }
}

#[tokio::test]
async fn no_access_token_is_kept_unless_the_operator_wants_it() {
    for store in STORES {
        let stand = Stand::with(|config| config.session_store(store)).await;
        assert_eq!(access_token(&stand.signed_in("jane").await).await, None, "{store}");
    }
}

#[tokio::test]
async fn a_renewal_brings_another_access_token_before_the_first_has_ended() {
    for store in STORES {
        let stand = Stand::with(|config| kept(config).scope(OFFLINE).session_store(store)).await;
        let browser = stand.signed_in("jane").await;
        let first = access_token(&browser).await.unwrap();
        stand.advance(RENEWAL - 1);
        assert_eq!(access_token(&browser).await.as_ref(), Some(&first), "{store}");
        stand.advance(1);
        let second = access_token(&browser).await.unwrap();
        assert_ne!(second, first, "{store}");
        stand.advance(600);
        let api = api(&stand).await;
        assert!(api.validate(&first).await.is_err() && api.validate(&second).await.is_ok(), "{store}");
    }
}

#[tokio::test]
async fn an_access_token_that_has_ended_is_given_to_nobody() {
    for store in STORES {
        let stand = Stand::with(|config| kept(config).session_store(store)).await;
        let browser = stand.signed_in("jane").await;
        stand.advance(3599);
        assert!(access_token(&browser).await.is_some(), "{store}");
        stand.advance(1);
        assert_eq!(access_token(&browser).await, None, "{store}: the session goes on without");
    }
}

#[tokio::test]
async fn a_provider_that_is_down_leaves_the_access_token_until_it_ends() {
    let stand = Stand::with(|config| kept(config).scope(OFFLINE)).await;
    let browser = stand.signed_in("jane").await;
    stand.provider.endpoint(Endpoint::Token).fail_with(Fault::Status(503));
    stand.advance(RENEWAL);
    assert!(access_token(&browser).await.is_some());
    stand.advance(3600 - RENEWAL);
    assert_eq!(access_token(&browser).await, None);
    stand.provider.endpoint(Endpoint::Token).heal();
    stand.advance(30);
    assert!(access_token(&browser).await.is_some());
}

/// What was kept while the operator wanted it is not handed out any more.
#[tokio::test]
async fn switching_it_off_acts_on_those_who_are_signed_in() {
    let mut stand = Stand::with(kept).await;
    let browser = stand.signed_in("jane").await;
    assert!(access_token(&browser).await.is_some());
    stand.restart(stand.config()).await;
    assert_eq!(access_token(&browser).await, None);
}

/// Its caller has it in the request.
#[tokio::test]
async fn a_bearer_token_is_not_kept() {
    let stand = Stand::with(|config| kept(config).audience("api")).await;
    let token = stand.provider.token("jane").audience("api").sign();
    let request = http::Request::get("/access-token").header("authorization", format!("Bearer {token}"));
    let answer = stand.send(request.body("").unwrap()).await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, ""));
}

#[tokio::test]
async fn an_access_token_without_room_in_the_cookies_is_an_error_and_not_dropped() {
    let stand = Stand::with(kept).await;
    stand.provider.change_token_response(|members, _| {
        members.insert("access_token".to_owned(), "a".repeat(20_000).into());
    });
    stand.provider.change_id_token(|token, _| token.without("at_hash"));
    let mut browser = stand.browser();
    let end = stand.sign_in(&mut browser, "jane").await;
    assert_eq!(end.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(copy(&browser).is_empty());
    let refusals = stand.refusals();
    let too_long =
        |error: &AuthError| matches!(error, AuthError::Login(LoginError::Session(SessionError::TooLong { .. })));
    assert!(refusals.iter().any(too_long), "{refusals:?}");
}
