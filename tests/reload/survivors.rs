//! What outlives a reload, and what does not.

use std::sync::Arc;

use http::{Request, StatusCode};
use tower_oidc::{
    Config,
    testing::{Endpoint, Fault},
    types::Clock as _,
};

use crate::support::{Cookies, SECRET, SERVER, Stand, cookie_line, copy, post, until};

/// When tokens of an hour are renewed, in seconds after they came.
const RENEWAL: u64 = 3540;

const STORES: [&str; 2] = ["cookie", "memory"];

/// A change that touches nobody's session.
fn changed(config: Config) -> Config {
    config.admin("somebody")
}

#[tokio::test]
async fn sessions_go_on_wherever_they_live() {
    for store in STORES {
        let stand = Stand::with(|_, config| config.session_store(store)).await;
        let browser = stand.signed_in("jane").await;
        stand.reload(|config| changed(config).session_store(store)).await;
        assert!(stand.is_alive(&copy(&browser)).await, "{store}");
        assert_eq!(post(&browser, "/refresh").await, StatusCode::OK, "{store}");
    }
}

/// Nobody has said a secret: one was drawn at the start, and is there still.
#[tokio::test]
async fn the_secret_that_was_drawn_goes_on_sealing() {
    let stand = Stand::with(|_, mut config| {
        config.authentication.oidc.session_secret.clear();
        config
    })
    .await;
    let browser = stand.signed_in("jane").await;
    stand.auth.reload(changed(stand.config())).await.unwrap();
    stand.auth.forget_session_secrets();
    assert!(stand.is_alive(&copy(&browser)).await, "it is the one in use still");
    let later = stand.signed_in("jane").await;
    stand.reload(|config| config).await;
    assert!(stand.is_alive(&copy(&browser)).await && stand.is_alive(&copy(&later)).await, "it opens still");
    stand.auth.forget_session_secrets();
    assert!(!stand.is_alive(&copy(&browser)).await && !stand.is_alive(&copy(&later)).await);
}

#[tokio::test]
async fn a_copy_of_a_cookie_stays_dead_after_the_logout() {
    for store in STORES {
        let stand = Stand::with(|_, config| config.session_store(store)).await;
        let (browser, other) = (stand.signed_in("jane").await, stand.signed_in("jane").await);
        let (copied, alive) = (copy(&browser), copy(&other));
        assert_eq!(post(&browser, "/logout").await, StatusCode::SEE_OTHER);
        for _ in 0..3 {
            assert!(!stand.is_alive(&copied).await && stand.is_alive(&alive).await, "{store}");
            stand.reload(|config| changed(config).session_store(store)).await;
        }
    }
}

/// A shorter life of sessions and a longer one again bring nothing back that was ended under the first.
#[tokio::test]
async fn another_expiry_forgets_no_logout() {
    let expiring = |seconds: u64| {
        move |mut config: Config| {
            config.authentication.oidc.session_expiry = Some(seconds);
            config
        }
    };
    let stand = Stand::with(|_, config| expiring(86_400)(config)).await;
    let (browser, other) = (stand.signed_in("jane").await, stand.signed_in("bob").await);
    let copied = copy(&browser);
    post(&browser, "/logout").await;
    stand.reload(expiring(60)).await;
    stand.clock.advance(std::time::Duration::from_secs(600));
    assert!(!stand.is_alive(&copy(&other)).await);
    // A login and a logout, which look for what may be forgotten.
    post(&stand.signed_in("eve").await, "/logout").await;
    stand.reload(expiring(86_400)).await;
    assert!(!stand.is_alive(&copied).await);
    assert!(stand.is_alive(&copy(&other)).await, "and what was not ended lives as long as it was sealed for");
}

#[tokio::test]
async fn a_login_that_was_started_before_comes_back_once() {
    for (store, secret) in [("cookie", SECRET), ("memory", "another secret of the tests, of more than 32 bytes")] {
        let stand = Stand::with(|_, config| config.session_store(store)).await;
        let mut browser = stand.browser();
        browser.navigate("/me").await;
        let mut config = changed(stand.config()).session_store(store);
        config.authentication.oidc.session_secret = vec![secret.into()];
        stand.auth.reload(config.clone()).await.unwrap();
        let me = browser.log_in_as(&stand.provider, "jane").await;
        assert_eq!((me.status, me.url.path()), (StatusCode::OK, "/me"), "{store}");
        let callback = me.history.iter().map(|hop| &hop.url).find(|url| url.path() == "/callback").unwrap();
        stand.auth.reload(config).await.unwrap();
        let exchanges = stand.provider.requests(Endpoint::Token);
        stand.send(Request::get(callback.as_str()).body(bytes::Bytes::new()).unwrap()).await;
        assert_eq!(stand.provider.requests(Endpoint::Token), exchanges, "{store}: its code is not sent twice");
    }
}

