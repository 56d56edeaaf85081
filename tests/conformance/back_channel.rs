//! The provider tells of a logout by a request of its own: the profile Back-Channel.

use std::sync::Arc;

use http::StatusCode;
use tower_oidc::{
    jose::JoseError,
    layer::AuthError,
    login::LoginError,
    testing::{Endpoint, Scenario},
    types::Algorithm,
    validator::TokenError,
};

use crate::{
    logout::stand,
    relying_party::{ALL, told},
    support::Stand,
    support_sessions::{STORES, copy},
    table,
};

/// A logout here ends the session at the provider, which tells of it: that of another browser of the same person goes on. Then
/// the provider ends all.
#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout() {
    let module = table::begin(Scenario::BackChannelLogout.name());
    for flow in ALL {
        for store in STORES {
            let stand = told_of_logouts(Arc::new(stand(Scenario::BackChannelLogout, *flow, store).await)).await;
            let mut browser = stand.signed_in("jane").await;
            let (before, elsewhere) = (copy(&browser), copy(&stand.signed_in("jane").await));
            let visited = browser.post("/logout", &[]).await;
            assert_eq!((visited.status, visited.text().as_str()), (StatusCode::OK, "null"), "{flow:?} {store}");
            assert!(!stand.is_alive(&before).await && stand.is_alive(&elsewhere).await, "{flow:?} {store}");
            assert!(!stand.refusals().iter().any(is_logout_token), "{flow:?} {store}: the logout token was good");
            let seen = stand.principals();
            assert_eq!(stand.provider.log_out_everywhere("jane").await, StatusCode::OK, "{flow:?} {store}");
            assert!(!stand.is_alive(&elsewhere).await, "{flow:?} {store}");
            assert_eq!(stand.principals(), seen, "{flow:?} {store}: the application sees nobody any more");
        }
    }
    module.accepted("200, and the sessions that the logout token names have ended");
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_alg_none() {
    refuses(Scenario::BackChannelLogoutAlgNone, JoseError::Unsigned.into()).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg() {
    let reason = TokenError::AlgorithmNotAllowed { algorithm: Algorithm::Es256 };
    refuses(Scenario::BackChannelLogoutWrongAlg, reason).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss() {
    refuses(Scenario::BackChannelLogoutWrongIss, TokenError::UnknownIssuer).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud() {
    refuses(Scenario::BackChannelLogoutWrongAud, TokenError::Audience).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_no_event() {
    refuses(Scenario::BackChannelLogoutNoEvent, TokenError::Missing { claim: "events" }).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event() {
    refuses(Scenario::BackChannelLogoutWrongEvent, TokenError::LogoutEvent).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce() {
    refuses(Scenario::BackChannelLogoutWithNonce, TokenError::LogoutNonce).await;
}

/// The logout token is refused with 400 and everybody stays signed in; a logout here comes to its end all the same.
async fn refuses(scenario: Scenario, reason: TokenError) {
    let (module, reason) = (table::begin(scenario.name()), told(&LoginError::LogoutToken(reason)));
    for flow in ALL {
        for store in STORES {
            let stand = told_of_logouts(Arc::new(stand(scenario, *flow, store).await)).await;
            let mut browser = stand.signed_in("jane").await;
            let (own, elsewhere) = (copy(&browser), copy(&stand.signed_in("jane").await));
            assert_eq!(stand.provider.log_out_everywhere("jane").await, StatusCode::BAD_REQUEST, "{flow:?} {store}");
            assert_eq!(told(&stand.login_error()), reason, "{flow:?} {store}");
            assert!(stand.is_alive(&own).await && stand.is_alive(&elsewhere).await, "{flow:?} {store}");

            let mut again = stand.signed_in("jane").await;
            assert!(!stand.provider.session_ids("jane").is_empty(), "{flow:?} {store}");
            let visited = again.post("/logout", &[]).await;
            assert_eq!((visited.status, visited.text().as_str()), (StatusCode::OK, "null"), "{flow:?} {store}");
            assert!(stand.provider.requests(Endpoint::EndSession) > 0, "{flow:?} {store}");
            assert!(stand.refusals().iter().any(is_logout_token), "{flow:?} {store}: the provider told of it");
            assert!(stand.is_alive(&own).await && stand.is_alive(&elsewhere).await, "{flow:?} {store}");

            stand.provider.behave();
            assert_eq!(stand.provider.log_out_everywhere("jane").await, StatusCode::OK, "{flow:?} {store}");
            assert!(!stand.is_alive(&own).await, "{flow:?} {store}: a good one ends the session");
            assert_eq!(browser.navigate("/").await.text(), "null", "{flow:?} {store}");
        }
    }
    module.refused(reason);
}

fn is_logout_token(error: &AuthError) -> bool {
    matches!(error, AuthError::Login(LoginError::LogoutToken(_)))
}

/// The application listens on a socket, and the provider knows where.
async fn told_of_logouts(stand: Arc<Stand>) -> Arc<Stand> {
    stand.provider.set_back_channel_logout_uri(Some(&stand.serve().await));
    stand
}
