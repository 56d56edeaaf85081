//! Userinfo: when it is asked, what is taken of it, and what comes of a login without it (OpenID Connect Core 1.0 section 5.3).

use http::StatusCode;
use serde_json::Value;
use tower_oidc::{
    Config,
    jose::JoseError,
    login::LoginError,
    provider::UserinfoError,
    testing::{Endpoint, Fault, SigningKey, TestProvider, TokenBuilder},
    types::Algorithm,
    validator::TokenError,
};

use super::support::Stand;

fn load(word: &'static str) -> impl FnOnce(Config) -> Config {
    move |mut config| {
        config.authentication.oidc.load_userinfo = Some(word.to_owned());
        config
    }
}

/// ID tokens have no address, as those of many providers; userinfo has it.
fn thin_id_tokens(provider: &TestProvider) {
    provider.change_id_token(|token, _| token.without("email").without("email_verified"));
}

/// Who is signed in after a login, and how often userinfo was asked for it.
async fn signed_in(stand: &Stand) -> (Value, usize) {
    let asked = stand.provider.requests(Endpoint::Userinfo);
    let browser = stand.signed_in("alice").await;
    (browser.fetch("/me").await.json(), stand.provider.requests(Endpoint::Userinfo) - asked)
}

#[tokio::test]
async fn load_userinfo_auto_asks_when_a_claim_that_is_needed_is_missing() {
    let stand = Stand::new().await;
    let (alice, asked) = signed_in(&stand).await;
    assert_eq!((&alice["email"], asked), (&"alice@example.com".into(), 0), "the ID token says it");
    thin_id_tokens(&stand.provider);
    let (alice, asked) = signed_in(&stand).await;
    assert_eq!((&alice["email"], asked), (&"alice@example.com".into(), 1));
    assert_eq!((&alice["name"], &alice["emailVerified"]), (&"alice@example.com".into(), &true.into()));
    let request = stand.provider.last_request(Endpoint::Userinfo).unwrap();
    assert!(request.headers()["authorization"].to_str().unwrap().starts_with("Bearer "), "in the header");
    assert_eq!(request.uri().query(), None, "and not in the query");
}

#[tokio::test]
async fn load_userinfo_always_asks_at_every_login_and_never_at_none() {
    let stand = Stand::with(load("always")).await;
    assert_eq!(signed_in(&stand).await.1, 1);
    let stand = Stand::with(load("never")).await;
    thin_id_tokens(&stand.provider);
    let (alice, asked) = signed_in(&stand).await;
    assert_eq!((&alice["email"], &alice["name"], asked), (&Value::Null, &"alice".into(), 0));
}

#[tokio::test]
async fn every_claim_that_a_setting_names_is_one_that_is_needed() {
    type Change = fn(Config) -> Config;
    let cases: [(&str, Change); 5] = [
        ("jwtPrincipalClaims", |mut config| {
            config.authentication.jwt_principal_claims = vec!["upn".to_owned()];
            config
        }),
        ("jwtPrincipalClaimsMapping", |mut config| {
            config.authentication.jwt_principal_claims_mapping = vec!["department:upn".to_owned()];
            config
        }),
        ("emailClaim", |mut config| {
            config.authentication.email_claim = Some("upn".to_owned());
            config
        }),
        ("jwtTeamClaimMapping", |mut config| {
            config.authentication.jwt_team_claim_mapping = Some("upn".to_owned());
            config
        }),
        ("rolesClaim", |mut config| {
            config.authorizer.use_roles_from_provider = Some(true);
            config.authorizer.roles_claim = Some("upn".to_owned());
            config
        }),
    ];
    for (setting, change) in cases {
        let stand = Stand::with(change).await;
        stand.provider.add_user("alice").claim("upn", "alice@upn.example");
        stand.provider.change_id_token(|token, _| token.without("upn"));
        let (alice, asked) = signed_in(&stand).await;
        assert_eq!(asked, 1, "{setting}");
        assert!(alice.to_string().contains("alice@upn.example"), "{setting}: {alice}");
    }
}

