//! Names and attributes, secrets, and a new session at each login.

use http::StatusCode;
use tower_oidc::{Config, types::Secret};

use crate::{
    support::{SECRET, Stand, set_cookies},
    support_sessions::{SESSION, STORES, api, copy, form, of_callback, oidc, page, removed, request, set},
};

const OTHER: &str = "another secret of the tests that has more than 32 bytes";

/// The one session cookie that a login sets, after its value.
async fn attributes(server_url: &str, change: impl FnOnce(Config) -> Config) -> (String, String) {
    let stand = Stand::at(server_url, change).await;
    let mut browser = stand.browser();
    let me = stand.sign_in(&mut browser, "jane").await;
    assert_eq!(me.status, StatusCode::OK, "{:?}", stand.refusals());
    let cookies = set_cookies(of_callback(&me));
    let [cookie] = cookies.iter().filter(|cookie| cookie.contains("oidc_session")).collect::<Vec<_>>()[..] else {
        panic!("{cookies:?}")
    };
    let (name, rest) = cookie.split_once('=').unwrap();
    (name.to_owned(), rest.split_once("; ").unwrap().1.to_owned())
}

#[tokio::test]
async fn over_https_the_cookie_is_of_one_host_and_out_of_reach_of_scripts() {
    let (name, attributes) = attributes("https://app.example", |config| config).await;
    assert_eq!(name, "__Host-oidc_session");
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=604800");
}

#[tokio::test]
async fn over_http_the_cookie_has_what_browsers_take_there() {
    let (name, attributes) = attributes("http://localhost:3000", |config| config).await;
    assert_eq!(name, "oidc_session");
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Path=/; Max-Age=604800");
}

/// TLS ends at a proxy: `forceSecureSessionCookie`.
#[tokio::test]
async fn a_cookie_that_is_forced_to_be_secure_is_so_over_http() {
    let force = |mut config: Config| {
        config.authentication.force_secure_session_cookie = Some(true);
        config
    };
    let (name, attributes) = attributes("http://localhost:3000", force).await;
    assert_eq!(name, "__Host-oidc_session");
    assert!(attributes.contains("; Secure;"), "{attributes}");
}

#[tokio::test]
async fn an_application_under_a_path_has_its_cookie_for_the_whole_origin() {
    let (_, attributes) = attributes("https://app.example/deep", |config| config).await;
    assert!(attributes.contains("; Path=/;") && !attributes.contains("Domain"), "{attributes}");
}

/// An application for each place of sessions and each way in which the provider answers. The form is another site's `POST`.
async fn ways() -> Vec<(Stand, String)> {
    let mut ways = Vec::new();
    for store in STORES {
        for mode in ["query", "form_post"] {
            let configured = oidc(|oidc| oidc.response_mode = Some(mode.to_owned()));
            let stand = Stand::with(|config| configured(config).session_store(store)).await;
            ways.push((stand, format!("{store}, {mode}")));
        }
        let stand = Stand::implicit(|config| config.session_store(store)).await;
        ways.push((stand, format!("{store}, id_token")));
    }
    ways
}

/// Class K, session fixation (CVE-2025-46344 and its kin): whatever was in the browser before is worth nothing afterwards.
#[tokio::test]
async fn a_login_begins_a_new_session_and_ends_the_one_before() {
    for (stand, way) in ways().await {
        let mut browser = stand.signed_in("jane").await;
        let before = copy(&browser);
        assert!(stand.is_alive(&before).await);
        browser.navigate("/login?return_to=/me").await;
        let after = copy(&browser);
        assert_ne!(before, after, "{way}");
        assert!(stand.is_alive(&after).await, "{way}");
        assert!(!stand.is_alive(&before).await, "{way}: the session before is over");
    }
}

