//! Every clock that ends a session, to the second.

use http::StatusCode;
use tower_oidc::{Config, login::LoginError, session::SessionError};

use crate::{
    support::{Stand, set_cookies},
    support_sessions::{OFFLINE, STORES, copy, of_callback, oidc, page, removed, set},
};

fn expiry(seconds: u64) -> impl FnOnce(Config) -> Config {
    oidc(move |oidc| oidc.session_expiry = Some(seconds))
}

/// CVE-2025-46344: the end stands inside of the seal, whatever the browser makes of `Max-Age`.
#[tokio::test]
async fn a_session_ends_at_the_second() {
    for store in STORES {
        let stand = Stand::with(|config| expiry(100)(config).session_store(store)).await;
        let mut browser = stand.browser();
        let visited = stand.sign_in(&mut browser, "jane").await;
        assert!(set_cookies(of_callback(&visited)).iter().any(|cookie| cookie.ends_with("; Max-Age=100")));
        let cookies = copy(&browser);
        stand.advance(99);
        assert!(stand.is_alive(&cookies).await, "{store}");
        stand.advance(1);
        let answer = stand.me(&cookies).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{store}");
        let opened = stand.send(page("/", &cookies)).await;
        assert_eq!(removed(&opened.headers), ["__Host-oidc_session"], "{store}");
        assert!(copy(&browser).is_empty(), "{store}: the browser has dropped it as well");
    }
}

#[tokio::test]
async fn a_shortened_expiry_acts_at_once_and_a_longer_one_on_the_next_login_alone() {
    let mut stand = Stand::with(expiry(1000)).await;
    let cookies = copy(&stand.signed_in("jane").await);
    stand.advance(500);
    for (seconds, alive) in [(400, false), (500, false), (501, true), (5000, true)] {
        stand.restart(expiry(seconds)(stand.config())).await;
        assert_eq!(stand.is_alive(&cookies).await, alive, "{seconds}");
    }
    stand.advance(499);
    assert!(stand.is_alive(&cookies).await);
    stand.advance(1);
    assert!(!stand.is_alive(&cookies).await, "what was sealed holds");
}

#[tokio::test]
async fn an_idle_session_ends_at_the_second() {
    for store in STORES {
        let idle = oidc(|oidc| oidc.session_idle_timeout = Some(100));
        let stand = Stand::with(|config| idle(config).session_store(store)).await;
        let browser = stand.signed_in("jane").await;
        stand.advance(99);
        assert_eq!(browser.fetch("/me").await.status, 200, "{store}");
        stand.advance(99);
        assert_eq!(browser.fetch("/me").await.status, 200, "{store}: the first request counted");
        stand.advance(100);
        let over = browser.fetch("/me").await;
        assert_eq!(over.status, 401, "{store}");
        let opened = stand.send(page("/", &copy(&browser))).await;
        assert_eq!(removed(&opened.headers), ["__Host-oidc_session"], "{store}");
    }
}

#[tokio::test]
async fn use_does_not_carry_a_session_beyond_its_expiry() {
    for store in STORES {
        let settings = oidc(|oidc| (oidc.session_expiry, oidc.session_idle_timeout) = (Some(350), Some(100)));
        let stand = Stand::with(|config| settings(config).session_store(store)).await;
        let browser = stand.signed_in("jane").await;
        for _ in 0..5 {
            stand.advance(60);
            assert_eq!(browser.fetch("/me").await.status, 200, "{store}");
        }
        let cookies = copy(&browser);
        stand.advance(49);
        assert!(stand.is_alive(&cookies).await, "{store}");
        stand.advance(1);
        assert!(!stand.is_alive(&cookies).await, "{store}");
    }
}

/// A cookie is written when a tenth of the idle time-out has passed, and not at each request.
#[tokio::test]
async fn a_session_in_use_is_written_now_and_then() {
    let stand = Stand::with(oidc(|oidc| oidc.session_idle_timeout = Some(100))).await;
    let browser = stand.signed_in("jane").await;
    for (seconds, written) in [(9, false), (1, true), (0, false), (9, false), (1, true)] {
        stand.advance(seconds);
        let answer = browser.fetch("/me").await;
        assert_eq!(!set(&answer.headers).is_empty(), written, "after {seconds} s");
    }
}

/// Auth0's `session_expiry`: the provider says until when a session may live.
#[tokio::test]
async fn the_providers_ceiling_ends_a_session_at_the_second() {
    for store in STORES {
        let stand = Stand::with(|config| config.session_store(store)).await;
        stand.provider.add_user("jane").claim("session_expiry", stand.now() + 50);
        let cookies = copy(&stand.signed_in("jane").await);
        stand.advance(49);
        assert!(stand.is_alive(&cookies).await, "{store}");
        stand.advance(1);
        assert!(!stand.is_alive(&cookies).await, "{store}");
    }
}

#[tokio::test]
async fn a_ceiling_far_away_lengthens_nothing() {
    let stand = Stand::with(expiry(100)).await;
    stand.provider.add_user("jane").claim("session_expiry", stand.now() + 5000);
    let cookies = copy(&stand.signed_in("jane").await);
    stand.advance(100);
    assert!(!stand.is_alive(&cookies).await);
}

#[tokio::test]
async fn a_ceiling_that_has_passed_lets_nobody_in() {
    let stand = Stand::new().await;
    stand.provider.add_user("jane").claim("session_expiry", stand.now());
    let mut browser = stand.browser();
    let visited = stand.sign_in(&mut browser, "jane").await;
    assert_eq!(visited.status, StatusCode::BAD_REQUEST);
    assert!(copy(&browser).is_empty());
    assert!(matches!(stand.login_error(), LoginError::Session(SessionError::Over)));
}

#[tokio::test]
async fn token_validity_ends_a_session_that_cannot_be_renewed() {
    for store in STORES {
        let validity = oidc(|oidc| oidc.token_validity = Some(120));
        let stand = Stand::with(|config| validity(config).session_store(store)).await;
        let cookies = copy(&stand.signed_in("jane").await);
        stand.advance(119);
        assert!(stand.is_alive(&cookies).await, "{store}");
        stand.advance(1);
        assert!(!stand.is_alive(&cookies).await, "{store}");
    }
}

#[tokio::test]
async fn token_validity_renews_a_session_in_use_and_ends_one_that_is_not() {
    for store in STORES {
        let validity = oidc(|oidc| oidc.token_validity = Some(120));
        let stand = Stand::with(|config| validity(config).scope(OFFLINE).session_store(store)).await;
        let browser = stand.signed_in("jane").await;
        for renewals in 1..=3 {
            stand.advance(95);
            assert_eq!(
                (browser.fetch("/me").await.status.as_u16(), stand.token_requests()),
                (200, renewals),
                "{store}"
            );
            stand.advance(1);
            assert_eq!(browser.fetch("/me").await.status, 200, "{store}");
            assert_eq!(stand.token_requests(), renewals + 1, "{store}: a fifth of the time is left");
        }
        stand.advance(120);
        assert_eq!(browser.fetch("/me").await.status, 401, "{store}");
    }
}
