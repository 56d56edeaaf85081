//! The time of day steps back and forth, as when somebody sets a machine's clock, or a machine wakes with a wrong one.
//!
//! | what | goes by | when the time of day steps |
//! |---|---|---|
//! | keys, their age, every pause and time-out | the time that only grows | nothing happens |
//! | a token | both | its times count by the clock of the moment; an acceptance is relied on no longer than it was to last |
//! | a session | the time of day | it is over while the clock says so, and lives no longer than until the end that was sealed |
//! | a session that was ended | neither | it stays ended; what the list forgets ends sessions too many, never too few |
//! | a login that was begun | the time of day | more than a minute ahead or ten minutes back it is begun anew |
//! | an answer that was taken | neither | it is taken once |
//! | a renewal | both | it comes when the time of day says so, and is tried again when the time that only grows does |
//!
//! A clock that is wrong refuses what it should take, since nobody can tell; it takes nothing that was ended, and when it is
//! right again everything is as if nothing had been.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, StatusCode};
use tower_oidc::{
    Config,
    layer::AuthError,
    login::LoginError,
    provider::MAX_STALE,
    testing::{Endpoint, ManualClock, TestProvider},
    types::Clock as _,
    validator::TokenError,
};

use crate::support::{
    Answer, Cookies, OFFLINE, RENEWAL, SECRET, SERVER, Stand, api, bearer, form_posted, in_time, login_config, post,
    session_of,
};

const STORES: [&str; 2] = ["cookie", "memory"];

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Ten years.
const YEARS: i64 = 3650 * DAY;

/// A time of day, so many seconds from another one.
fn shifted(from: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { from - by } else { from + by }
}

/// Why a login failed at its callback.
#[track_caller]
fn id_token_error(answer: &Answer) -> &TokenError {
    match &answer.reason {
        Some(AuthError::Login(LoginError::IdToken(error))) => error,
        other => panic!("expected a refused ID token, got {other:?}"),
    }
}

/// A request of a frame on the provider's page, without any cookie: somebody has signed out there.
fn front_channel(stand: &Stand, sid: &str) -> Request<Bytes> {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("iss", stand.provider.issuer()), ("sid", sid)])
        .finish();
    Request::get(format!("/frontchannel-logout?{query}")).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn a_session_that_was_ended_stays_so() {
    for store in STORES {
        let stand = Stand::with(|config| config.session_store(store)).await;
        let bystanders = stand.bystanders().await;
        let mut ended = Vec::new();
        for name in ["jane", "leo", "mia"] {
            ended.push(session_of(&stand.signed_in(name).await));
        }
        let told = stand.provider.logout_token("leo").sign();
        let sid = stand.provider.session_ids("mia").remove(0);
        for request in [
            post("/logout", &ended[0], &[]),
            post("/backchannel-logout", &Cookies::new(), &[("logout_token", &told)]),
            front_channel(&stand, &sid),
        ] {
            assert!(in_time(stand.send(request)).await.status.as_u16() < 400, "{store}");
        }
        let start = stand.clock.now();
        for seconds in [-YEARS, -DAY, -1, 1, HOUR, 8 * DAY, YEARS, -YEARS, 0] {
            stand.clock.set_time(shifted(start, seconds));
            // Others are ended in the meantime, so that what is too old by this clock is forgotten.
            let other = format!("somebody's at {seconds}");
            assert_eq!(in_time(stand.send(front_channel(&stand, &other))).await.status, StatusCode::OK);
            for (which, cookies) in ended.iter().enumerate() {
                assert!(!stand.is_alive(cookies), "{store}: session {which}, {seconds} s away");
            }
        }
        bystanders.assert_served_at_once(&stand);
        stand.signed_in("jane").await;
    }
}

#[tokio::test]
async fn a_session_is_over_while_the_clock_says_so_and_lives_no_longer_than_was_sealed() {
    for store in STORES {
        let expiry = 2 * HOUR;
        let stand = Stand::with(|mut config| {
            config.authentication.oidc.session_expiry = Some(expiry.unsigned_abs());
            config.session_store(store).scope("openid email profile")
        })
        .await;
        let jane = session_of(&stand.signed_in("jane").await);
        let start = stand.clock.now();
        for (seconds, alive) in [
            (expiry - 1, true),
            (expiry, false),
            (YEARS, false),
            (-YEARS, true),
            (0, true),
            (expiry - 1, true),
            (expiry, false),
        ] {
            stand.clock.set_time(shifted(start, seconds));
            assert_eq!(stand.is_alive(&jane), alive, "{store}: {seconds} s away");
        }
        stand.clock.set_time(UNIX_EPOCH - Duration::from_secs(1));
        assert!(!stand.is_alive(&jane), "{store}: a broken clock lets nobody in");
        stand.clock.set_time(start);
        assert!(stand.is_alive(&jane), "{store}");
    }
}

