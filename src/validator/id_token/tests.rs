//! ID tokens, good and hostile. The modules of the OpenID conformance suite stand beside the cases they are.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::FutureExt as _;
use serde_json::json;
use url::Url;

use super::*;
use crate::{
    config::{HttpSettings, ProviderKind},
    jose::JoseError,
    provider::{HttpClient, HttpError, Provider},
    testing::{ManualClock, SigningKey, TestProvider, TokenBuilder},
    types::{Algorithm, BoxFuture, ClaimsError, Issuer, JsonKind},
    validator::{
        ClientValidator,
        fixtures::{REGISTERED, Stand, no_audience, no_string, no_time},
        token_kind::LOGOUT_EVENT,
    },
};

const NONCE: &str = "n-0S6_WzA2Mj";

/// A login with a nonce, as nearly all are.
fn login() -> Asked<'static> {
    Asked { nonce: Some(NONCE), ..Asked::default() }
}

impl Stand {
    /// A good answer to [`login`].
    fn good(&self) -> TokenBuilder {
        self.provider.id_token("jane").nonce(NONCE)
    }

    async fn accepts(&self, token: TokenBuilder, asked: Asked<'_>) -> Result<(), TokenError> {
        self.validator.id_token(&token.sign(), asked).await.map(drop)
    }

    /// Each is refused, for its own reason.
    async fn assert_refused<const N: usize>(&self, cases: [(&str, TokenBuilder, TokenError); N]) {
        for (name, token, error) in cases {
            assert_eq!(self.accepts(token, login()).await, Err(error), "{name}");
        }
    }
}

#[tokio::test]
async fn a_good_id_token_is_accepted() {
    let stand = Stand::new().await;
    let verified = stand.validator.id_token(&stand.good().sign(), login()).await.unwrap();
    assert_eq!(verified.claims().string("sub").unwrap().as_deref(), Some("jane"));
    assert_eq!(verified.issuer(), &Issuer::new(stand.provider.issuer()));
    assert_eq!(verified.provider(), ProviderKind::CustomOidc);
    assert_eq!(stand.key_requests(), 1, "the keys were there");
}

