//! What FAPI 2.0 asks for and is not there: each is tried, and fails on surprise success. Where the thing itself is not
//! there (JARM), a good one is sent: what is not taken well is not taken badly either.

use serde_json::json;
use tower_oidc::{
    login::LoginError,
    provider::TokenEndpointError,
    testing::{Endpoint, Scenario},
};

use crate::{
    ledger::{asked, cannot_be_set},
    relying_party::{Flow, assert_nobody, assert_refused, assert_signs_in, told},
    table,
};

/// The provider wants its requests pushed, and says so: they are. It wants tokens bound to their client as well.
#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_happy_path() {
    let module = table::begin("fapi2-security-profile-final-client-test-happy-path");
    let mut stand = Flow::Code.stand(Scenario::HappyPath).await;
    stand.provider.require_pushed_requests(true);
    stand.restart(Flow::Code.config(&stand.provider)).await;
    assert_signs_in(&stand, Flow::Code).await;
    assert_eq!(asked(&stand.provider), ["client_id", "request_uri"]);
    assert_sends_no_proof(&stand.provider);
    module.not_offered("the authorization request is pushed, and nothing proves whose the tokens are");
}

/// DPoP is announced, and neither with a nonce nor without one is a proof sent.
#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_happy_path_no_dpop_nonce() {
    let module = table::begin("fapi2-security-profile-final-client-test-happy-path-no-dpop-nonce");
    let mut stand = Flow::Code.stand(Scenario::HappyPath).await;
    stand.provider.set_metadata("dpop_signing_alg_values_supported", ["ES256"]);
    stand.restart(Flow::Code.config(&stand.provider)).await;
    assert_signs_in(&stand, Flow::Code).await;
    assert_sends_no_proof(&stand.provider);
    module.not_offered("the requests for tokens and userinfo bring no proof");
}

fn assert_sends_no_proof(provider: &tower_oidc::testing::TestProvider) {
    for endpoint in [Endpoint::Token, Endpoint::Userinfo] {
        assert!(!provider.last_request(endpoint).unwrap().headers().contains_key("dpop"), "{endpoint:?}");
    }
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_rs_dpop_auth_scheme_case_insensitivity() {
    let module = table::begin("fapi2-security-profile-final-client-test-rs-dpop-auth-scheme-case-insensitivity");
    let stand = Flow::Code.stand(Scenario::HappyPath).await;
    for scheme in ["DPoP", "dpop", "DPOP"] {
        stand
            .provider
            .change_token_response(move |members, _| drop(members.insert("token_type".to_owned(), json!(scheme))));
        let mut browser = stand.browser();
        stand.sign_in(&mut browser, "alice").await;
        let error = stand.login_error();
        let LoginError::Exchange(reason) = &error else { panic!("{error:?}") };
        assert!(matches!(&**reason, TokenEndpointError::UnsupportedTokenType), "{scheme}: {reason:?}");
        assert_nobody(&stand, &browser, scheme).await;
    }
    stand.provider.behave();
    assert_signs_in(&stand, Flow::Code).await;
    module.not_offered("Exchange(UnsupportedTokenType)");
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_openbanking_intent_id() {
    let module = table::begin("fapi2-security-profile-final-client-test-invalid-openbanking-intent-id");
    let intent = |id: &str| json!({ "id_token": { "openbanking_intent_id": { "value": id, "essential": true } } });
    let asks = |oidc: &mut tower_oidc::config::Oidc| {
        oidc.custom_params.insert("claims".to_owned(), intent("of-this-login").to_string());
    };
    let stand = Flow::Code.changed(Scenario::HappyPath, asks).await;
    stand.provider.change_id_token(|token, _| token.claim("openbanking_intent_id", "of-another-login"));
    assert_signs_in(&stand, Flow::Code).await;
    module.not_offered("the claim is passed over, and the login goes on");
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_ensure_jarm_signature_is_not_none() {
    refuses_jarm("fapi2-security-profile-final-client-test-ensure-jarm-signature-is-not-none").await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_ensure_jarm_with_expired_exp_fails() {
    refuses_jarm("fapi2-security-profile-final-client-test-ensure-jarm-with-expired-exp-fails").await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_aud_fails() {
    refuses_jarm("fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-aud-fails").await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_iss_fails() {
    refuses_jarm("fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-iss-fails").await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_sig_fails() {
    refuses_jarm("fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-sig-fails").await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_ensure_jarm_without_aud_fails() {
    refuses_jarm("fapi2-security-profile-final-client-test-ensure-jarm-without-aud-fails").await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_ensure_jarm_without_exp_fails() {
    refuses_jarm("fapi2-security-profile-final-client-test-ensure-jarm-without-exp-fails").await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_ensure_jarm_without_iss_fails() {
    refuses_jarm("fapi2-security-profile-final-client-test-ensure-jarm-without-iss-fails").await;
}

/// An answer in a JWT cannot be asked for, and is refused whatever it says: here a good one.
async fn refuses_jarm(name: &str) {
    let module = table::begin(name);
    let problem = cannot_be_set("oidcConfiguration.responseMode", |oidc| {
        oidc.response_mode = Some("query.jwt".to_owned());
    })
    .await;
    let stand = Flow::Code.stand(Scenario::HappyPath).await;
    let provider = stand.provider.clone();
    stand.provider.change_authorization_response(move |parameters| {
        let token = provider.id_token("alice").without("sub");
        let token = parameters.iter().fold(token, |token, (name, value)| token.claim(name, value));
        *parameters = vec![("response".to_owned(), token.sign())];
    });
    let mut browser = stand.browser();
    let page = stand.sign_in(&mut browser, "alice").await;
    assert_refused(&stand, &browser, &page, &told(&LoginError::ResponseType)).await;
    assert_eq!(stand.provider.requests(Endpoint::Token), 0);
    stand.provider.behave();
    assert_signs_in(&stand, Flow::Code).await;
    module.not_offered(format!("{problem}; unasked: ResponseType"));
}
