//! Sessions go on with new tokens: ahead of time, once for everybody, and never by a token that was used before (class M).
//!
//! The provider of these tests rotates refresh tokens, and takes one that comes twice for stolen: it revokes all that came of
//! the login. A session that is renewed once more has therefore lost nothing.

use std::{sync::Arc, time::Duration};

use axum::routing::get;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinSet};
use tower::ServiceExt as _;
use tower_oidc::{
    Config, Principal,
    login::LoginError,
    testing::{Browser, Endpoint, Fault, GrantType, SigningKey, TokenBuilder},
    types::Algorithm,
};

use crate::{
    support::{Answer, SERVER, Stand, login_config, provider},
    support_sessions::{
        Cookies, OFFLINE, RENEWAL, STORES, api, assert_kept_by_no_cache, copy, form, oidc, page, removed, request, set,
    },
};

/// For how long a request with a cookie from before a renewal is answered with the renewed session.
const GRACE: u64 = 60;

/// Shortest time between two attempts.
const PAUSE: u64 = 30;

async fn stand(store: &'static str) -> Stand {
    Stand::with(|config| config.scope(OFFLINE).session_store(store)).await
}

/// Somebody whose tokens are to be renewed now.
async fn due(stand: &Stand) -> Browser {
    let browser = stand.signed_in("jane").await;
    stand.advance(RENEWAL);
    browser
}

/// The session cookies that an answer sets.
fn cookies_of(answer: &Answer) -> Cookies {
    let pairs = answer.set_cookies().into_iter().filter_map(|line| line.split(';').next()?.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Shows that the refresh token of these cookies is good: the provider has not seen one twice.
async fn assert_goes_on(stand: &Stand, cookies: &Cookies) {
    let before = stand.token_requests();
    stand.advance(RENEWAL);
    assert_eq!(stand.me(cookies).await.status, StatusCode::OK);
    assert_eq!(stand.token_requests(), before + 1);
}

/// `POST /refresh` by a script of the application.
async fn refresh(browser: &Browser) -> tower_oidc::testing::Visited {
    browser.fetch_with(http::Request::post("/refresh").body(Vec::new()).unwrap()).await
}

#[tokio::test]
async fn tokens_are_renewed_a_minute_ahead() {
    for store in STORES {
        let stand = stand(store).await;
        let browser = stand.signed_in("jane").await;
        stand.advance(RENEWAL - 1);
        assert_eq!((browser.fetch("/me").await.status.as_u16(), stand.token_requests()), (200, 1), "{store}");
        stand.advance(1);
        let answer = browser.fetch("/me").await;
        assert_eq!((answer.status.as_u16(), stand.token_requests()), (200, 2), "{store}");
        assert_eq!(set(&answer.headers).is_empty(), store == "memory", "{store}");
        assert_kept_by_no_cache(&answer.headers, store);
        assert_eq!((browser.fetch("/me").await.status.as_u16(), stand.token_requests()), (200, 2), "{store}");
        let sent = stand.provider.last_request(Endpoint::Token).unwrap();
        assert!(String::from_utf8_lossy(sent.body()).contains("grant_type=refresh_token"), "{store}");
    }
}

#[tokio::test]
async fn a_session_without_a_refresh_token_is_not_renewed() {
    let stand = Stand::new().await;
    let browser = due(&stand).await;
    stand.advance(7200);
    assert_eq!((browser.fetch("/me").await.status.as_u16(), stand.token_requests()), (200, 1));
}

#[tokio::test]
async fn a_renewal_does_not_carry_a_session_beyond_its_expiry() {
    for store in STORES {
        let expiry = oidc(|oidc| oidc.session_expiry = Some(2 * RENEWAL));
        let stand = Stand::with(|config| expiry(config).scope(OFFLINE).session_store(store)).await;
        let browser = due(&stand).await;
        assert_eq!((browser.fetch("/me").await.status.as_u16(), stand.token_requests()), (200, 2));
        let cookies = copy(&browser);
        stand.advance(RENEWAL - 1);
        assert!(stand.is_alive(&cookies).await, "{store}");
        stand.advance(1);
        assert!(!stand.is_alive(&cookies).await, "{store}");
        assert_eq!(stand.token_requests(), 2, "{store}: there is nothing to renew any more");
    }
}

/// NXT#498, O2P#1992, next-auth#7558: requests side by side spend one refresh token.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_requests_at_once_are_one_renewal_and_all_are_answered() {
    for store in STORES {
        let stand = Arc::new(stand(store).await);
        let old = copy(&due(&stand).await);
        stand.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Hang);
        let mut asking = JoinSet::new();
        for _ in 0..100 {
            let (stand, old) = (Arc::clone(&stand), old.clone());
            asking.spawn(async move { stand.me(&old).await });
        }
        stand.provider.endpoint(Endpoint::Token).wait_for_requests(2).await;
        stand.provider.endpoint(Endpoint::Token).heal();
        let answers = asking.join_all().await;
        assert_eq!((answers.len(), stand.token_requests()), (100, 2), "{store}");
        let first = cookies_of(&answers[0]);
        for answer in &answers {
            assert_eq!(answer.status, StatusCode::OK, "{store}");
            assert_eq!(cookies_of(answer), first, "{store}: one session for all");
        }
        let now = if store == "cookie" { first } else { old };
        assert_goes_on(&stand, &now).await;
    }
}

