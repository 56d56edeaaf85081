//! The provider tells of a logout through the browser: the profile Front-Channel.

use http::StatusCode;
use tower_oidc::testing::{Endpoint, Scenario};

use crate::{
    logout::stand,
    relying_party::ALL,
    support::Stand,
    support_sessions::{STORES, copy},
    table,
};

/// Somebody signs out here. The provider's page has a frame of ours, and leads back.
#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_frontchannel_rpinitlogout() {
    let module = table::begin(Scenario::FrontChannelLogoutByRp.name());
    for flow in ALL {
        for store in STORES {
            let stand = framed(stand(Scenario::FrontChannelLogoutByRp, *flow, store).await);
            let mut browser = stand.signed_in("jane").await;
            let (before, seen) = (copy(&browser), stand.principals());
            let visited = browser.post("/logout", &[]).await;
            let provider = stand.provider.endpoint(Endpoint::EndSession).url();
            let page = visited.history.iter().find(|hop| hop.url.as_str().starts_with(&provider));
            assert_eq!(page.map(|page| page.status), Some(StatusCode::OK), "{flow:?} {store}: a page with a frame");
            assert_eq!((visited.url.as_str(), visited.text().as_str()), ("https://app.example/", "null"));
            assert!(!stand.is_alive(&before).await && copy(&browser).is_empty(), "{flow:?} {store}");
            assert_eq!(stand.principals(), seen, "{flow:?} {store}: the application sees nobody any more");
        }
    }
    module.accepted("signed out here, by the frame as well, and back");
}

/// Somebody signs out at the provider, whose page has a frame of ours. No cookie comes with it.
#[tokio::test]
pub(crate) async fn oidcc_client_test_rp_frontchannel_opinitlogout() {
    let module = table::begin(Scenario::FrontChannelLogoutByOp.name());
    for flow in ALL {
        for store in STORES {
            let stand = framed(stand(Scenario::FrontChannelLogoutByOp, *flow, store).await);
            let mut browser = stand.signed_in("jane").await;
            let (before, elsewhere) = (copy(&browser), copy(&stand.signed_in("jane").await));
            assert!(stand.is_alive(&before).await, "{flow:?} {store}");
            let page = browser.navigate(&stand.provider.endpoint(Endpoint::EndSession).url()).await;
            assert!(page.text().contains("<iframe"), "{flow:?} {store}: {}", page.text());
            assert!(!stand.is_alive(&before).await, "{flow:?} {store}");
            assert!(stand.is_alive(&elsewhere).await, "{flow:?} {store}: another login of hers");
        }
    }
    module.accepted("the session that iss and sid name has ended, and no other");
}

fn framed(stand: Stand) -> Stand {
    stand.provider.set_front_channel_logout_uri(Some("https://app.example/frontchannel-logout"));
    stand
}
