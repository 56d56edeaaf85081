//! Encryption, which the suite's predecessor tried: each is refused, and its test fails on surprise success.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tower_oidc::{
    jose::JoseError,
    login::LoginError,
    testing::{Scenario, TestProvider},
};

use crate::{
    ledger::asked,
    relying_party::{ALL, CODE, assert_nobody, assert_refused, assert_signs_in, id_token_form, told},
    table,
};

/// A JWE with that header (RFC 7516 section 7.1). To whoever has no key it is as good as any.
fn encrypted(algorithm: &str) -> String {
    let header = format!(r#"{{"alg":"{algorithm}","enc":"A128CBC-HS256","cty":"JWT"}}"#);
    let parts = [header.as_bytes(), &[1; 256], &[2; 16], &[3; 512], &[4; 16]];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

#[tokio::test]
pub(crate) async fn rp_id_token_sig_enc() {
    refuses_an_encrypted_id_token("rp-id_token-sig+enc", "RSA1_5").await;
}

#[tokio::test]
pub(crate) async fn rp_id_token_sig_enc_a128kw() {
    refuses_an_encrypted_id_token("rp-id_token-sig+enc-a128kw", "A128KW").await;
}

/// There is no key to rotate: nothing that is encrypted is taken.
#[tokio::test]
pub(crate) async fn rp_key_rotation_rp_enc_key() {
    refuses_an_encrypted_id_token("rp-key-rotation-rp-enc-key", "RSA-OAEP").await;
}

async fn refuses_an_encrypted_id_token(name: &str, algorithm: &'static str) {
    let (module, reason) = (table::begin(name), id_token_form(JoseError::Encrypted));
    for flow in ALL {
        let stand = flow.stand(Scenario::HappyPath).await;
        encrypt_id_tokens(&stand.provider, algorithm);
        let mut browser = stand.browser();
        let page = stand.sign_in(&mut browser, "alice").await;
        assert_refused(&stand, &browser, &page, &reason).await;
        stand.provider.behave();
        assert_signs_in(&stand, *flow).await;
    }
    module.not_offered(reason);
}

fn encrypt_id_tokens(provider: &TestProvider, algorithm: &'static str) {
    provider.change_token_response(move |members, _| {
        members.insert("id_token".to_owned(), encrypted(algorithm).into());
    });
    provider.change_authorization_response(move |parameters| {
        let tokens = parameters.iter_mut().filter(|(name, _)| name == "id_token");
        tokens.for_each(|(_, token)| *token = encrypted(algorithm));
    });
}

#[tokio::test]
pub(crate) async fn rp_userinfo_enc() {
    refuses_encrypted_userinfo("rp-userinfo-enc").await;
}

#[tokio::test]
pub(crate) async fn rp_userinfo_sig_enc() {
    refuses_encrypted_userinfo("rp-userinfo-sig+enc").await;
}

/// Before anything in it is read: what is inside cannot be told from outside.
async fn refuses_encrypted_userinfo(name: &str) {
    let (module, reason) = (table::begin(name), told(&LoginError::UserinfoToken(JoseError::Encrypted.into())));
    for flow in CODE {
        let stand = flow.stand(Scenario::HappyPath).await;
        stand.provider.sign_userinfo(|_| encrypted("RSA-OAEP"));
        let mut browser = stand.browser();
        let page = stand.sign_in(&mut browser, "alice").await;
        let error = stand.login_error();
        assert_eq!((page.status, told(&error)), (error.kind().status(), reason.clone()), "{flow:?}");
        assert_nobody(&stand, &browser, "userinfo was not taken").await;
        stand.provider.behave();
        assert_signs_in(&stand, *flow).await;
    }
    module.not_offered(reason);
}

/// The provider says that it takes request objects, and encrypted ones: none is sent, so that no key of its is needed.
#[tokio::test]
pub(crate) async fn rp_key_rotation_op_enc_key() {
    let module = table::begin("rp-key-rotation-op-enc-key");
    for flow in ALL {
        let mut stand = flow.stand(Scenario::HappyPath).await;
        stand.provider.set_metadata("request_parameter_supported", true);
        stand.provider.set_metadata("request_object_encryption_alg_values_supported", ["RSA-OAEP"]);
        stand.restart(flow.config(&stand.provider)).await;
        assert_signs_in(&stand, *flow).await;
        assert!(!asked(&stand.provider).iter().any(|name| name == "request"), "{flow:?}");
    }
    module.not_offered("the authorization request is sent as it is");
}
