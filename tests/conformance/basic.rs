//! A login: the profiles Basic and Implicit, and what the comprehensive plan adds to them.

use http::{StatusCode, header::AUTHORIZATION};
use serde_json::Value;
use tower_oidc::{
    jose::JoseError,
    testing::{Endpoint, Scenario},
    validator::TokenError,
};

use crate::{
    relying_party::{
        ALL, CODE, Flow, accepts, assert_refuses, assert_signs_in, id_token, id_token_form, refuses, with_key,
    },
    support::{SERVER, Stand, provider},
    table,
};

/// By every variant of the suite that there is: client authentication, response mode and response type.
#[tokio::test]
pub(crate) async fn oidcc_client_test() {
    let module = table::begin("oidcc-client-test");
    let methods = ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"];
    for method in methods {
        for flow in CODE {
            let (provider, clock) = provider().await;
            let mut config = flow.config(&provider);
            config.authentication.oidc.client_authentication_method = Some(method.to_owned());
            let config = match method {
                "private_key_jwt" => with_key(config, &provider, "key-of-ours"),
                "none" => {
                    let mut public = provider.public_login_config(SERVER).session_secret(crate::support::SECRET);
                    public.authentication.oidc.response_type = Some("code".to_owned());
                    public.authentication.oidc.response_mode = config.authentication.oidc.response_mode;
                    public.authentication.oidc.load_userinfo = Some("always".to_owned());
                    public
                }
                _ => config,
            };
            let stand = Stand::built(provider, clock, config, |builder| builder).await;
            assert_signs_in(&stand, *flow).await;
        }
    }
    assert_signs_in(&Flow::Implicit.stand(Scenario::HappyPath).await, Flow::Implicit).await;
    module.accepted(format!("signed in by {CODE:?} with {}, and by Implicit", methods.join(", ")));
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_invalid_iss() {
    refuses(Scenario::InvalidIss, ALL, id_token(TokenError::UnknownIssuer)).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_invalid_aud() {
    refuses(Scenario::InvalidAud, ALL, id_token(TokenError::Audience)).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_missing_aud() {
    refuses(Scenario::MissingAud, ALL, id_token(TokenError::Missing { claim: "aud" })).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_missing_iat() {
    refuses(Scenario::MissingIat, ALL, id_token(TokenError::Missing { claim: "iat" })).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_missing_sub() {
    refuses(Scenario::MissingSub, ALL, id_token(TokenError::Missing { claim: "sub" })).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_nonce_invalid() {
    refuses(Scenario::NonceInvalid, ALL, id_token(TokenError::Nonce)).await;
}

/// The provider refuses a request for an ID token without one; each is new.
#[tokio::test]
pub(crate) async fn oidcc_client_test_nonce_unless_code_flow() {
    let module = table::begin(Scenario::NonceUnlessCodeFlow.name());
    let stand = Flow::Implicit.stand(Scenario::NonceUnlessCodeFlow).await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        assert_signs_in(&stand, Flow::Implicit).await;
        let request = stand.provider.last_request(Endpoint::Authorize).unwrap();
        let query = url::form_urlencoded::parse(request.uri().query().unwrap().as_bytes());
        nonces.extend(query.into_owned().filter(|(name, _)| name == "nonce").map(|(_, nonce)| nonce));
    }
    assert!(nonces.len() == 2 && nonces[0] != nonces[1] && nonces[0].len() >= 22, "{nonces:?}");
    module.accepted("a new nonce at each login");
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_idtoken_sig_rs256() {
    accepts(Scenario::IdTokenSigRs256, ALL).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_idtoken_sig_none() {
    refuses(Scenario::IdTokenSigNone, ALL, id_token_form(JoseError::Unsigned)).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_invalid_sig_rs256() {
    refuses(Scenario::InvalidSigRs256, ALL, id_token_form(JoseError::Signature)).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_invalid_sig_hs256() {
    refuses(Scenario::InvalidSigHs256, ALL, id_token_form(JoseError::Symmetric)).await;
}

/// The client has registered ES256.
#[tokio::test]
pub(crate) async fn oidcc_client_test_invalid_sig_es256() {
    let module = table::begin(Scenario::InvalidSigEs256.name());
    let reason = id_token_form(JoseError::Signature);
    for flow in ALL {
        let registered = |oidc: &mut tower_oidc::config::Oidc| {
            oidc.preferred_jws_algorithm = Some("ES256".to_owned());
        };
        let stand = flow.changed(Scenario::InvalidSigEs256, registered).await;
        stand.provider.set_id_token_algorithm(tower_oidc::types::Algorithm::Es256);
        assert_refuses(&stand, *flow, &reason).await;
    }
    module.refused(reason);
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_kid_absent_single_jwks() {
    accepts(Scenario::KidAbsentSingleJwks, ALL).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_kid_absent_multiple_jwks() {
    refuses(Scenario::KidAbsentMultipleJwks, ALL, id_token(TokenError::AmbiguousKey)).await;
}

/// A hash of another access token: `response_type=id_token token` is not offered, but a code brings an access token as well.
#[tokio::test]
pub(crate) async fn oidcc_client_test_invalid_athash() {
    refuses(Scenario::InvalidAtHash, CODE, id_token(TokenError::AccessTokenHash)).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_userinfo_bearer_header() {
    let module = table::begin(Scenario::UserinfoBearerHeader.name());
    for flow in CODE {
        let stand = flow.stand(Scenario::UserinfoBearerHeader).await;
        assert_signs_in(&stand, *flow).await;
        let request = stand.provider.last_request(Endpoint::Userinfo).unwrap();
        assert!(request.headers()[AUTHORIZATION].to_str().unwrap().starts_with("Bearer "));
        assert!(request.body().is_empty() && request.uri().query().is_none());
    }
    module.accepted("the access token is in the header alone");
}

/// Nothing of what is said of somebody else is used: the login goes on with the ID token alone.
#[tokio::test]
pub(crate) async fn oidcc_client_test_userinfo_invalid_sub() {
    let module = table::begin(Scenario::UserinfoInvalidSub.name());
    for flow in CODE {
        let stand = flow.stand(Scenario::UserinfoInvalidSub).await;
        stand.provider.change_id_token(|token, _| token.without("email").without("email_verified").without("name"));
        let mut browser = stand.browser();
        let me = stand.sign_in(&mut browser, "alice").await;
        let me: Value = (me.status == StatusCode::OK).then(|| me.json()).expect("the login goes on");
        assert_eq!((&me["sub"], &me["email"], &me["name"]), (&"alice".into(), &Value::Null, &"alice".into()));
        assert_eq!(stand.provider.requests(Endpoint::Userinfo), 1);
    }
    module.accepted("signed in with the claims of the ID token alone; userinfo is dropped whole");
}

/// The claims that only the signed answer has are the principal's.
#[tokio::test]
pub(crate) async fn oidcc_client_test_userinfo_signed() {
    let module = table::begin(Scenario::UserinfoSigned.name());
    for flow in CODE {
        let stand = flow.stand(Scenario::UserinfoSigned).await;
        stand.provider.change_id_token(|token, _| token.without("email").without("email_verified"));
        assert_signs_in(&stand, *flow).await;
        let me: Value = stand.signed_in("alice").await.fetch("/me").await.json();
        assert_eq!((&me["email"], &me["emailVerified"]), (&"alice@example.com".into(), &true.into()), "{flow:?}");
        // It was a JWT: called JSON, it is refused.
        stand.provider.endpoint(Endpoint::Userinfo).set_header("content-type", "application/json");
        let page = stand.sign_in(&mut stand.browser(), "alice").await;
        assert_ne!(page.status, StatusCode::OK, "{flow:?}");
    }
    module.accepted(format!("signed in with the claims of a JWT by {CODE:?}"));
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_scope_userinfo_claims() {
    let module = table::begin(Scenario::ScopeUserinfoClaims.name());
    for flow in ALL {
        let stand = flow.stand(Scenario::ScopeUserinfoClaims).await;
        assert_signs_in(&stand, *flow).await;
        let me: Value = stand.signed_in("alice").await.fetch("/me").await.json();
        assert_eq!((&me["email"], &me["emailVerified"]), (&"alice@example.com".into(), &true.into()), "{flow:?}");
    }
    module.accepted("the principal has the address that the scope email asks for");
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_client_secret_basic() {
    let module = table::begin(Scenario::ClientSecretBasic.name());
    for flow in CODE {
        let stand = flow.stand(Scenario::ClientSecretBasic).await;
        assert_signs_in(&stand, *flow).await;
        let request = stand.provider.last_request(Endpoint::Token).unwrap();
        assert!(request.headers()[AUTHORIZATION].to_str().unwrap().starts_with("Basic "));
        assert!(!String::from_utf8_lossy(request.body()).contains("client_secret"), "and nowhere else");
    }
    module.accepted("id and secret are in the header alone");
}
