//! A login from its start to its callback: classes E and F.

use http::StatusCode;
use serde_json::json;
use tower_oidc::{
    login::LoginError,
    testing::{Endpoint, jws},
};
use url::form_urlencoded;

use crate::{
    asking::is_signed_in,
    support::{SERVER, Stand, callback_of, login_config, provider},
};

/// What a callback is checked with is one sealed value: without it there is nothing to skip.
#[tokio::test]
async fn class_e_a_callback_without_its_state_or_its_transaction_signs_nobody_in() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    let callback = callback_of(&stand, &mut browser, "alice").await;
    let without_state: Vec<_> = callback.split(['?', '&']).filter(|part| !part.starts_with("state=")).collect();
    let without_state = format!("{}?{}", without_state[0], without_state[1..].join("&"));
    assert_eq!(browser.navigate(&without_state).await.status, StatusCode::BAD_REQUEST);
    assert!(!is_signed_in(&browser).await);
    browser.clear_cookies();
    browser.navigate(&callback).await;
    assert!(!is_signed_in(&browser).await);
    assert_eq!(stand.provider.requests(Endpoint::Token), 0, "the code is not even sent");
}

/// What an answer is held against is this browser's and this login's: the code of another one is of no use under its own state, for
/// the verifier is not the one that it was asked for with.
#[tokio::test]
async fn class_f_the_code_of_another_login_signs_nobody_in() {
    let stand = Stand::new().await;
    let (mut attacker, mut victim) = (stand.browser(), stand.browser());
    let theirs = callback_of(&stand, &mut attacker, "bob").await;
    let own = callback_of(&stand, &mut victim, "alice").await;
    let code = |url: &str| url.split(['?', '&']).find(|part| part.starts_with("code=")).unwrap().to_owned();
    let swapped = own.replace(&code(&own), &code(&theirs));
    assert_eq!(victim.navigate(&swapped).await.status, StatusCode::BAD_REQUEST);
    assert!(!is_signed_in(&victim).await);
    assert_eq!(stand.provider.requests(Endpoint::Token), 1, "the provider refuses it");
}

/// CVE-2026-73419 (Auth.js): state, nonce and verifier of a login at one provider were good for the answer of another. The sealed
/// transaction names its provider: after a change of the configuration, whose secret and address stay, it is none.
#[tokio::test]
async fn cve_2026_73419_auth_js_the_transaction_of_another_provider_is_none() {
    let mut stand = Stand::new().await;
    let mut browser = stand.browser();
    let callback = callback_of(&stand, &mut browser, "alice").await;
    let (other, _) = provider().await;
    stand.restart(login_config(&other, SERVER)).await;
    let encoded = |issuer: &str| form_urlencoded::byte_serialize(issuer.as_bytes()).collect::<String>();
    let answer = callback.replace(&encoded(stand.provider.issuer()), &encoded(other.issuer()));
    assert_ne!(answer, callback, "the other provider's answer in every respect but for its state");
    for answer in [answer, callback] {
        browser.navigate(&answer).await;
        assert!(!is_signed_in(&browser).await);
        assert_eq!(other.requests(Endpoint::Token), 0, "no code of one provider is sent to the other");
    }
}

/// CVE-2025-68158 (Authlib): the state was kept where every browser's state was found, so that the attacker's own answer signed a victim
/// in as the attacker.
#[tokio::test]
async fn cve_2025_68158_authlib_the_answer_of_another_browser_signs_nobody_in() {
    let stand = Stand::new().await;
    let (mut attacker, mut victim) = (stand.browser(), stand.browser());
    let callback = callback_of(&stand, &mut attacker, "bob").await;
    victim.navigate("/me").await;
    victim.navigate(&callback).await;
    assert!(!is_signed_in(&victim).await);
    assert_eq!(stand.provider.requests(Endpoint::Token), 0, "the code is not even sent");
    attacker.navigate(&callback).await;
    assert!(is_signed_in(&attacker).await, "it is the attacker's own");
}

/// CVE-2026-82461 to 82464 (pac4j): a callback that brought nothing but an access token signed somebody in. The answer must be of the type
/// that was asked for, and holds no more and no less.
#[tokio::test]
async fn cve_2026_82461_to_82464_pac4j_an_access_token_alone_signs_nobody_in() {
    for more in ["", "&token_type=Bearer&expires_in=3600"] {
        let stand = Stand::new().await;
        let token = stand.provider.token("alice").sign();
        stand.provider.change_authorization_response(move |parameters| {
            parameters.retain(|(name, _)| name != "code");
            parameters.push(("access_token".to_owned(), token.clone()));
            parameters.extend(form_urlencoded::parse(more.as_bytes()).into_owned());
        });
        let mut browser = stand.browser();
        assert_eq!(stand.sign_in(&mut browser, "alice").await.status, StatusCode::BAD_REQUEST);
        assert!(matches!(stand.login_error(), LoginError::ResponseType), "{more}");
        assert!(!is_signed_in(&browser).await);
        assert_eq!(stand.provider.requests(Endpoint::Token) + stand.provider.requests(Endpoint::Userinfo), 0);
    }
}

/// CVE-2026-82461 to 82464 (pac4j): roles were read out of an access token whose signature nobody had looked at. What a person may do is read
/// out of the ID token that opened the session, and of userinfo; the access token is not even read.
#[tokio::test]
async fn cve_2026_82461_to_82464_pac4j_an_unverified_access_token_gives_no_role() {
    let stand = Stand::with(|mut config| {
        config.authorizer.use_roles_from_provider = Some(true);
        config.admin("mallory@company.com")
    })
    .await;
    stand.provider.add_user("alice").claim("roles", ["reader"]);
    let claims = json!({
        "iss": stand.provider.issuer(), "aud": stand.provider.audience(), "sub": "alice", "exp": stand.now() + 3600,
        "roles": ["admin"], "email": "mallory@company.com", "email_verified": true, "scope": "admin",
    });
    let stranger = tower_oidc::testing::SigningKey::generate(tower_oidc::types::Algorithm::Rs256);
    let forged = jws(json!({"alg": "RS256", "typ": "at+jwt"}).to_string(), claims.to_string(), &stranger);
    stand.provider.change_id_token(|token, _| token.without("at_hash"));
    stand.provider.change_token_response(move |members, _| drop(members.insert("access_token".into(), json!(forged))));
    let browser = stand.signed_in("alice").await;
    let me = browser.fetch("/me").await.json::<serde_json::Value>();
    assert_eq!((&me["roles"], &me["admin"], &me["scopes"]), (&json!(["reader"]), &json!(false), &json!([])));
    assert_eq!(browser.fetch("/admin").await.status, StatusCode::FORBIDDEN);
}
