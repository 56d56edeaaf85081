//! The bug classes of the field that a login can have, each with the tests that would show it. The classes that have a whole file
//! point there; the others have their test here.
//!
//! | class | what it is | shown by |
//! |---|---|---|
//! | A | a return address that leads elsewhere: mod_auth_openidc (CVE-2019-14857, CVE-2021-32786, CVE-2021-39191, CVE-2022-23527), nextjs-auth0 (CVE-2026-107369, CVE-2025-67716), oauth2-proxy, pac4j, Auth.js | `return_address`: `no_trick_leads_anywhere_else`, `a_path_and_its_query_come_back_to_the_letter`; `start`: `no_other_parameter_of_a_link_reaches_the_provider`; `initiated`: `a_target_of_another_origin_is_refused` |
//! | B | a rule that matches another string than the router does: oauth2-proxy (CVE-2026-41059, CVE-2026-40575, CVE-2025-54576), oathkeeper | `class_b_no_spelling_of_a_path_gets_around_its_rule` |
//! | E | a check that is skipped where its input is missing or of another type: Envoy (CVE-2022-29226), Auth.js, mod_auth_openidc, jsonwebtoken (CVE-2026-25537) | `transactions`: `a_callback_without_a_state_or_with_an_empty_one_is_refused`, `a_transaction_that_was_changed_is_none`; `callback`: `a_wrong_answer_*`; `id_tokens`: `a_bad_id_token_*` |
//! | F | a login that is not tied to browser, provider and redirect: Authlib (CVE-2025-68158), Auth.js (CVE-2026-73419) | `transactions`: `the_state_of_another_browser_signs_nobody_in`, `a_transaction_with_another_provider_client_or_callback_is_none`, `the_transaction_of_another_login_is_none_under_this_ones_name` |
//! | J | a chunk counter that the browser can write, chunks that are left over: mod_auth_openidc (CVE-2024-24814), nextjs-auth0 | `class_j_a_session_in_chunks_is_whole_or_nothing`, `class_j_chunks_of_a_longer_session_are_removed`, `class_j_made_up_chunks_cost_nothing` |
//! | K | a session without an end, fixed before the login, or brought back: nextjs-auth0 (CVE-2025-46344, issue 2530) | `class_k_a_login_makes_a_new_session_and_ends_the_old_one`, `class_k_a_copy_of_a_cookie_is_dead_after_the_logout`; `settings`: `session_expiry_ends_*`; `initiated`: `an_initiated_login_of_somebody_else_takes_the_place_of_the_session` |
//! | L | an answer with somebody's cookie in a shared cache: nextjs-auth0 (CVE-2025-48947), authkit, next-auth | `class_l_no_cache_keeps_what_a_session_has_to_do_with`; `callback`: `the_end_of_a_login_is_a_303_to_a_bare_path_that_no_cache_keeps` |
//! | M | parallel requests that spend one refresh token: everybody (nextjs-auth0 498, oauth2-proxy 1992, next-auth 7558) | `class_m_parallel_requests_renew_once_and_all_get_an_answer` |
//! | P | a logout that anybody can cause: mod_auth_openidc, pac4j | `class_p_another_site_signs_nobody_out`, `class_p_a_logout_token_of_another_issuer_ends_nobody` |
//! | R | checks that are off by default, a default secret: traefik, oauth2-proxy, pac4j (CVE-2026-82463), lua-resty | `class_r_the_smallest_configuration_has_every_check`, `class_r_no_secret_is_a_random_one`; `callback`: `a_wrong_answer_*` |
//! | S | addresses that are built from `Host`: express-openid-connect, nextjs-auth0 | `return_address`: `no_header_of_the_request_has_a_say_in_where_the_browser_goes` |
//! | W | a POST that is kept and replayed: mod_auth_openidc | `start`: `what_is_posted_without_a_session_is_refused_and_never_replayed`, `whoever_does_not_open_a_page_gets_a_401_and_no_redirect` |

use std::collections::BTreeSet;

use http::{Request, StatusCode};
use serde_json::Value;
use tower_oidc::{
    Config,
    testing::{Browser, Endpoint, Visited},
};

use super::{
    support::{SERVER, Stand, login_config, navigation, parameter, provider, set_cookies},
    transactions::callback_of,
};

/// The classes of this half.
const CLASSES: [&str; 12] = ["A", "B", "E", "F", "J", "K", "L", "M", "P", "R", "S", "W"];

/// The cells of the table, row by row.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = include_str!("traps.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    rows.map(|row| row.split(" | ").collect::<Vec<_>>()).filter(|cells| cells[0].len() == 1)
}

