//! No cache keeps what depends on a session (class L: CVE-2025-48947, a session that a CDN handed out).

use http::{Method, StatusCode};

use crate::{
    support::{Stand, navigation},
    support_sessions::{
        SESSION, api, assert_kept_by_no_cache, cookie, copy, form, of_callback, oidc, page, removed, request,
        varies_by_cookie,
    },
};

/// Every kind of answer, with the status that somebody gets who is signed in.
const ANSWERS: [(&str, u16); 11] = [
    ("/", 200),
    ("/me", 200),
    ("/admin", 403),
    ("/form", 405),
    ("/nowhere", 404),
    ("/answer/200", 200),
    ("/answer/204", 204),
    ("/answer/302", 302),
    ("/answer/304", 304),
    ("/answer/404", 404),
    ("/answer/500", 500),
];

#[tokio::test]
async fn no_cache_keeps_an_answer_to_somebody_who_is_signed_in() {
    let stand = Stand::new().await;
    let cookies = copy(&stand.signed_in("jane").await);
    for (path, status) in ANSWERS {
        for request in [api(path, &cookies), page(path, &cookies)] {
            let answer = stand.send(request).await;
            assert_eq!(answer.status, status, "{path}");
            assert_kept_by_no_cache(&answer.headers, path);
        }
    }
}

#[tokio::test]
async fn an_answer_to_nobody_may_be_kept_and_says_that_cookies_would_change_it() {
    let stand = Stand::new().await;
    for path in ["/answer/200", "/answer/304", "/answer/302", "/answer/404"] {
        for request in [api(path, &[]), api(path, &[cookie("theme", "dark")]), navigation(path)] {
            let answer = stand.send(request).await;
            assert_eq!(answer.header("cache-control"), "public, max-age=60", "{path}");
            assert!(varies_by_cookie(&answer.headers), "{path}");
        }
    }
}

#[tokio::test]
async fn no_cache_keeps_a_refusal() {
    let stand = Stand::new().await;
    for request in [api("/me", &[]), navigation("/me"), form("/form", &[], "a=1")] {
        let path = request.uri().path().to_owned();
        assert_kept_by_no_cache(&stand.send(request).await.headers, &path);
    }
}

/// A cookie that holds nobody is removed, and that removal is nobody else's.
#[tokio::test]
async fn no_cache_keeps_the_removal_of_a_cookie() {
    let stand = Stand::new().await;
    for path in ["/", "/answer/200", "/answer/304", "/me"] {
        let dead = [cookie(SESSION, "1.nonsense")];
        let answer = stand.send(page(path, &dead)).await;
        assert_eq!(removed(&answer.headers), [SESSION], "{path}");
        assert_kept_by_no_cache(&answer.headers, path);
        assert_kept_by_no_cache(&stand.send(api(path, &dead)).await.headers, path);
    }
}

#[tokio::test]
async fn no_cache_keeps_a_cookie_that_is_written_again() {
    let stand = Stand::with(oidc(|oidc| oidc.session_idle_timeout = Some(100))).await;
    let cookies = copy(&stand.signed_in("jane").await);
    stand.advance(50);
    for path in ["/", "/answer/200", "/answer/304", "/answer/302", "/nowhere"] {
        let answer = stand.send(api(path, &cookies)).await;
        assert!(!answer.set_cookies().is_empty(), "{path}");
        assert_kept_by_no_cache(&answer.headers, path);
    }
}

#[tokio::test]
async fn no_cache_keeps_what_the_logins_own_paths_answer() {
    let stand = Stand::new().await;
    let cookies = copy(&stand.signed_in("jane").await);
    for (method, path) in [
        (Method::GET, "/login"),
        (Method::GET, "/login?return_to=https://attacker.example/"),
        (Method::PUT, "/login"),
        (Method::GET, "/callback"),
        (Method::GET, "/callback?code=c&state=s"),
        (Method::GET, "/callback?error=access_denied&state=s"),
        (Method::POST, "/callback"),
        (Method::GET, "/refresh"),
        (Method::POST, "/refresh"),
        (Method::PUT, "/logout"),
        (Method::GET, "/logout"),
        (Method::GET, "/logout?return_to=//attacker.example"),
        (Method::POST, "/backchannel-logout"),
        (Method::GET, "/frontchannel-logout"),
        (Method::POST, "/logout"),
    ] {
        for cookies in [&[][..], &cookies] {
            let answer = stand.send(request(method.clone(), path, cookies, &[("accept", "text/html")], "")).await;
            assert_kept_by_no_cache(&answer.headers, &format!("{method} {path}: {}", answer.status));
        }
    }
}

#[tokio::test]
async fn no_cache_keeps_the_end_of_a_login() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    let visited = stand.sign_in(&mut browser, "jane").await;
    assert_eq!(visited.status, StatusCode::OK);
    assert_kept_by_no_cache(of_callback(&visited), "callback");
}
