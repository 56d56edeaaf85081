//! Settings of the login whose effect no other file is about: where it is mounted, and how long and where it is kept.

use std::time::Duration;

use http::{Request, StatusCode};
use tower_oidc::{
    Config,
    config::Oidc,
    testing::{Browser, Endpoint},
};

use super::support::{SECRET, SERVER, Stand, location, login_config, navigation, parameter, provider, set_cookies};

const HOUR: u64 = 3600;

/// Whether the browser's session is alive.
async fn is_alive(browser: &Browser) -> bool {
    browser.fetch("/me").await.status == StatusCode::OK
}

fn nested(change: fn(&mut Oidc)) -> impl FnOnce(Config) -> Config {
    move |mut config| {
        change(&mut config.authentication.oidc);
        config
    }
}

#[tokio::test]
async fn server_url_with_a_path_mounts_the_login_below_it() {
    let stand = Stand::at("https://app.example/base", |config| config).await;
    let answer = stand.send(navigation("/base/login?return_to=/me")).await;
    let url = location(&answer.headers);
    assert_eq!(parameter(&url, "redirect_uri").as_deref(), Some("https://app.example/base/callback"));
    assert!(answer.set_cookies()[0].contains("; Path=/;"), "{:?}", answer.set_cookies());
    assert_eq!(
        stand.send(navigation("/login")).await.status,
        StatusCode::NOT_FOUND,
        "that path is the application's own"
    );
    let mut browser = stand.browser();
    browser.navigate("/base/login").await;
    assert_eq!(
        browser.log_in_as(&stand.provider, "alice").await.url.path(),
        "/base",
        "the start page is the server URL"
    );
    assert!(is_alive(&browser).await);
}

#[tokio::test]
async fn callback_url_is_the_redirect_uri_and_where_the_layer_answers() {
    let outer = |mut config: Config| {
        config.authentication.oidc.callback_url = None;
        config.authentication.callback_url = Some("https://app.example/elsewhere/done".to_owned());
        config
    };
    let inner = |config: Config| config.callback_url("https://app.example/elsewhere/done");
    for change in [outer, inner] {
        let (provider, clock) = provider().await;
        provider.add_redirect_uri("https://app.example/elsewhere/done");
        let config = change(login_config(&provider, SERVER));
        let stand = Stand::built(provider, clock, config, |builder| builder).await;
        let mut browser = stand.browser();
        let me = stand.sign_in(&mut browser, "alice").await;
        assert_eq!((me.status, me.url.path()), (StatusCode::OK, "/me"));
        assert!(me.history.iter().any(|hop| hop.url.path() == "/elsewhere/done"));
        assert_eq!(stand.send(navigation("/callback?code=c&state=s")).await.status, StatusCode::NOT_FOUND);
    }
}

/// The outer key counts where the nested one is absent, for `responseType` too.
#[tokio::test]
async fn the_outer_response_type_counts_where_the_nested_one_is_absent() {
    let stand = Stand::with(|mut config| {
        config.authentication.response_type = Some("id_token".to_owned());
        config
    })
    .await;
    stand.signed_in("alice").await;
    assert_eq!(stand.provider.requests(Endpoint::Token), 0);
}

#[tokio::test]
async fn client_type_public_signs_in_without_a_secret_by_the_implicit_flow() {
    let stand = Stand::implicit(|config| config).await;
    let asked = stand.send(navigation("/me")).await.location();
    assert_eq!(parameter(&asked, "response_type").as_deref(), Some("id_token"));
    stand.signed_in("alice").await;
}

#[tokio::test]
async fn force_secure_session_cookie_makes_the_session_secure_over_http() {
    for (forced, prefix) in [(true, "__Host-"), (false, "oidc_")] {
        let stand = Stand::at("http://localhost:3000", |mut config| {
            config.authentication.force_secure_session_cookie = Some(forced);
            config
        })
        .await;
        let me = stand.sign_in(&mut stand.browser(), "alice").await;
        let callback = me.history.iter().find(|hop| hop.url.path() == "/callback").unwrap();
        let cookies = set_cookies(&callback.headers);
        let session =
            cookies.iter().find(|cookie| cookie.contains("session") && !cookie.contains("Max-Age=0")).unwrap();
        assert!(session.starts_with(prefix) && session.contains("Secure") == forced, "{session}");
    }
}

#[tokio::test]
async fn session_expiry_ends_a_session_to_the_second_whichever_key_says_it() {
    let inner = |mut config: Config| {
        config.authentication.oidc.session_expiry = Some(HOUR);
        config
    };
    let outer = |mut config: Config| {
        config.authentication.session_expiry = Some(HOUR);
        config
    };
    for change in [inner, outer] {
        for store in ["cookie", "memory"] {
            let stand = Stand::with(|config| change(config).session_store(store)).await;
            let browser = stand.signed_in("alice").await;
            let kept = browser.cookies();
            stand.advance(HOUR - 1);
            assert!(is_alive(&browser).await, "{store}");
            stand.advance(1);
            // A browser that does not drop the cookie gains nothing.
            kept.iter().for_each(|(name, value)| browser.set_cookie(name, value));
            assert!(!is_alive(&browser).await, "{store}");
        }
    }
}