/// `oidcc-client-test-userinfo-invalid-sub`: claims of somebody else must not be used.
#[tokio::test]
async fn oidcc_client_test_userinfo_invalid_sub() {
    let stand = Stand::with(|config| config.admin("bob@example.com")).await;
    thin_id_tokens(&stand.provider);
    stand.provider.change_userinfo(|claims| {
        claims.insert("sub".into(), "bob".into());
        claims.insert("email".into(), "bob@example.com".into());
    });
    let (alice, asked) = signed_in(&stand).await;
    assert_eq!((&alice["email"], &alice["name"], asked), (&Value::Null, &"alice".into(), 1));
    assert_eq!(alice["admin"], false);
}

/// What the ID token says counts; and what says who is signed in, or by which login, never comes from userinfo.
#[tokio::test]
async fn userinfo_adds_and_never_overrides() {
    let stand = Stand::with(load("always")).await;
    stand.provider.change_userinfo(|claims| {
        for (name, value) in
            [("email", "bob@example.com"), ("iss", "https://evil.example"), ("sid", "of-bob"), ("phone", "1")]
        {
            claims.insert(name.into(), value.into());
        }
    });
    let mut browser = stand.signed_in("alice").await;
    let alice: Value = browser.navigate("/me").await.json();
    assert_eq!((&alice["email"], &alice["iss"]), (&"alice@example.com".into(), &stand.provider.issuer().into()));
    assert_eq!(browser.fetch("/me").await.status, StatusCode::OK);
}

/// Class O of the traps: an unverified address must not become verified by another source's word about another address.
#[tokio::test]
async fn an_address_is_not_verified_by_what_is_said_of_another_one() {
    let stand = Stand::with(|config| config.admin("boss@example.com")).await;
    stand.provider.change_id_token(|token, _| token.claim("email", "boss@example.com").without("email_verified"));
    stand.provider.change_userinfo(|claims| drop(claims.insert("email".into(), "mallory@example.com".into())));
    let (alice, asked) = signed_in(&stand).await;
    assert_eq!((asked, &alice["emailVerified"], &alice["admin"]), (1, &false.into(), &false.into()));
}

#[tokio::test]
async fn userinfo_that_is_needed_and_cannot_be_had_is_a_503_and_no_session() {
    let faults = [
        Fault::Status(500),
        Fault::Status(401),
        Fault::Close,
        Fault::Html,
        Fault::Malformed,
        Fault::Truncated,
        Fault::WrongContentType,
        Fault::Huge(64 * 1024 * 1024),
        Fault::RedirectTo("https://evil.example/userinfo".to_owned()),
        Fault::Hang,
    ];
    let stand = Stand::new().await;
    thin_id_tokens(&stand.provider);
    for fault in faults {
        stand.provider.endpoint(Endpoint::Userinfo).fail_with(fault.clone());
        let mut browser = stand.browser();
        let page = stand.eventually(stand.sign_in(&mut browser, "alice")).await;
        assert_eq!((page.status, page.url.path()), (StatusCode::SERVICE_UNAVAILABLE, "/callback"), "{fault:?}");
        assert!(matches!(stand.login_error(), LoginError::Userinfo(_)), "{fault:?}");
        assert!(
            page.text().contains("href=\"/login?return_to=%2Fme\"") && page.headers.contains_key("retry-after"),
            "{fault:?}"
        );
        assert_eq!(browser.fetch("/me").await.status, StatusCode::UNAUTHORIZED, "{fault:?}");
        stand.provider.endpoint(Endpoint::Userinfo).heal();
    }
    stand.signed_in("alice").await;
}

