//! What a login leaves behind: classes J, K, L and M.

use http::{Request, StatusCode};
use serde_json::Value;
use tower_oidc::{
    Config,
    testing::{Browser, Endpoint, Visited},
};

use crate::{
    asking::{is_signed_in, session_cookies},
    support::{Stand, set_cookies},
};

/// Sessions that need several cookies.
fn chunky(mut config: Config) -> Config {
    config.authentication.jwt_principal_claims_mapping = vec!["department:department".to_owned()];
    config
}

/// Text that no compression makes short.
fn long(bytes: usize) -> String {
    let mut seed = 1_u32;
    let mut letter = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + u8::try_from((seed >> 24) % 26).unwrap())
    };
    (0..bytes).map(|_| letter()).collect()
}

async fn signed_in_with(stand: &Stand, browser: &mut Browser, department: &str) -> Visited {
    stand.provider.add_user("alice").claim("department", department);
    browser.navigate("/login?return_to=/me").await;
    let shown = browser.page().unwrap().clone();
    if shown.url.path() == "/me" { shown } else { browser.log_in_as(&stand.provider, "alice").await }
}

#[tokio::test]
async fn class_j_a_session_in_chunks_is_whole_or_nothing() {
    let stand = Stand::with(chunky).await;
    let mut browser = stand.browser();
    let me = signed_in_with(&stand, &mut browser, &long(5000)).await;
    assert_eq!(me.json::<Value>()["attributes"]["department"], long(5000));
    let whole = session_cookies(&browser);
    assert!(whole.len() >= 2, "{}", whole.len());
    for missing in 0..whole.len() {
        let others = whole.iter().enumerate().filter(|(position, _)| *position != missing);
        let cookie: Vec<_> = others.map(|(_, (name, value))| format!("{name}={value}")).collect();
        let request = Request::get("/").header("cookie", cookie.join("; ")).body("").unwrap();
        assert_eq!(stand.send(request).await.text, "null", "without chunk {missing}");
    }
    let cookie: Vec<_> = whole.iter().rev().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::get("/me").header("cookie", cookie.join("; ")).body("").unwrap();
    assert_eq!(stand.send(request).await.status, StatusCode::OK, "in whatever order they come");
}

#[tokio::test]
async fn class_j_chunks_of_a_longer_session_are_removed() {
    let stand = Stand::with(chunky).await;
    let mut browser = stand.browser();
    signed_in_with(&stand, &mut browser, &long(5000)).await;
    assert!(session_cookies(&browser).len() >= 2);
    let me = signed_in_with(&stand, &mut browser, "short").await;
    assert_eq!(me.json::<Value>()["attributes"]["department"], "short");
    assert_eq!(session_cookies(&browser).len(), 1);
}

