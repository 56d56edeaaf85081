//! A login that was started is one sealed value of one browser: nothing else can come back.

use http::{Request, StatusCode};
use tower_oidc::{
    Config,
    login::{LoginError, LoginErrorKind},
    testing::{Browser, Endpoint, TestProvider, Visited},
};
use url::Url;

use super::support::{
    SERVER, Stand, callback_of, location, login_config, navigation, parameter, provider, set_cookies,
};

/// How long a person may take, in seconds.
const TEN_MINUTES: u64 = 600;

/// The names of the logins that a browser has started.
fn pending(browser: &Browser) -> Vec<String> {
    browser.cookies().into_iter().map(|(name, _)| name).filter(|name| name.contains("oidc_login.")).collect()
}

fn is_signed_in(answer: &Visited) -> bool {
    answer.status == StatusCode::OK && answer.json::<serde_json::Value>()["sub"].is_string()
}

/// MOD#331, EXP#512, NXT#1917 of the complaints: several tabs overwrote each other's state.
#[tokio::test]
async fn two_tabs_at_once_both_succeed() {
    let stand = Stand::new().await;
    let mut first = stand.browser();
    let mut second = first.tab();
    first.navigate("/me?tab=1").await;
    second.navigate("/deep/me?tab=2").await;
    assert_eq!(pending(&first).len(), 2);
    let me = first.log_in_as(&stand.provider, "alice").await;
    assert_eq!((is_signed_in(&me), me.url.as_str()), (true, "https://app.example/me?tab=1"));
    assert_eq!(pending(&first).len(), 1);
    let me = second.log_in_as(&stand.provider, "alice").await;
    assert_eq!((is_signed_in(&me), me.url.as_str()), (true, "https://app.example/deep/me?tab=2"));
    assert_eq!(pending(&first), Vec::<String>::new());
}

#[tokio::test]
async fn the_back_button_after_a_login_leads_to_the_application() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    let me = stand.sign_in(&mut browser, "alice").await;
    let callback = me.history.iter().find(|hop| hop.url.path() == "/callback").unwrap().url.clone();
    let back = browser.navigate(callback.as_str()).await;
    assert_eq!((back.status, back.url.path()), (StatusCode::OK, "/"));
    assert!(is_signed_in(&back));
    assert_eq!(stand.provider.requests(Endpoint::Token), 1, "a code is exchanged once");
    assert_eq!(browser.navigate("/me").await.history.len(), 0);
}

/// The same callback twice at the same time, as an impatient person sends it: a code is good once, and a provider that sees it
/// twice revokes what it gave. One of the two finishes the login, the other one starts again, and neither harms the other.
#[tokio::test]
async fn of_a_callback_that_comes_twice_at_once_the_code_is_sent_once() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    let callback = callback_of(&stand, &mut browser, "alice").await;
    let mut other = browser.tab();
    let (one, two) = tokio::join!(browser.navigate(&callback), other.navigate(&callback));
    let (done, late) = if one.url.path() == "/me" { (one, two) } else { (two, one) };
    assert!(is_signed_in(&done));
    assert_eq!(late.url.path(), "/authorize", "the other one is at the provider again");
    assert_eq!(stand.provider.requests(Endpoint::Token), 1);
    assert!(is_signed_in(&browser.navigate("/me").await), "the session lives");
}

/// Class F of the traps, CVE-2025-68158 (Authlib): the state was not tied to the browser, so that a victim could be signed in as the
/// attacker.
#[tokio::test]
async fn the_state_of_another_browser_signs_nobody_in() {
    let stand = Stand::new().await;
    let mut attacker = stand.browser();
    let callback = callback_of(&stand, &mut attacker, "bob").await;

    let victim = stand.browser();
    let answer = stand.send(navigation(&callback)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "a login is started anew");
    assert!(answer.location().as_str().starts_with(&stand.provider.endpoint(Endpoint::Authorize).url()));
    assert!(answer.set_cookies().iter().all(|cookie| !cookie.starts_with("__Host-oidc_session")));
    assert_eq!(stand.provider.requests(Endpoint::Token), 0);
    assert!(!is_signed_in(&victim.fetch("/").await));

    let mut busy = stand.browser();
    busy.navigate("/me").await;
    busy.navigate(&callback).await;
    assert!(!is_signed_in(&busy.fetch("/").await), "a login of its own does not help either");
    assert_eq!(stand.provider.requests(Endpoint::Token), 0);
}

/// Class E of the traps (Envoy, Auth.js): where the state was missing, the check was skipped.
#[tokio::test]
async fn a_callback_without_a_state_or_with_an_empty_one_is_refused() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    let callback = callback_of(&stand, &mut browser, "alice").await;
    let state = parameter(&Url::parse(&callback).unwrap(), "state").unwrap();
    for changed in [format!("&state={state}"), format!("state={state}")] {
        for without in [String::new(), changed.replace(&state, "")] {
            let answer = browser.navigate(&callback.replace(&changed, &without)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
            assert!(matches!(stand.login_error(), LoginError::Missing { name: "state" }));
        }
    }
    assert_eq!(stand.provider.requests(Endpoint::Token), 0);
    assert!(is_signed_in(&browser.navigate(&callback).await), "the login itself is as good as it was");
}