#[tokio::test]
async fn userinfo_without_a_sub_is_no_userinfo() {
    let stand = Stand::with(load("always")).await;
    stand.provider.change_userinfo(|claims| drop(claims.remove("sub")));
    let page = stand.sign_in(&mut stand.browser(), "alice").await;
    assert_eq!((page.status, stand.login_error().code()), (StatusCode::SERVICE_UNAVAILABLE, "userinfo_failed"));
}

/// The implicit flow brings no access token, so that there is nothing to ask with.
#[tokio::test]
async fn the_implicit_flow_never_asks() {
    let stand = Stand::implicit(load("always")).await;
    assert_eq!(signed_in(&stand).await.1, 0);
}

#[tokio::test]
async fn a_provider_without_userinfo_is_a_mistake_only_where_it_must_always_be_asked() {
    for (word, status) in [("auto", StatusCode::OK), ("always", StatusCode::INTERNAL_SERVER_ERROR)] {
        let (provider, clock) = super::support::provider().await;
        provider.remove_metadata("userinfo_endpoint");
        thin_id_tokens(&provider);
        let config = load(word)(super::support::login_config(&provider, super::support::SERVER));
        let stand = Stand::built(provider, clock, config, |builder| builder).await;
        assert_eq!(stand.sign_in(&mut stand.browser(), "alice").await.status, status, "{word}");
    }
}

/// OpenID Connect Core 1.0 section 5.3.2: `application/jwt`.
#[tokio::test]
async fn signed_userinfo_is_verified_with_the_keys_of_the_provider_and_taken() {
    let stand = Stand::new().await;
    thin_id_tokens(&stand.provider);
    stand.provider.sign_userinfo(TokenBuilder::sign);
    let (alice, asked) = signed_in(&stand).await;
    assert_eq!((&alice["email"], &alice["emailVerified"], asked), (&"alice@example.com".into(), &true.into(), 1));
    let request = stand.provider.last_request(Endpoint::Userinfo).unwrap();
    assert_eq!(request.headers()["accept"], "application/json, application/jwt;q=0.5");
}

/// The ID token is signed with the old key, and userinfo with a new one.
#[tokio::test]
async fn a_key_that_only_userinfo_is_signed_with_is_fetched() {
    let stand = Stand::new().await;
    thin_id_tokens(&stand.provider);
    let (old, new) = (stand.provider.signing_key(), SigningKey::generate(Algorithm::Rs256));
    stand.provider.add_key(&new);
    stand.provider.change_id_token(move |token, _| token.without("email").without("email_verified").key(&old));
    stand.provider.sign_userinfo(move |token| token.key(&new).sign());
    let keys = stand.provider.requests(Endpoint::Jwks);
    let page = stand.eventually(stand.sign_in(&mut stand.browser(), "alice")).await;
    assert_eq!((page.status, stand.provider.requests(Endpoint::Jwks)), (StatusCode::OK, keys + 1));
}

type Forge = Box<dyn Fn(TokenBuilder) -> String + Send + Sync>;

