//! OpenID Connect Front-Channel Logout 1.0: on the word of a browser, which anybody can make say anything.

use http::{Method, StatusCode};
use tower_oidc::{
    login::LoginError,
    session::MAX_ENDED_UNPROVED,
    testing::{Endpoint, TestProvider},
};

use crate::{
    support::{Answer, Stand},
    support_sessions::{Cookies, STORES, copy, form, removed, request},
};

const PATH: &str = "/frontchannel-logout";

async fn stand(store: &'static str) -> Stand {
    let stand = Stand::with(|config| config.session_store(store)).await;
    stand.provider.set_front_channel_logout_uri(Some("https://app.example/frontchannel-logout"));
    stand
}

/// What a frame on the provider's page asks.
async fn frame(stand: &Stand, parameters: &[(&str, &str)], cookies: &Cookies) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let headers = [("sec-fetch-dest", "iframe"), ("sec-fetch-mode", "navigate"), ("sec-fetch-site", "cross-site")];
    stand.send(request(Method::GET, &format!("{PATH}?{query}"), cookies, &headers, "")).await
}

fn sid(provider: &TestProvider) -> String {
    provider.session_ids("jane").remove(0)
}

/// `oidcc-client-test-rp-frontchannel-opinitlogout`: somebody signs out at the provider, whose page has a frame of ours. No cookie
/// comes with it.
#[tokio::test]
async fn rp_frontchannel_opinitlogout() {
    for store in STORES {
        let stand = stand(store).await;
        let mut browser = stand.signed_in("jane").await;
        let cookies = copy(&browser);
        let elsewhere = copy(&stand.signed_in("jane").await);
        let page = browser.navigate(&stand.provider.endpoint(Endpoint::EndSession).url()).await;
        assert!(page.text().contains("<iframe"), "{}", page.text());
        assert!(!stand.is_alive(&cookies).await, "{store}");
        assert!(stand.is_alive(&elsewhere).await, "{store}: another login of hers");
    }
}

/// `oidcc-client-test-rp-frontchannel-rpinitlogout`.
#[tokio::test]
async fn rp_frontchannel_rpinitlogout() {
    for store in STORES {
        let stand = stand(store).await;
        let mut browser = stand.signed_in("jane").await;
        let cookies = copy(&browser);
        let visited = browser.post("/logout", &[]).await;
        assert_eq!(
            visited.url.as_str(),
            "https://app.example/",
            "{store}: the way back, by the provider's page with the frame"
        );
        assert_eq!(visited.text(), "null");
        assert!(!stand.is_alive(&cookies).await && copy(&browser).is_empty(), "{store}");
    }
}

#[tokio::test]
async fn the_cookie_is_removed_when_it_comes_along() {
    for store in STORES {
        let stand = stand(store).await;
        let cookies = copy(&stand.signed_in("jane").await);
        let parameters = [("iss", stand.provider.issuer()), ("sid", &sid(&stand.provider))];
        let answer = frame(&stand, &parameters, &cookies).await;
        assert_eq!((answer.status, removed(&answer.headers)), (StatusCode::OK, vec!["__Host-oidc_session"]), "{store}");
        assert!(!stand.is_alive(&cookies).await, "{store}");
        let again = frame(&stand, &parameters, &cookies).await;
        assert_eq!(again.status, StatusCode::OK, "{store}: there is nothing to end any more");
    }
}

#[tokio::test]
async fn the_page_may_be_framed_by_the_provider_alone_and_is_kept_by_no_cache() {
    let stand = stand("cookie").await;
    let answer = frame(&stand, &[("iss", stand.provider.issuer()), ("sid", "any")], &Vec::new()).await;
    let policy = format!("default-src 'none'; frame-ancestors {}", stand.provider.issuer().trim_end_matches('/'));
    assert_eq!(answer.header("content-security-policy"), policy);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.headers.contains_key("x-frame-options"));
}

