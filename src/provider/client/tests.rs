//! A client of a provider by script.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Method, Request, header};
use serde_json::{Value, json};

use crate::{
    config::{ClientSecret, HttpSettings, IssuerSettings, ProviderKind},
    provider::{
        FETCH_LIMIT, HttpError, METADATA_LIFETIME, OAuthErrorCode,
        test_support::{
            DISCOVERY, ISSUER, JWKS, ManualClock, Reply, ScriptedClient, SecretFile, body, field, jwks, settings, shown,
        },
    },
    types::{Claims, Issuer},
};

use super::*;

const TOKEN: &str = "https://id.example/token";
const USERINFO: &str = "https://id.example/userinfo";
const REVOCATION: &str = "https://id.example/revoke";
const PAR: &str = "https://id.example/par";
const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

/// A client, its provider, what both talk to, and their time.
struct Scene {
    client: ProviderClient,
    http: ScriptedClient,
    clock: ManualClock,
}

impl Scene {
    /// A provider with all endpoints, which do what they are asked for.
    async fn new(authentication: ClientAuthentication) -> Self {
        Self::of(ProviderKind::CustomOidc, authentication, &metadata()).await
    }

    async fn of(kind: ProviderKind, authentication: ClientAuthentication, metadata: &Value) -> Self {
        let scene = Self::unsettled(settings(kind), authentication);
        scene.http.set(DISCOVERY, Reply::ok(metadata.to_string()));
        scene.client.provider.first_attempt().await.unwrap();
        scene
    }