#[tokio::test]
async fn a_login_that_was_begun_before_a_step_is_finished_or_begun_anew() {
    for seconds in [-YEARS, -HOUR, -61, -60, -1, 599, 600, HOUR, YEARS] {
        let stand = Stand::new().await;
        let mut browser = stand.browser();
        browser.navigate("/me").await;
        stand.clock.set_time(shifted(stand.clock.now(), seconds));
        // The browser's own clock steps too, and with it its cookies: what is asked here is the application's.
        browser.log_in_as(&stand.provider, "jane").await;
        assert_eq!(browser.fetch("/me").await.status, StatusCode::OK, "{seconds} s away");
        let asked = stand.provider.requests(Endpoint::Authorize);
        let begun_anew = !(-60..600).contains(&seconds);
        assert_eq!(asked, 1 + usize::from(begun_anew), "{seconds} s away");
    }
}

/// The implicit flow, in which the answer itself is what signs somebody in: the provider would not refuse it a second time.
#[tokio::test]
async fn an_answer_is_taken_once() {
    let clock = ManualClock::new();
    let provider = TestProvider::builder().clock(clock.clone()).start().await;
    let config = provider.public_login_config(SERVER).session_secret(SECRET);
    let stand = Stand::of(provider, clock, config).await;
    let callback = form_posted(&stand, "jane").await;
    let start = stand.clock.now();
    let copy = || {
        let mut copy = Request::new(callback.body().clone());
        (*copy.method_mut(), *copy.uri_mut()) = (callback.method().clone(), callback.uri().clone());
        *copy.headers_mut() = callback.headers().clone();
        copy
    };
    let first = in_time(stand.send(copy())).await;
    assert!(first.status == StatusCode::SEE_OTHER && !first.session().is_empty(), "{first:?}");
    for _ in 0..3 {
        // Eleven minutes pass, of which the time of day knows nothing.
        stand.advance(11 * 60);
        stand.clock.set_time(start);
        // Others sign in, so that what is old is forgotten.
        assert!(!in_time(stand.send(form_posted(&stand, "jane").await)).await.session().is_empty());
        let again = in_time(stand.send(copy())).await;
        assert!(again.session().is_empty(), "the same answer signs in twice: {again:?}");
    }
}

/// An application whose clock is its own.
async fn with_a_clock_of_its_own(change: impl FnOnce(Config) -> Config) -> (Stand, SystemTime) {
    let (ours, theirs) = (ManualClock::new(), ManualClock::new());
    let provider = TestProvider::builder().clock(theirs).start().await;
    let config = change(login_config(&provider));
    let start = ours.now();
    (Stand::of(provider, ours, config).await, start)
}

#[tokio::test]
async fn a_wrong_clock_refuses_logins_and_tokens_and_a_right_one_takes_them_again() {
    let (stand, start) = with_a_clock_of_its_own(|config| config).await;
    let token = stand.provider.token("jane").sign();
    let is_expired: fn(&TokenError) -> bool = |error| matches!(error, TokenError::Expired { .. });
    let is_ahead: fn(&TokenError) -> bool = |error| matches!(error, TokenError::IssuedInTheFuture { .. });
    for (seconds, is_why) in [(2 * HOUR, is_expired), (-2 * MINUTE, is_ahead), (YEARS, is_expired), (-YEARS, is_ahead)]
    {
        stand.clock.set_time(shifted(start, seconds));
        let callback = stand.on_the_way_back("jane").await;
        let answer = in_time(stand.send(callback)).await;
        assert!(is_why(id_token_error(&answer)), "{seconds} s away: {answer:?}");
        assert_eq!((answer.status, answer.session().len()), (StatusCode::BAD_REQUEST, 0), "{seconds} s away");
        let answer = stand.at_once(bearer(&token));
        let Some(AuthError::Token(error)) = &answer.reason else { panic!("{answer:?}") };
        assert!(is_why(error) && answer.status == StatusCode::UNAUTHORIZED, "{seconds} s away: {answer:?}");

        stand.clock.set_time(start);
        assert_eq!(stand.at_once(bearer(&token)).subject(), "jane");
        stand.signed_in("jane").await;
    }
}

