//! Tokens are renewed: the profile Refresh Token.

use http::StatusCode;
use tower_oidc::{
    login::LoginError,
    testing::{Endpoint, Scenario},
};

use crate::{
    relying_party::{CODE, Flow, told},
    support::Stand,
    support_sessions::{OFFLINE, RENEWAL, STORES, copy, form},
    table,
};

/// Whoever is signed in stays so with new tokens.
#[tokio::test]
pub(crate) async fn oidcc_client_test_refresh_token() {
    let module = table::begin(Scenario::RefreshToken.name());
    for flow in CODE {
        for store in STORES {
            assert_renews(&stand(Scenario::RefreshToken, *flow, store).await).await;
        }
    }
    module.accepted("the session goes on with new tokens, and is renewed once more with the new refresh token");
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_refresh_token_invalid_issuer() {
    assert_ends(Scenario::RefreshTokenInvalidIssuer).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_refresh_token_invalid_sub() {
    assert_ends(Scenario::RefreshTokenInvalidSub).await;
}

/// An application with refresh tokens.
async fn stand(scenario: Scenario, flow: Flow, store: &str) -> Stand {
    let stored = |oidc: &mut tower_oidc::config::Oidc| {
        oidc.scope = Some(OFFLINE.to_owned());
        oidc.session_store = Some(store.into());
    };
    flow.changed(scenario, stored).await
}

/// Somebody signs in, and the session is renewed twice: the provider takes a refresh token once.
pub(crate) async fn assert_renews(stand: &Stand) {
    let browser = stand.signed_in("jane").await;
    for renewals in 1..=2 {
        stand.advance(RENEWAL);
        let seen = stand.principals();
        assert_eq!(browser.fetch("/me").await.status, StatusCode::OK);
        assert_eq!((stand.provider.requests(Endpoint::Token), stand.principals()), (1 + renewals, seen + 1));
    }
}

/// What comes of a refresh is not for this person: the session ends, and the application sees nobody any more.
async fn assert_ends(scenario: Scenario) {
    let (module, reason) = (table::begin(scenario.name()), told(&LoginError::RenewalRefused));
    for flow in CODE {
        for store in STORES {
            let stand = stand(scenario, *flow, store).await;
            let browser = stand.signed_in("jane").await;
            let (cookies, seen) = (copy(&browser), stand.principals());
            let asked = stand.provider.requests(Endpoint::Userinfo);
            stand.advance(RENEWAL);
            assert_eq!(browser.fetch("/me").await.status, StatusCode::UNAUTHORIZED, "{flow:?} {store}");
            assert!(!stand.is_alive(&cookies).await, "{flow:?} {store}: nor is a copy of its cookies");
            assert_eq!((stand.provider.requests(Endpoint::Token), stand.principals()), (2, seen), "{flow:?} {store}");
            assert_eq!(stand.provider.requests(Endpoint::Userinfo), asked, "{flow:?} {store}");

            let another = copy(&stand.signed_in("jane").await);
            stand.advance(RENEWAL);
            let answer = stand.send(form("/refresh", &another, "")).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{flow:?} {store}");
            assert_eq!(told(answer.login_error()), reason, "{flow:?} {store}");
            assert!(!stand.is_alive(&another).await, "{flow:?} {store}");
            stand.provider.behave();
            assert_renews_after(&stand).await;
        }
    }
    module.refused(format!("{reason}, and the session has ended"));
}

async fn assert_renews_after(stand: &Stand) {
    let browser = stand.signed_in("jane").await;
    stand.advance(RENEWAL);
    assert_eq!(browser.fetch("/me").await.status, StatusCode::OK);
}