/// Class E: the transaction is one sealed value; a changed one is none.
#[tokio::test]
async fn a_transaction_that_was_changed_is_none() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    let callback = callback_of(&stand, &mut browser, "alice").await;
    let (name, sealed) = browser.cookies().swap_remove(0);
    for position in [0, 1, sealed.len() / 2, sealed.len() - 1] {
        let mut changed = sealed.clone().into_bytes();
        changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
        let cookie = format!("{name}={}", String::from_utf8(changed).unwrap());
        let mut request = navigation(&callback);
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        let answer = stand.send(request).await;
        assert!(answer.location().path().ends_with("/authorize"), "{position}: it starts anew");
    }
    assert_eq!(stand.provider.requests(Endpoint::Token), 0);
    assert!(is_signed_in(&browser.navigate(&callback).await), "unchanged, it is good");
}

/// Class F: a sealed value of another login does not stand in for this one's, though it is genuine.
#[tokio::test]
async fn the_transaction_of_another_login_is_none_under_this_ones_name() {
    let stand = Stand::new().await;
    let (mut one, mut other) = (stand.browser(), stand.browser());
    let callback = callback_of(&stand, &mut one, "alice").await;
    callback_of(&stand, &mut other, "bob").await;
    let (name, _) = one.cookies().swap_remove(0);
    let (_, sealed) = other.cookies().swap_remove(0);
    one.set_cookie(&name, &sealed);
    assert!(one.navigate(&callback).await.url.path().ends_with("/authorize"));
    assert_eq!(stand.provider.requests(Endpoint::Token), 0);
}

/// Class F of the traps, CVE-2026-73419 (Auth.js): a transaction that is good for every provider lets one answer for another.
#[tokio::test]
async fn a_transaction_with_another_provider_client_or_callback_is_none() {
    type Change = fn(Config, &TestProvider) -> Config;
    let (another, _) = provider().await;
    let cases: [(&str, Change); 4] = [
        ("as it was", |config, _| config),
        ("another client", |config, _| config.client_id("another-client")),
        ("another callback", |config, _| config.callback_url("https://app.example/callback?x=1")),
        ("another provider", |_, another| login_config(another, SERVER)),
    ];
    for (what, change) in cases {
        let mut stand = Stand::new().await;
        let mut browser = stand.browser();
        let callback = callback_of(&stand, &mut browser, "alice").await;
        let config = change(stand.config(), &another);
        let now_asked = if what == "another provider" { another.clone() } else { stand.provider.clone() };
        stand.restart(config).await;
        let iss = url::form_urlencoded::byte_serialize(stand.provider.issuer().as_bytes()).collect::<String>();
        let own = url::form_urlencoded::byte_serialize(now_asked.issuer().as_bytes()).collect::<String>();
        let answer = browser.navigate(&callback.replace(&iss, &own)).await;
        assert_eq!(now_asked.requests(Endpoint::Token), usize::from(what == "as it was"), "{what}");
        assert_eq!(answer.url.path() == "/me", what == "as it was", "{what}");
    }
}

#[tokio::test]
async fn a_person_has_ten_minutes_to_the_second() {
    for (seconds, comes_back) in [(TEN_MINUTES - 1, true), (TEN_MINUTES, false)] {
        let stand = Stand::new().await;
        let mut browser = stand.browser();
        browser.navigate("/me").await;
        let cookies = browser.cookies();
        stand.advance(seconds);
        // A browser drops the cookie by itself; one that does not gains nothing.
        cookies.iter().for_each(|(name, value)| browser.set_cookie(name, value));
        let answer = browser.log_in_as(&stand.provider, "alice").await;
        assert_eq!(answer.url.path(), if comes_back { "/me" } else { "/" }, "{seconds}");
        assert_eq!(stand.provider.requests(Endpoint::Authorize), if comes_back { 1 } else { 2 }, "{seconds}");
        assert!(is_signed_in(&answer), "{seconds}: the person is signed in at the provider, and need not do so again");
    }
}

/// MOD#331 and O2P of the complaints: the cookies of logins piled up until requests were too large.
#[tokio::test]
async fn the_sixth_login_drops_the_oldest() {
    let stand = Stand::new().await;
    let mut tabs = vec![stand.browser()];
    for number in 0..6 {
        let mut tab = tabs[0].tab();
        tab.navigate(&format!("/me?tab={number}")).await;
        stand.advance(1);
        tabs.push(tab);
        assert_eq!(pending(&tabs[0]).len(), (number + 1).min(5), "{number}");
    }
    let bytes: usize = tabs[0].cookies().iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(bytes <= 4096, "{bytes}");
    for (number, tab) in tabs.iter_mut().enumerate().skip(2) {
        let me = tab.log_in_as(&stand.provider, "alice").await;
        assert_eq!(me.url.as_str(), format!("https://app.example/me?tab={}", number - 1));
    }
    let healed = tabs[1].log_in_as(&stand.provider, "alice").await;
    assert_eq!((healed.url.path(), is_signed_in(&healed)), ("/", true), "who is signed in by now goes on");
}