#[tokio::test]
async fn session_idle_timeout_ends_what_nobody_uses_and_slides() {
    for store in ["cookie", "memory"] {
        let stand =
            Stand::with(|config| nested(|oidc| oidc.session_idle_timeout = Some(HOUR))(config).session_store(store))
                .await;
        let browser = stand.signed_in("alice").await;
        for _ in 0..3 {
            stand.advance(HOUR - 60);
            assert!(is_alive(&browser).await, "{store}: it is used");
        }
        let kept = browser.cookies();
        stand.advance(HOUR);
        kept.iter().for_each(|(name, value)| browser.set_cookie(name, value));
        assert!(!is_alive(&browser).await, "{store}");
    }
}

#[tokio::test]
async fn session_secret_is_what_a_session_outlives_a_restart_by() {
    const NEW: &str = "a new secret of the tests that has many more than 32 bytes";
    let mut stand = Stand::new().await;
    let browser = stand.signed_in("alice").await;
    let kept = browser.cookies();
    for (what, secrets, alive) in [
        ("the same", [SECRET].as_slice(), true),
        ("rotated, and the old one still opens", &[NEW, SECRET], true),
        ("another", &[NEW], false),
        ("none: a random one of the process", &[], false),
        ("the same again", &[SECRET], true),
    ] {
        let mut config = stand.config();
        config.authentication.oidc.session_secret.clear();
        stand.restart(secrets.iter().fold(config, |config, secret| config.session_secret(*secret))).await;
        // An application that cannot open a cookie removes it.
        kept.iter().for_each(|(name, value)| browser.set_cookie(name, value));
        assert_eq!(is_alive(&browser).await, alive, "{what}");
    }
}

#[tokio::test]
async fn session_store_memory_keeps_the_session_here_and_an_id_in_the_browser() {
    let stand = Stand::with(|config| config.session_store("memory")).await;
    let memory = stand.signed_in("alice").await;
    let bytes = |browser: &Browser| -> usize { browser.cookies().iter().map(|(_, value)| value.len()).sum() };
    assert!(bytes(&memory) < 100, "{:?}", memory.cookies());
    let sealed = Stand::with(|config| config.session_store("cookie")).await.signed_in("alice").await;
    assert!(bytes(&sealed) > 500);
}

/// The effect with it: `tests/redis`.
#[cfg(not(feature = "redis"))]
#[tokio::test]
async fn session_store_redis_without_its_feature_stops_the_start_and_names_it() {
    let (provider, clock) = provider().await;
    let config = login_config(&provider, SERVER).session_store("redis://:hunter2@redis.example");
    let error = super::support::discover(config, &clock, |builder| builder).await.unwrap_err().to_string();
    assert!(error.contains("feature `redis`") && !error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn max_active_sessions_per_user_ends_the_oldest() {
    let stand = Stand::with(|mut config| {
        config.authentication.max_active_sessions_per_user = Some(2);
        config.session_store("memory")
    })
    .await;
    let mut browsers = Vec::new();
    for _ in 0..3 {
        browsers.push(stand.signed_in("alice").await);
        stand.advance(1);
    }
    let other = stand.signed_in("bob").await;
    let mut alive = Vec::new();
    for browser in &browsers {
        alive.push(is_alive(browser).await);
    }
    assert_eq!((alive, is_alive(&other).await), (vec![false, true, true], true));
}

/// Without a refresh token a session ends by then.
#[tokio::test]
async fn token_validity_bounds_a_session_that_cannot_be_renewed() {
    let stand = Stand::with(nested(|oidc| oidc.token_validity = Some(HOUR))).await;
    let browser = stand.signed_in("alice").await;
    stand.advance(HOUR - 1);
    assert!(is_alive(&browser).await);
    stand.advance(1);
    assert!(!is_alive(&browser).await);
}

/// It is sent to Auth0 at login, and it is whom a bearer token must be for.
#[tokio::test]
async fn audience_makes_an_access_token_of_the_same_login_good_for_the_api() {
    let stand = Stand::with(|config| config.provider("auth0")).await;
    stand.signed_in("alice").await;
    let asked = stand.provider.last_request(Endpoint::Authorize).unwrap();
    assert!(asked.uri().query().unwrap().contains("audience=https%3A%2F%2Fapi.example.test"));
    let token = stand.provider.token("alice").expires_in(Duration::from_secs(60)).sign();
    let request = Request::get("/me").header("authorization", format!("Bearer {token}")).body("").unwrap();
    assert_eq!(stand.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_login_the_paths_are_the_applications_own() {
    let (provider, clock) = provider().await;
    let config = provider.config();
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    for path in ["/login", "/callback?code=c&state=s", "/logout", "/refresh"] {
        assert_eq!(stand.send(navigation(path)).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let answer = stand.send(navigation("/me")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "nobody is sent anywhere");
    assert_eq!(answer.json().get("loginUrl"), None);
}