/// The reply got lost, or a request was under way: grace replay.
#[tokio::test]
async fn who_comes_late_with_the_old_cookie_gets_the_same_session_until_a_minute_after_the_new_one_has_come() {
    let stand = stand("cookie").await;
    let old = copy(&due(&stand).await);
    let first = cookies_of(&stand.me(&old).await);
    stand.advance(2 * GRACE);
    let again = stand.me(&old).await;
    assert_eq!((again.status, cookies_of(&again)), (StatusCode::OK, first.clone()), "the answer may have been lost");
    assert!(stand.is_alive(&first).await, "now it has come");
    stand.advance(GRACE - 1);
    let late = stand.me(&old).await;
    assert_eq!((late.status, cookies_of(&late), stand.token_requests()), (StatusCode::OK, first.clone(), 2));
    stand.advance(1);
    let too_late = stand.me(&old).await;
    assert_eq!((too_late.status, stand.token_requests()), (StatusCode::UNAUTHORIZED, 2), "the old token is not sent");
    assert!(set(&too_late.headers).is_empty());
    assert!(stand.is_alive(&first).await, "an old copy of a cookie ends nobody's session");
    assert_goes_on(&stand, &first).await;
}

#[tokio::test]
async fn a_browser_that_goes_away_in_the_middle_loses_nothing() {
    for store in STORES {
        let stand = Arc::new(stand(store).await);
        let old = copy(&due(&stand).await);
        stand.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Hang);
        let (asked, cookies) = (Arc::clone(&stand), old.clone());
        let asking = tokio::spawn(async move { asked.me(&cookies).await });
        stand.provider.endpoint(Endpoint::Token).wait_for_requests(2).await;
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        stand.provider.endpoint(Endpoint::Token).heal();
        let again = stand.me(&old).await;
        assert_eq!((again.status, stand.token_requests()), (StatusCode::OK, 2), "{store}");
        let now = if store == "cookie" { cookies_of(&again) } else { old };
        assert_goes_on(&stand, &now).await;
    }
}

