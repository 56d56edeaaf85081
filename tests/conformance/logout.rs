//! People sign out, here first: the profile RP-Initiated.

use http::StatusCode;
use tower_oidc::testing::{Endpoint, Scenario};
use url::form_urlencoded;

use crate::{
    relying_party::{ALL, Flow},
    support::Stand,
    support_sessions::{Cookies, STORES, copy},
    table,
};

#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_init_logout() {
    signs_out(Scenario::RpInitLogout, "https://app.example/").await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_init_logout_no_state() {
    signs_out(Scenario::RpInitLogoutNoState, "https://app.example/").await;
}

/// Nothing was sent that a `state` could answer to, and none that comes back has a meaning.
#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_init_logout_other_state() {
    signs_out(Scenario::RpInitLogoutOtherState, "https://app.example/?state=of-another-logout").await;
}

/// Somebody signs out here and at the provider, and is back at that address, as nobody.
async fn signs_out(scenario: Scenario, back: &str) {
    let module = table::begin(scenario.name());
    for flow in ALL {
        for store in STORES {
            let stand = stand(scenario, *flow, store).await;
            let mut browser = stand.signed_in("jane").await;
            let (before, seen) = (copy(&browser), stand.principals());
            let visited = browser.post("/logout", &[]).await;
            assert_eq!((visited.status, visited.url.as_str()), (StatusCode::OK, back), "{flow:?} {store}");
            assert_eq!((visited.text().as_str(), stand.principals()), ("null", seen), "{flow:?} {store}");
            assert_signed_out(&stand, &before).await;
            assert!(copy(&browser).is_empty(), "{flow:?} {store}");
        }
    }
    module.accepted(format!("signed out here and at the provider, and back at {back}"));
}

/// Neither the application nor the provider knows the person any more; the provider was told by an ID token whose logout it is.
async fn assert_signed_out(stand: &Stand, before: &Cookies) {
    assert!(!stand.is_alive(before).await);
    assert!(stand.provider.session_ids("jane").is_empty());
    let request = stand.provider.last_request(Endpoint::EndSession).unwrap();
    let asked = form_urlencoded::parse(request.uri().query().unwrap().as_bytes());
    let names: Vec<_> = asked.map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["client_id", "post_logout_redirect_uri", "id_token_hint"]);
}

/// An application with sessions kept there.
pub(crate) async fn stand(scenario: Scenario, flow: Flow, store: &str) -> Stand {
    flow.changed(scenario, |oidc| oidc.session_store = Some(store.into())).await
}
