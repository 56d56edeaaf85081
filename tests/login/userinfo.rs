//! Userinfo: when it is asked, what is taken of it, and what comes of a login without it (OpenID Connect Core 1.0 section 5.3).

use http::StatusCode;
use serde_json::Value;
use tower_oidc::{
    Config,
    login::LoginError,
    testing::{Endpoint, Fault, TestProvider},
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
