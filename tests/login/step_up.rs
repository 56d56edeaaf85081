//! A route wants a stronger login than the person's: of some class (`acr`), or by some method (`amr`). RFC 9470, and OpenID Connect
//! Core 1.0 section 3.1.2.1, `acr_values`.

use http::StatusCode;
use serde_json::{Value, json};
use tower_oidc::{
    Config,
    layer::AuthErrorKind,
    login::LoginError,
    principal::rules::MULTI_FACTOR,
    testing::{Browser, Endpoint, GrantType},
};

use crate::{
    support::{RECENT, Stand, navigation, parameter},
    support_sessions::{OFFLINE, RENEWAL},
};

/// What the provider says of every login from now on.
fn logins_are(stand: &Stand, claims: Value) {
    stand.provider.change_id_token(move |token, _| {
        claims.as_object().unwrap().iter().fold(token, |token, (name, value)| token.claim(name, value))
    });
}

/// The `acr_values` of the last login that was started, and how many there were.
fn asked(stand: &Stand) -> (Option<String>, usize) {
    let request = stand.provider.last_request(Endpoint::Authorize).unwrap();
    let url = url::Url::parse("https://id.example").unwrap().join(&request.uri().to_string()).unwrap();
    (parameter(&url, "acr_values"), stand.provider.requests(Endpoint::Authorize))
}

async fn alice(stand: &Stand) -> Browser {
    let browser = stand.signed_in("alice").await;
    stand.refusals();
    browser
}

#[tokio::test]
async fn a_page_that_wants_a_stronger_login_starts_one_and_is_come_back_to() {
    for (path, values, stronger) in [
        ("/strong?a=b", "phrh phr", json!({ "acr": "phr" })),
        ("/mfa", MULTI_FACTOR, json!({ "amr": ["pwd", "mfa"] })),
        ("/mfa", MULTI_FACTOR, json!({ "amr": "mfa", "acr": "anything" })),
    ] {
        let stand = Stand::new().await;
        logins_are(&stand, json!({ "acr": "0", "amr": ["pwd"] }));
        let mut browser = alice(&stand).await;
        let (_, before) = asked(&stand);
        logins_are(&stand, stronger.clone());
        let page = browser.navigate(path).await;
        assert_eq!((page.status, page.url.as_str()), (StatusCode::OK, &*format!("https://app.example{path}")));
        assert_eq!(asked(&stand), (Some(values.to_owned()), before + 1), "{path}");
        assert_eq!(browser.navigate(path).await.history.len(), 0, "{stronger}: the session is of that strength");
        assert_eq!(asked(&stand).1, before + 1);
    }
}