/// Name and attributes of the cookie that a login is started with.
async fn cookie(server_url: &str, change: impl FnOnce(Config) -> Config) -> (String, Vec<String>) {
    let stand = Stand::at(server_url, change).await;
    let answer = stand.send(navigation("/me")).await;
    let cookies = answer.set_cookies();
    assert_eq!(cookies.len(), 1);
    let mut parts = cookies[0].split("; ");
    let name = parts.next().unwrap().split('=').next().unwrap().to_owned();
    let mut attributes: Vec<_> = parts.map(str::to_owned).collect();
    attributes.sort();
    (name, attributes)
}

#[tokio::test]
async fn the_cookie_of_a_login_is_as_closed_as_its_answer_lets_it_be() {
    let form_post = |mut config: Config| {
        config.authentication.oidc.response_mode = Some("form_post".to_owned());
        config
    };
    let forced = |mut config: Config| {
        config.authentication.force_secure_session_cookie = Some(true);
        config
    };
    let lax = ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax"].as_slice();
    let lax_secure = ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"].as_slice();
    let none_secure = ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=None", "Secure"].as_slice();

    let (name, attributes) = cookie(SERVER, |config| config).await;
    assert!(name.starts_with("__Host-oidc_login."), "{name}");
    assert_eq!(attributes, lax_secure);
    let (name, attributes) = cookie(SERVER, form_post).await;
    assert!(name.starts_with("__Host-oidc_login."), "{name}");
    assert_eq!(attributes, none_secure);
    let (name, attributes) = cookie("http://localhost:3000", |config| config).await;
    assert!(name.starts_with("oidc_login."), "{name}");
    assert_eq!(attributes, lax);
    let (name, attributes) = cookie("http://localhost:3000", forced).await;
    assert!(name.starts_with("__Host-oidc_login."), "{name}");
    assert_eq!(attributes, lax_secure);
}

/// Over plain http no browser takes `SameSite=None`, and a form that another site posts has to bring the cookie all the same.
#[tokio::test]
async fn a_login_by_form_post_works_over_http_and_https() {
    for server_url in [SERVER, "http://localhost:3000"] {
        let stand = Stand::at(server_url, |mut config| {
            config.authentication.oidc.response_mode = Some("form_post".to_owned());
            config
        })
        .await;
        let me = stand.sign_in(&mut stand.browser(), "alice").await;
        assert!(is_signed_in(&me), "{server_url}: {:?}", stand.refusals());
    }
}

#[tokio::test]
async fn the_cookie_is_removed_whatever_came_of_the_login() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    browser.navigate("/me").await;
    let [name] = pending(&browser).try_into().unwrap();
    let refused = browser.refuse(&stand.provider).await;
    assert_eq!(stand.login_error().kind(), LoginErrorKind::Refused);
    let removal = format!("{name}=; ");
    let cookies = set_cookies(&refused.headers);
    let removed = cookies.iter().find(|cookie| cookie.starts_with(&removal)).expect("it is removed");
    for attribute in ["Max-Age=0", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(removed.contains(attribute), "{removed}");
    }
    assert_eq!(browser.cookies(), []);
}

#[tokio::test]
async fn a_cookie_does_not_tell_what_is_in_it() {
    let stand = Stand::new().await;
    let answer = stand.send(navigation("/deep/me?secret=of-the-query")).await;
    let (url, cookie) = (location(&answer.headers), answer.set_cookies()[0].to_owned());
    for name in ["state", "nonce", "code_challenge"] {
        let value = parameter(&url, name).unwrap();
        assert!(!cookie.contains(&value), "{name}");
    }
    let fewer = stand.send(Request::get("/me").body("").unwrap()).await;
    assert!(fewer.set_cookies().is_empty());
}

/// One replica of several, that was started while the provider was down.
#[tokio::test]
async fn a_callback_that_meets_a_replica_without_metadata_can_be_sent_again() {
    let mut stand = Stand::new().await;
    let mut browser = stand.browser();
    let callback = callback_of(&stand, &mut browser, "alice").await;
    stand.provider.go_down();
    stand.restart(stand.config()).await;
    assert_eq!(browser.navigate(&callback).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(matches!(stand.login_error(), LoginError::Unavailable { .. }));

    stand.provider.come_up().await;
    stand.restart(stand.config()).await;
    let page = browser.navigate(&callback).await;
    assert_eq!((page.status, page.url.path()), (StatusCode::OK, "/me"), "the login was not used up");
}