#[test]
fn every_class_has_its_row_and_no_row_names_a_test_that_is_not_there() {
    assert_eq!(rows().map(|row| row[0]).collect::<Vec<_>>(), CLASSES);
    let sources = super::fields::sources();
    for row in rows() {
        let named: BTreeSet<_> = row[2].split('`').skip(1).step_by(2).collect();
        let tests = named.iter().filter(|name| name.contains('_') && !super::fields::is_module(name));
        assert!(tests.clone().count() > 0, "class {}", row[0]);
        for test in tests {
            assert!(super::fields::is_there(&sources, test), "class {}: {test}", row[0]);
        }
    }
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.fetch("/me").await.status == StatusCode::OK
}

/// The table of tricks is in `return_address`; these are those of the advisories.
#[tokio::test]
async fn class_a_no_return_address_leads_elsewhere() {
    let stand = Stand::new().await;
    for address in [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/%09/evil.example",
        "https://evil.example",
        "https://app.example@evil.example",
        "https://app.example.evil.example",
        "https:evil.example",
    ] {
        let address: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
        for path in ["/login", "/logout"] {
            let answer = stand.send(navigation(&format!("{path}?return_to={address}"))).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {address}");
            assert!(!answer.headers.contains_key("location"), "{path} {address}");
        }
    }
}