#[tokio::test]
async fn a_script_gets_a_challenge_that_says_which_login_is_wanted() {
    let stand = Stand::new().await;
    let browser = alice(&stand).await;
    for (path, values) in [("/strong", "phrh phr"), ("/mfa", MULTI_FACTOR)] {
        let answer = browser.fetch(path).await;
        let challenge = answer.headers["www-authenticate"].to_str().unwrap();
        let wanted = format!(r#", error="insufficient_user_authentication", acr_values="{values}""#);
        assert!(challenge.contains(&wanted), "{challenge}");
        let problem: Value = answer.json();
        assert_eq!((answer.status, &problem["error"]), (StatusCode::UNAUTHORIZED, &json!("login_too_weak")));
        let refusal = stand.refusals().pop().unwrap();
        assert_eq!((refusal.kind(), refusal.reason()), (AuthErrorKind::LoginTooWeak, "login_too_weak"));
    }
}

/// What was met goes along as well: a login that is newer and no longer by that method would not be let in.
#[tokio::test]
async fn a_page_that_wants_a_login_new_and_strong_asks_for_both_at_once() {
    let stand = Stand::new().await;
    logins_are(&stand, json!({ "amr": ["mfa"] }));
    let mut browser = alice(&stand).await;
    assert_eq!(browser.fetch("/mfa/recent").await.status, StatusCode::OK);
    stand.advance(RECENT.as_secs() + 1);
    logins_are(&stand, json!({ "amr": ["pwd"] }));
    browser.navigate("/mfa/recent").await;
    let page = browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!((page.status, page.url.path()), (StatusCode::UNAUTHORIZED, "/callback"));
    assert!(matches!(stand.login_error(), LoginError::TooWeak));
    assert_eq!(asked(&stand).0.as_deref(), Some(MULTI_FACTOR));
    assert_eq!(browser.fetch("/mfa").await.status, StatusCode::OK, "the session is as it was");
    logins_are(&stand, json!({ "amr": ["mfa"] }));
    let page = browser.navigate("/mfa/recent").await;
    assert_eq!((page.status, page.url.path()), (StatusCode::OK, "/mfa/recent"));
}

/// Two rules of one page in one `all`: one login, for both.
#[tokio::test]
async fn what_one_rule_wants_in_two_parts_is_asked_for_at_once() {
    let stand = Stand::new().await;
    let mut browser = alice(&stand).await;
    let (_, before) = asked(&stand);
    logins_are(&stand, json!({ "acr": "phr", "amr": ["mfa"] }));
    let page = browser.navigate("/both").await;
    assert_eq!((page.status, page.url.path()), (StatusCode::OK, "/both"));
    let both = ["phrh phr", MULTI_FACTOR].join(" ");
    assert!(matches!(asked(&stand), (Some(values), count) if count == before + 1 && values.len() == both.len()));
    assert_eq!(
        (browser.fetch("/strong").await.status, browser.fetch("/mfa").await.status),
        (StatusCode::OK, StatusCode::OK)
    );
}

/// Each login is for one of the pages, and ends the session that was good for the other.
#[tokio::test]
async fn pages_that_undo_each_others_logins_are_no_loop() {
    let stand = Stand::new().await;
    let mut browser = alice(&stand).await;
    let pages = [("/mfa", json!({ "amr": ["mfa"] })), ("/strong", json!({ "acr": "phr" }))];
    for (path, login) in pages.iter().cycle().take(3) {
        logins_are(&stand, login.clone());
        assert_eq!(browser.navigate(path).await.status, StatusCode::OK, "{path}");
    }
    let (_, before) = asked(&stand);
    assert_eq!(browser.navigate("/strong").await.status, StatusCode::UNAUTHORIZED);
    assert!(matches!(stand.login_error(), LoginError::TooWeak));
    assert_eq!(asked(&stand).1, before);
}

#[tokio::test]
async fn a_rule_that_asks_for_more_than_a_login_can_carry_starts_none() {
    let stand = Stand::new().await;
    let mut browser = alice(&stand).await;
    let (_, before) = asked(&stand);
    let page = browser.navigate("/endless").await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.text().contains("<code>strength_too_long</code>"), "{}", page.text());
    assert_eq!((asked(&stand).1, browser.fetch("/me").await.status), (before, StatusCode::OK));
}

