//! Another site starts a login: the profile 3rd Party-Init.

use http::StatusCode;
use serde_json::Value;
use tower_oidc::testing::Scenario;
use url::form_urlencoded::Serializer;

use crate::{
    relying_party::{ALL, assert_nobody},
    support::navigation,
    table,
};

#[tokio::test]
pub(crate) async fn oidcc_client_test_3rd_party_init_login() {
    let module = table::begin(Scenario::ThirdPartyInitLogin.name());
    for flow in ALL {
        let stand = flow.stand(Scenario::ThirdPartyInitLogin).await;
        let initiate = |issuer: &str| {
            let mut query = Serializer::new(String::new());
            query.append_pair("iss", issuer).append_pair("target_link_uri", "https://app.example/deep/me");
            format!("/login?{}", query.finish())
        };
        let refused = stand.send(navigation(&initiate("https://another.example"))).await;
        assert_eq!((refused.status, refused.login_error().code()), (StatusCode::BAD_REQUEST, "foreign_issuer"));
        let mut browser = stand.browser();
        browser.navigate(&initiate(stand.provider.issuer())).await;
        assert_nobody(&stand, &browser, "before anybody has signed in").await;
        let me = browser.log_in_as(&stand.provider, "alice").await;
        assert_eq!((me.status, me.url.as_str()), (StatusCode::OK, "https://app.example/deep/me"), "{flow:?}");
        assert_eq!((&me.json::<Value>()["sub"], stand.principals()), (&"alice".into(), 1), "{flow:?}");
    }
    module.accepted("signed in, and at target_link_uri; an initiation in another issuer's name is refused");
}
