//! An error that is posted: the profiles Form Post.

use tower_oidc::{
    login::{AuthorizationErrorCode, LoginError},
    testing::{Endpoint, Scenario},
};

use crate::{
    relying_party::{Flow, assert_refused, told},
    table,
};

#[tokio::test]
pub(crate) async fn oidcc_client_test_form_post_error() {
    let module = table::begin(Scenario::FormPostError.name());
    let reason = told(&LoginError::Authorization { code: AuthorizationErrorCode::LoginRequired });
    for flow in [Flow::CodeByFormPost, Flow::Implicit] {
        let stand = flow
            .changed(Scenario::FormPostError, |oidc| {
                oidc.max_age = Some(0);
                oidc.prompt = Some("none".to_owned());
            })
            .await;
        let mut browser = stand.browser();
        let page = browser.navigate("/me").await;
        let request = stand.provider.last_request(Endpoint::Authorize).unwrap();
        let query = request.uri().query().unwrap();
        for parameter in ["max_age=0", "prompt=none", "response_mode=form_post"] {
            assert!(query.split('&').any(|own| own == parameter), "{flow:?}: {query}");
        }
        assert_refused(&stand, &browser, &page, &reason).await;
        assert_eq!(stand.provider.requests(Endpoint::Token), 0, "{flow:?}");
    }
    module.refused(reason);
}
