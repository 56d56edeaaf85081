//! Logout tokens, good and hostile. The modules of the OpenID conformance suite stand beside the cases they are.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::FutureExt as _;
use serde_json::json;

use super::*;
use crate::{
    jose::JoseError,
    testing::{SigningKey, TestProvider, TokenBuilder},
    types::{Algorithm, ClaimError, Issuer, JsonKind},
    validator::fixtures::{REGISTERED, Stand, no_audience, no_string, no_time},
};

impl Stand {
    /// A logout token as the specification has it: of a session and its user, good for two minutes.
    fn logout(&self) -> TokenBuilder {
        let token = self.provider.id_token("jane").type_("logout+jwt").without("auth_time");
        let token = token.claim("sid", "08a5019c").claim("jti", "bWJq").expires_in(LIFETIME);
        token.claim("events", json!({ LOGOUT_EVENT: {} }))
    }

    async fn ends(&self, token: TokenBuilder) -> Result<(), TokenError> {
        self.validator.logout_token(&token.sign()).await.map(drop)
    }

    /// Each is refused, for its own reason.
    async fn assert_ends_nothing<const N: usize>(&self, cases: [(&str, TokenBuilder, TokenError); N]) {
        for (name, token, error) in cases {
            assert_eq!(self.ends(token).await, Err(error), "{name}");
        }
    }
}

/// oidcc-client-test-rp-backchannel-rpinitlogout
#[tokio::test]
async fn a_good_logout_token_says_whose_session_has_ended() {
    let stand = Stand::new().await;
    let verified = stand.validator.logout_token(&stand.logout().sign()).await.unwrap();
    assert_eq!(verified.provider_session().as_deref(), Some("08a5019c"));
    assert_eq!(verified.subject().as_deref(), Some("jane"));
    assert_eq!(verified.issuer(), &Issuer::new(stand.provider.issuer()));

    let of_user = stand.validator.logout_token(&stand.logout().without("sid").sign()).await.unwrap();
    assert_eq!((of_user.provider_session(), of_user.subject().as_deref()), (None, Some("jane")));
    let of_session = stand.validator.logout_token(&stand.logout().without("sub").sign()).await.unwrap();
    assert_eq!((of_session.provider_session().as_deref(), of_session.subject()), (Some("08a5019c"), None));
}

#[tokio::test]
async fn what_a_provider_may_write_otherwise_is_accepted() {
    let stand = Stand::new().await;
    for (name, token) in [
        ("Auth0's typ and trace", stand.logout().type_("JWT").claim("trace_id", "t")),
        ("no typ", stand.logout().without_header("typ")),
        ("several audiences", stand.logout().audience(["another", stand.provider.client_id()])),
        ("an event that tells more", stand.logout().claim("events", json!({ LOGOUT_EVENT: {"reason": "x"}, "y": 1 }))),
        ("no exp, as before 2023", stand.logout().without("exp")),
    ] {
        assert_eq!(stand.ends(token).await, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn another_kind_of_token_ends_no_session() {
    let stand = Stand::new().await;
    let client = stand.provider.client_id();
    stand
        .assert_ends_nothing([
            ("an ID token", stand.provider.id_token("jane"), TokenError::Missing { claim: "events" }),
            ("an access token", stand.provider.token("jane").audience(client), TokenError::Type),
            ("typ at+jwt", stand.logout().type_("at+jwt"), TokenError::Type),
            ("another security event", stand.logout().type_("secevent+jwt"), TokenError::Type),
        ])
        .await;
}

#[tokio::test]
async fn only_the_provider_itself_signs_people_out() {
    let stand = Stand::new().await;
    let other = TestProvider::builder().algorithm(REGISTERED).clock(stand.clock.clone()).start().await;
    let foreign = SigningKey::generate(REGISTERED).with_key_id(stand.provider.signing_key().key_id());
    stand
        .assert_ends_nothing([
            // ...-wrong-iss
            ("another issuer", stand.logout().issuer(other.issuer()), TokenError::UnknownIssuer),
            ("no issuer", stand.logout().without("iss"), TokenError::Missing { claim: "iss" }),
            ("another key of that id", stand.logout().key(&foreign), JoseError::Signature.into()),
        ])
        .await;
}

/// ...-wrong-alg
#[tokio::test]
async fn another_algorithm_is_refused_before_a_key_is_looked_for() {
    let stand = Stand::new().await;
    let token = stand.logout().algorithm(Algorithm::Rs256).sign();
    let refused = stand.validator.logout_token(&token).now_or_never().expect("nothing is waited for");
    assert_eq!(refused.unwrap_err(), TokenError::AlgorithmNotAllowed { algorithm: Algorithm::Rs256 });
}

/// ...-alg-none
#[tokio::test]
async fn a_logout_token_that_nobody_signed_is_refused() {
    let stand = Stand::new().await;
    let good = stand.logout().sign();
    let payload = good.split('.').nth(1).unwrap();
    for (alg, error) in [("none", JoseError::Unsigned), ("HS256", JoseError::Symmetric)] {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "typ": "logout+jwt" }).to_string());
        let refused = stand.validator.logout_token(&format!("{header}.{payload}.")).await.unwrap_err();
        assert_eq!(refused, TokenError::Jose(error), "{alg}");
    }
}

