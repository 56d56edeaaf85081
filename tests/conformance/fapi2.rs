//! FAPI 2.0 Security Profile, as far as it goes without tokens that are bound to their client: a client with a key of its own, the code
//! flow with PKCE, requests that are pushed and taken in no other way, `iss` in the answer, and ID tokens signed by ES256.
//!
//! The second implementer's draft has the same modules under the prefix `fapi2-security-profile-id2-client-test-`.

use tower_oidc::{
    jose::JoseError,
    login::LoginError,
    testing::{Endpoint, ManualClock, Scenario, TestProvider},
    types::Algorithm,
    validator::TokenError,
};

use crate::{
    config::assert_issuer_mismatch,
    refresh::assert_renews,
    relying_party::{Flow, assert_refuses, assert_signs_in, id_token, id_token_form, told, with_key},
    support::Stand,
    support_sessions::OFFLINE,
    table,
};

/// The application that is nearest to the profile, and a provider that plays.
async fn stand(scenario: Scenario) -> Stand {
    let clock = ManualClock::new();
    let provider = TestProvider::builder().algorithm(Algorithm::Es256).clock(clock.clone()).start().await;
    provider.require_pushed_requests(true);
    provider.play(scenario);
    let mut config = with_key(Flow::Code.config(&provider), &provider, "key-of-ours");
    let oidc = &mut config.authentication.oidc;
    oidc.preferred_jws_algorithm = Some("ES256".to_owned());
    oidc.scope = Some(OFFLINE.to_owned());
    Stand::built(provider, clock, config, |builder| builder).await
}

async fn accepts(scenario: Scenario) {
    let module = table::begin(scenario.name());
    assert_signs_in(&stand(scenario).await, Flow::Code).await;
    module.accepted("signed in");
}

async fn refuses(scenario: Scenario, reason: String) {
    let module = table::begin(scenario.name());
    assert_refuses(&stand(scenario).await, Flow::Code, &reason).await;
    module.refused(reason);
}

/// Likewise, and the code is not sent: nothing is done with an answer that is not the provider's to this login.
async fn refuses_the_answer(scenario: Scenario, reason: LoginError) {
    let (module, stand) = (table::begin(scenario.name()), stand(scenario).await);
    let token_requests = stand.provider.clone();
    assert_refuses_before(&stand, || token_requests.requests(Endpoint::Token), &told(&reason)).await;
    module.refused(told(&reason));
}

async fn assert_refuses_before(stand: &Stand, token_requests: impl Fn() -> usize, reason: &str) {
    let mut browser = stand.browser();
    let page = stand.sign_in(&mut browser, "alice").await;
    assert_eq!(token_requests(), 0, "the code is not sent");
    crate::relying_party::assert_refused(stand, &browser, &page, reason).await;
    stand.provider.behave();
    assert_signs_in(stand, Flow::Code).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_discovery_issuer_mismatch() {
    let module = table::begin(Scenario::Fapi2DiscoveryIssuerMismatch.name());
    module.refused(assert_issuer_mismatch(Scenario::Fapi2DiscoveryIssuerMismatch, Flow::Code).await);
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_iss() {
    refuses(Scenario::Fapi2InvalidIss, id_token(TokenError::UnknownIssuer)).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_aud() {
    refuses(Scenario::Fapi2InvalidAud, id_token(TokenError::Audience)).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_secondary_aud() {
    refuses(Scenario::Fapi2InvalidSecondaryAud, id_token(TokenError::AuthorizedParty)).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_valid_aud_as_array() {
    accepts(Scenario::Fapi2ValidAudAsArray).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_null_alg() {
    refuses(Scenario::Fapi2InvalidNullAlg, id_token_form(JoseError::Unsigned)).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_alternate_alg() {
    let reason = TokenError::AlgorithmNotAllowed { algorithm: Algorithm::Rs256 };
    refuses(Scenario::Fapi2InvalidAlternateAlg, id_token(reason)).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_expired_exp() {
    refuses(Scenario::Fapi2InvalidExpiredExp, id_token(TokenError::Expired { ago: 900 })).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_missing_exp() {
    refuses(Scenario::Fapi2InvalidMissingExp, id_token(TokenError::Missing { claim: "exp" })).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_missing_aud() {
    refuses(Scenario::Fapi2InvalidMissingAud, id_token(TokenError::Missing { claim: "aud" })).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_missing_iss() {
    refuses(Scenario::Fapi2InvalidMissingIss, id_token(TokenError::Missing { claim: "iss" })).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_missing_nonce() {
    refuses(Scenario::Fapi2InvalidMissingNonce, id_token(TokenError::Missing { claim: "nonce" })).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_nonce() {
    refuses(Scenario::Fapi2InvalidNonce, id_token(TokenError::Nonce)).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_invalid_authorization_response_iss() {
    refuses_the_answer(Scenario::Fapi2InvalidAuthorizationResponseIss, LoginError::ResponseIssuer).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_remove_authorization_response_iss() {
    refuses_the_answer(Scenario::Fapi2RemoveAuthorizationResponseIss, LoginError::ResponseIssuer).await;
}

/// A login is started once more, as for an answer that comes late, and then no more.
#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_state_fails() {
    refuses_the_answer(Scenario::Fapi2InvalidState, LoginError::Loop).await;
}

#[tokio::test]
#[rustfmt::skip]
pub(crate) async fn fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_missing_state_fails() {
    refuses_the_answer(Scenario::Fapi2MissingState, LoginError::Missing { name: "state" }).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_token_endpoint_response_without_expires_in() {
    accepts(Scenario::Fapi2WithoutExpiresIn).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_test_token_type_case_insensitivity() {
    accepts(Scenario::Fapi2TokenTypeCase).await;
}

#[tokio::test]
pub(crate) async fn fapi2_security_profile_final_client_refresh_token_test() {
    let module = table::begin(Scenario::Fapi2RefreshToken.name());
    assert_renews(&stand(Scenario::Fapi2RefreshToken).await).await;
    module.accepted("the session goes on with new tokens");
}