#[tokio::test]
async fn a_provider_that_is_down_ends_nobodys_session_and_is_left_alone() {
    for fault in [
        Fault::Status(500),
        Fault::Status(503),
        Fault::StatusRetryAfter(503, Duration::from_secs(5)),
        Fault::Close,
        Fault::Html,
        Fault::Truncated,
    ] {
        for store in STORES {
            let stand = stand(store).await;
            let browser = due(&stand).await;
            let endpoint = stand.provider.endpoint(Endpoint::Token);
            endpoint.fail_with(fault.clone());
            for _ in 0..20 {
                assert_eq!(browser.fetch("/me").await.status, 200, "{fault:?}");
            }
            assert_eq!(stand.token_requests(), 2, "{fault:?}: one attempt");
            stand.advance(PAUSE - 1);
            assert_eq!((browser.fetch("/me").await.status.as_u16(), stand.token_requests()), (200, 2), "{fault:?}");
            stand.advance(1);
            assert_eq!((browser.fetch("/me").await.status.as_u16(), stand.token_requests()), (200, 3), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_session_is_renewed_when_the_provider_is_back() {
    for store in STORES {
        let stand = stand(store).await;
        let browser = due(&stand).await;
        stand.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Close);
        assert_eq!(browser.fetch("/me").await.status, 200);
        stand.advance(PAUSE);
        assert_eq!((browser.fetch("/me").await.status.as_u16(), stand.token_requests()), (200, 3));
        assert_goes_on(&stand, &copy(&browser)).await;
    }
}

/// A request waits three seconds at most, and a later one finds what came of it.
#[tokio::test]
async fn a_provider_that_hangs_holds_nobody_up_for_long() {
    for store in STORES {
        let stand = stand(store).await;
        let browser = due(&stand).await;
        stand.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Hang);
        let token_endpoint = stand.provider.endpoint(Endpoint::Token);
        let answer = stand.held_up(browser.fetch("/me"), token_endpoint.wait_for_requests(2), 3).await;
        assert_eq!(answer.status, 200, "{store}");
        stand.provider.endpoint(Endpoint::Token).heal();
        assert_eq!(browser.fetch("/me").await.status, 200, "{store}");
        assert_eq!(stand.token_requests(), 2, "{store}: it is the renewal that the first did not wait for");
        assert_goes_on(&stand, &copy(&browser)).await;
    }
}

#[tokio::test]
async fn a_provider_that_stays_down_ends_a_session_when_token_validity_does() {
    let validity = oidc(|oidc| oidc.token_validity = Some(600));
    let stand = Stand::with(|config| validity(config).scope(OFFLINE)).await;
    let cookies = copy(&stand.signed_in("jane").await);
    stand.provider.endpoint(Endpoint::Token).fail_with(Fault::Status(503));
    stand.advance(599);
    assert!(stand.is_alive(&cookies).await);
    stand.advance(1);
    assert!(!stand.is_alive(&cookies).await);
}

#[tokio::test]
async fn a_grant_that_is_over_ends_the_session() {
    for store in STORES {
        let stand = stand(store).await;
        let cookies = copy(&due(&stand).await);
        stand.provider.revoke_grants("jane");
        let answer = stand.me(&cookies).await;
        assert_eq!((answer.status, stand.token_requests()), (StatusCode::UNAUTHORIZED, 2), "{store}");
        assert!(answer.set_cookies().is_empty(), "{store}: the browser may have another by now");
        let opened = stand.send(page("/", &cookies)).await;
        assert_eq!(removed(&opened.headers), ["__Host-oidc_session"], "{store}");
        stand.advance(3600);
        assert!(!stand.is_alive(&cookies).await, "{store}");
        assert_eq!(stand.token_requests(), 2, "{store}: it was asked once");
    }
}

/// A token endpoint that refuses with these words.
async fn refusing(status: u16, error: &'static str) -> String {
    let refuse = move || async move { (StatusCode::from_u16(status).unwrap(), axum::Json(json!({ "error": error }))) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    let app = axum::Router::new().route("/token", axum::routing::post(refuse));
    tokio::spawn(async { axum::serve(listener, app).await });
    url
}

/// What the provider says of the person ends the session; what it says of the client, or of its own state, does not.
#[tokio::test]
async fn a_refusal_ends_the_session_when_it_is_about_the_person() {
    for (status, error, alive) in [
        (400, "invalid_grant", false),
        (403, "invalid_grant", false),
        (400, "interaction_required", false),
        (400, "login_required", false),
        (403, "access_denied", false),
        (401, "invalid_client", true),
        (400, "invalid_client", true),
        (400, "unauthorized_client", true),
        (400, "invalid_request", true),
        (400, "temporarily_unavailable", true),
        (503, "temporarily_unavailable", true),
        (500, "server_error", true),
    ] {
        let mut stand = stand("cookie").await;
        let cookies = copy(&due(&stand).await);
        stand.provider.set_metadata("token_endpoint", refusing(status, error).await);
        let config = stand.config().scope(OFFLINE);
        stand.restart(config).await;
        assert_eq!(stand.is_alive(&cookies).await, alive, "{status} {error}");
    }
}

/// Jane's tokens are renewed with an ID token that is changed so.
async fn renewed_with(
    store: &'static str,
    change: impl Fn(TokenBuilder) -> TokenBuilder + Send + Sync + 'static,
) -> (Stand, Cookies, Answer) {
    let stand = stand(store).await;
    let cookies = copy(&due(&stand).await);
    stand.provider.change_id_token(move |token, grant| match grant {
        GrantType::RefreshToken => change(token),
        _ => token,
    });
    let answer = stand.eventually(stand.me(&cookies)).await;
    (stand, cookies, answer)
}

async fn assert_ends(change: impl Fn(TokenBuilder) -> TokenBuilder + Clone + Send + Sync + 'static) {
    for store in STORES {
        let (stand, cookies, answer) = renewed_with(store, change.clone()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{store}");
        assert!(set(&answer.headers).is_empty(), "{store}");
        stand.provider.endpoint(Endpoint::Revoke).wait_for_requests(1).await;
        assert!(!stand.is_alive(&cookies).await, "{store}");
        assert_eq!(stand.token_requests(), 2, "{store}");
    }
}

/// `oidcc-client-test-refresh-token-invalid-sub` (OpenID Connect Core 1.0 section 12.2).
#[tokio::test]
async fn refresh_token_invalid_sub() {
    assert_ends(|token| token.claim("sub", "bob")).await;
}

/// `oidcc-client-test-refresh-token-invalid-issuer`.
#[tokio::test]
async fn refresh_token_invalid_issuer() {
    assert_ends(|token| token.issuer("https://other.example")).await;
}

#[tokio::test]
async fn a_renewed_id_token_for_another_client_ends_the_session() {
    assert_ends(|token| token.audience("another-client")).await;
}

#[tokio::test]
async fn a_renewed_id_token_of_another_login_at_the_provider_ends_the_session() {
    assert_ends(|token| token.claim("sid", "another")).await;
}

#[tokio::test]
async fn a_renewed_id_token_that_is_refused_ends_the_session() {
    assert_ends(|token| token.without("exp")).await;
    assert_ends(|token| token.without("sub")).await;
    assert_ends(|token| token.claim("sub", 7)).await;
    assert_ends(|token| token.access_token("another access token")).await;
    let stranger = SigningKey::generate(Algorithm::Rs256);
    assert_ends(move |token| token.key(&stranger).without_header("kid")).await;
}

/// The keys may not be had yet: the tokens are good, since the token endpoint gave them, and the claims stay as they were.
#[tokio::test]
async fn a_renewed_id_token_of_an_unknown_key_changes_nothing() {
    let stranger = SigningKey::generate(Algorithm::Rs256);
    for store in STORES {
        let stranger = stranger.clone();
        let (stand, cookies, answer) =
            renewed_with(store, move |token| token.key(&stranger).claim("email", "mallory@example.com")).await;
        assert_eq!((answer.status, &answer.json()["email"]), (StatusCode::OK, &"jane@example.com".into()), "{store}");
        let now = if store == "cookie" { cookies_of(&answer) } else { cookies };
        assert_eq!(stand.me(&now).await.json()["email"], "jane@example.com", "{store}");
    }
}

/// It may be our clock that is wrong, and everybody's tokens are due by one that is ahead.
#[tokio::test]
async fn a_renewed_id_token_that_is_not_of_this_moment_changes_nothing() {
    let times: [fn(TokenBuilder) -> TokenBuilder; 3] = [
        |token| token.claim("exp", 1),
        |token| token.claim("iat", 4_000_000_000_u64).claim("exp", 4_000_000_001_u64),
        |token| token.claim("nbf", 4_000_000_000_u64),
    ];
    for store in STORES {
        for time in times {
            let (stand, cookies, answer) =
                renewed_with(store, move |token| time(token).claim("email", "mallory@example.com")).await;
            assert_eq!(
                (answer.status, &answer.json()["email"]),
                (StatusCode::OK, &"jane@example.com".into()),
                "{store}"
            );
            let now = if store == "cookie" { cookies_of(&answer) } else { cookies };
            assert_goes_on(&stand, &now).await;
            assert_eq!(stand.provider.requests(Endpoint::Revoke), 0, "{store}");
        }
    }
}

/// `oidcc-client-test-refresh-token`.
#[tokio::test]
async fn refresh_token() {
    for store in STORES {
        let (stand, cookies, answer) = renewed_with(store, |token| token).await;
        assert_eq!(answer.status, StatusCode::OK, "{store}");
        let now = if store == "cookie" { cookies_of(&answer) } else { cookies };
        assert_goes_on(&stand, &now).await;
    }
}

#[tokio::test]
async fn a_renewal_without_an_id_token_or_a_new_refresh_token_goes_on_with_the_old_ones() {
    let stand = stand("cookie").await;
    stand.provider.rotate_refresh_tokens(false);
    let browser = due(&stand).await;
    stand.provider.change_token_response(|members, _| {
        members.remove("id_token");
        members.remove("refresh_token");
    });
    for requests in 2..5 {
        assert_eq!((browser.fetch("/me").await.status.as_u16(), stand.token_requests()), (200, requests));
        stand.advance(RENEWAL);
    }
}

/// What the provider says anew counts; when the person signed in stays what it was.
#[tokio::test]
async fn new_claims_arrive_with_the_renewal_and_the_login_stays_as_old_as_it_is() {
    let stand = stand("cookie").await;
    let browser = due(&stand).await;
    stand.provider.add_user("jane").email("jane@elsewhere.example").without("name");
    let me: Value = browser.fetch("/me").await.json();
    assert_eq!((&me["email"], &me["sub"]), (&json!("jane@elsewhere.example"), &json!("jane")));
    assert_eq!(browser.fetch("/recent").await.status, 401, "the renewal is no login");
}

#[tokio::test]
async fn an_admin_by_an_address_that_the_provider_took_away_is_none_after_the_renewal() {
    let stand = Stand::with(|config: Config| config.scope(OFFLINE).admin("jane@example.com")).await;
    let browser = stand.signed_in("jane").await;
    assert_eq!(browser.fetch("/admin").await.status, 200);
    stand.provider.add_user("jane").claim("email_verified", false).claim("email", "x@example.com");
    assert_eq!(browser.fetch("/admin").await.status, 200, "nobody has told yet");
    stand.advance(RENEWAL);
    assert_eq!(browser.fetch("/admin").await.status, 403);
}

/// NXT#2530: what a renewal brings home does not bring back a session that was ended meanwhile.
#[tokio::test]
async fn a_renewal_under_way_does_not_bring_back_a_session_that_signed_out() {
    for store in STORES {
        let (provider, clock) = provider().await;
        // The provider cannot take the refresh token back, so that the renewal succeeds there.
        provider.remove_metadata("revocation_endpoint");
        let config = login_config(&provider, SERVER).scope(OFFLINE).session_store(store);
        let stand = Arc::new(Stand::built(provider, clock, config, |builder| builder).await);
        let old = copy(&due(&stand).await);
        stand.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Hang);
        let (asked, cookies) = (Arc::clone(&stand), old.clone());
        let asking = tokio::spawn(async move { asked.me(&cookies).await });
        stand.provider.endpoint(Endpoint::Token).wait_for_requests(2).await;
        assert_eq!(stand.send(form("/logout", &old, "")).await.status, StatusCode::SEE_OTHER);
        stand.provider.endpoint(Endpoint::Token).heal();
        let answer = asking.await.unwrap();
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{store}");
        assert!(set(&answer.headers).is_empty(), "{store}");
        assert!(!stand.is_alive(&old).await, "{store}");
    }
}

/// The same with the note that a session is in use.
#[tokio::test]
async fn use_does_not_bring_back_a_session_that_signed_out() {
    for store in STORES {
        let idle = oidc(|oidc| oidc.session_idle_timeout = Some(100));
        let stand = Stand::with(|config| idle(config).session_store(store)).await;
        let old = copy(&stand.signed_in("jane").await);
        stand.advance(50);
        stand.send(form("/logout", &old, "")).await;
        let answer = stand.me(&old).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{store}");
        assert!(set(&answer.headers).is_empty(), "{store}");
    }
}

/// Names of the cookies that an answer sets whose handler waits until `meanwhile` has happened.
async fn answered_after(stand: &Stand, cookies: &Cookies, meanwhile: impl AsyncFnOnce()) -> Vec<String> {
    let (called, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (called, go) = (Arc::clone(&called), Arc::clone(&go));
        async move |_: Principal| {
            called.notify_one();
            go.notified().await;
        }
    };
    let slow = axum::Router::new().route("/slow", get(handler)).layer(stand.auth.layer());
    let answer = tokio::spawn(slow.oneshot(api("/slow", cookies).map(axum::body::Body::from)));
    called.notified().await;
    meanwhile().await;
    go.notify_one();
    let answer = answer.await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_kept_by_no_cache(answer.headers(), "it was somebody's");
    set(answer.headers()).into_iter().map(str::to_owned).collect()
}

/// The person signs out in another tab and in again, while a handler takes its time that had a cookie to write.
#[tokio::test]
async fn a_late_answer_does_not_put_a_session_that_has_ended_over_the_next() {
    for (way, seconds) in [("touch", 50), ("renewal", RENEWAL)] {
        let stand = Stand::with(oidc(|oidc| match way {
            "touch" => oidc.session_idle_timeout = Some(100),
            _ => oidc.scope = Some(OFFLINE.to_owned()),
        }))
        .await;
        let mut browser = stand.signed_in("jane").await;
        stand.advance(seconds);
        let before = copy(&browser);
        let late = answered_after(&stand, &before, async || {
            browser.post("/logout", &[]).await;
            stand.sign_in(&mut browser, "jane").await;
        })
        .await;
        assert!(late.is_empty(), "{way}: {late:?}");
        assert!(stand.is_alive(&copy(&browser)).await, "{way}");

        stand.advance(seconds);
        let late = answered_after(&stand, &copy(&browser), async || ()).await;
        assert_eq!(late.len(), 1, "{way}: there was one to write");
    }
}

/// Whether a session is idle is a matter of its cookie, and not of the one that it takes the place of.
#[tokio::test]
async fn a_late_answer_keeps_a_session_in_use() {
    let stand = Stand::with(oidc(|oidc| oidc.session_idle_timeout = Some(100))).await;
    let browser = stand.signed_in("jane").await;
    stand.advance(95);
    let late = answered_after(&stand, &copy(&browser), async || stand.advance(99)).await;
    assert_eq!(late.len(), 1, "the old cookie is over by now, and the new one is not");
    let browser = stand.signed_in("jane").await;
    stand.advance(95);
    let late = answered_after(&stand, &copy(&browser), async || stand.advance(100)).await;
    assert!(late.is_empty(), "nothing of it is of use any more");
}

#[tokio::test]
async fn refresh_renews_the_tokens_now() {
    for store in STORES {
        let stand = stand(store).await;
        let browser = stand.signed_in("jane").await;
        let opened = stand.now();
        stand.advance(100);
        let answer = refresh(&browser).await;
        assert_eq!((answer.status.as_u16(), stand.token_requests()), (200, 2), "{store}");
        assert_eq!(answer.json::<Value>(), json!({ "expiresAt": opened + 604_800, "renewAt": stand.now() + RENEWAL }));
        assert_kept_by_no_cache(&answer.headers, store);
        assert!(stand.is_alive(&copy(&browser)).await, "{store}");
        assert_goes_on(&stand, &copy(&browser)).await;
    }
}

#[tokio::test]
async fn refresh_by_several_at_once_is_one_renewal() {
    let stand = stand("cookie").await;
    let cookies = copy(&stand.signed_in("jane").await);
    let ask = || stand.send(form("/refresh", &cookies, ""));
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    for answer in [&one, &two, &three] {
        assert_eq!((answer.status, cookies_of(answer)), (StatusCode::OK, cookies_of(&one)));
    }
    assert_eq!(stand.token_requests(), 2);
}

#[tokio::test]
async fn refresh_has_an_answer_for_everybody() {
    let stand = stand("cookie").await;
    let cookies = copy(&stand.signed_in("jane").await);
    let nobody = stand.send(form("/refresh", &[], "")).await;
    assert_eq!((nobody.status.as_u16(), nobody.json()["error"].as_str()), (401, Some("no_session")));
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let answer = stand.send(request(method.clone(), "/refresh", &cookies, &[], "")).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{method}");
    }
    for foreign in [
        ("origin", "https://attacker.example"),
        ("origin", "null"),
        ("origin", "https://app.example.attacker.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let answer = stand.send(request(Method::POST, "/refresh", &cookies, &[foreign], "")).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (403, Some("cross_site")), "{foreign:?}");
    }
    assert_eq!(stand.token_requests(), 1, "nobody was renewed");

    stand.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Status(503));
    let down = stand.send(form("/refresh", &cookies, "")).await;
    assert_eq!((down.status.as_u16(), down.json()["error"].as_str()), (503, Some("renewal_failed")));
    assert!(down.header("retry-after").parse::<u64>().is_ok());
    assert!(stand.is_alive(&cookies).await);

    stand.advance(PAUSE);
    stand.provider.revoke_grants("jane");
    let refused = stand.send(form("/refresh", &cookies, "")).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (401, Some("renewal_refused")));
    assert!(!stand.is_alive(&cookies).await);
}

#[tokio::test]
async fn refresh_of_a_session_without_a_refresh_token_is_a_mistake() {
    let stand = Stand::new().await;
    let cookies = copy(&stand.signed_in("jane").await);
    let answer = stand.send(form("/refresh", &cookies, "")).await;
    assert!(matches!(answer.login_error(), LoginError::NotRenewable));
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(stand.is_alive(&cookies).await);
}

/// The header counts alone on every path but the login's own: `/refresh` is about the cookie.
#[tokio::test]
async fn a_renewal_does_not_happen_for_a_request_with_a_header() {
    let stand = stand("cookie").await;
    let cookies = copy(&due(&stand).await);
    let token = stand.provider.token("bob").sign();
    let mut request = api("/me", &cookies);
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    assert_eq!(stand.send(request).await.json()["sub"], "bob");
    assert_eq!(stand.token_requests(), 1);
}
