//! What the tests ask.

use http::{Request, StatusCode, header::AUTHORIZATION};
use tower_oidc::{layer::AuthError, testing::Browser, validator::TokenError};

use crate::support::{Answer, Stand};

/// Whether somebody is signed in.
pub(crate) async fn is_signed_in(browser: &Browser) -> bool {
    browser.fetch("/me").await.status == StatusCode::OK
}

/// The answer to a program that sends this in its `Authorization` header.
pub(crate) async fn authorized(stand: &Stand, path: &str, authorization: &str) -> Answer {
    let request = Request::get(path).header(AUTHORIZATION, authorization).body("").unwrap();
    stand.eventually(stand.send(request)).await
}

/// Why a bearer token is refused. The layer answers it with a 401.
pub(crate) async fn refusal(stand: &Stand, token: &str) -> TokenError {
    let answer = authorized(stand, "/", &format!("Bearer {token}")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{token}");
    match answer.reason {
        Some(AuthError::Token(error)) => error,
        other => panic!("expected a refused token, got {other:?}"),
    }
}

/// The cookies of the session that a browser has.
pub(crate) fn session_cookies(browser: &Browser) -> Vec<(String, String)> {
    browser.cookies().into_iter().filter(|(name, _)| name.contains("oidc_session")).collect()
}
