//! How sessions end and what comes of their renewals: whatever the chapter names is brought about, and counted alone.

use std::{collections::BTreeSet, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use tower_oidc::{
    Config,
    principal::Identity,
    session::SessionStore as _,
    testing::{Endpoint, Fault, GrantType},
    types::Issuer,
};

use crate::{
    counted::counted,
    support::{Stand, navigation},
    support_sessions::{Cookies, OFFLINE, RENEWAL, copy, form, oidc, page},
    support_stores::{Call, moody},
};

const CHAPTER: &str = include_str!("../../src/guide/observability.md");

const ENDED: &str = "tower_oidc_sessions_ended_total";
const REFRESHED: &str = "tower_oidc_session_refreshes_total";

/// What stands in backticks in one column of these rows.
fn named(rows: impl Iterator<Item = &'static str>, column: usize) -> BTreeSet<&'static str> {
    let cells = rows.filter_map(|row| row.split('|').nth(column));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

fn causes() -> BTreeSet<&'static str> {
    let (_, table) = CHAPTER.split_once("\n| `cause` |").unwrap();
    named(table.lines().skip(2).take_while(|row| row.starts_with('|')), 1)
}

fn outcomes() -> BTreeSet<&'static str> {
    let mut words = named(CHAPTER.lines().filter(|row| row.starts_with(&format!("| `{REFRESHED}` |"))), 3);
    assert!(words.remove("outcome"));
    words
}

/// Somebody signed in, and their session so many seconds later.
async fn after(seconds: u64, change: impl FnOnce(Config) -> Config) -> (Stand, Cookies) {
    let stand = Stand::with(change).await;
    let cookies = copy(&stand.signed_in("jane").await);
    stand.advance(seconds);
    (stand, cookies)
}

/// Somebody whose tokens are to be renewed now.
async fn due() -> (Stand, Cookies) {
    after(RENEWAL, |config| config.scope(OFFLINE)).await
}

/// A person with these cookies, which hold nobody any more: a page asks who is there, again and again, and then is opened anew.
async fn comes_back(stand: &Stand, cookies: &Cookies) {
    for _ in 0..3 {
        assert!(!stand.is_alive(cookies).await);
    }
    assert_eq!(stand.send(page("/", cookies)).await.text, "null");
}

/// Brings one session to its end by that cause.
async fn end_by(cause: &str) {
    match cause {
        "logout" => {
            let (stand, cookies) = after(0, |config| config).await;
            assert_eq!(stand.send(form("/logout", &cookies, "")).await.status, StatusCode::SEE_OTHER);
        }
        "service" => {
            let (stand, _) = after(0, |config| config).await;
            let jane = Identity::new(Issuer::new(stand.provider.issuer()), "jane");
            stand.auth.end_sessions(&jane).await.unwrap();
        }
        "back_channel_logout" => {
            let (stand, _) = after(0, |config| config).await;
            let token = format!("logout_token={}", stand.provider.logout_token("jane").sign());
            assert_eq!(stand.send(form("/backchannel-logout", &[], &token)).await.status, StatusCode::OK);
        }
        "front_channel_logout" => {
            let (stand, _) = after(0, |config| config).await;
            let sid = stand.provider.session_ids("jane").remove(0);
            let frame = format!("/frontchannel-logout?iss={}&sid={sid}", stand.provider.issuer());
            assert_eq!(stand.send(navigation(&frame)).await.status, StatusCode::OK);
        }
        "replaced" => {
            let stand = Stand::new().await;
            let mut browser = stand.signed_in("jane").await;
            browser.navigate("/login").await;
        }
        "too_many" => {
            let one = |mut config: Config| {
                config.authentication.max_active_sessions_per_user = Some(1);
                config.session_store("memory")
            };
            let (stand, cookies) = after(0, one).await;
            stand.signed_in("jane").await;
            assert!(!stand.is_alive(&cookies).await);
        }
        "renewal_refused" => {
            let (stand, cookies) = due().await;
            stand.provider.revoke_grants("jane");
            assert!(!stand.is_alive(&cookies).await);
        }
        "renewal_untrusted" => {
            let (stand, cookies) = due().await;
            stand.provider.change_id_token(|token, grant| match grant {
                GrantType::RefreshToken => token.claim("sub", "bob"),
                _ => token,
            });
            assert!(!stand.is_alive(&cookies).await);
        }
        "outgrown" => {
            let (stand, cookies) = due().await;
            stand.provider.change_token_response(|members, _| {
                members.insert("refresh_token".to_owned(), "x".repeat(16_000).into());
            });
            assert!(!stand.is_alive(&cookies).await);
        }
        "expired" => {
            let (stand, cookies) = after(60, oidc(|oidc| oidc.session_expiry = Some(60))).await;
            comes_back(&stand, &cookies).await;
        }
        "idle" => {
            let (stand, cookies) = after(60, oidc(|oidc| oidc.session_idle_timeout = Some(60))).await;
            comes_back(&stand, &cookies).await;
        }
        "stale" => {
            let (stand, cookies) = after(60, oidc(|oidc| oidc.token_validity = Some(60))).await;
            comes_back(&stand, &cookies).await;
        }
        other => panic!("the chapter names a cause that nothing here brings about: {other}"),
    }
}

#[tokio::test]
async fn each_cause_of_the_chapter_is_counted_when_a_session_ends_by_it() {
    assert!(causes().len() > 8, "{:?}", causes());
    for cause in causes() {
        counted!(counted);
        end_by(cause).await;
        let ended: Vec<_> = counted.labels(ENDED, "cause").into_iter().collect();
        assert_eq!(ended, [(cause.to_owned(), 1.0)]);
    }
}

/// A page that finds out by a script goes to the login at once, and no other answer removes the cookie.
#[tokio::test]
async fn a_session_that_was_over_is_counted_at_the_login_that_takes_its_place() {
    counted!(counted);
    let stand = Stand::with(oidc(|oidc| oidc.session_idle_timeout = Some(60))).await;
    let mut browser = stand.signed_in("jane").await;
    stand.advance(60);
    assert!(!stand.is_alive(&copy(&browser)).await);
    browser.navigate("/login?return_to=/").await;
    assert!(stand.is_alive(&copy(&browser)).await);
    assert_eq!(counted.labels(ENDED, "cause").into_iter().collect::<Vec<_>>(), [("idle".to_owned(), 1.0)]);
}

/// One for each message of the provider's, and none for one that is refused.
#[tokio::test]
async fn a_logout_by_the_provider_counts_once_for_several_sessions_and_for_none() {
    counted!(counted);
    let stand = Stand::new().await;
    let both = [copy(&stand.signed_in("jane").await), copy(&stand.signed_in("jane").await)];
    for (messages, token) in [(1.0, stand.provider.logout_token("jane")), (2.0, stand.provider.logout_token("nobody"))]
    {
        let body = format!("logout_token={}", token.sign());
        assert_eq!(stand.send(form("/backchannel-logout", &[], &body)).await.status, StatusCode::OK);
        counted.assert(ENDED, &[("cause", "back_channel_logout")], messages);
    }
    assert!(!stand.is_alive(&both[0]).await && !stand.is_alive(&both[1]).await);
    assert_eq!(
        stand.send(form("/backchannel-logout", &[], "logout_token=a.b.c")).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(counted.labels(ENDED, "cause").into_values().sum::<f64>(), 2.0);
}

/// The time that somebody else's lease takes, or a store that fails, while whoever asks has gone on already.
async fn until(stand: &Stand, is_so: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !is_so() {
            stand.clock.advance(Duration::from_millis(50));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    waited.await.expect("it comes to that within a minute");
}

/// Asks for a renewal that comes to that outcome.
async fn renew_to(outcome: &str, is_counted: impl Fn() -> bool) {
    let asked = |stand: Stand, cookies: Cookies| async move { stand.me(&cookies).await.status };
    let in_store = async || {
        let (stand, store) = moody(|config| config.scope(OFFLINE)).await;
        let cookies = copy(&stand.signed_in("jane").await);
        stand.advance(RENEWAL);
        (stand, store, cookies)
    };
    match outcome {
        "renewed" => {
            let (stand, cookies) = due().await;
            assert_eq!(asked(stand, cookies).await, StatusCode::OK);
        }
        "ended" => {
            let (stand, cookies) = due().await;
            stand.provider.revoke_grants("jane");
            assert_eq!(asked(stand, cookies).await, StatusCode::UNAUTHORIZED);
        }
        "failed" => {
            let (stand, cookies) = due().await;
            stand.provider.endpoint(Endpoint::Token).fail_with(Fault::Status(502));
            assert_eq!(asked(stand, cookies).await, StatusCode::OK);
        }
        "under_way" => {
            let (stand, store, cookies) = in_store().await;
            let id = URL_SAFE_NO_PAD.decode(cookies[0].1.rsplit('.').next().unwrap()).unwrap();
            let key = digest(&SHA256, &id).as_ref().try_into().unwrap();
            assert!(store.lease(key, *b"another replica.", Duration::from_secs(45)).await.unwrap());
            tokio::join!(stand.me(&cookies), until(&stand, is_counted));
        }
        "not_kept" => {
            let (stand, store, cookies) = in_store().await;
            store.fail(Some(Call::Lease));
            assert_eq!(asked(stand, cookies).await, StatusCode::SERVICE_UNAVAILABLE);
        }
        "lost" => {
            let (stand, store, cookies) = in_store().await;
            store.fail(Some(Call::Replace));
            tokio::join!(stand.me(&cookies), until(&stand, is_counted));
        }
        other => panic!("the chapter names an outcome that nothing here brings about: {other}"),
    }
}

#[tokio::test]
async fn each_outcome_of_the_chapter_is_counted_when_a_renewal_comes_to_it() {
    assert!(outcomes().len() > 5, "{:?}", outcomes());
    for outcome in outcomes() {
        counted!(counted);
        renew_to(outcome, || !counted.labels(REFRESHED, "outcome").is_empty()).await;
        let renewals: Vec<_> = counted.labels(REFRESHED, "outcome").into_iter().collect();
        assert_eq!(renewals, [(outcome.to_owned(), 1.0)]);
    }
}

/// The closed sets of the code are those of the chapter.
#[test]
fn the_chapter_has_every_cause_and_every_outcome_and_no_other() {
    let words = |source: &'static str| -> BTreeSet<_> {
        let lines = source.lines().filter_map(|line| line.trim().split_once(" => \""));
        lines.filter_map(|(_, rest)| rest.strip_suffix("\",")).collect()
    };
    assert_eq!(words(include_str!("../../src/login/ended.rs")), causes());
    assert_eq!(words(include_str!("../../src/login/attend/renewal.rs")), outcomes());
}