/// What is wrong, what is sent in the place of a good answer, and the reason that it must be refused for.
struct Bad(&'static str, Forge, TokenError);

fn bad(
    what: &'static str,
    forge: impl Fn(TokenBuilder) -> String + Send + Sync + 'static,
    reason: impl Into<TokenError>,
) -> Bad {
    Bad(what, Box::new(forge), reason.into())
}

fn hostile_answers(provider: &TestProvider) -> Vec<Bad> {
    let (stranger, unpublished) = (SigningKey::generate(Algorithm::Rs256), SigningKey::generate(Algorithm::Rs256));
    let key_id = provider.signing_key().key_id().to_owned();
    let (public, audience) = (provider.jwks().to_string(), provider.audience().to_owned());
    let client = provider.client_id().to_owned();
    let id_token = provider.id_token("alice").nonce("n").sign();
    let access_token = provider.token("alice").sign();
    let access_token_for_us = provider.token("alice").type_("JWT").audience(&client).sign();
    let not_allowed = TokenError::AlgorithmNotAllowed { algorithm: Algorithm::Es256 };
    vec![
        bad("a stranger's key", move |token| token.key(&stranger).header("kid", &key_id).sign(), JoseError::Signature),
        bad("a key that is not published", move |token| token.key(&unpublished).sign(), TokenError::UnknownKey),
        bad("alg none", |token| token.unsigned().sign(), JoseError::Unsigned),
        bad("HS256 with the public key", move |token| token.secret(&public).sign(), JoseError::Symmetric),
        bad("another algorithm", |token| token.algorithm(Algorithm::Es256).sign(), not_allowed),
        bad("another issuer", |token| token.issuer("https://evil.example").sign(), TokenError::UnknownIssuer),
        bad("no issuer", |token| token.without("iss").sign(), TokenError::Missing { claim: "iss" }),
        bad("another audience", |token| token.audience("another-client").sign(), TokenError::Audience),
        bad("the API as audience", move |token| token.audience(&audience).sign(), TokenError::Audience),
        bad("no audience", |token| token.without("aud").sign(), TokenError::Missing { claim: "aud" }),
        bad("no sub", |token| token.without("sub").sign(), TokenError::Missing { claim: "sub" }),
        bad("an ID token", move |_| id_token.clone(), TokenError::NotUserinfo),
        bad("an access token", move |_| access_token.clone(), TokenError::Type),
        bad("an access token for the client", move |_| access_token_for_us.clone(), TokenError::NotUserinfo),
        bad("encrypted", |token| token.header("enc", "A256GCM").sign(), JoseError::Encrypted),
        bad("JSON", |_| r#"{"sub":"alice"}"#.to_owned(), JoseError::Segments),
    ]
}

#[tokio::test]
async fn a_userinfo_jwt_that_is_not_the_providers_word_for_this_client_signs_nobody_in() {
    let stand = Stand::new().await;
    thin_id_tokens(&stand.provider);
    for Bad(what, forge, reason) in hostile_answers(&stand.provider) {
        stand.provider.sign_userinfo(forge);
        let mut browser = stand.browser();
        let page = stand.eventually(stand.sign_in(&mut browser, "alice")).await;
        let error = stand.login_error();
        assert!(matches!(&error, LoginError::UserinfoToken(seen) if *seen == reason), "{what}: {error:?}");
        assert_eq!((page.status, page.url.path()), (StatusCode::BAD_REQUEST, "/callback"), "{what}");
        assert!(page.text().contains("<code>userinfo_refused</code>"), "{what}");
        assert_eq!(browser.fetch("/me").await.status, StatusCode::UNAUTHORIZED, "{what}");
        assert_eq!(stand.principals(), 0, "{what}: the application has seen nobody");
    }
    stand.provider.sign_userinfo(TokenBuilder::sign);
    stand.signed_in("alice").await;
}

/// As with a plain answer: nothing of it is used.
#[tokio::test]
async fn signed_userinfo_of_somebody_else_is_dropped_whole() {
    let stand = Stand::with(|config| config.admin("bob@example.com")).await;
    thin_id_tokens(&stand.provider);
    stand.provider.sign_userinfo(|token| token.claim("sub", "bob").claim("email", "bob@example.com").sign());
    let (alice, asked) = signed_in(&stand).await;
    assert_eq!((&alice["email"], &alice["admin"], asked), (&Value::Null, &false.into(), 1));
}

#[tokio::test]
async fn a_jwt_that_calls_itself_json_is_refused() {
    let stand = Stand::new().await;
    thin_id_tokens(&stand.provider);
    stand.provider.sign_userinfo(TokenBuilder::sign);
    stand.provider.endpoint(Endpoint::Userinfo).set_header("content-type", "application/json");
    let page = stand.sign_in(&mut stand.browser(), "alice").await;
    let error = stand.login_error();
    let LoginError::Userinfo(reason) = &error else { panic!("{error:?}") };
    assert!(matches!(**reason, UserinfoError::NotJson(_)), "{reason:?}");
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
}