/// The login asked for no organization. It is finished under a configuration that lets in one alone.
#[tokio::test]
async fn a_login_that_was_started_before_is_held_against_the_organization_of_now() {
    for (organization, status) in [("org_1", StatusCode::OK), ("org_2", StatusCode::FORBIDDEN)] {
        let stand = Stand::with(|_, config| config.provider("auth0")).await;
        stand.provider.change_id_token(|token, _| token.claim("org_id", "org_1"));
        let mut browser = stand.browser();
        browser.navigate("/me").await;
        stand.reload(|config| config.provider("auth0").custom_param("organization", organization)).await;
        assert_eq!(browser.log_in_as(&stand.provider, "jane").await.status, status, "{organization}");
    }
}

/// The callback's answer was lost, and the browser sends the same callback with the same cookie again.
#[tokio::test]
async fn a_login_that_was_answered_before_is_answered_no_more() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    browser.navigate("/me").await;
    let transaction: Cookies = browser.cookies();
    let me = browser.log_in_as(&stand.provider, "jane").await;
    let callback = me.history.iter().map(|hop| &hop.url).find(|url| url.path() == "/callback").unwrap();
    stand.reload(changed).await;
    let again =
        Request::get(callback.as_str()).header("cookie", cookie_line(&transaction)).body(bytes::Bytes::new()).unwrap();
    stand.send(again).await;
    assert_eq!(stand.provider.requests(Endpoint::Token), 1, "its code is not sent twice");
}

/// The provider of these tests takes a refresh token that comes twice for stolen.
#[tokio::test]
async fn a_renewal_under_way_is_one_renewal_for_both_configurations() {
    for store in STORES {
        let stand = Arc::new(Stand::with(|_, config| config.session_store(store)).await);
        let cookies = copy(&stand.signed_in("jane").await);
        stand.clock.advance(std::time::Duration::from_secs(RENEWAL));
        let token = stand.provider.endpoint(Endpoint::Token);
        token.fail_with(Fault::Hang);
        let asking = |stand: &Arc<Stand>| {
            let (stand, cookies) = (Arc::clone(stand), cookies.clone());
            tokio::spawn(async move { stand.is_alive(&cookies).await })
        };
        let first = asking(&stand);
        until(|| token.requests() == 2).await;
        stand.reload(|config| changed(config).session_store(store)).await;
        let second = asking(&stand);
        tokio::task::yield_now().await;
        token.heal();
        assert!(first.await.unwrap() && second.await.unwrap(), "{store}");
        assert!(stand.is_alive(&cookies).await, "{store}: and whoever comes late");
        assert_eq!(token.requests(), 2, "{store}");
    }
}

#[tokio::test]
async fn a_session_of_another_client_is_none() {
    for store in STORES {
        let stand = Stand::with(|_, config| config.session_store(store)).await;
        let browser = stand.signed_in("jane").await;
        stand.reload(|config| config.session_store(store).client_id("another")).await;
        assert!(!stand.is_alive(&copy(&browser)).await, "{store}");
        // What its provider ended meanwhile, nobody here has heard.
        stand.reload(|config| config.session_store(store)).await;
        assert!(!stand.is_alive(&copy(&browser)).await, "{store}: nor when the client comes back");
    }
}

/// Whatever is found wrong last: until then everything was prepared, and nothing of it counts.
#[tokio::test]
async fn a_refused_configuration_leaves_secrets_and_sessions_as_they_are() {
    let stand = Stand::new().await;
    let before = copy(&stand.signed_in("jane").await);
    stand.provider.set_metadata("token_endpoint_auth_methods_supported", ["client_secret_basic"]);
    let other = tower_oidc::testing::TestProvider::builder().clock(stand.clock.clone()).start().await;
    other.set_metadata("token_endpoint_auth_methods_supported", ["private_key_jwt"]);
    let refused = other.login_config(SERVER).session_secret("a secret that must not be used, of more than 32 bytes");
    let error = stand.auth.reload(refused.session_store("memory")).await.unwrap_err();
    assert!(matches!(error, tower_oidc::layer::SetupError::Login(_)), "{error}");
    assert!(stand.is_alive(&before).await);
    let after = copy(&stand.signed_in("jane").await);
    let config = stand.config().session_secret(SECRET);
    let another = tower_oidc::Auth::builder(config).with_clock(stand.clock.clone()).discover().await.unwrap();
    assert!(stand.other(&another).is_alive(&after).await, "it is sealed with the secret that counts");
}