/// A page polls while another tab signs in anew: what went out with the old cookie is answered after the new one has come, and both
/// have one name.
#[tokio::test]
async fn a_poll_with_the_session_before_leaves_the_new_cookie_alone() {
    for (stand, way) in ways().await {
        let mut browser = stand.signed_in("jane").await;
        let before = copy(&browser);
        browser.navigate("/login?return_to=/me").await;
        let prefetch = |mut request: http::Request<bytes::Bytes>| {
            request.headers_mut().insert("sec-purpose", http::HeaderValue::from_static("prefetch"));
            request
        };
        let script = [("accept", "text/html"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
        for late in [
            api("/me", &before),
            api("/", &before),
            form("/me", &before, ""),
            request(http::Method::GET, "/me", &before, &script, ""),
            prefetch(page("/me", &before)),
        ] {
            let answer = stand.send(late).await;
            assert!(answer.text == "null" || answer.status == StatusCode::UNAUTHORIZED, "{way}: {answer:?}");
            assert!(answer.set_cookies().is_empty(), "{way}: {:?}", answer.set_cookies());
        }
        assert_eq!(removed(&stand.send(page("/", &before)).await.headers), [SESSION], "{way}: it goes with a page");
    }
}

/// The same with a cookie that somebody planted: the planter is not signed in as his victim, nor goes on as himself there.
#[tokio::test]
async fn a_planted_session_is_dead_once_its_victim_signs_in() {
    for store in STORES {
        let stand = Stand::with(|config| config.session_store(store)).await;
        let planted = copy(&stand.signed_in("mallory").await);
        let mut victim = stand.browser();
        planted.iter().for_each(|(name, value)| victim.set_cookie(name, value));
        stand.provider.log_in(&mut victim, "jane").await;
        assert_eq!(stand.me(&copy(&victim)).await.json()["sub"], "jane", "{store}");
        assert!(!stand.is_alive(&planted).await, "{store}");
    }
}

#[tokio::test]
async fn a_cookie_of_another_secret_is_nobody_and_is_removed() {
    let mut stand = Stand::new().await;
    let cookies = copy(&stand.signed_in("jane").await);
    stand.restart(oidc(|oidc| oidc.session_secret = vec![Secret::from(OTHER)])(stand.config())).await;
    assert_eq!(stand.me(&cookies).await.status, StatusCode::UNAUTHORIZED);
    let answer = stand.send(page("/", &cookies)).await;
    assert_eq!(answer.text, "null");
    assert_eq!(answer.set_cookies(), ["__Host-oidc_session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0"]);
    stand.restart(stand.config()).await;
    assert!(stand.is_alive(&cookies).await, "and it was the secret that was wrong");
}

/// The first secret seals, all open: that is how one is changed without signing everybody out.
#[tokio::test]
async fn a_secret_is_changed_in_two_steps_and_nobody_is_signed_out() {
    let secrets = |list: &[&str]| {
        let list = list.iter().map(|secret| Secret::from(*secret)).collect();
        oidc(|oidc| oidc.session_secret = list)
    };
    let mut stand = Stand::new().await;
    let old = copy(&stand.signed_in("jane").await);
    stand.restart(secrets(&[OTHER, SECRET])(stand.config())).await;
    let new = copy(&stand.signed_in("jane").await);
    assert!(stand.is_alive(&old).await && stand.is_alive(&new).await);
    stand.restart(secrets(&[OTHER])(stand.config())).await;
    assert!(!stand.is_alive(&old).await);
    assert!(stand.is_alive(&new).await, "it was sealed by the first");
}

#[tokio::test]
async fn without_a_secret_sessions_end_with_the_process() {
    let without = || oidc(|oidc| oidc.session_secret = Vec::new());
    let mut stand = Stand::with(without()).await;
    let cookies = copy(&stand.signed_in("jane").await);
    assert!(stand.is_alive(&cookies).await);
    stand.restart(without()(stand.config())).await;
    assert!(!stand.is_alive(&cookies).await);
}

/// HTTP/2 may send each cookie in a header of its own (RFC 9113 section 8.2.3), and other cookies stand between ours.
#[tokio::test]
async fn the_cookie_is_found_among_others_and_in_headers_of_their_own() {
    let stand = Stand::new().await;
    let cookies = copy(&stand.signed_in("jane").await);
    let mut split = api("/me", &[]);
    for (name, value) in [("theme".to_owned(), "dark".to_owned())].iter().chain(&cookies) {
        split.headers_mut().append("cookie", format!("{name}={value}").parse().unwrap());
    }
    split.headers_mut().append("cookie", http::HeaderValue::from_bytes(b"broken=\xff").unwrap());
    assert_eq!(stand.send(split).await.status, StatusCode::OK);
}

/// A sibling domain can set a cookie of the same name beside ours where there is no `__Host-` prefix.
#[tokio::test]
async fn a_cookie_that_stands_twice_is_nobody() {
    let stand = Stand::new().await;
    let (jane, bob) = (copy(&stand.signed_in("jane").await), copy(&stand.signed_in("bob").await));
    assert!(!stand.is_alive(&[jane.clone(), bob].concat()).await);
    assert!(!stand.is_alive(&[jane.clone(), jane.clone()].concat()).await);
    assert!(stand.is_alive(&jane).await);
}

#[tokio::test]
async fn a_session_that_is_in_use_is_not_written_again() {
    let stand = Stand::new().await;
    let browser = stand.signed_in("jane").await;
    for path in ["/", "/me", "/answer/404"] {
        let visited = browser.fetch(path).await;
        assert!(set(&visited.headers).is_empty(), "{path}");
    }
    let head = request(http::Method::HEAD, "/me", &copy(&browser), &[], "");
    assert!(stand.send(head).await.set_cookies().is_empty());
}