/// Everybody's tokens are due at once by a clock that is ahead; and what comes of it is dated wrongly by that clock. Nobody
/// is signed out for it, and no grant is given up.
#[tokio::test]
async fn a_wrong_clock_signs_nobody_out_whose_tokens_are_renewed() {
    for store in STORES {
        for seconds in [2 * HOUR, 20 * HOUR, -2 * MINUTE, -20 * HOUR] {
            let (stand, start) = with_a_clock_of_its_own(|config| config.session_store(store)).await;
            let mut jane = session_of(&stand.signed_in("jane").await);
            stand.clock.set_time(shifted(start, seconds));
            let answer = in_time(stand.send(api("/me", &jane))).await;
            assert_eq!(answer.subject(), "jane", "{store}, {seconds} s away: {answer:?}");
            jane = newest(jane, &answer);
            stand.advance(5);
            let answer = in_time(stand.send(post("/refresh", &jane, &[]))).await;
            assert_eq!(answer.status, StatusCode::OK, "{store}, {seconds} s away: {answer:?}");
            jane = newest(jane, &answer);

            stand.clock.set_time(start);
            stand.advance(5);
            let answer = in_time(stand.send(post("/refresh", &jane, &[]))).await;
            assert_eq!(answer.status, StatusCode::OK, "{store}, {seconds} s away: {answer:?}");
            assert!(stand.is_alive(&newest(jane, &answer)));
            assert_eq!(stand.provider.requests(Endpoint::Revoke), 0);
        }
    }
}

/// The session cookies after an answer.
fn newest(before: Cookies, answer: &Answer) -> Cookies {
    let set = answer.session();
    if set.is_empty() { before } else { set }
}

#[tokio::test]
async fn a_renewal_comes_by_the_time_of_day_and_once() {
    let stand = Stand::new().await;
    let jane = session_of(&stand.signed_in("jane").await);
    let (start, renewal) = (stand.clock.now(), RENEWAL.cast_signed());
    let asked = stand.provider.requests(Endpoint::Token);
    stand.clock.set_time(shifted(start, -YEARS));
    assert!(stand.is_alive(&jane));
    stand.clock.set_time(shifted(start, renewal));
    let answer = in_time(stand.send(api("/me", &jane))).await;
    let renewed = newest(jane, &answer);
    assert_eq!(stand.provider.requests(Endpoint::Token), asked + 1);
    for seconds in [0, renewal - 1, -HOUR, renewal + HOUR] {
        stand.clock.set_time(shifted(start, seconds));
        assert!(stand.is_alive(&renewed), "{seconds} s away");
    }
    assert_eq!(stand.provider.requests(Endpoint::Token), asked + 1);
}

#[tokio::test]
async fn the_time_of_day_has_no_say_in_keys() {
    let stand = Stand::with(|config| config.scope(OFFLINE)).await;
    let token = stand.provider.token("jane").expires_in(2 * MAX_STALE).sign();
    let (start, before) = (stand.clock.now(), stand.status());
    stand.provider.go_down();
    for seconds in [YEARS, -YEARS, 0] {
        stand.clock.set_time(shifted(start, seconds));
        let status = stand.status();
        assert!(status.ready && status.keys_age == before.keys_age && status.attempts == before.attempts, "{status:?}");
    }
    assert_eq!(stand.at_once(bearer(&token)).status, StatusCode::OK);
    // A day passes, of which the time of day knows nothing.
    stand.clock.advance(MAX_STALE);
    stand.clock.set_time(start);
    let answer = stand.at_once(bearer(&token));
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "keys of a day ago are nobody's any more: {answer:?}");
    stand.provider.come_up().await;
    stand.recovery().await;
    assert_eq!(stand.at_once(bearer(&token)).status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_counts_by_the_clock_of_the_moment_and_is_relied_on_no_longer_than_it_was_good() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    let start = stand.clock.now();
    for (seconds, status) in
        [(0, 200), (HOUR + 59, 200), (HOUR + 60, 401), (-60, 200), (-61, 401), (YEARS, 401), (0, 200)]
    {
        stand.clock.set_time(shifted(start, seconds));
        assert_eq!(stand.at_once(bearer(&token)).status.as_u16(), status, "{seconds} s away");
    }
    stand.clock.set_time(UNIX_EPOCH - Duration::from_secs(1));
    assert_eq!(stand.at_once(bearer(&token)).status, StatusCode::UNAUTHORIZED);
    stand.clock.set_time(start);
    assert_eq!(stand.at_once(bearer(&token)).status, StatusCode::OK);
}
