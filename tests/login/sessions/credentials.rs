//! The `Authorization` header counts alone, and the rules of this moment count.

use http::{HeaderValue, StatusCode, header::AUTHORIZATION};
use tower_oidc::layer::AuthErrorKind;

use crate::{
    support::{SERVER, Stand, navigation, provider},
    support_sessions::{Cookies, STORES, api, copy, form, header_of, varies_by_cookie},
};

async fn ask(stand: &Stand, path: &str, cookies: &Cookies, authorization: &str) -> crate::support::Answer {
    let mut request = api(path, cookies);
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::try_from(authorization).unwrap());
    stand.send(request).await
}

#[tokio::test]
async fn with_header_and_cookie_the_header_counts() {
    let stand = Stand::new().await;
    let jane = copy(&stand.signed_in("jane").await);
    let bob = stand.provider.token("bob").sign();
    let answer = ask(&stand, "/me", &jane, &format!("Bearer {bob}")).await;
    assert_eq!((answer.json()["sub"].as_str(), answer.json()["via"].as_str()), (Some("bob"), Some("bearer")));
}

/// CVE-2022-29226: one kind of credential must not make up for another.
#[tokio::test]
async fn a_bad_header_is_not_rescued_by_a_good_cookie() {
    let stand = Stand::new().await;
    let jane = copy(&stand.signed_in("jane").await);
    let expired = stand.provider.token("jane").claim("exp", 1).sign();
    for header in [format!("Bearer {expired}").as_str(), "Bearer", "Bearer x", "Bearer a.b.c", "Basic amFuZTpqYW5l"] {
        let answer = ask(&stand, "/me", &jane, header).await;
        assert!(matches!(answer.status.as_u16(), 400 | 401), "{header}: {}", answer.status);
        assert!(answer.set_cookies().is_empty(), "{header}: the session is not touched");
        let anonymous = ask(&stand, "/", &jane, header).await;
        assert!(anonymous.text == "null" || anonymous.status.is_client_error(), "{header}: {}", anonymous.text);
    }
    assert!(stand.is_alive(&jane).await);
}

#[tokio::test]
async fn a_bad_header_on_a_navigation_starts_no_login() {
    let stand = Stand::new().await;
    let mut request = navigation("/me");
    request.headers_mut().insert("cookie", header_of(&copy(&stand.signed_in("jane").await)).parse().unwrap());
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Bearer x"));
    let answer = stand.send(request).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.headers.contains_key("www-authenticate"));
}

/// A session is no token: what is in the cookie is nothing in the header, and the reverse.
#[tokio::test]
async fn a_token_is_no_cookie_and_a_cookie_is_no_token() {
    let stand = Stand::new().await;
    let jane = copy(&stand.signed_in("jane").await);
    let token = stand.provider.token("jane").sign();
    let as_cookie = vec![(jane[0].0.clone(), format!("1.{token}"))];
    assert!(!stand.is_alive(&as_cookie).await);
    let answer = ask(&stand, "/me", &Vec::new(), &format!("Bearer {}", jane[0].1)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

/// RFC 6750 sections 2.2 and 2.3 have a token in a form or in the address, which stays in histories and logs (RFC 9700 section 4.3.2).
#[tokio::test]
async fn a_token_in_an_address_or_in_a_form_is_nobody() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    for name in ["access_token", "token", "id_token", "authorization"] {
        let parameters = format!("{name}={token}");
        assert_eq!(stand.send(api(&format!("/?{parameters}"), &[])).await.text, "null", "{name}");
        assert_eq!(stand.send(form("/me", &[], &parameters)).await.status, StatusCode::UNAUTHORIZED, "{name}");
    }
    assert_eq!(ask(&stand, "/", &Vec::new(), &format!("Bearer {token}")).await.json()["sub"], "jane");
}

#[tokio::test]
async fn an_administrator_who_left_the_list_is_none_at_the_next_request() {
    for store in STORES {
        let (provider, clock) = provider().await;
        let config = |provider: &tower_oidc::testing::TestProvider| {
            crate::support::login_config(provider, SERVER).session_store(store)
        };
        let admin = config(&provider).admin("jane@example.com");
        let mut stand = Stand::built(provider, clock, admin, |builder| builder).await;
        let jane = copy(&stand.signed_in("jane").await);
        assert_eq!(stand.send(api("/admin", &jane)).await.status, StatusCode::OK, "{store}");
        if store == "memory" {
            continue; // Its sessions end with the process, and lists change with it.
        }
        let config = config(&stand.provider);
        stand.restart(config).await;
        assert_eq!(stand.send(api("/admin", &jane)).await.status, StatusCode::FORBIDDEN);
        assert!(stand.is_alive(&jane).await, "and is still signed in");
    }
}

#[tokio::test]
async fn a_domain_rule_acts_on_those_who_are_signed_in_already() {
    let mut stand = Stand::new().await;
    let jane = copy(&stand.signed_in("jane").await);
    let strict = stand.config().principal_domain("company.com").enforce_principal_domain(true);
    stand.restart(strict).await;
    for path in ["/me", "/"] {
        let answer = stand.send(api(path, &jane)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(answer.reason.unwrap().kind(), AuthErrorKind::Forbidden);
    }
    stand.restart(stand.config().principal_domain("example.com").enforce_principal_domain(true)).await;
    assert!(stand.is_alive(&jane).await);
}

#[tokio::test]
async fn a_service_of_bearer_tokens_alone_does_not_look_at_cookies() {
    let mut stand = Stand::new().await;
    let jane = copy(&stand.signed_in("jane").await);
    stand.restart(stand.provider.config()).await;
    let answer = stand.send(api("/", &jane)).await;
    assert_eq!((answer.text.as_str(), answer.set_cookies().len()), ("null", 0));
    assert!(!varies_by_cookie(&answer.headers));
    assert_eq!(stand.me(&jane).await.status, StatusCode::UNAUTHORIZED);
    let answer = ask(&stand, "/me", &jane, &format!("Bearer {}", stand.provider.token("bob").sign())).await;
    assert_eq!(answer.json()["sub"], "bob");
}