    /// A provider without metadata so far.
    fn unsettled(settings: IssuerSettings, authentication: ClientAuthentication) -> Self {
        let (http, clock) = (ScriptedClient::default(), ManualClock::default());
        http.set(DISCOVERY, Reply::Down);
        http.set(JWKS, Reply::ok(jwks(&["a"])));
        http.set(TOKEN, tokens());
        http.set(USERINFO, Reply::ok(r#"{"sub":"u1"}"#).header("content-type", "application/json"));
        http.set(REVOCATION, Reply::ok(""));
        http.set(PAR, taken());
        let (carrier, time) = (Arc::new(http.clone()), Arc::new(clock.clone()));
        let provider = Provider::start(settings, &HttpSettings::default(), carrier.clone(), time.clone());
        let client = ProviderClient::new(provider, "me".to_owned(), authentication, carrier, time).unwrap();
        Self { client, http, clock }
    }

    async fn token(&self) -> Result<TokenResponse, TokenEndpointError> {
        self.client.token(&Grant::RefreshToken { refresh_token: Secret::from("rt-hunter2") }).await
    }

    async fn userinfo(&self) -> Result<Option<Claims>, UserinfoError> {
        let answer = self.client.userinfo(&Secret::from("at-hunter2")).await?;
        Ok(answer.map(|answer| match answer {
            UserinfoAnswer::Claims(claims) => claims,
            UserinfoAnswer::Jwt(jwt) => panic!("no JWT was sent: {jwt:?}"),
        }))
    }

    async fn revoke(&self) -> Result<bool, TokenEndpointError> {
        self.client.revoke(&Secret::from("rt-hunter2")).await
    }

    async fn push(&self) -> Result<PushedRequest, TokenEndpointError> {
        self.client.push(&[("client_id", "me"), ("state", "hunter2 state")]).await
    }

    fn secrets_sent(&self, url: &str) -> Vec<String> {
        self.http.requests(url).iter().map(|request| field(request, "client_secret").unwrap()).collect()
    }
}

fn metadata() -> Value {
    json!({
        "issuer": ISSUER, "jwks_uri": JWKS, "token_endpoint": TOKEN, "userinfo_endpoint": USERINFO,
        "revocation_endpoint": REVOCATION, "pushed_authorization_request_endpoint": PAR,
    })
}

/// The same without these members.
fn metadata_without(members: &[&str]) -> Value {
    let mut metadata = metadata();
    for member in members {
        metadata.as_object_mut().unwrap().remove(*member).unwrap();
    }
    metadata
}

fn tokens() -> Reply {
    Reply::ok(r#"{"access_token":"at","token_type":"Bearer","refresh_token":"rt-2"}"#)
}

fn taken() -> Reply {
    Reply::status(201, r#"{"request_uri":"urn:hunter2","expires_in":30}"#)
}

fn refused(status: u16, code: &str) -> Reply {
    Reply::status(status, format!(r#"{{"error":"{code}","error_description":"hunter2"}}"#))
}

fn post(text: &str) -> ClientAuthentication {
    ClientAuthentication::Post(ClientSecret { secret: Secret::from(text), file: None })
}

fn secret_jwt() -> ClientAuthentication {
    ClientAuthentication::SecretJwt(ClientSecret { secret: Secret::from(SECRET), file: None })
}

/// `aud` of the assertion that goes with a request.
fn audience(request: &Request<Bytes>) -> String {
    let assertion = field(request, "client_assertion").unwrap();
    let payload = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
    Claims::parse(String::from_utf8(payload).unwrap()).unwrap().string("aud").unwrap().unwrap().into_owned()
}

#[tokio::test]
async fn each_endpoint_is_asked_where_the_metadata_say_that_it_is() {
    let scene = Scene::new(post("p")).await;
    assert_eq!(scene.token().await.unwrap().refresh_token.unwrap().expose(), "rt-2");
    assert_eq!(scene.userinfo().await.unwrap().unwrap().string("sub").unwrap().unwrap(), "u1");
    assert!(scene.revoke().await.unwrap());
    assert_eq!(scene.push().await.unwrap().request_uri.expose(), "urn:hunter2");
    assert_eq!([TOKEN, USERINFO, REVOCATION, PAR].map(|url| scene.http.count(url)), [1, 1, 1, 1]);
    assert_eq!(scene.http.last_headers(USERINFO)[header::AUTHORIZATION], "Bearer at-hunter2");
}

#[tokio::test]
async fn a_moved_endpoint_is_followed() {
    const MOVED: &str = "https://id.example/moved/";
    let scene = Scene::new(post("p")).await;
    let moved = metadata().to_string().replace("https://id.example/", MOVED).replace(&format!("{MOVED}keys"), JWKS);
    scene.http.set(DISCOVERY, Reply::ok(moved));
    for (url, reply) in [
        ("https://id.example/moved/token", tokens()),
        ("https://id.example/moved/userinfo", Reply::ok(r#"{"sub":"u2"}"#).header("content-type", "application/json")),
        ("https://id.example/moved/revoke", Reply::ok("")),
        ("https://id.example/moved/par", taken()),
    ] {
        scene.http.set(url, reply);
    }
    scene.clock.advance(METADATA_LIFETIME + Duration::from_secs(600)).await;
    scene.token().await.unwrap();
    assert_eq!(scene.userinfo().await.unwrap().unwrap().string("sub").unwrap().unwrap(), "u2");
    assert!(scene.revoke().await.unwrap());
    scene.push().await.unwrap();
    assert_eq!([TOKEN, USERINFO, REVOCATION, PAR].map(|url| scene.http.count(url)), [0, 0, 0, 0]);
}

#[tokio::test]
async fn before_there_are_metadata_nothing_is_sent() {
    let scene = Scene::unsettled(settings(ProviderKind::CustomOidc), post("p"));
    scene.client.provider.first_attempt().await.unwrap_err();
    let pushed = scene.push().await.unwrap_err();
    for error in [scene.token().await.unwrap_err(), scene.revoke().await.unwrap_err(), pushed] {
        assert!(matches!(error, TokenEndpointError::NoMetadata { .. }), "{error:?}");
        assert!(error.is_unavailable() && error.is_retryable());
        assert!(error.retry_after().is_some_and(|wait| wait >= Duration::from_secs(1)));
    }
    let error = scene.userinfo().await.unwrap_err();
    assert!(matches!(error, UserinfoError::NoMetadata { .. }) && error.is_unavailable(), "{error:?}");
    assert!(error.retry_after().is_some_and(|wait| wait >= Duration::from_secs(1)));
    assert_eq!([TOKEN, USERINFO, REVOCATION, PAR].map(|url| scene.http.count(url)), [0, 0, 0, 0]);
}

#[tokio::test]
async fn an_endpoint_that_the_provider_does_not_have_is_not_asked() {
    let par = "pushed_authorization_request_endpoint";
    let metadata = metadata_without(&["token_endpoint", "userinfo_endpoint", "revocation_endpoint", par]);
    let scene = Scene::of(ProviderKind::CustomOidc, post("p"), &metadata).await;
    for error in [scene.token().await.unwrap_err(), scene.push().await.unwrap_err()] {
        assert!(matches!(error, TokenEndpointError::NoEndpoint), "{error:?}");
        assert!(!error.is_unavailable() && error.retry_after().is_none());
    }
    assert!(scene.userinfo().await.unwrap().is_none());
    assert!(!scene.revoke().await.unwrap());
}

#[tokio::test]
async fn a_provider_without_discovery_has_no_endpoints() {
    let mut pinned = settings(ProviderKind::CustomOidc);
    (pinned.issuer, pinned.discovery) = (Some(Issuer::new(ISSUER)), None);
    pinned.key_urls = vec![Url::parse(JWKS).unwrap()];
    let scene = Scene::unsettled(pinned, post("p"));
    assert!(matches!(scene.token().await.unwrap_err(), TokenEndpointError::NoEndpoint));
    assert!(matches!(scene.push().await.unwrap_err(), TokenEndpointError::NoEndpoint));
    assert!(scene.userinfo().await.unwrap().is_none());
    assert!(!scene.revoke().await.unwrap());
}

#[tokio::test]
async fn an_assertion_is_for_the_issuer_at_every_endpoint() {
    let scene = Scene::new(secret_jwt()).await;
    scene.token().await.unwrap();
    assert!(scene.revoke().await.unwrap());
    scene.push().await.unwrap();
    for url in [TOKEN, REVOCATION, PAR] {
        assert_eq!(audience(&scene.http.requests(url)[0]), ISSUER);
    }
}

#[tokio::test]
async fn an_assertion_for_entra_is_for_its_token_endpoint() {
    let scene = Scene::of(ProviderKind::Azure, secret_jwt(), &metadata()).await;
    scene.token().await.unwrap();
    assert!(scene.revoke().await.unwrap());
    scene.push().await.unwrap();
    for url in [TOKEN, REVOCATION, PAR] {
        assert_eq!(audience(&scene.http.requests(url)[0]), TOKEN);
    }
    let scene = Scene::of(ProviderKind::Azure, secret_jwt(), &metadata_without(&["token_endpoint"])).await;
    assert!(scene.revoke().await.unwrap());
    assert_eq!(audience(&scene.http.requests(REVOCATION)[0]), ISSUER);
}

#[tokio::test]
async fn an_assertion_for_okta_is_for_the_endpoint_that_is_asked() {
    let scene = Scene::of(ProviderKind::Okta, secret_jwt(), &metadata()).await;
    scene.token().await.unwrap();
    assert!(scene.revoke().await.unwrap());
    scene.push().await.unwrap();
    for url in [TOKEN, REVOCATION, PAR] {
        assert_eq!(audience(&scene.http.requests(url)[0]), url);
    }
}

#[tokio::test]
async fn a_rotated_secret_is_picked_up_for_all_endpoints_at_once() {
    let file = SecretFile::new("new");
    let scene = Scene::new(ClientAuthentication::Post(file.secret("old"))).await;
    scene.http.set_each(TOKEN, [refused(401, "invalid_client"), tokens()]);
    scene.token().await.unwrap();
    assert!(scene.revoke().await.unwrap());
    scene.push().await.unwrap();
    assert_eq!(scene.secrets_sent(TOKEN), ["old", "new"]);
    assert_eq!([REVOCATION, PAR].map(|url| scene.secrets_sent(url)), [["new"], ["new"]]);
}

#[tokio::test]
async fn the_revocation_endpoint_may_be_the_first_to_notice() {
    let file = SecretFile::new("new");
    let scene = Scene::new(ClientAuthentication::Post(file.secret("old"))).await;
    scene.http.set_each(REVOCATION, [refused(401, "invalid_client"), Reply::ok("")]);
    assert!(scene.revoke().await.unwrap());
    scene.token().await.unwrap();
    assert_eq!(scene.secrets_sent(REVOCATION), ["old", "new"]);
    assert_eq!(scene.secrets_sent(TOKEN), ["new"]);
}

/// It is the first that a login asks.
#[tokio::test]
async fn the_endpoint_of_pushed_requests_may_be_the_first_to_notice() {
    let file = SecretFile::new("new");
    let scene = Scene::new(ClientAuthentication::Post(file.secret("old"))).await;
    scene.http.set_each(PAR, [refused(401, "invalid_client"), taken()]);
    scene.push().await.unwrap();
    scene.token().await.unwrap();
    assert_eq!(scene.secrets_sent(PAR), ["old", "new"]);
    assert_eq!(scene.secrets_sent(TOKEN), ["new"]);
}

#[tokio::test]
async fn a_pushed_request_is_a_form_with_the_clients_proof_and_names_the_client_once() {
    let basic = ClientAuthentication::Basic(ClientSecret { secret: Secret::from("p"), file: None });
    for (authentication, sent, has_header) in [
        (basic, "client_id=me&state=hunter2+state", true),
        (post("p"), "state=hunter2+state&client_id=me&client_secret=p", false),
        (ClientAuthentication::None, "state=hunter2+state&client_id=me", false),
    ] {
        let scene = Scene::new(authentication).await;
        let pushed = scene.push().await.unwrap();
        assert_eq!((pushed.request_uri.expose(), pushed.expires_in.as_secs()), ("urn:hunter2", 30));
        let request = &scene.http.requests(PAR)[0];
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.headers()[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
        assert_eq!(request.headers().contains_key(header::AUTHORIZATION), has_header);
        assert_eq!(body(request), sent);
    }
    let scene = Scene::new(secret_jwt()).await;
    scene.push().await.unwrap();
    assert_eq!(body(&scene.http.requests(PAR)[0]).matches("client_id=").count(), 1);
}

#[tokio::test]
async fn a_request_that_was_not_taken_is_told_by_its_reason_and_pushed_once() {
    type Told = fn(&TokenEndpointError) -> bool;
    let good = r#"{"request_uri":"urn:hunter2","expires_in":30}"#;
    let cases: [(Reply, Told, bool); 16] = [
        (refused(400, "invalid_request"), |e| is_oauth(e, OAuthErrorCode::InvalidRequest), false),
        (refused(401, "invalid_client"), TokenEndpointError::is_invalid_client, false),
        (refused(400, "invalid_scope"), |e| is_oauth(e, OAuthErrorCode::InvalidScope), false),
        (refused(400, "unauthorized_client"), |e| is_oauth(e, OAuthErrorCode::UnauthorizedClient), false),
        (Reply::status(405, ""), |e| is_status(e, 405), false),
        (Reply::status(413, ""), |e| is_status(e, 413), false),
        (Reply::status(429, ""), |e| matches!(e, TokenEndpointError::RateLimited { .. }), true),
        (Reply::status(500, good), |e| is_status(e, 500), true),
        (Reply::status(503, "").header("retry-after", "30"), |e| e.retry_after().is_some(), true),
        (Reply::Down, |e| matches!(e, TokenEndpointError::Unreachable(_)), true),
        (Reply::ok(good), |e| is_status(e, 200), false),
        (Reply::ok("<html>"), |e| matches!(e, TokenEndpointError::NotJson(_)), true),
        (Reply::status(201, "<html>"), |e| matches!(e, TokenEndpointError::NotJson(_)), true),
        (Reply::status(201, "{}"), |e| is_malformed(e, "request_uri"), false),
        (Reply::status(201, r#"{"request_uri":"urn:x"}"#), |e| is_malformed(e, "expires_in"), false),
        (
            Reply::status(307, "").header("location", "https://evil.example/par"),
            |e| matches!(e, TokenEndpointError::Redirect { .. }),
            false,
        ),
    ];
    for (reply, is_told, retryable) in cases {
        let scene = Scene::new(post("p")).await;
        scene.http.set(PAR, reply.clone());
        let error = scene.push().await.unwrap_err();
        assert!(is_told(&error), "{reply:?}: {error:?}");
        assert_eq!(error.is_retryable(), retryable, "{error:?}");
        assert_eq!((scene.http.count(PAR), scene.http.count("https://evil.example/par")), (1, 0), "{reply:?}");
    }
}

fn is_oauth(error: &TokenEndpointError, expected: OAuthErrorCode) -> bool {
    matches!(error, TokenEndpointError::OAuth { code, .. } if *code == expected)
}

fn is_status(error: &TokenEndpointError, expected: u16) -> bool {
    matches!(error, TokenEndpointError::Status { status } if *status == expected)
}

fn is_malformed(error: &TokenEndpointError, expected: &str) -> bool {
    matches!(error, TokenEndpointError::Malformed { member, .. } if *member == expected)
}

#[tokio::test]
async fn a_revocation_is_a_form_with_the_clients_proof() {
    let scene = Scene::new(post("p")).await;
    scene.revoke().await.unwrap();
    let request = &scene.http.requests(REVOCATION)[0];
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.headers()[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
    assert_eq!(body(request), "token=rt-hunter2&token_type_hint=refresh_token&client_id=me&client_secret=p");
}

#[tokio::test]
async fn a_revocation_is_told_by_its_status_alone() {
    for text in ["", "{}", "OK", "<html>", r#"{"error":"invalid_grant"}"#] {
        let scene = Scene::new(post("p")).await;
        scene.http.set(REVOCATION, Reply::ok(text));
        assert!(scene.revoke().await.unwrap(), "{text}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_revoked_may_be_alive_still() {
    for (reply, retryable) in [
        (Reply::status(503, ""), true),
        (Reply::status(503, "").header("retry-after", "30"), true),
        (Reply::status(429, ""), true),
        (Reply::Down, true),
        (refused(400, "unsupported_token_type"), false),
        (refused(401, "invalid_client"), false),
        (Reply::status(302, "").header("location", "/login"), false),
        (Reply::status(404, ""), false),
    ] {
        let scene = Scene::new(post("p")).await;
        scene.http.set(REVOCATION, reply.clone());
        let error = scene.revoke().await.unwrap_err();
        assert_eq!(error.is_retryable(), retryable, "{error:?}");
        assert_eq!(scene.http.count(REVOCATION), 1, "{reply:?}");
    }
    let scene = Scene::new(post("p")).await;
    scene.http.set(REVOCATION, Reply::status(503, "").header("retry-after", "30"));
    assert_eq!(scene.revoke().await.unwrap_err().retry_after(), Some(Duration::from_secs(30)));
    scene.http.set(REVOCATION, refused(400, "unsupported_token_type"));
    let error = scene.revoke().await.unwrap_err();
    assert!(matches!(error, TokenEndpointError::OAuth { code: OAuthErrorCode::UnsupportedTokenType, .. }), "{error:?}");
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_given_up() {
    let scene = Scene::new(post("p")).await;
    scene.http.set(TOKEN, Reply::Silence);
    scene.http.set(REVOCATION, Reply::Silence);
    scene.http.set(PAR, Reply::Silence);
    let (token, revoked, pushed, ()) =
        tokio::join!(scene.token(), scene.revoke(), scene.push(), scene.clock.advance(FETCH_LIMIT));
    for error in [token.unwrap_err(), revoked.unwrap_err(), pushed.unwrap_err()] {
        assert!(matches!(error, TokenEndpointError::Unreachable(HttpError::Timeout)), "{error:?}");
    }
}

#[tokio::test]
async fn an_unusable_credential_is_refused_at_the_start() {
    let (http, clock) = (Arc::new(ScriptedClient::default()), Arc::new(ManualClock::default()));
    let provider =
        Provider::start(settings(ProviderKind::CustomOidc), &HttpSettings::default(), http.clone(), clock.clone());
    let refused = ProviderClient::new(provider, "me".to_owned(), post(""), http, clock);
    assert_eq!(refused.unwrap_err(), ClientAuthenticationError::ShortSecret { limit: 1 });
}

#[tokio::test]
async fn nothing_secret_is_in_an_error_or_a_debug() {
    for authentication in [post(SECRET), secret_jwt()] {
        for reply in [
            refused(400, "hunter2"),
            refused(401, "invalid_client"),
            Reply::status(500, "hunter2"),
            Reply::status(302, "").header("location", "https://u:hunter2@id.example/?hunter2"),
            Reply::Down,
        ] {
            let scene = Scene::new(authentication.clone()).await;
            for url in [TOKEN, USERINFO, REVOCATION, PAR] {
                scene.http.set(url, reply.clone());
            }
            for text in [
                shown(&scene.token().await.unwrap_err()),
                shown(&scene.revoke().await.unwrap_err()),
                shown(&scene.push().await.unwrap_err()),
                shown(&scene.userinfo().await.unwrap_err()),
                format!("{:?}", scene.client),
            ] {
                assert!(!text.contains("hunter2") && !text.contains("eyJ"), "{text}");
            }
        }
    }
}