/// What was proved once under one configuration is not proved again under the next.
#[tokio::test]
async fn a_proof_that_was_used_stays_used() {
    let stand = Stand::with(|_, config| config.dpop("accepted")).await;
    let key = stand.provider.dpop_key();
    let token = stand.provider.token("jane").bound_to(&key).sign();
    let send = async |proof: &str| {
        let request = Request::get("/me").header("authorization", format!("DPoP {token}")).header("dpop", proof);
        stand.send(request.body(bytes::Bytes::new()).unwrap()).await
    };
    let proof = || key.proof("GET", &format!("{SERVER}/me"), &token).sign();
    let used = proof();
    assert_eq!(send(&used).await.status, StatusCode::OK);
    for policy in ["accepted", "required", "accepted"] {
        stand.reload(|config| changed(config).dpop(policy)).await;
        let answer = send(&used).await;
        assert_eq!(answer.reason.map(|reason| reason.reason()), Some("proof_replayed"), "{policy}");
        assert_eq!(send(&proof()).await.status, StatusCode::OK, "{policy}");
    }
}

/// While sessions live elsewhere, a logout does not reach the ones before: they must not come back.
#[tokio::test]
async fn sessions_of_a_place_that_was_left_are_over() {
    for (store, other) in [("cookie", "memory"), ("memory", "cookie")] {
        let stand = Stand::with(|_, config| config.session_store(store)).await;
        let before = copy(&stand.signed_in("jane").await);
        stand.reload(|config| config.session_store(other)).await;
        assert!(!stand.is_alive(&before).await, "{store}");
        let meanwhile = copy(&stand.signed_in("jane").await);
        assert!(stand.is_alive(&meanwhile).await, "{store}");
        stand.reload(|config| config.session_store(store)).await;
        assert!(!stand.is_alive(&before).await && !stand.is_alive(&meanwhile).await, "{store}");
        assert!(stand.is_alive(&copy(&stand.signed_in("jane").await)).await, "{store}");
    }
}

/// The callback is where `callbackUrl` says now, and the others under `serverUrl`.
#[tokio::test]
async fn the_paths_of_the_login_follow_the_configuration() {
    let provider = tower_oidc::testing::TestProvider::start().await;
    let auth = tower_oidc::Auth::builder(provider.login_config("https://app.example")).with_login_paths(|mut paths| {
        paths.login = format!("{}/in", paths.login);
        paths
    });
    let auth = auth.discover().await.unwrap();
    let told = || auth.login_paths().map(|paths| [paths.login.clone(), paths.callback().to_owned(), paths.logout]);
    assert_eq!(told().unwrap(), ["/login/in", "/callback", "/logout"]);
    auth.reload(provider.login_config("https://app.example/shop")).await.unwrap();
    assert_eq!(told().unwrap(), ["/shop/login/in", "/shop/callback", "/shop/logout"]);
    auth.reload(provider.config()).await.unwrap();
    assert_eq!(told(), None, "only bearer tokens count");
}

/// A path that nobody can ask for stops the start, with what is wrong.
#[tokio::test]
async fn paths_that_cannot_be_served_stop_the_start_and_no_more() {
    use tower_oidc::{
        layer::SetupError,
        login::{LoginError, LoginPathsError},
    };
    let provider = tower_oidc::testing::TestProvider::start().await;
    let auth = |config| {
        let auth = tower_oidc::Auth::builder(config);
        auth.with_login_paths(|mut paths| {
            paths.login = "/shop/callback".to_owned();
            paths
        })
    };
    let refused = auth(provider.login_config("https://app.example/shop")).discover().await.unwrap_err();
    let SetupError::Login(LoginError::Paths(LoginPathsError::Repeated { path })) = &refused else {
        panic!("{refused}")
    };
    assert_eq!(path, "/shop/callback");
    let auth = auth(provider.login_config("https://app.example")).discover().await.unwrap();
    assert!(auth.reload(provider.login_config("https://app.example/shop")).await.is_err());
    assert_eq!(auth.login_paths().unwrap().logout, "/logout", "the configuration before serves on");
}

/// The parts that were brought stay: the clock, and a store of the user's own.
#[tokio::test]
async fn what_was_brought_stays() {
    use tower_oidc::session::MemoryStore;
    let provider_clock = tower_oidc::testing::ManualClock::new();
    let provider = tower_oidc::testing::TestProvider::builder().clock(provider_clock.clone()).start().await;
    let config = || provider.login_config(SERVER).session_secret(SECRET);
    let auth = tower_oidc::Auth::builder(config())
        .with_clock(provider_clock.clone())
        .with_session_store(MemoryStore::new(Arc::new(provider_clock.clone())))
        .with_login_paths(|mut paths| {
            paths.login = "/sign-in".to_owned();
            paths
        });
    let auth = auth.discover().await.unwrap();
    auth.reload(changed(config())).await.unwrap();
    let app = axum::Router::new().layer(auth.layer());
    let mut browser = tower_oidc::testing::Browser::new(app, SERVER).with_clock(provider_clock.clone());
    browser.navigate("/sign-in").await;
    browser.log_in_as(&provider, "jane").await;
    let session = copy(&browser);
    assert!(session[0].1.len() < 100, "the name of a session in the store: {session:?}");
    assert_eq!(provider_clock.elapsed(), std::time::Duration::ZERO);
}
