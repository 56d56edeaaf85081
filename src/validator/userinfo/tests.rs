//! Signed userinfo, good and hostile.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::FutureExt as _;
use serde_json::json;

use super::*;
use crate::{
    jose::{JoseError, Part},
    testing::{SigningKey, TestProvider, TokenBuilder},
    types::{Algorithm, Issuer, JsonKind},
    validator::{
        fixtures::{REGISTERED, Stand, no_audience, no_string, no_time},
        token_kind::LOGOUT_EVENT,
    },
};

impl Stand {
    /// A good answer, with what section 5.3.2 wants and nothing of other tokens.
    fn answer(&self) -> TokenBuilder {
        ["exp", "iat", "auth_time", "sid"]
            .iter()
            .fold(self.provider.id_token("jane"), |token, name| token.without(name))
    }

    async fn takes(&self, token: TokenBuilder) -> Result<(), TokenError> {
        self.validator.userinfo(token.sign()).await.map(drop)
    }

    /// Each is refused, for its own reason.
    async fn assert_not_taken<const N: usize>(&self, cases: [(&str, TokenBuilder, TokenError); N]) {
        for (name, token, error) in cases {
            assert_eq!(self.takes(token).await, Err(error), "{name}");
        }
    }
}

#[tokio::test]
async fn a_good_answer_is_taken() {
    let stand = Stand::new().await;
    let verified = stand.validator.userinfo(stand.answer().claim("email", "j@company.com").sign()).await.unwrap();
    assert_eq!(verified.claims().string("email").unwrap().as_deref(), Some("j@company.com"));
    assert_eq!(verified.issuer(), &Issuer::new(stand.provider.issuer()));
    assert_eq!(stand.key_requests(), 1, "the keys were there");
}

#[tokio::test]
async fn what_a_provider_may_write_otherwise_is_taken() {
    let stand = Stand::new().await;
    let (client, now) = (stand.provider.client_id(), stand.now());
    for (name, token) in [
        ("no typ", stand.answer().without_header("typ")),
        ("the long form of typ", stand.answer().type_("application/jwt")),
        ("several audiences", stand.answer().audience(["other", client])),
        ("times that are good", stand.answer().claim("iat", now).claim("nbf", now).claim("exp", now + 60)),
        ("the last second with its leeway", stand.answer().claim("exp", now - 59)),
        ("its own sid, jti and auth_time", stand.answer().claim("sid", "s").claim("jti", "j").claim("auth_time", now)),
    ] {
        assert_eq!(stand.takes(token).await, Ok(()), "{name}");
    }
}

/// RFC 8725 section 3.12. All of them are signed with the right key, and for this client.
#[tokio::test]
async fn another_kind_of_token_is_no_userinfo() {
    let stand = Stand::new().await;
    let client = stand.provider.client_id();
    let access_token = || stand.provider.token("jane").audience(client);
    stand
        .assert_not_taken([
            ("an ID token", stand.provider.id_token("jane").nonce("n"), TokenError::NotUserinfo),
            ("an ID token beside a token", stand.provider.id_token("jane").access_token("at"), TokenError::NotUserinfo),
            ("an ID token of Cognito's", stand.answer().claim("token_use", "id"), TokenError::NotUserinfo),
            ("an access token", access_token(), TokenError::Type),
            ("an access token that calls itself JWT", access_token().type_("JWT"), TokenError::NotUserinfo),
            ("an access token of Keycloak's", stand.answer().claim("typ", "Bearer"), TokenError::NotUserinfo),
            ("a logout token", stand.answer().type_("logout+jwt"), TokenError::Type),
            (
                "a logout token that calls itself JWT",
                stand.answer().claim("events", json!({ LOGOUT_EVENT: {} })),
                TokenError::NotUserinfo,
            ),
            ("a security event", stand.answer().type_("secevent+jwt"), TokenError::Type),
            ("an introspection", stand.answer().type_("token-introspection+jwt"), TokenError::Type),
        ])
        .await;
}

#[tokio::test]
async fn only_the_provider_itself_speaks_of_people() {
    let stand = Stand::new().await;
    let other = TestProvider::builder().algorithm(REGISTERED).clock(stand.clock.clone()).start().await;
    let foreign = SigningKey::generate(REGISTERED).with_key_id(stand.provider.signing_key().key_id());
    stand
        .assert_not_taken([
            ("another issuer", stand.answer().issuer(other.issuer()), TokenError::UnknownIssuer),
            ("no issuer", stand.answer().without("iss"), TokenError::Missing { claim: "iss" }),
            ("issuers", stand.answer().claim("iss", [stand.provider.issuer()]), no_string("iss", JsonKind::Array)),
            ("another key of that id", stand.answer().key(&foreign), JoseError::Signature.into()),
        ])
        .await;
}

