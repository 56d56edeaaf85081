//! Third-party-initiated login (OpenID Connect Core 1.0 section 4): another site may send people to log in, and no more than that.
//! Auth0 does so for expired links and invitations.

use http::{Request, StatusCode};
use tower_oidc::{
    login::LoginError,
    testing::{Endpoint, TestProvider},
};
use url::form_urlencoded::Serializer;

use super::support::{SERVER, Stand, location, navigation, parameter};

fn initiation(parameters: &[(&str, &str)]) -> String {
    format!("/login?{}", Serializer::new(String::new()).extend_pairs(parameters).finish())
}

/// `oidcc-client-test-3rd-party-init-login`.
#[tokio::test]
async fn oidcc_client_test_3rd_party_init_login() {
    let stand = Stand::new().await;
    let iss = stand.provider.issuer().to_owned();
    let mut browser = stand.browser();
    let asked =
        [("iss", iss.as_str()), ("login_hint", "alice"), ("target_link_uri", "https://app.example/deep/me?x=1")];
    let page = browser.navigate(&initiation(&asked)).await;
    assert_eq!(parameter(&page.url, "login_hint").as_deref(), Some("alice"));
    let me = browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!((me.status, me.url.as_str()), (StatusCode::OK, "https://app.example/deep/me?x=1"));
}

#[tokio::test]
async fn a_login_may_be_initiated_by_a_form_of_another_site() {
    let stand = Stand::new().await;
    let form = Serializer::new(String::new()).append_pair("iss", stand.provider.issuer()).finish();
    let request = Request::post("/login").header("content-type", "application/x-www-form-urlencoded");
    let request = request.header("origin", "https://portal.example").header("sec-fetch-site", "cross-site");
    let answer = stand.send(request.body(form).unwrap()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.location().as_str().starts_with(&stand.provider.endpoint(Endpoint::Authorize).url()));
}

#[tokio::test]
async fn a_login_in_the_name_of_another_issuer_is_refused() {
    let stand = Stand::new().await;
    let own = stand.provider.issuer();
    for iss in ["https://evil.example", "", &format!("{own}/"), &own.to_uppercase(), &format!("{own}.evil.example")] {
        let answer = stand.send(navigation(&initiation(&[("iss", iss)]))).await;
        if iss.is_empty() {
            assert_eq!(answer.status, StatusCode::FOUND, "a parameter without a value is none");
            continue;
        }
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{iss}");
        assert!(matches!(answer.login_error(), LoginError::ForeignIssuer) && answer.set_cookies().is_empty(), "{iss}");
    }
}

/// Auth0's issuer ends with a slash that its users leave out: openid-client#807 and its kin.
#[tokio::test]
async fn auth0s_slash_may_be_missing() {
    let clock = tower_oidc::testing::ManualClock::new();
    let provider = TestProvider::builder().issuer_slash(true).clock(clock.clone()).start().await;
    let config = super::support::login_config(&provider, SERVER).provider("auth0");
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    let iss = stand.provider.issuer();
    for iss in [iss, iss.trim_end_matches('/')] {
        assert_eq!(stand.send(navigation(&initiation(&[("iss", iss)]))).await.status, StatusCode::FOUND, "{iss}");
    }
    stand.signed_in("alice").await;
}

/// It opens no way out: `target_link_uri` is a return address like any other (class A).
#[tokio::test]
async fn a_target_of_another_origin_is_refused() {
    let stand = Stand::new().await;
    let iss = stand.provider.issuer().to_owned();
    for target in
        ["https://evil.example/", "//evil.example", "https://app.example@evil.example/", "javascript:alert(1)"]
    {
        let answer = stand.send(navigation(&initiation(&[("iss", &iss), ("target_link_uri", target)]))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{target}");
        assert!(matches!(answer.login_error(), LoginError::ReturnAddress), "{target}");
    }
    let both = initiation(&[("return_to", "/me"), ("target_link_uri", "https://evil.example/")]);
    assert_eq!(stand.send(navigation(&both)).await.status, StatusCode::FOUND, "the one that counts is good");
}

/// Auth0 sends invitations to the initiate-login URI.
#[tokio::test]
async fn an_invitation_goes_on_to_auth0_and_binds_the_organization() {
    let stand = Stand::with(|config| config.provider("auth0")).await;
    let mut browser = stand.browser();
    let link = initiation(&[("invitation", "ticket"), ("organization", "org_1"), ("organization_name", "Acme")]);
    let page = browser.navigate(&link).await;
    let asked = ["invitation", "organization", "organization_name"].map(|name| parameter(&page.url, name));
    assert_eq!(asked, [Some("ticket".to_owned()), Some("org_1".to_owned()), None]);
    stand.provider.change_id_token(|token, _| token.claim("org_id", "org_other"));
    let refused = browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(matches!(stand.login_error(), LoginError::Organization));
}

/// Somebody who is signed in and follows such a link signs in again, and whoever comes back counts: never two people in one
/// session (class K).
#[tokio::test]
async fn an_initiated_login_of_somebody_else_takes_the_place_of_the_session() {
    let stand = Stand::new().await;
    let mut browser = stand.signed_in("alice").await;
    let answer = browser.navigate(&initiation(&[("iss", stand.provider.issuer()), ("target_link_uri", "/me")])).await;
    assert_eq!(answer.json::<serde_json::Value>()["sub"], "alice", "the provider knows who it is");
    let mut other = browser.tab();
    stand.provider.change_id_token(|token, _| token.claim("sub", "bob").claim("email", "bob@example.com"));
    let answer = other.navigate(&initiation(&[("target_link_uri", "/me")])).await;
    assert_eq!(answer.json::<serde_json::Value>()["sub"], "bob");
    assert_eq!(browser.fetch("/me").await.json::<serde_json::Value>()["sub"], "bob");
    assert!(location(&answer.history[0].headers).path().ends_with("/authorize"));
}