/// Rules are of routes, and the router alone reads paths. The login's own paths are compared whole, as they stand.
#[tokio::test]
async fn class_b_no_spelling_of_a_path_gets_around_its_rule() {
    let stand = Stand::new().await;
    let bob = stand.signed_in("bob").await;
    let cookie: Vec<_> = bob.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    for path in [
        "/admin",
        "/admin?",
        "/admin?/login",
        "/admin?return_to=/login",
        "/admin/",
        "//admin",
        "/./admin",
        "/x/../admin",
        "/%61dmin",
        "/admin%2f",
        "/admin%3f/login",
        "/admin;/login",
        "/Admin",
        "/login/../admin",
        "/callback/../admin",
        "/login/%2e%2e/admin",
        "/admin/login",
        "/admin%23/login",
        "/admin//",
        "/.well-known/../admin",
    ] {
        for (name, value) in [
            ("x-original-url", "/login"),
            ("x-rewrite-url", "/"),
            ("x-forwarded-uri", "/login"),
            ("cookie", &*cookie.join("; ")),
        ] {
            let answer = stand.send(Request::get(path).header(name, value).body("").unwrap()).await;
            assert!(!answer.status.is_success(), "{path} with {name}: {}", answer.status);
        }
    }
    for near in ["/login/", "//login", "/Login", "/%6cogin", "/callback/", "/logout/x"] {
        let answer = stand.send(navigation(near)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{near} is the application's own");
    }
}

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

#[tokio::test]
async fn class_f_the_login_of_another_browser_signs_nobody_in() {
    let stand = Stand::new().await;
    let (mut attacker, mut victim) = (stand.browser(), stand.browser());
    let callback = callback_of(&stand, &mut attacker, "bob").await;
    victim.navigate("/me").await;
    victim.navigate(&callback).await;
    assert!(!is_signed_in(&victim).await);
    assert_eq!(stand.provider.requests(Endpoint::Token), 0);
    attacker.navigate(&callback).await;
    assert!(is_signed_in(&attacker).await, "it is the attacker's own");
}

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

fn chunks(browser: &Browser) -> Vec<(String, String)> {
    browser.cookies().into_iter().filter(|(name, _)| name.contains("oidc_session")).collect()
}

#[tokio::test]
async fn class_j_a_session_in_chunks_is_whole_or_nothing() {
    let stand = Stand::with(chunky).await;
    let mut browser = stand.browser();
    let me = signed_in_with(&stand, &mut browser, &long(5000)).await;
    assert_eq!(me.json::<Value>()["attributes"]["department"], long(5000));
    let whole = chunks(&browser);
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
    assert!(chunks(&browser).len() >= 2);
    let me = signed_in_with(&stand, &mut browser, "short").await;
    assert_eq!(me.json::<Value>()["attributes"]["department"], "short");
    assert_eq!(chunks(&browser).len(), 1);
}

/// CVE-2024-24814: the counter was in a cookie of its own, and as large as one liked.
#[tokio::test]
async fn class_j_made_up_chunks_cost_nothing() {
    let stand = Stand::new().await;
    let browser = stand.signed_in("alice").await;
    let [(name, value)] = chunks(&browser).try_into().unwrap();
    let junk: Vec<_> = (0..500).map(|number| format!("{name}.{number}=x; {name}_chunks=4294967295")).collect();
    let request = Request::get("/me").header("cookie", format!("{name}={value}; {}", junk.join("; ")));
    let answer = stand.send(request.body("").unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.set_cookies().len() < 20, "{}", answer.set_cookies().len());
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
        assert!(chunks(&victim).iter().all(|cookie| !chunks(&attacker).contains(cookie)), "{store}");
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

#[tokio::test]
async fn class_p_another_site_signs_nobody_out() {
    let stand = Stand::new().await;
    let browser = stand.signed_in("alice").await;
    let cookie: Vec<_> = browser.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    for (method, header, value) in [
        ("POST", "origin", "https://evil.example"),
        ("POST", "origin", "null"),
        ("POST", "sec-fetch-site", "cross-site"),
        ("POST", "sec-fetch-site", "same-site"),
        ("GET", "sec-fetch-site", "cross-site"),
        ("GET", "accept", "text/html"),
    ] {
        let request = Request::builder().method(method).uri("/logout").header("cookie", cookie.join("; "));
        let answer = stand.send(request.header(header, value).body("").unwrap()).await;
        assert!(answer.set_cookies().is_empty(), "{method} {header}: {value}");
        assert!(is_signed_in(&browser).await, "{method} {header}: {value}");
    }
}

#[tokio::test]
async fn class_p_a_logout_token_of_another_issuer_ends_nobody() {
    let stand = Stand::new().await;
    let (other, _) = provider().await;
    let browser = stand.signed_in("alice").await;
    let [sid] = stand.provider.session_ids("alice").try_into().unwrap();
    let own = || stand.provider.logout_token("alice").claim("sid", &sid);
    for (what, token, ends) in [
        ("of a stranger", other.logout_token("alice").claim("sid", &sid).sign(), false),
        (
            "of a stranger in our issuer's name",
            other.logout_token("alice").issuer(stand.provider.issuer()).sign(),
            false,
        ),
        ("that names another issuer", own().issuer(other.issuer()).sign(), false),
        ("for another client", own().audience("other").sign(), false),
        ("an ID token", stand.provider.id_token("alice").claim("sid", &sid).sign(), false),
        ("our provider's", own().sign(), true),
    ] {
        let request = Request::post("/backchannel-logout").header("content-type", "application/x-www-form-urlencoded");
        let answer = stand.eventually(stand.send(request.body(format!("logout_token={token}")).unwrap())).await;
        assert_eq!(answer.status, if ends { StatusCode::OK } else { StatusCode::BAD_REQUEST }, "{what}");
        assert_eq!(is_signed_in(&browser).await, !ends, "{what}");
    }
}

#[tokio::test]
async fn class_r_the_smallest_configuration_has_every_check() {
    let (provider, clock) = provider().await;
    let config = provider.login_config(SERVER);
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    let url = stand.send(navigation("/me")).await.location();
    for sent in ["state", "nonce", "code_challenge"] {
        assert!(parameter(&url, sent).is_some_and(|value| value.len() >= 43), "{sent}");
    }
    for wrong in ["nonce", "aud", "iss", "exp"] {
        stand.provider.change_id_token(move |token, _| token.without(wrong));
        assert_eq!(stand.sign_in(&mut stand.browser(), "alice").await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

/// Two services without a secret cannot open each other's sessions, and the operator is told.
#[tokio::test]
async fn class_r_no_secret_is_a_random_one() {
    let (provider, clock) = provider().await;
    let config = || {
        let mut config = login_config(&provider, SERVER);
        config.authentication.oidc.session_secret.clear();
        config
    };
    let first = Stand::built(provider.clone(), clock.clone(), config(), |builder| builder).await;
    let second = Stand::built(provider.clone(), clock, config(), |builder| builder).await;
    let browser = first.signed_in("alice").await;
    let elsewhere = second.browser();
    browser.cookies().iter().for_each(|(name, value)| elsewhere.set_cookie(name, value));
    assert!(!is_signed_in(&elsewhere).await && is_signed_in(&browser).await);
    let told = |notice: &tower_oidc::config::Notice| notice.path.ends_with("sessionSecret");
    assert!(first.auth.settings().notices.iter().any(told), "{:?}", first.auth.settings().notices);
}

#[tokio::test]
async fn class_s_no_header_says_where_the_service_is() {
    let stand = Stand::new().await;
    for name in ["host", "x-forwarded-host", "x-original-host", "forwarded", "x-forwarded-proto", "x-forwarded-prefix"]
    {
        let mut request = navigation("/me");
        let value = if name == "forwarded" { "host=evil.example;proto=http" } else { "evil.example" };
        request.headers_mut().insert(name, value.parse().unwrap());
        let answer = stand.send(request).await;
        let redirect_uri = parameter(&answer.location(), "redirect_uri");
        assert_eq!(redirect_uri.as_deref(), Some("https://app.example/callback"), "{name}");
    }
}

#[tokio::test]
async fn class_w_what_is_posted_without_a_session_is_refused_and_not_kept() {
    let stand = Stand::new().await;
    let request = Request::post("/form").header("accept", "text/html").header("sec-fetch-mode", "navigate");
    let answer = stand.send(request.body("amount=1000").unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.set_cookies().is_empty() && !answer.headers.contains_key("location"));
    assert_eq!(stand.provider.requests(Endpoint::Authorize), 0);
}