#[tokio::test]
async fn what_a_provider_may_write_otherwise_is_accepted() {
    let stand = Stand::new().await;
    let client = stand.provider.client_id();
    for (name, token) in [
        ("no typ", stand.good().without_header("typ")),
        ("the long form of typ", stand.good().type_("application/jwt")),
        ("a list of one audience", stand.good().audience([client])),
        ("azp of the client", stand.good().claim("azp", client)),
        ("several audiences and azp", stand.good().audience(["other", client]).claim("azp", client)),
        ("the longest subject", stand.good().claim("sub", "s".repeat(255))),
        ("a subject beyond ASCII", stand.good().claim("sub", "å".repeat(255))),
        ("no auth_time, none asked for", stand.good().without("auth_time")),
        ("what else access tokens have", stand.good().scope("openid").claim("client_id", client)),
        ("Cognito's and Keycloak's own word for it", stand.good().claim("token_use", "id").claim("typ", "ID")),
        ("events of another kind", stand.good().claim("events", json!({"https://company.com/event": {}}))),
        ("events that are no events", stand.good().claim("events", ["conference"])),
    ] {
        assert_eq!(stand.accepts(token, login()).await, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn only_the_provider_itself_signs_people_in() {
    let stand = Stand::new().await;
    let other = TestProvider::builder().algorithm(REGISTERED).clock(stand.clock.clone()).start().await;
    let with_slash = format!("{}/", stand.provider.issuer());
    stand
        .assert_refused([
            // oidcc-client-test-invalid-iss
            ("another provider", other.id_token("jane").nonce(NONCE), TokenError::UnknownIssuer),
            ("its issuer with a slash", stand.good().issuer(&with_slash), TokenError::UnknownIssuer),
            ("an empty issuer", stand.good().issuer(""), TokenError::UnknownIssuer),
            ("no issuer", stand.good().without("iss"), TokenError::Missing { claim: "iss" }),
            (
                "a list of issuers",
                stand.good().claim("iss", [stand.provider.issuer()]),
                no_string("iss", JsonKind::Array),
            ),
        ])
        .await;
}

#[tokio::test]
async fn another_algorithm_is_refused_before_a_key_is_looked_for() {
    let stand = Stand::new().await;
    for algorithm in Algorithm::ALL.iter().copied().filter(|algorithm| *algorithm != REGISTERED) {
        let token = stand.good().algorithm(algorithm).sign();
        let refused = stand.validator.id_token(&token, login()).now_or_never().expect("nothing is waited for");
        assert_eq!(refused.unwrap_err(), TokenError::AlgorithmNotAllowed { algorithm });
    }
    assert_eq!(stand.key_requests(), 1, "none but that of the start");
}

#[tokio::test]
async fn an_id_token_that_nobody_or_somebody_else_signed_is_refused() {
    let stand = Stand::new().await;
    let key = stand.provider.signing_key();
    let good = stand.good().sign();
    let (input, signature) = good.rsplit_once('.').unwrap();
    let (_, payload) = input.split_once('.').unwrap();
    let unsigned = |header: &str| format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(header));
    // oidcc-client-test-invalid-sig-hs256: the public key as the shared secret.
    let shared = {
        let input = unsigned(&json!({"alg": "HS256", "kid": key.key_id()}).to_string());
        let input = input.trim_end_matches('.');
        let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.public_jwk().to_string().as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&secret, input.as_bytes())))
    };
    let foreign = SigningKey::generate(REGISTERED).with_key_id(key.key_id());
    for (name, token, error) in [
        // oidcc-client-test-idtoken-sig-none
        ("alg none", unsigned(r#"{"alg":"none"}"#), JoseError::Unsigned),
        ("alg none, with a signature", format!("{}{signature}", unsigned(r#"{"alg":"none"}"#)), JoseError::Unsigned),
        ("a shared secret", shared, JoseError::Symmetric),
        // oidcc-client-test-invalid-sig-es256
        ("another key of that id", stand.good().key(&foreign).sign(), JoseError::Signature),
        ("no signature", format!("{input}."), JoseError::Signature),
        ("a key of its own", stand.good().header("jwk", foreign.public_jwk()).key(&foreign).sign(), {
            JoseError::EmbeddedKey { parameter: "jwk" }
        }),
        ("no object", stand.good().raw_claims("[]").sign(), JoseError::Payload(ClaimsError::NotAnObject)),
        ("sub twice", stand.good().raw_claims(r#"{"sub":"jane","sub":"root"}"#).sign(), {
            JoseError::Payload(ClaimsError::Duplicate)
        }),
        ("encrypted", "a.b.c.d.e".to_owned(), JoseError::Encrypted),
    ] {
        let refused = stand.validator.id_token(&token, login()).await.unwrap_err();
        assert_eq!(refused, TokenError::Jose(error), "{name}");
    }
}

/// oidcc-client-test-signing-key-rotation-just-before-signing
#[tokio::test]
async fn a_key_that_is_rotated_just_before_signing_is_fetched() {
    let stand = Stand::new().await;
    stand.end_pause();
    stand.provider.rotate_keys(REGISTERED);
    assert_eq!(stand.accepts(stand.good(), login()).await, Ok(()));
    assert_eq!(stand.key_requests(), 2);
}

#[tokio::test]
async fn a_key_that_is_unknown_is_looked_for_once() {
    let stand = Stand::new().await;
    stand.end_pause();
    let stranger = SigningKey::generate(REGISTERED);
    for _ in 0..2 {
        assert_eq!(stand.accepts(stand.good().key(&stranger), login()).await, Err(TokenError::UnknownKey));
    }
    assert_eq!(stand.key_requests(), 2);
}

#[tokio::test]
async fn without_the_providers_keys_there_is_no_verdict() {
    let stand = Stand::new().await;
    stand.end_pause();
    stand.provider.go_down();
    stand.provider.rotate_keys(REGISTERED);
    assert!(stand.accepts(stand.good(), login()).await.unwrap_err().is_unavailable());

    let stand = Stand::unreachable().await;
    assert!(stand.accepts(stand.good(), login()).await.unwrap_err().is_unavailable());
}

/// oidcc-client-test-kid-absent-single-jwks, oidcc-client-test-kid-absent-multiple-jwks
#[tokio::test]
async fn without_a_kid_the_only_key_that_fits_is_used_and_none_of_several() {
    let stand = Stand::new().await;
    let key = stand.provider.signing_key();
    let token = || stand.good().key(&key).without_header("kid");
    assert_eq!(stand.accepts(token(), login()).await, Ok(()));

    stand.end_pause();
    stand.provider.rotate_keys(REGISTERED);
    assert_eq!(stand.accepts(stand.good(), login()).await, Ok(()), "both keys are known now");
    assert_eq!(stand.accepts(token(), login()).await, Err(TokenError::AmbiguousKey));
}

#[tokio::test]
async fn another_kind_of_token_is_no_id_token() {
    let stand = Stand::new().await;
    let client = stand.provider.client_id();
    let event = json!({ LOGOUT_EVENT: {} });
    stand
        .assert_refused([
            ("an access token", stand.provider.token("jane").audience(client), TokenError::AccessToken),
            ("typ at+jwt", stand.good().type_("at+jwt"), TokenError::AccessToken),
            ("Keycloak's access token", stand.good().claim("typ", "Bearer"), TokenError::AccessToken),
            ("Cognito's access token", stand.good().claim("token_use", "access"), TokenError::AccessToken),
            ("typ logout+jwt", stand.good().type_("logout+jwt"), TokenError::LogoutToken),
            ("the event of a logout", stand.good().claim("events", &event), TokenError::LogoutToken),
            ("the event without its object", stand.good().claim("events", json!({ LOGOUT_EVENT: null })), {
                TokenError::LogoutToken
            }),
            ("a DPoP proof", stand.good().type_("dpop+jwt"), TokenError::Type),
            ("an empty typ", stand.good().type_(""), TokenError::Type),
        ])
        .await;
}

#[tokio::test]
async fn an_id_token_is_for_the_client_and_issued_to_it() {
    let stand = Stand::new().await;
    let client = stand.provider.client_id();
    stand
        .assert_refused([
            // oidcc-client-test-invalid-aud, oidcc-client-test-missing-aud
            ("for another client", stand.good().audience("another"), TokenError::Audience),
            ("for the API", stand.good().audience(stand.provider.audience()), TokenError::Audience),
            ("for the client in other letters", stand.good().audience(client.to_uppercase()), TokenError::Audience),
            ("for nobody", stand.good().audience(json!([])), TokenError::Audience),
            ("no aud", stand.good().without("aud"), TokenError::Missing { claim: "aud" }),
            ("aud null", stand.good().audience(json!(null)), no_audience(JsonKind::Null)),
            ("aud as an object", stand.good().audience(json!({ client: 1 })), no_audience(JsonKind::Object)),
            ("a number beside the client", stand.good().audience(json!([client, 1])), no_audience(JsonKind::Array)),
            ("several and no azp", stand.good().audience([client, "another"]), TokenError::AuthorizedParty),
            ("issued to another", stand.good().claim("azp", "another"), TokenError::AuthorizedParty),
            (
                "several, issued to another",
                stand.good().audience([client, "another"]).claim("azp", "another"),
                TokenError::AuthorizedParty,
            ),
            ("azp as a list", stand.good().claim("azp", [client]), no_string("azp", JsonKind::Array)),
        ])
        .await;
}

#[tokio::test]
async fn an_id_token_names_somebody() {
    let stand = Stand::new().await;
    stand
        .assert_refused([
            // oidcc-client-test-missing-sub
            ("no sub", stand.good().without("sub"), TokenError::Missing { claim: "sub" }),
            ("sub null", stand.good().claim("sub", json!(null)), no_string("sub", JsonKind::Null)),
            ("sub as a number", stand.good().claim("sub", 7), no_string("sub", JsonKind::Number)),
            ("sub as a list", stand.good().claim("sub", ["jane"]), no_string("sub", JsonKind::Array)),
            ("an empty sub", stand.good().claim("sub", ""), TokenError::Empty { claim: "sub" }),
            ("a sub of 256 letters", stand.good().claim("sub", "s".repeat(256)), {
                TokenError::TooLong { claim: "sub", limit: 255 }
            }),
        ])
        .await;
}

#[tokio::test]
async fn an_id_token_is_good_for_its_time() {
    let stand = Stand::new().await;
    let now = stand.now();
    let at = |claim: &str, time: u64| stand.good().claim(claim, time);
    for token in [at("exp", now - 59), at("nbf", now + 60), at("iat", now + 60), at("iat", 1)] {
        assert_eq!(stand.accepts(token, login()).await, Ok(()));
    }
    stand
        .assert_refused([
            ("expired", at("exp", now - 60), TokenError::Expired { ago: 60 }),
            ("no exp", stand.good().without("exp"), TokenError::Missing { claim: "exp" }),
            ("exp as text", stand.good().claim("exp", (now + 60).to_string()), no_time("exp", JsonKind::String)),
            ("not yet", at("nbf", now + 61), TokenError::NotYetValid { ahead: 61 }),
            ("nbf as text", stand.good().claim("nbf", "soon"), no_time("nbf", JsonKind::String)),
            // oidcc-client-test-missing-iat
            ("no iat", stand.good().without("iat"), TokenError::Missing { claim: "iat" }),
            ("iat ahead", at("iat", now + 61), TokenError::IssuedInTheFuture { ahead: 61 }),
            ("iat null", stand.good().claim("iat", json!(null)), no_time("iat", JsonKind::Null)),
        ])
        .await;
}

#[tokio::test]
async fn an_id_token_is_no_older_than_token_validity() {
    let validity = Some(Duration::from_secs(600));
    let stand = Stand::with(|settings| settings.issuers[0].token_validity = validity).await;
    let issued = |ago: u64| stand.good().claim("iat", stand.now() - ago);
    assert_eq!(stand.accepts(issued(599), login()).await, Ok(()));
    assert_eq!(stand.accepts(issued(600), login()).await, Err(TokenError::TooOld { limit: 600 }));
}

#[tokio::test]
async fn an_id_token_answers_to_the_login_that_asked() {
    let stand = Stand::new().await;
    let without = || stand.provider.id_token("jane");
    stand
        .assert_refused([
            // oidcc-client-test-nonce-invalid
            ("of another login", without().nonce("another"), TokenError::Nonce),
            ("a part of it", without().nonce(&NONCE[1..]), TokenError::Nonce),
            ("more than it", without().nonce(&format!("{NONCE}=")), TokenError::Nonce),
            ("an empty nonce", without().nonce(""), TokenError::Nonce),
            ("no nonce", without(), TokenError::Missing { claim: "nonce" }),
            ("a list with it", without().claim("nonce", [NONCE]), no_string("nonce", JsonKind::Array)),
            ("nonce null", without().claim("nonce", json!(null)), no_string("nonce", JsonKind::Null)),
        ])
        .await;
    assert_eq!(stand.accepts(without(), Asked::default()).await, Ok(()));
    assert_eq!(stand.accepts(stand.good(), Asked::default()).await, Ok(()), "not asked for, and not minded");
    let list = stand.accepts(without().claim("nonce", [NONCE]), Asked::default()).await;
    assert_eq!(list, Err(no_string("nonce", JsonKind::Array)));
}

/// oidcc-client-test-invalid-athash
#[tokio::test]
async fn the_access_token_beside_it_is_its_own() {
    let stand = Stand::new().await;
    let access_token = Secret::from("SlAV32hkKG");
    let asked = Asked { access_token: Some(&access_token), ..login() };
    let beside = |token: &str| stand.good().access_token(token);
    assert_eq!(stand.accepts(beside("SlAV32hkKG"), asked).await, Ok(()));
    assert_eq!(stand.accepts(stand.good(), asked).await, Ok(()), "in the code flow at_hash is optional");
    assert_eq!(stand.accepts(beside("another"), login()).await, Ok(()), "no access token came");
    assert_eq!(stand.accepts(beside("another"), asked).await, Err(TokenError::AccessTokenHash));
    let number = stand.accepts(stand.good().claim("at_hash", 7), login()).await;
    assert_eq!(number, Err(no_string("at_hash", JsonKind::Number)));
}

#[tokio::test]
async fn the_person_authenticated_as_lately_as_was_asked_for() {
    let stand = Stand::new().await;
    let now = stand.now();
    let asked = Asked { max_age: Some((Duration::from_secs(300), now)), ..login() };
    let authenticated = |time: u64| stand.good().claim("auth_time", time);
    assert_eq!(stand.accepts(authenticated(now - 360), asked).await, Ok(()));
    let refused = stand.accepts(authenticated(now - 361), asked).await;
    assert_eq!(refused, Err(TokenError::AuthenticationTooOld { max_age: 300 }));
    let refused = stand.accepts(stand.good().without("auth_time"), asked).await;
    assert_eq!(refused, Err(TokenError::Missing { claim: "auth_time" }));
}

/// Answers for the metadata of Microsoft's `common` endpoint and for its keys.
#[derive(Debug)]
struct Entra {
    keys: String,
}

const ENTRA: &str = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration";

impl HttpClient for Entra {
    fn send(&self, request: http::Request<Bytes>, _: usize) -> BoxFuture<'_, Result<http::Response<Bytes>, HttpError>> {
        let metadata = json!({
            "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
            "jwks_uri": "https://login.microsoftonline.com/common/discovery/v2.0/keys",
        });
        let body = if *request.uri() == *ENTRA { metadata.to_string() } else { self.keys.clone() };
        Box::pin(async { Ok(http::Response::new(body.into())) })
    }
}

#[tokio::test]
async fn the_issuer_of_every_tenant_is_the_one_of_its_tid() {
    let clock = Arc::new(ManualClock::new());
    let maker = TestProvider::builder().algorithm(REGISTERED).clock((*clock).clone()).start().await;
    let mut settings = maker.config().token_algorithm(REGISTERED.name()).check().unwrap().issuers.swap_remove(0);
    settings.kind = ProviderKind::Azure;
    settings.discovery = Some(Url::parse(ENTRA).unwrap());
    let http = Arc::new(Entra { keys: maker.jwks().to_string() });
    let provider = Provider::start(settings, &HttpSettings::default(), http, clock.clone());
    provider.first_attempt().await.unwrap();
    let validator = ClientValidator::new(provider, maker.client_id().to_owned(), REGISTERED, clock.clone());

    let issuer = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let token = |tenant: &str| maker.id_token("jane").nonce(NONCE).issuer(&issuer(tenant));
    let (one, other) = ("aaaaaaaa-86f1-41af-91ab-2d7cd011db47", "bbbbbbbb-86f1-41af-91ab-2d7cd011db47");
    let verified = validator.id_token(&token(one).claim("tid", one).sign(), login()).await.unwrap();
    assert_eq!(verified.issuer().as_str(), issuer(one));
    assert_eq!(verified.provider(), ProviderKind::Azure);
    for token in [token(one), token(one).claim("tid", other), token("{tenantid}").claim("tid", "{tenantid}")] {
        assert_eq!(validator.id_token(&token.sign(), login()).await.unwrap_err(), TokenError::UnknownIssuer);
    }
}

#[tokio::test]
async fn nothing_of_the_token_shows_in_its_refusal() {
    let stand = Stand::new().await;
    stand.end_pause();
    let token = || stand.provider.id_token("SECRET").nonce(NONCE).claim("email", "SECRET");
    for (name, token) in [
        ("kid", token().header("kid", "SECRET")),
        ("typ", token().type_("SECRET")),
        ("iss", token().issuer("SECRET")),
        ("aud", token().audience("SECRET")),
        ("azp", token().claim("azp", "SECRET")),
        ("nonce", token().nonce("SECRET")),
        ("exp", token().claim("exp", "SECRET")),
        ("sub", token().claim("sub", ["SECRET"])),
    ] {
        let error = stand.accepts(token, login()).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("SECRET"), "{name}: {error:?}");
    }
}
