//! OpenID Connect Back-Channel Logout 1.0: the modules of the conformance suite, and what they leave out.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use jsonwebtoken::{Algorithm as Hmac, EncodingKey, Header};
use serde_json::{Value, json};
use tower_oidc::{
    config::TrustedIssuer,
    login::LoginError,
    session::SessionError,
    testing::{Endpoint, SigningKey, TestProvider, TokenBuilder},
    types::{Algorithm, Clock as _},
    validator::TokenError,
};

use crate::{
    support::{Answer, Stand, callback_of},
    support_sessions::{Cookies, STORES, copy, form, request},
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

async fn stand(store: &'static str) -> Stand {
    Stand::with(|config| config.session_store(store)).await
}

/// The provider posts a logout token.
async fn post(stand: &Stand, token: &str) -> Answer {
    stand.eventually(stand.send(form("/backchannel-logout", &[], &format!("logout_token={token}")))).await
}

/// That token is refused, and Jane stays signed in. Says why.
async fn refused(make: impl Fn(&TestProvider, TokenBuilder) -> String) -> Vec<TokenError> {
    let mut reasons = Vec::new();
    for store in STORES {
        let stand = stand(store).await;
        let cookies = copy(&stand.signed_in("jane").await);
        let sid = stand.provider.session_ids("jane").remove(0);
        let token = make(&stand.provider, stand.provider.logout_token("jane").claim("sid", sid));
        let answer = post(&stand, &token).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{store}");
        assert_eq!(
            (answer.header("cache-control"), &answer.json()),
            ("no-store", &json!({ "error": "invalid_request" }))
        );
        assert!(stand.is_alive(&cookies).await, "{store}: and nobody is signed out");
        match answer.login_error() {
            LoginError::LogoutToken(error) => reasons.push(error.clone()),
            other => panic!("expected a refused logout token, got {other:?}"),
        }
    }
    reasons
}

/// Claims of a token, read without a look at its signature.
fn claims(token: &str) -> Value {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

macro_rules! assert_reason {
    ($reasons:expr, $pattern:pat) => {
        for reason in $reasons {
            assert!(matches!(reason, $pattern), "{reason:?}");
        }
    };
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout`: the session at the provider ends, as by a logout of another application, and
/// the provider tells this one over a socket.
#[tokio::test]
async fn rp_backchannel_rpinitlogout() {
    for store in STORES {
        let stand = Arc::new(stand(store).await);
        stand.provider.set_back_channel_logout_uri(Some(&stand.serve().await));
        let mut browser = stand.signed_in("jane").await;
        let before = copy(&browser);
        let elsewhere = copy(&stand.signed_in("jane").await);
        browser.navigate(&stand.provider.endpoint(Endpoint::EndSession).url()).await;
        assert!(!stand.is_alive(&before).await, "{store}");
        assert!(stand.is_alive(&elsewhere).await, "{store}: another login of hers");
        assert_eq!(stand.provider.log_out_everywhere("jane").await, StatusCode::OK, "{store}");
        assert!(!stand.is_alive(&elsewhere).await, "{store}");
    }
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-alg-none`.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_alg_none() {
    let unsigned = |_: &TestProvider, token: TokenBuilder| {
        let signed = token.sign();
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"logout+jwt"}"#);
        format!("{header}.{}.", signed.split('.').nth(1).unwrap())
    };
    refused(unsigned).await;
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg`: one that the client did not register, by a key that the provider
/// has; and HMAC with the client's secret.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_wrong_alg() {
    let elliptic = |provider: &TestProvider, token: TokenBuilder| {
        let key = SigningKey::generate(Algorithm::Es256);
        provider.add_key(&key);
        token.key(&key).sign()
    };
    refused(elliptic).await;
    let symmetric = |provider: &TestProvider, token: TokenBuilder| {
        let key = EncodingKey::from_secret(provider.client_secret().as_bytes());
        jsonwebtoken::encode(&Header::new(Hmac::HS256), &claims(&token.sign()), &key).unwrap()
    };
    refused(symmetric).await;
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss`.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_wrong_iss() {
    refused(|_, token| token.issuer("https://other.example").sign()).await;
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud`.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_wrong_aud() {
    assert_reason!(refused(|_, token| token.audience("another-client").sign()).await, TokenError::Audience);
    refused(|provider, token| token.audience(provider.audience()).sign()).await;
    refused(|_, token| token.without("aud").sign()).await;
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-no-event`.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_no_event() {
    let reasons = refused(|_, token| token.without("events").sign()).await;
    assert_reason!(reasons, TokenError::Missing { claim: "events" });
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event`.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_wrong_event() {
    let wrong = json!({ "http://schemas.openid.net/event/other": {} });
    assert_reason!(refused(move |_, token| token.claim("events", &wrong).sign()).await, TokenError::LogoutEvent);
    for content in [json!(true), json!(null), json!([]), json!("{}")] {
        refused(move |_, token| token.claim("events", json!({ EVENT: content })).sign()).await;
    }
    refused(|_, token| token.claim("events", [EVENT]).sign()).await;
}

/// `oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce`.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_with_nonce() {
    assert_reason!(refused(|_, token| token.nonce("n").sign()).await, TokenError::LogoutNonce);
    assert_reason!(refused(|_, token| token.claim("nonce", ()).sign()).await, TokenError::LogoutNonce);
}

#[tokio::test]
async fn a_logout_token_that_names_nobody_or_cannot_be_told_apart_is_refused() {
    assert_reason!(refused(|_, token| token.without("sub").without("sid").sign()).await, TokenError::LogoutTarget);
    refused(|_, token| token.without("jti").sign()).await;
    refused(|_, token| token.claim("sid", 7).sign()).await;
    refused(|_, token| token.claim("sub", ["jane"]).without("sid").sign()).await;
}

#[tokio::test]
async fn a_logout_token_is_good_for_a_while_alone() {
    refused(|_, token| token.claim("exp", 1).sign()).await;
    refused(|_, token| token.without("iat").sign()).await;
    let stand = stand("cookie").await;
    let cookies = copy(&stand.signed_in("jane").await);
    let token = stand.provider.logout_token("jane").sign();
    stand.advance(120 + 60);
    assert_eq!(post(&stand, &token).await.status, StatusCode::BAD_REQUEST, "two minutes and the clock skew");
    assert!(stand.is_alive(&cookies).await);
}

/// Section 4: what was signed for another purpose ends nobody's session, nor the reverse.
#[tokio::test]
async fn other_tokens_are_no_logout_tokens() {
    refused(|provider, _| provider.id_token("jane").sign()).await;
    refused(|provider, _| provider.token("jane").sign()).await;
    refused(|_, token| token.type_("at+jwt").sign()).await;
    refused(|_, _| "no-token".to_owned()).await;
    let stand = stand("cookie").await;
    let token = stand.provider.logout_token("jane").sign();
    let mut request = request(Method::GET, "/me", &[], &[], "");
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    assert_eq!(stand.send(request).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_stranger_cannot_sign_a_logout_token() {
    let stranger = SigningKey::generate(Algorithm::Rs256);
    refused(move |_, token| token.key(&stranger).sign()).await;
    refused(|_, token| {
        let token = token.sign();
        format!("{}AAAA", &token[..token.len() - 4])
    })
    .await;
}

#[tokio::test]
async fn what_is_no_logout_request_is_refused() {
    let stand = stand("cookie").await;
    let cookies = copy(&stand.signed_in("jane").await);
    let token = stand.provider.logout_token("jane").sign();
    for method in [Method::GET, Method::PUT] {
        let path = format!("/backchannel-logout?logout_token={token}");
        let answer = stand.send(request(method, &path, &[], &[], "")).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"));
    }
    let twice = format!("logout_token={token}&logout_token={token}");
    let one = format!("logout_token={token}");
    let long = format!("logout_token={}", "a".repeat(40_000));
    for (body, content_type) in [
        ("", "application/x-www-form-urlencoded"),
        ("token=x", "application/x-www-form-urlencoded"),
        (&twice, "application/x-www-form-urlencoded"),
        (&long, "application/x-www-form-urlencoded"),
        (&one, "application/json"),
        (&one, "text/plain"),
    ] {
        let answer = stand
            .send(request(Method::POST, "/backchannel-logout", &[], &[("content-type", content_type)], body))
            .await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (400, "no-store"), "{content_type}");
    }
    let in_query = format!("/backchannel-logout?logout_token={token}");
    assert_eq!(stand.send(form(&in_query, &[], "")).await.status, StatusCode::BAD_REQUEST);
    assert!(stand.is_alive(&cookies).await);
    assert_eq!(post(&stand, &token).await.status, StatusCode::OK, "and it was a good one");
}

/// Whether each is alive.
async fn alive<const N: usize>(stand: &Stand, sessions: [&Cookies; N]) -> [bool; N] {
    let mut alive = [false; N];
    for (alive, cookies) in alive.iter_mut().zip(sessions) {
        *alive = stand.is_alive(cookies).await;
    }
    alive
}

#[tokio::test]
async fn by_sub_all_sessions_of_a_person_end_and_nobody_elses() {
    for store in STORES {
        let stand = stand(store).await;
        let (one, two) = (copy(&stand.signed_in("jane").await), copy(&stand.signed_in("jane").await));
        let bob = copy(&stand.signed_in("bob").await);
        let answer = post(&stand, &stand.provider.logout_token("jane").sign()).await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
        assert_eq!(alive(&stand, [&one, &two, &bob]).await, [false, false, true], "{store}");
    }
}

#[tokio::test]
async fn by_sid_one_login_ends_and_no_other_of_the_same_person() {
    for store in STORES {
        for with_sub in [true, false] {
            let stand = stand(store).await;
            let one = copy(&stand.signed_in("jane").await);
            let sid = stand.provider.session_ids("jane").remove(0);
            let two = copy(&stand.signed_in("jane").await);
            let token = stand.provider.logout_token("jane").claim("sid", sid);
            let token = if with_sub { token } else { token.without("sub") };
            assert_eq!(post(&stand, &token.sign()).await.status, StatusCode::OK);
            assert_eq!(alive(&stand, [&one, &two]).await, [false, true], "{store}");
        }
    }
}

#[tokio::test]
async fn a_logout_that_comes_twice_is_answered_like_the_first() {
    for store in STORES {
        let stand = stand(store).await;
        let cookies = copy(&stand.signed_in("jane").await);
        let token = stand.provider.logout_token("jane").sign();
        for _ in 0..3 {
            assert_eq!(post(&stand, &token).await.status, StatusCode::OK, "{store}");
        }
        assert!(!stand.is_alive(&cookies).await, "{store}");
        assert_eq!(post(&stand, &stand.provider.logout_token("nobody").sign()).await.status, StatusCode::OK, "{store}");
    }
}

#[tokio::test]
async fn a_login_after_the_logout_is_alive() {
    for store in STORES {
        let stand = stand(store).await;
        let before = copy(&stand.signed_in("jane").await);
        post(&stand, &stand.provider.logout_token("jane").sign()).await;
        let after = copy(&stand.signed_in("jane").await);
        assert_eq!(alive(&stand, [&before, &after]).await, [false, true], "{store}: in the same second");
        stand.advance(10);
        let later = copy(&stand.signed_in("jane").await);
        assert_eq!(alive(&stand, [&before, &after, &later]).await, [false, true, true], "{store}");
    }
}

/// Class P: a `sid` is a name of its issuer's. Another issuer, even one whose bearer tokens are taken, ends nobody here.
#[tokio::test]
async fn another_issuer_ends_nobodys_session() {
    for store in STORES {
        let (provider, clock) = crate::support::provider().await;
        let other = TestProvider::builder().clock(clock.clone()).start().await;
        let mut config = crate::support::login_config(&provider, crate::support::SERVER).session_store(store);
        config = config.trusted_issuer(TrustedIssuer::new(other.issuer()).audience(provider.audience()));
        let stand = Stand::built(provider, clock, config, |builder| builder).await;
        let cookies = copy(&stand.signed_in("jane").await);
        let sid = stand.provider.session_ids("jane").remove(0);
        for token in [other.logout_token("jane"), other.logout_token("jane").claim("sid", &sid).without("sub")] {
            let token = token.audience(stand.provider.client_id());
            assert_eq!(post(&stand, &token.sign()).await.status, StatusCode::BAD_REQUEST, "{store}");
        }
        assert!(stand.is_alive(&cookies).await, "{store}");
        let bearer = other.token("bot").audience(stand.provider.audience()).sign();
        let mut request = request(Method::GET, "/me", &[], &[], "");
        request.headers_mut().insert("authorization", format!("Bearer {bearer}").parse().unwrap());
        assert_eq!(stand.eventually(stand.send(request)).await.status, StatusCode::OK, "its bearer tokens are taken");
    }
}

/// The provider ends a session while the browser is on its way back from there: the callback comes after the logout.
#[tokio::test]
async fn a_login_that_the_provider_ended_on_its_way_is_not_opened() {
    for store in STORES {
        for later in [0, 30] {
            let stand = stand(store).await;
            let mut browser = stand.browser();
            let callback = callback_of(&stand, &mut browser, "jane").await;
            let sid = stand.provider.session_ids("jane").remove(0);
            post(&stand, &stand.provider.logout_token("jane").claim("sid", sid).sign()).await;
            stand.advance(later);
            let visited = browser.navigate(&callback).await;
            assert_eq!(visited.status, StatusCode::BAD_REQUEST, "{store}: its provider's session has ended");
            assert!(matches!(stand.login_error(), LoginError::Session(SessionError::Conflict)), "{store}");
            assert!(!stand.is_alive(&copy(&browser)).await, "{store}");
        }
    }
}

/// Keycloak keeps the `sid` of a browser that signs in again (keycloak#32197).
#[tokio::test]
async fn who_signs_in_after_a_logout_is_let_in_at_once_under_the_same_sid() {
    for store in STORES {
        let stand = stand(store).await;
        let mut browser = stand.signed_in("jane").await;
        let mut ended = vec![copy(&browser)];
        let sid = stand.provider.session_ids("jane").remove(0);
        for seconds in [0, 1, 3600] {
            let token = stand.provider.logout_token("jane").claim("sid", &sid).sign();
            assert_eq!(post(&stand, &token).await.status, StatusCode::OK);
            let visited = browser.navigate("/login?return_to=/me").await;
            assert_eq!(
                (visited.status, visited.url.path()),
                (StatusCode::OK, "/me"),
                "{store}: {:?}",
                stand.refusals()
            );
            assert_eq!(stand.provider.session_ids("jane"), [sid.as_str()], "{store}: in the same session there");
            let live = copy(&browser);
            for later in [0, 1, seconds] {
                stand.advance(later);
                assert!(stand.is_alive(&live).await, "{store}");
                for dead in &ended {
                    assert!(!stand.is_alive(dead).await, "{store}");
                }
            }
            ended.push(live);
        }
    }
}

/// The machine's clock is set back, or forth, between the logout and the login.
#[tokio::test]
async fn a_clock_that_steps_keeps_nobody_from_signing_in_after_a_logout_and_rescues_no_session() {
    for store in STORES {
        for (step, is_back) in [(25, true), (25, false), (50, true)] {
            let stand = stand(store).await;
            let mut browser = stand.signed_in("jane").await;
            let before = copy(&browser);
            let sid = stand.provider.session_ids("jane").remove(0);
            post(&stand, &stand.provider.logout_token("jane").claim("sid", &sid).sign()).await;
            let step = Duration::from_secs(step);
            stand.clock.set_time(if is_back { stand.clock.now() - step } else { stand.clock.now() + step });
            let visited = browser.navigate("/login?return_to=/me").await;
            assert_eq!(visited.status, StatusCode::OK, "{store}: {:?}", stand.refusals());
            assert_eq!(alive(&stand, [&before, &copy(&browser)]).await, [false, true], "{store}");
        }
    }
}

/// A copy of the cookie, or a renewal, does not bring back what the provider ended.
#[tokio::test]
async fn an_ended_session_is_not_renewed() {
    for store in STORES {
        let stand = Stand::with(|config| config.scope(crate::support_sessions::OFFLINE).session_store(store)).await;
        let cookies = copy(&stand.signed_in("jane").await);
        post(&stand, &stand.provider.logout_token("jane").sign()).await;
        stand.advance(crate::support_sessions::RENEWAL);
        assert!(!stand.is_alive(&cookies).await, "{store}");
        assert_eq!(stand.send(form("/refresh", &cookies, "")).await.status, StatusCode::UNAUTHORIZED, "{store}");
        assert_eq!(stand.token_requests(), 1, "{store}");
    }
}