#[tokio::test]
async fn a_key_that_is_rotated_just_before_signing_is_fetched() {
    let stand = Stand::new().await;
    stand.end_pause();
    stand.provider.rotate_keys(REGISTERED);
    assert_eq!(stand.ends(stand.logout()).await, Ok(()));
    assert_eq!(stand.key_requests(), 2);
}

#[tokio::test]
async fn a_logout_token_is_for_the_client() {
    let stand = Stand::new().await;
    stand
        .assert_ends_nothing([
            // ...-wrong-aud
            ("for another client", stand.logout().audience("another"), TokenError::Audience),
            ("no aud", stand.logout().without("aud"), TokenError::Missing { claim: "aud" }),
            ("aud as a number", stand.logout().audience(1), no_audience(JsonKind::Number)),
        ])
        .await;
}

#[tokio::test]
async fn a_logout_token_is_good_for_its_time() {
    let stand = Stand::new().await;
    let now = stand.now();
    let issued = |ago: u64| stand.logout().claim("iat", now - ago);
    assert_eq!(stand.ends(issued(86_400)).await, Ok(()), "exp alone counts where it is there");
    assert_eq!(stand.ends(issued(179).without("exp")).await, Ok(()), "two minutes, and the leeway");
    stand
        .assert_ends_nothing([
            ("expired", stand.logout().claim("exp", now - 60), TokenError::Expired { ago: 60 }),
            ("old and without exp", issued(180).without("exp"), TokenError::Expired { ago: 60 }),
            ("exp null", stand.logout().claim("exp", json!(null)), no_time("exp", JsonKind::Null)),
            ("not yet", stand.logout().claim("nbf", now + 61), TokenError::NotYetValid { ahead: 61 }),
            ("no iat", stand.logout().without("iat"), TokenError::Missing { claim: "iat" }),
            ("iat ahead", stand.logout().claim("iat", now + 61), TokenError::IssuedInTheFuture { ahead: 61 }),
        ])
        .await;
}

#[tokio::test]
async fn a_logout_token_says_whose_session_it_is() {
    let stand = Stand::new().await;
    stand
        .assert_ends_nothing([
            ("neither", stand.logout().without("sub").without("sid"), TokenError::LogoutTarget),
            ("an empty sub", stand.logout().claim("sub", ""), TokenError::Empty { claim: "sub" }),
            ("an empty sid", stand.logout().claim("sid", ""), TokenError::Empty { claim: "sid" }),
            ("sub null", stand.logout().claim("sub", json!(null)), no_string("sub", JsonKind::Null)),
            ("sid as a number", stand.logout().claim("sid", 7), no_string("sid", JsonKind::Number)),
        ])
        .await;
}

#[tokio::test]
async fn a_logout_token_tells_of_a_logout() {
    let stand = Stand::new().await;
    let events = |events: serde_json::Value| stand.logout().claim("events", events);
    // ...-no-event
    assert_eq!(stand.ends(stand.logout().without("events")).await, Err(TokenError::Missing { claim: "events" }));
    for wrong in [
        json!({}),
        // ...-wrong-event
        json!({ "http://schemas.openid.net/event/foo": {} }),
        json!({ LOGOUT_EVENT.to_uppercase(): {} }),
        json!({ LOGOUT_EVENT: null }),
        json!({ LOGOUT_EVENT: [] }),
        json!({ LOGOUT_EVENT: "{}" }),
        json!({ LOGOUT_EVENT: true }),
    ] {
        assert_eq!(stand.ends(events(wrong.clone())).await, Err(TokenError::LogoutEvent), "{wrong}");
    }
    for (wrong, found) in [
        (json!(null), JsonKind::Null),
        (json!([LOGOUT_EVENT]), JsonKind::Array),
        (json!([{}]), JsonKind::Array),
        (json!(LOGOUT_EVENT), JsonKind::String),
    ] {
        let error = ClaimError { claim: "events".into(), expected: "of the type asked for", found };
        assert_eq!(stand.ends(events(wrong.clone())).await, Err(error.into()), "{wrong}");
    }
}

/// ...-with-nonce
#[tokio::test]
async fn a_logout_token_has_no_nonce_of_whatever_type() {
    let stand = Stand::new().await;
    for nonce in [json!("n"), json!(""), json!(null), json!(7)] {
        let refused = stand.ends(stand.logout().claim("nonce", &nonce)).await;
        assert_eq!(refused, Err(TokenError::LogoutNonce), "{nonce}");
    }
}

#[tokio::test]
async fn a_logout_token_has_an_identifier() {
    let stand = Stand::new().await;
    stand
        .assert_ends_nothing([
            ("no jti", stand.logout().without("jti"), TokenError::Missing { claim: "jti" }),
            ("an empty jti", stand.logout().claim("jti", ""), TokenError::Empty { claim: "jti" }),
            ("jti as a number", stand.logout().claim("jti", 7), no_string("jti", JsonKind::Number)),
        ])
        .await;
}