#[tokio::test]
async fn what_does_not_name_a_session_of_this_provider_is_refused() {
    for store in STORES {
        let stand = stand(store).await;
        let cookies = copy(&stand.signed_in("jane").await);
        let (issuer, sid) = (stand.provider.issuer(), sid(&stand.provider));
        let slash = format!("{issuer}/");
        let refused: [&[(&str, &str)]; 8] = [
            &[],
            &[("iss", issuer)],
            &[("sid", &sid)],
            &[("iss", ""), ("sid", &sid)],
            &[("iss", "https://attacker.example"), ("sid", &sid)],
            &[("iss", &slash), ("sid", &sid)],
            &[("iss", issuer), ("iss", issuer), ("sid", &sid)],
            &[("iss", issuer), ("sid", &sid), ("sid", "other")],
        ];
        for parameters in refused {
            let answer = frame(&stand, parameters, &cookies).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{store} {parameters:?}");
            assert!(answer.set_cookies().is_empty(), "{parameters:?}");
        }
        let foreign = frame(&stand, &[("iss", "https://attacker.example"), ("sid", &sid)], &cookies).await;
        assert!(matches!(foreign.login_error(), LoginError::ForeignIssuer));
        let query = format!("{PATH}?iss={issuer}&sid={sid}");
        for method in [Method::POST, Method::HEAD, Method::PUT] {
            let answer = stand.send(request(method.clone(), &query, &cookies, &[], "")).await;
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET"), "{method}");
        }
        assert!(stand.is_alive(&cookies).await, "{store}");
    }
}

/// The cookie of one person and the `sid` of another: each counts for its own.
#[tokio::test]
async fn the_session_that_is_named_ends_and_not_the_one_of_the_cookie() {
    for store in STORES {
        let stand = stand(store).await;
        let jane = copy(&stand.signed_in("jane").await);
        let bob = copy(&stand.signed_in("bob").await);
        let parameters = [("iss", stand.provider.issuer()), ("sid", &sid(&stand.provider))];
        let answer = frame(&stand, &parameters, &bob).await;
        assert!(answer.status == StatusCode::OK && answer.set_cookies().is_empty(), "{store}");
        assert!(stand.is_alive(&bob).await && !stand.is_alive(&jane).await, "{store}");
    }
}

/// Anybody can send these. They end nobody whom they do not name, and do not push out what the provider itself has said.
#[tokio::test]
async fn a_flood_of_made_up_logouts_ends_nobody_and_brings_nobody_back() {
    for store in STORES {
        let stand = stand(store).await;
        let jane = copy(&stand.signed_in("jane").await);
        let bob = copy(&stand.signed_in("bob").await);
        let carol = copy(&stand.signed_in("carol").await);
        let token = format!("logout_token={}", stand.provider.logout_token("bob").sign());
        assert_eq!(stand.send(form("/backchannel-logout", &[], &token)).await.status, StatusCode::OK);
        stand.send(form("/logout", &carol, "")).await;
        for number in 0..MAX_ENDED_UNPROVED + 1000 {
            let sid = number.to_string();
            let made_up = [("iss", stand.provider.issuer()), ("sid", &sid)];
            assert_eq!(frame(&stand, &made_up, &Vec::new()).await.status, StatusCode::OK);
        }
        assert!(stand.is_alive(&jane).await, "{store}");
        assert!(!stand.is_alive(&bob).await, "{store}: ended by the provider");
        assert!(!stand.is_alive(&carol).await, "{store}: ended by herself");
        let later = copy(&stand.signed_in("jane").await);
        assert!(stand.is_alive(&later).await, "{store}");
    }
}

/// Whoever knows the name of somebody's session at the provider ends it here, and keeps nobody from signing in again.
#[tokio::test]
async fn a_login_after_such_a_logout_is_alive() {
    for store in STORES {
        let stand = stand(store).await;
        let mut browser = stand.signed_in("jane").await;
        let before = copy(&browser);
        let sid = sid(&stand.provider);
        frame(&stand, &[("iss", stand.provider.issuer()), ("sid", &sid)], &Vec::new()).await;
        assert!(!stand.is_alive(&before).await, "{store}");
        browser.navigate("/login?return_to=/me").await;
        assert!(stand.is_alive(&copy(&browser)).await, "{store}: by the same session at the provider");
    }
}