/// CVE-2024-24814 (mod_auth_openidc): the number of chunks stood in a cookie of its own, as large as one liked, and cost memory and time.
#[tokio::test]
async fn cve_2024_24814_mod_auth_openidc_made_up_chunks_cost_nothing() {
    let stand = Stand::new().await;
    let browser = stand.signed_in("alice").await;
    let [(name, value)] = session_cookies(&browser).try_into().unwrap();
    let junk: Vec<_> = (0..500).map(|number| format!("{name}.{number}=x; {name}_chunks=4294967295")).collect();
    let request = Request::get("/me").header("cookie", format!("{name}={value}; {}", junk.join("; ")));
    let answer = stand.send(request.body("").unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.set_cookies().len() < 20, "{}", answer.set_cookies().len());
    for counter in ["4294967295", "9", "0"] {
        let chunks = format!("{name}={counter}.x; {}", junk.join("; "));
        let answer = stand.send(Request::get("/me").header("cookie", chunks).body("").unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{counter}");
        assert!(answer.set_cookies().len() < 20, "{counter}: {}", answer.set_cookies().len());
    }
}

#[tokio::test]
async fn class_k_a_login_makes_a_new_session_and_ends_the_old_one() {
    for store in ["cookie", "memory"] {
        let stand = Stand::with(|config| config.session_store(store)).await;
        let attacker = stand.signed_in("bob").await;
        let mut victim = stand.browser();
        // What the attacker plants is not what the victim is signed in with.
        attacker.cookies().iter().for_each(|(name, value)| victim.set_cookie(name, value));
        assert_eq!(victim.fetch("/me").await.json::<Value>()["sub"], "bob");
        victim.navigate("/login?return_to=/me").await;
        let me = victim.log_in_as(&stand.provider, "alice").await;
        assert_eq!(me.json::<Value>()["sub"], "alice", "{store}");
        assert!(session_cookies(&victim).iter().all(|cookie| !session_cookies(&attacker).contains(cookie)), "{store}");
        assert_ne!(attacker.fetch("/").await.json::<Value>()["sub"], "alice", "{store}");
    }
}

#[tokio::test]
async fn class_k_a_copy_of_a_cookie_is_dead_after_the_logout() {
    for store in ["cookie", "memory"] {
        let stand = Stand::with(|mut config| {
            config.authentication.oidc.session_idle_timeout = Some(3600);
            config.session_store(store)
        })
        .await;
        let mut browser = stand.signed_in("alice").await;
        let copy = stand.browser();
        browser.cookies().iter().for_each(|(name, value)| copy.set_cookie(name, value));
        assert!(is_signed_in(&copy).await, "{store}");
        browser.post("/logout", &[]).await;
        assert!(!is_signed_in(&copy).await, "{store}");
        // Neither does its rolling save bring it back.
        browser.cookies().iter().for_each(|(name, value)| copy.set_cookie(name, value));
        stand.advance(1800);
        assert!(!is_signed_in(&copy).await && !is_signed_in(&browser).await, "{store}");
    }
}

/// CVE-2025-46344 (nextjs-auth0): the sealed session said nothing of its end, so that a copy of the cookie was good for ever, whatever the
/// browser did with its own.
#[tokio::test]
async fn cve_2025_46344_nextjs_auth0_a_copy_of_a_cookie_is_good_no_longer_than_the_session() {
    for store in ["cookie", "memory"] {
        let stand = Stand::with(|mut config| {
            config.authentication.oidc.session_expiry = Some(3600);
            config.session_store(store)
        })
        .await;
        let browser = stand.signed_in("alice").await;
        let copy = browser.cookies();
        for (seconds, is_good) in [(3599, true), (1, false), (3600 * 24 * 365, false)] {
            stand.advance(seconds);
            let again = stand.browser();
            copy.iter().for_each(|(name, value)| again.set_cookie(name, value));
            assert_eq!(is_signed_in(&again).await, is_good, "{store}: after {seconds} more");
        }
    }
}

#[tokio::test]
async fn class_l_no_cache_keeps_what_a_session_has_to_do_with() {
    let stand = Stand::with(|mut config| {
        config.authentication.oidc.session_idle_timeout = Some(3600);
        config
    })
    .await;
    let mut anonymous = stand.browser();
    let page = anonymous.navigate("/answer/200").await;
    assert!(page.header("vary").unwrap().contains("Cookie"), "a public page may be kept, but not for everybody");
    assert_eq!(page.header("cache-control"), Some("public, max-age=60"));

    let browser = stand.signed_in("alice").await;
    for rolls in [false, true] {
        for status in [200, 204, 302, 304, 404, 500] {
            if rolls {
                stand.advance(1800);
            }
            let answer = browser.fetch(&format!("/answer/{status}")).await;
            assert_eq!(answer.status.as_u16(), status);
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{status} {rolls}");
            assert!(answer.header("vary").unwrap().contains("Cookie"), "{status} {rolls}");
            assert_eq!(
                !set_cookies(&answer.headers).is_empty(),
                rolls,
                "{status}: the session is rolled when it is due"
            );
        }
    }
}

/// CVE-2025-48947 (nextjs-auth0): an answer with a session's `Set-Cookie` could be kept by a CDN, and handed to everybody. Each answer on
/// the way of a login, a renewal and a logout that sets a cookie is kept by nobody.
#[tokio::test]
async fn cve_2025_48947_nextjs_auth0_no_answer_that_sets_a_cookie_is_kept() {
    let stand = Stand::with(|config| config.scope("openid email offline_access")).await;
    let mut browser = stand.browser();
    let mut visits = vec![browser.navigate("/answer/200").await, browser.navigate("/me").await];
    visits.push(browser.log_in_as(&stand.provider, "alice").await);
    stand.advance(3590);
    visits.push(browser.fetch("/answer/200").await);
    visits.push(browser.post("/refresh", &[]).await);
    visits.push(browser.post("/logout", &[]).await);
    let answers = visits.iter().flat_map(|visit| {
        let hops = visit.history.iter().map(|hop| (&hop.url, &hop.headers));
        hops.chain([(&visit.url, &visit.headers)])
    });
    let setting: Vec<_> = answers
        .filter(|(url, headers)| url.host_str() == Some("app.example") && !set_cookies(headers).is_empty())
        .collect();
    for (url, headers) in &setting {
        assert_eq!(headers["cache-control"], "no-store", "{url}");
        assert!(headers["vary"].to_str().unwrap().contains("Cookie"), "{url}");
    }
    let paths: Vec<_> = setting.iter().map(|(url, _)| url.path()).collect();
    assert_eq!(
        paths,
        ["/me", "/callback", "/answer/200", "/refresh", "/logout"],
        "each of them is one that sets a cookie"
    );
}

#[tokio::test]
async fn class_m_parallel_requests_renew_once_and_all_get_an_answer() {
    let stand = Stand::with(|config| config.scope("openid email offline_access")).await;
    let browser = stand.signed_in("alice").await;
    stand.advance(3599);
    let before = stand.provider.requests(Endpoint::Token);
    let tabs: Vec<_> = (0..20).map(|_| browser.tab()).collect();
    let answers = futures_util::future::join_all(tabs.iter().map(|tab| tab.fetch("/me"))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    assert_eq!(stand.provider.requests(Endpoint::Token) - before, 1);
    stand.advance(3599);
    assert!(is_signed_in(&browser).await, "and the rotated token is the one that was kept");
}