#[tokio::test]
async fn an_answer_is_for_the_client() {
    let stand = Stand::new().await;
    stand
        .assert_not_taken([
            ("for another client", stand.answer().audience("another"), TokenError::Audience),
            ("for an API", stand.answer().audience(stand.provider.audience()), TokenError::Audience),
            ("for nobody", stand.answer().without("aud"), TokenError::Missing { claim: "aud" }),
            ("for a number", stand.answer().audience(1), no_audience(JsonKind::Number)),
        ])
        .await;
}

#[tokio::test]
async fn an_answer_says_of_whom_it_is() {
    let stand = Stand::new().await;
    stand
        .assert_not_taken([
            ("no sub", stand.answer().without("sub"), TokenError::Missing { claim: "sub" }),
            ("an empty sub", stand.answer().claim("sub", ""), TokenError::Empty { claim: "sub" }),
            ("sub of a number", stand.answer().claim("sub", 1), no_string("sub", JsonKind::Number)),
        ])
        .await;
}

#[tokio::test]
async fn an_answer_that_says_how_long_it_is_good_is_good_for_so_long() {
    let stand = Stand::new().await;
    let now = stand.now();
    stand
        .assert_not_taken([
            ("expired", stand.answer().claim("exp", now - 60), TokenError::Expired { ago: 60 }),
            ("exp of a text", stand.answer().claim("exp", "1"), no_time("exp", JsonKind::String)),
            ("exp null", stand.answer().claim("exp", json!(null)), no_time("exp", JsonKind::Null)),
            ("not yet", stand.answer().claim("nbf", now + 61), TokenError::NotYetValid { ahead: 61 }),
            ("iat ahead", stand.answer().claim("iat", now + 61), TokenError::IssuedInTheFuture { ahead: 61 }),
        ])
        .await;
}

#[tokio::test]
async fn another_algorithm_is_refused_before_a_key_is_looked_for() {
    let stand = Stand::new().await;
    for algorithm in Algorithm::ALL.iter().copied().filter(|algorithm| *algorithm != REGISTERED) {
        let token = stand.answer().algorithm(algorithm).sign();
        let refused = stand.validator.userinfo(&token).now_or_never().expect("nothing is waited for");
        assert_eq!(refused.unwrap_err(), TokenError::AlgorithmNotAllowed { algorithm });
    }
}

#[tokio::test]
async fn what_nobody_signed_or_somebody_encrypted_is_refused() {
    let stand = Stand::new().await;
    let good = stand.answer().sign();
    let public = stand.provider.jwks().to_string();
    let encrypted = URL_SAFE_NO_PAD.encode(json!({ "alg": "RSA-OAEP", "enc": "A128GCM" }).to_string());
    for (token, error) in [
        (stand.answer().unsigned().sign(), JoseError::Unsigned),
        (stand.answer().secret(&public).sign(), JoseError::Symmetric),
        (format!("{encrypted}.a.b.c.d"), JoseError::Encrypted),
        (r#"{"sub":"jane"}"#.to_owned(), JoseError::Segments),
        (String::new(), JoseError::Segments),
        (format!("{good}\n"), JoseError::Base64 { part: Part::Signature }),
    ] {
        assert_eq!(stand.validator.userinfo(&token).await.unwrap_err(), TokenError::Jose(error), "{token}");
    }
    let not_text = stand.validator.userinfo([0xff, b'.', b'.']).await.unwrap_err();
    assert!(matches!(not_text, TokenError::Jose(_)), "{not_text:?}");
}

#[tokio::test]
async fn a_key_that_is_rotated_just_before_signing_is_fetched() {
    let stand = Stand::new().await;
    stand.end_pause();
    stand.provider.rotate_keys(REGISTERED);
    assert_eq!(stand.takes(stand.answer()).await, Ok(()));
    assert_eq!(stand.key_requests(), 2);
}

#[tokio::test]
async fn without_keys_there_is_no_verdict() {
    let stand = Stand::unreachable().await;
    let error = stand.takes(stand.answer()).await.unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
}
