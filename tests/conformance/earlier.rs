//! Names of the suite's predecessor that have no successor, and are good tests.

use http::StatusCode;
use serde_json::{Value, json};
use tower_oidc::testing::Endpoint;
use url::form_urlencoded;

use crate::{
    relying_party::{ALL, CODE, Flow, assert_nobody, assert_signs_in, with_key},
    support::{Stand, provider},
    table,
};

#[tokio::test]
pub(crate) async fn rp_claims_request_id_token() {
    asks_for_a_claim("rp-claims_request-id_token", "id_token", ALL).await;
}

#[tokio::test]
pub(crate) async fn rp_claims_request_userinfo() {
    asks_for_a_claim("rp-claims_request-userinfo", "userinfo", CODE).await;
}

/// `customParams.claims` (OpenID Connect Core 1.0 section 5.5): the provider gives an essential claim only where it is asked to.
async fn asks_for_a_claim(name: &str, place: &'static str, flows: &[Flow]) {
    let module = table::begin(name);
    let claims = json!({ place: { "nickname": { "essential": true } } });
    for flow in flows {
        for asks in [true, false] {
            let (provider, clock) = provider().await;
            let asked = provider.clone();
            let is_asked = move || is_asked_for(&asked, place);
            match place {
                "userinfo" => provider.change_userinfo(move |claims| {
                    claims.extend(is_asked().then(|| ("nickname".to_owned(), json!("Ally"))));
                }),
                _ => provider.change_id_token(
                    move |token, _| {
                        if is_asked() { token.claim("nickname", "Ally") } else { token }
                    },
                ),
            }
            let mut config = flow.config(&provider);
            config.authentication.jwt_principal_claims_mapping = vec!["nick:nickname".to_owned()];
            if asks {
                config.authentication.oidc.custom_params.insert("claims".to_owned(), claims.to_string());
            }
            let stand = Stand::built(provider, clock, config, |builder| builder).await;
            let me: Value = stand.signed_in("alice").await.fetch("/me").await.json();
            assert_eq!(me.to_string().contains("Ally"), asks, "{flow:?}: {me}");
            stand.provider.behave();
        }
    }
    module.accepted("the claim is asked for by customParams.claims, and the principal has it");
}

/// Whether the last authorization request asks for the nickname there.
fn is_asked_for(provider: &tower_oidc::testing::TestProvider, place: &str) -> bool {
    let request = provider.last_request(Endpoint::Authorize).unwrap();
    let mut query = form_urlencoded::parse(request.uri().query().unwrap().as_bytes());
    let claims = query.find(|(name, _)| name == "claims").map(|(_, claims)| claims.into_owned());
    claims.is_some_and(|claims| serde_json::from_str::<Value>(&claims).unwrap()[place]["nickname"]["essential"] == true)
}

/// The application gets a new key, and is started again with it once the provider knows that.
#[tokio::test]
pub(crate) async fn rp_key_rotation_rp_sign_key() {
    let module = table::begin("rp-key-rotation-rp-sign-key");
    for flow in CODE {
        let (provider, clock) = provider().await;
        let first = with_key(flow.config(&provider), &provider, "first");
        let mut stand = Stand::built(provider, clock, first.clone(), |builder| builder).await;
        assert_signs_in(&stand, *flow).await;

        stand.restart(with_key(flow.config(&stand.provider), &stand.provider, "second")).await;
        assert_signs_in(&stand, *flow).await;

        let (provider, clock) = crate::support::provider().await;
        let mut old = first;
        old.authentication.authority = Some(provider.issuer().to_owned());
        provider.add_redirect_uri("https://app.example/callback");
        with_key(flow.config(&provider), &provider, "second");
        let stand = Stand::built(provider, clock, old, |builder| builder).await;
        let mut browser = stand.browser();
        let page = stand.sign_in(&mut browser, "alice").await;
        assert_eq!((page.status, stand.login_error().code()), (StatusCode::INTERNAL_SERVER_ERROR, "exchange_failed"));
        assert_nobody(&stand, &browser, "the provider does not know the old key any more").await;
    }
    module.accepted("signed in with either key, each for as long as the provider knows it");
}