/// A bearer token is not rescued by a cookie, and nobody is sent to log in for it.
#[tokio::test]
async fn a_token_too_weak_beside_a_session_gets_a_challenge_and_no_redirect() {
    let stand = Stand::new().await;
    logins_are(&stand, json!({ "acr": "phr" }));
    let browser = alice(&stand).await;
    let (_, before) = asked(&stand);
    let token = stand.provider.token("alice").claim("acr", "0").sign();
    let cookies: Vec<_> = browser.cookies().into_iter().map(|(name, value)| [name, value].join("=")).collect();
    let mut request = navigation("/strong");
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
    let answer = stand.send(request).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(
        answer.header("www-authenticate").contains(r#"acr_values="phrh phr""#),
        "{}",
        answer.header("www-authenticate")
    );
    assert!(answer.set_cookies().is_empty() && !answer.headers.contains_key("location"));
    assert_eq!(asked(&stand).1, before);
}

/// The callback sees no session then: it is known by the login alone.
#[tokio::test]
async fn a_stronger_login_by_form_post_takes_the_place_of_the_session_and_a_weak_one_leaves_it() {
    let stand = Stand::with(|mut config: Config| {
        config.authentication.oidc.response_mode = Some("form_post".to_owned());
        config
    })
    .await;
    let mut browser = alice(&stand).await;
    logins_are(&stand, json!({ "acr": "0" }));
    assert_eq!(browser.navigate("/strong").await.status, StatusCode::UNAUTHORIZED);
    assert!(matches!(stand.login_error(), LoginError::TooWeak));
    assert_eq!(browser.fetch("/me").await.status, StatusCode::OK, "the session before is alive");
    logins_are(&stand, json!({ "acr": "phr" }));
    let page = browser.navigate("/strong").await;
    assert_eq!((page.status, page.url.path()), (StatusCode::OK, "/strong"));
}

/// The provider asks nothing, and sends the browser back at once: without an end it would go round for ever.
#[tokio::test]
async fn a_login_that_is_still_too_weak_is_refused_at_once_and_the_session_stays() {
    for (path, weak) in [
        ("/strong", json!({})),
        ("/strong", json!({ "acr": "0" })),
        ("/strong", json!({ "acr": ["phr"] })),
        ("/strong", json!({ "acr": "PHR" })),
        ("/strong", json!({ "amr": ["phr"] })),
        ("/mfa", json!({})),
        ("/mfa", json!({ "amr": ["pwd"] })),
        ("/mfa", json!({ "amr": {"mfa": true} })),
        ("/mfa", json!({ "acr": MULTI_FACTOR })),
    ] {
        let stand = Stand::new().await;
        let mut browser = alice(&stand).await;
        let (_, before) = asked(&stand);
        logins_are(&stand, weak.clone());
        let page = browser.navigate(path).await;
        assert_eq!((page.status, page.url.path()), (StatusCode::UNAUTHORIZED, "/callback"), "{path} {weak}");
        assert!(page.text().contains("<code>login_too_weak</code>"), "{path} {weak}: {}", page.text());
        assert!(matches!(stand.login_error(), LoginError::TooWeak), "{path} {weak}");
        assert_eq!(asked(&stand).1, before + 1, "{path} {weak}: once");
        assert_eq!(browser.fetch("/me").await.status, StatusCode::OK, "{path} {weak}: the session is as it was");
        assert_eq!(browser.fetch(path).await.status, StatusCode::UNAUTHORIZED, "{path} {weak}");
    }
}

/// Userinfo says who somebody is, and not how they signed in.
#[tokio::test]
async fn userinfo_makes_no_login_stronger() {
    let stand = Stand::with(|mut config: Config| {
        config.authentication.oidc.load_userinfo = Some("always".to_owned());
        config
    })
    .await;
    stand.provider.change_userinfo(|claims| {
        claims.insert("acr".to_owned(), json!("phr"));
        claims.insert("amr".to_owned(), json!(["mfa"]));
    });
    let mut browser = alice(&stand).await;
    for path in ["/strong", "/mfa"] {
        assert_eq!(browser.navigate(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(matches!(stand.login_error(), LoginError::TooWeak), "{path}");
    }
}

/// Auth0 says `amr` at the login alone.
#[tokio::test]
async fn a_login_is_as_strong_as_it_was_when_its_tokens_are_renewed() {
    let stand = Stand::with(|config| config.scope(OFFLINE)).await;
    stand.provider.change_id_token(|token, grant| match grant {
        GrantType::RefreshToken => token,
        _ => token.claim("amr", ["mfa"]),
    });
    let browser = alice(&stand).await;
    stand.advance(RENEWAL);
    assert_eq!((browser.fetch("/mfa").await.status, stand.token_requests()), (StatusCode::OK, 2));
}

/// A renewal is no authentication: a provider that says what its session has become since would spare the person the second factor.
#[tokio::test]
async fn a_renewal_makes_no_login_stronger() {
    let stand = Stand::with(|config| config.scope(OFFLINE)).await;
    stand.provider.change_id_token(|token, grant| match grant {
        GrantType::RefreshToken => token.claim("amr", ["mfa"]).claim("acr", "phr"),
        _ => token.claim("amr", ["pwd"]),
    });
    let browser = alice(&stand).await;
    stand.advance(RENEWAL);
    for path in ["/mfa", "/strong"] {
        assert_eq!(browser.fetch(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(stand.token_requests(), 2, "it was renewed");
}

/// The first login asks nothing particular: nobody knew the rule of the page before somebody was there to meet it.
#[tokio::test]
async fn somebody_who_is_not_signed_in_comes_to_the_page_too() {
    let stand = Stand::new().await;
    logins_are(&stand, json!({ "amr": ["mfa"] }));
    let mut browser = stand.browser();
    browser.navigate("/mfa").await;
    let page = browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!((page.status, page.url.path(), asked(&stand)), (StatusCode::OK, "/mfa", (None, 1)));
}
