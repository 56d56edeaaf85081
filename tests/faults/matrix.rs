//! Every trouble at every endpoint of the provider's.
//!
//! | errand | endpoint in trouble | what a person meets | at most |
//! |---|---|---|---|
//! | `push` | pushed authorization requests | a page, 503; 500 for a redirect, which somebody must mend | 6 s |
//! | `code_exchange` | token | a page, 503; 500 for a redirect, which somebody must mend | 6 s |
//! | `refresh` | token | the same as a problem document; the session goes on | 6 s |
//! | `renewal` | token | nothing: the page is served with the session as it is | 3 s |
//! | `userinfo` | userinfo | a page, 503 | 6 s |
//! | `id_token_of_a_new_key` | keys | a page, 503 | 6 s |
//! | `refresh_with_a_new_key` | keys | nothing: the new ID token is dropped | 6 s |
//! | `bearer_token_of_a_new_key` | keys | 503 | 6 s |
//! | `logout_token_of_a_new_key` | keys | the provider gets its 400, and nobody is signed out | 6 s |
//! | `discovery_at_the_start` | discovery | a page, 503; sessions from before are served | 6 s, to start |
//! | `discovery_later` | discovery | nothing | - |
//! | `revocation` | revocation | nothing: the session has ended | 2 s |
//!
//! Each case shows besides that
//!
//! 1. the reason is typed, where there is one, and nothing secret and nothing that the provider sent is on the page or in the log;
//! 2. a person with a session and a program with a token whose key is known are served without any waiting, before, during
//!    and after it;
//! 3. where nothing waits for a time-out, no time has to pass at all;
//! 4. whoever comes back when `Retry-After` says is served, by the same [`Auth`](tower_oidc::Auth), once the trouble is over.
//!
//! A wrong content type is trouble at userinfo alone, where it tells claims from a JWT (OpenID Connect Core 1.0 section 5.3.2).

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use tower_oidc::{
    layer::AuthError,
    login::LoginError,
    provider::{FETCH_LIMIT, METADATA_LIFETIME, PAUSE, WAIT_LIMIT},
    testing::{Endpoint, TestProvider},
    types::{Algorithm, Clock as _},
    validator::TokenError,
};

use crate::{
    events,
    support::{
        Answer, Bystanders, Cookies, RENEWAL, Stand, api, bearer, discover_for, in_time, login_config, navigation,
        post, session_of,
    },
    trouble::{LIMITED, Trouble},
};

/// Longest time that a request waits for its session to be renewed.
const RENEWAL_WAIT: Duration = Duration::from_secs(3);

/// Shortest time between two attempts to renew a session whose provider could not be asked, in seconds.
const RENEWAL_PAUSE: u64 = 30;

/// Longest time that a logout waits for the provider to take the refresh token back.
const REVOCATION_WAIT: Duration = Duration::from_secs(2);

/// What a gateway's page says.
const PAGE: &str = "Just a moment";

/// A test for each trouble, named after it.
macro_rules! troubles {
    ($errand:ident: $($name:ident $trouble:ident),* $(,)?) => {
        mod $errand {
            use crate::trouble::Trouble;

            $(
                #[tokio::test]
                async fn $name() {
                    super::$errand(Trouble::$trouble).await;
                }
            )*
        }
    };
    ($errand:ident) => {
        troubles! { $errand:
            the_provider_is_down Down,
            the_endpoint_never_answers Hang,
            the_answer_trickles Trickle,
            the_connection_is_closed Close,
            the_answer_breaks_off Truncated,
            too_many_requests Limited,
            an_internal_error Broken,
            an_html_page Html,
            half_a_document Malformed,
            a_wrong_content_type ContentType,
            fifty_megabytes Huge,
            a_redirect Redirect,
        }
    };
    ($errand:ident while the provider is up) => {
        troubles! { $errand:
            the_endpoint_never_answers Hang,
            the_answer_trickles Trickle,
            the_connection_is_closed Close,
            the_answer_breaks_off Truncated,
            too_many_requests Limited,
            an_internal_error Broken,
            an_html_page Html,
            half_a_document Malformed,
            a_wrong_content_type ContentType,
            fifty_megabytes Huge,
            a_redirect Redirect,
        }
    };
}

troubles!(push);
troubles!(code_exchange);
troubles!(refresh);
troubles!(renewal);
troubles!(userinfo while the provider is up);
troubles!(id_token_of_a_new_key while the provider is up);
troubles!(refresh_with_a_new_key while the provider is up);
troubles!(bearer_token_of_a_new_key);
troubles!(logout_token_of_a_new_key);
troubles!(discovery_at_the_start);
troubles!(discovery_later);
troubles!(revocation);

/// What comes of `request`, while `endpoint` is in trouble: at once, or after `limit` where the trouble is to wait.
async fn meet(
    (stand, bystanders): (&Stand, &Bystanders),
    (trouble, endpoint): (Trouble, Endpoint),
    limit: Duration,
    request: Request<Bytes>,
) -> Answer {
    let endpoint = stand.provider.endpoint(endpoint);
    let (before, asked) = (stand.clock.elapsed(), endpoint.requests());
    let secrets = secrets_of(&request);
    let (answer, log) = events::during(async {
        let answering = stand.send(request);
        if trouble.holds_up() {
            stand.held_up(bystanders, answering, endpoint.wait_for_requests(asked + 1), limit).await
        } else {
            in_time(answering).await
        }
    })
    .await;
    let waited = if trouble.holds_up() { limit } else { Duration::ZERO };
    assert_eq!(stand.clock.elapsed() - before, waited);
    bystanders.assert_served_at_once(stand);
    let shown = [&answer.text, &log, &format!("{:?}", answer.reason)].map(String::as_str).concat();
    for secret in secrets.into_iter().chain(stand.secrets()).chain([PAGE.to_owned()]) {
        assert!(!shown.contains(&secret), "{secret} is shown in {shown}");
    }
    answer
}

/// What a request brings that nobody else is to see.
fn secrets_of(request: &Request<Bytes>) -> Vec<String> {
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let parameters = url::form_urlencoded::parse(query).into_owned();
    parameters.filter(|(name, _)| name == "code" || name == "state").map(|(_, value)| value).collect()
}

/// The page or problem of a login that came to nothing.
#[track_caller]
fn assert_came_to_nothing(answer: &Answer, trouble: Trouble, status: StatusCode) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.session().is_empty(), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.retry_after().is_some(), status == StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    if trouble == Trouble::Limited {
        assert!(answer.retry_after().is_some_and(|seconds| seconds >= LIMITED), "{answer:?}");
    }
}

/// A page that shows a person the way to another try.
#[track_caller]
fn assert_page(answer: &Answer, trouble: Trouble, status: StatusCode) {
    assert_came_to_nothing(answer, trouble, status);
    assert!(answer.header("content-type").starts_with("text/html"), "{answer:?}");
    let again = answer.text.contains("href=\"/login?return_to=%2Fme\"");
    assert_eq!(again, status == StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
}

#[track_caller]
fn login_error(answer: &Answer) -> &LoginError {
    match &answer.reason {
        Some(AuthError::Login(error)) => error,
        other => panic!("expected a login that failed, got {other:?}: {}", answer.text),
    }
}

/// Lets the time pass that the answer asks for.
fn obey(stand: &Stand, answer: &Answer) {
    stand.advance(answer.retry_after().unwrap_or_default());
}

/// A person is there who was not before, by the same application.
async fn assert_signs_people_in(stand: &Stand, bystanders: &Bystanders) {
    stand.signed_in("jane").await;
    bystanders.assert_served_at_once(stand);
}

/// The browser is sent nowhere, least of all with the request itself.
async fn push(trouble: Trouble) {
    let stand = Stand::for_trouble(trouble, |mut config| {
        config.authentication.oidc.pushed_authorization_requests = Some("ifAvailable".to_owned());
        config
    })
    .await;
    let bystanders = stand.bystanders().await;
    let place = (trouble, Endpoint::PushedAuthorization);
    let asked = stand.provider.requests(Endpoint::Authorize);
    let in_trouble = trouble.begin(&stand.provider, place.1).await;
    let answer = meet((&stand, &bystanders), place, FETCH_LIMIT, navigation("/me", &Vec::new())).await;
    match (trouble, &answer.reason) {
        (Trouble::ContentType, Some(AuthError::NoCredentials)) => assert_eq!(answer.status, StatusCode::FOUND),
        (_, Some(AuthError::Login(LoginError::Push(error)))) if trouble.is(error) => {
            assert_came_to_nothing(&answer, trouble, status_at_the_token_endpoint(trouble));
            assert!(answer.header("content-type").starts_with("text/html"), "{answer:?}");
            assert_eq!(answer.header("location"), "");
        }
        (_, reason) => panic!("{reason:?}"),
    }
    assert_eq!(stand.provider.requests(Endpoint::Authorize), asked);
    in_trouble.end().await;
    obey(&stand, &answer);
    assert_signs_people_in(&stand, &bystanders).await;
}

async fn code_exchange(trouble: Trouble) {
    let stand = Stand::for_trouble(trouble, |config| config).await;
    let bystanders = stand.bystanders().await;
    let callback = stand.on_the_way_back("jane").await;
    let place = (trouble, Endpoint::Token);
    let in_trouble = trouble.begin(&stand.provider, place.1).await;
    let answer = meet((&stand, &bystanders), place, FETCH_LIMIT, callback).await;
    match (trouble, &answer.reason) {
        (Trouble::ContentType, None) => assert_eq!(answer.status, StatusCode::SEE_OTHER),
        (_, Some(AuthError::Login(LoginError::Exchange(error)))) if trouble.is(error) => {
            assert_page(&answer, trouble, status_at_the_token_endpoint(trouble));
        }
        (_, reason) => panic!("{reason:?}"),
    }
    in_trouble.end().await;
    obey(&stand, &answer);
    assert_signs_people_in(&stand, &bystanders).await;
}

fn status_at_the_token_endpoint(trouble: Trouble) -> StatusCode {
    match trouble {
        Trouble::Redirect => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn refresh(trouble: Trouble) {
    let stand = Stand::for_trouble(trouble, |config| config).await;
    let bystanders = stand.bystanders().await;
    let jane = session_of(&stand.signed_in("jane").await);
    let place = (trouble, Endpoint::Token);
    let in_trouble = trouble.begin(&stand.provider, place.1).await;
    let answer = meet((&stand, &bystanders), place, FETCH_LIMIT, post("/refresh", &jane, &[])).await;
    match (trouble, &answer.reason) {
        (Trouble::ContentType, None) => assert_eq!(answer.status, StatusCode::OK),
        (_, Some(AuthError::Login(LoginError::RenewalFailed(error)))) if trouble.is(error) => {
            assert_came_to_nothing(&answer, trouble, status_at_the_token_endpoint(trouble));
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
        (_, reason) => panic!("{reason:?}"),
    }
    assert!(stand.is_alive(&jane), "the session goes on");
    in_trouble.end().await;
    stand.advance(answer.retry_after().unwrap_or(RENEWAL_PAUSE));
    let again = in_time(stand.send(post("/refresh", &jane, &[]))).await;
    assert_goes_on_unless_lost(&stand, trouble, &jane, &again).await;
    assert_signs_people_in(&stand, &bystanders).await;
}

/// The session is renewed; where the answer of the provider that replaced the refresh token is lost, the provider takes the
/// second use of the old one for theft, and the session ends.
async fn assert_goes_on_unless_lost(stand: &Stand, trouble: Trouble, session: &Cookies, again: &Answer) {
    if trouble.loses_the_answer() {
        assert_eq!(again.status, StatusCode::UNAUTHORIZED, "{again:?}");
        assert!(!stand.is_alive(session));
    } else {
        assert_eq!((again.status, &again.reason.as_ref().map(ToString::to_string)), (StatusCode::OK, &None));
        assert!(stand.is_alive(session));
    }
}

async fn renewal(trouble: Trouble) {
    let stand = Stand::for_trouble(trouble, |config| config).await;
    let jane = session_of(&stand.signed_in("jane").await);
    stand.advance(RENEWAL);
    let bystanders = stand.bystanders().await;
    let place = (trouble, Endpoint::Token);
    let in_trouble = trouble.begin(&stand.provider, place.1).await;
    let answer = meet((&stand, &bystanders), place, RENEWAL_WAIT, api("/me", &jane)).await;
    assert_eq!((answer.status, answer.subject()), (StatusCode::OK, "jane".to_owned()), "{answer:?}");
    assert_eq!(answer.session().is_empty(), trouble != Trouble::ContentType, "{answer:?}");
    if trouble.holds_up() {
        stand.clock.advance(FETCH_LIMIT - RENEWAL_WAIT);
        assert_eq!(
            in_time(stand.send(api("/me", &jane))).await.status,
            StatusCode::OK,
            "the renewal has failed by now"
        );
    }
    assert!(stand.is_alive(&jane), "and is not tried again at once");
    in_trouble.end().await;
    stand.advance(RENEWAL_PAUSE);
    let asked = stand.provider.requests(Endpoint::Token);
    let again = in_time(stand.send(api("/me", &jane))).await;
    assert_goes_on_unless_lost(&stand, trouble, &jane, &again).await;
    let expected = if trouble == Trouble::ContentType { 0 } else { 1 };
    assert_eq!(stand.provider.requests(Endpoint::Token) - asked, expected);
    assert_signs_people_in(&stand, &bystanders).await;
}

async fn userinfo(trouble: Trouble) {
    let stand = Stand::for_trouble(trouble, |mut config| {
        config.authentication.oidc.load_userinfo = Some("always".to_owned());
        config
    })
    .await;
    let bystanders = stand.bystanders().await;
    let callback = stand.on_the_way_back("jane").await;
    let place = (trouble, Endpoint::Userinfo);
    let in_trouble = trouble.begin(&stand.provider, place.1).await;
    let answer = meet((&stand, &bystanders), place, FETCH_LIMIT, callback).await;
    let LoginError::Userinfo(error) = login_error(&answer) else { panic!("{answer:?}") };
    assert!(trouble.is_at_userinfo(error), "{error:?}");
    assert_page(&answer, trouble, StatusCode::SERVICE_UNAVAILABLE);
    in_trouble.end().await;
    obey(&stand, &answer);
    assert_signs_people_in(&stand, &bystanders).await;
}

/// The keys cannot be had, and that is known to be why.
async fn assert_no_keys(stand: &Stand, trouble: Trouble, error: &TokenError) {
    assert!(matches!(error, TokenError::KeysUnavailable { .. }), "{error:?}");
    // Who waits gives up in the same moment.
    stand.attempts(2).await;
    let problem = stand.status().problem.expect("the attempt has failed");
    assert!(trouble.is_at_documents(&problem), "{problem:?}");
    assert!(stand.auth.is_ready(), "the keys that are known serve on");
}

async fn id_token_of_a_new_key(trouble: Trouble) {
    let stand = Stand::for_trouble(trouble, |config| config).await;
    let bystanders = stand.bystanders().await;
    let callback = stand.on_the_way_back("jane").await;
    stand.clock.advance(PAUSE);
    stand.provider.rotate_keys(Algorithm::Rs256);
    let place = (trouble, Endpoint::Jwks);
    let in_trouble = trouble.begin(&stand.provider, place.1).await;
    let answer = meet((&stand, &bystanders), place, WAIT_LIMIT, callback).await;
    match (trouble, &answer.reason) {
        (Trouble::ContentType, None) => assert_eq!(answer.status, StatusCode::SEE_OTHER),
        (_, Some(AuthError::Login(LoginError::IdToken(error)))) => {
            assert_no_keys(&stand, trouble, error).await;
            assert_page(&answer, trouble, StatusCode::SERVICE_UNAVAILABLE);
        }
        (_, reason) => panic!("{reason:?}"),
    }
    in_trouble.end().await;
    obey(&stand, &answer);
    in_time(assert_signs_people_in(&stand, &bystanders)).await;
}

async fn refresh_with_a_new_key(trouble: Trouble) {
    let stand = Stand::for_trouble(trouble, |config| config).await;
    let bystanders = stand.bystanders().await;
    let jane = session_of(&stand.signed_in("jane").await);
    stand.clock.advance(PAUSE);
    stand.provider.rotate_keys(Algorithm::Rs256);
    let place = (trouble, Endpoint::Jwks);
    let in_trouble = trouble.begin(&stand.provider, place.1).await;
    let asked = stand.provider.requests(Endpoint::Jwks);
    let answer = meet((&stand, &bystanders), place, WAIT_LIMIT, post("/refresh", &jane, &[])).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(
        stand.provider.requests(Endpoint::Jwks) > asked,
        "the new ID token is checked before anything is made of it"
    );
    let renewed = answer.session();
    assert!(stand.is_alive(&renewed));
    in_trouble.end().await;
    stand.recovery().await;
    stand.advance(RENEWAL_PAUSE);
    let again = in_time(stand.send(post("/refresh", &renewed, &[]))).await;
    assert_eq!(again.status, StatusCode::OK, "the refresh token was not lost: {again:?}");
    assert_signs_people_in(&stand, &bystanders).await;
}

async fn bearer_token_of_a_new_key(trouble: Trouble) {
    let stand = Stand::for_trouble(trouble, |config| config).await;
    let bystanders = stand.bystanders().await;
    stand.clock.advance(PAUSE);
    stand.provider.rotate_keys(Algorithm::Rs256);
    let token = stand.provider.token("jane").sign();
    let place = (trouble, Endpoint::Jwks);
    let in_trouble = trouble.begin(&stand.provider, place.1).await;
    let answer = meet((&stand, &bystanders), place, WAIT_LIMIT, bearer(&token)).await;
    match (trouble, &answer.reason) {
        (Trouble::ContentType, None) => assert_eq!(answer.subject(), "jane"),
        (_, Some(AuthError::Token(error))) => {
            assert_no_keys(&stand, trouble, error).await;
            assert_came_to_nothing(&answer, trouble, StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(answer.header("www-authenticate"), "", "the token is not to blame");
        }
        (_, reason) => panic!("{reason:?}"),
    }
    assert!(!answer.text.contains(&token));
    in_trouble.end().await;
    obey(&stand, &answer);
    assert_eq!(in_time(stand.send(bearer(&token))).await.subject(), "jane");
    bystanders.assert_served_at_once(&stand);
}

async fn logout_token_of_a_new_key(trouble: Trouble) {
    let stand = Stand::for_trouble(trouble, |config| config).await;
    let bystanders = stand.bystanders().await;
    let jane = session_of(&stand.signed_in("jane").await);
    stand.clock.advance(PAUSE);
    stand.provider.rotate_keys(Algorithm::Rs256);
    let token = stand.provider.logout_token("jane").sign();
    let tell = || post("/backchannel-logout", &Cookies::new(), &[("logout_token", &token)]);
    let place = (trouble, Endpoint::Jwks);
    let in_trouble = trouble.begin(&stand.provider, place.1).await;
    let answer = meet((&stand, &bystanders), place, WAIT_LIMIT, tell()).await;
    match (trouble, &answer.reason) {
        (Trouble::ContentType, None) => assert_eq!(answer.status, StatusCode::OK),
        (_, Some(AuthError::Login(LoginError::LogoutToken(error)))) => {
            assert_no_keys(&stand, trouble, error).await;
            assert_eq!((answer.status.as_u16(), &*answer.text), (400, r#"{"error":"invalid_request"}"#));
            assert!(stand.is_alive(&jane), "nobody knows yet who says so");
        }
        (_, reason) => panic!("{reason:?}"),
    }
    assert!(!answer.text.contains(&token));
    in_trouble.end().await;
    stand.advance(LIMITED + 1);
    assert_eq!(in_time(stand.send(tell())).await.status, StatusCode::OK);
    assert!(!stand.is_alive(&jane));
    bystanders.assert_served_at_once(&stand);
}

async fn discovery_at_the_start(trouble: Trouble) {
    let mut stand = Stand::for_trouble(trouble, |config| config).await;
    let bystanders = stand.bystanders().await;
    let place = (trouble, Endpoint::Discovery);
    let (handle, provider) = (stand.provider.endpoint(place.1), stand.provider.clone());
    let asked = handle.requests();
    let in_trouble = trouble.begin(&provider, place.1).await;
    let starting = discover_for(trouble, login_config(&provider), &stand.clock);
    let auth = if trouble.holds_up() {
        stand.held_up(&bystanders, starting, handle.wait_for_requests(asked + 1), FETCH_LIMIT).await
    } else {
        in_time(starting).await
    };
    stand.restarted(auth);
    assert_eq!(stand.at_once(api("/me", &bystanders.session)).subject(), "bob", "a session needs no provider");
    let answer = stand.at_once(navigation("/me", &Cookies::new()));
    let token = stand.at_once(bearer(&bystanders.token));
    if trouble == Trouble::ContentType {
        assert_eq!((answer.status, token.status), (StatusCode::FOUND, StatusCode::OK));
    } else {
        assert!(matches!(login_error(&answer), LoginError::Unavailable { .. }), "{answer:?}");
        assert_came_to_nothing(&answer, trouble, StatusCode::SERVICE_UNAVAILABLE);
        assert!(!answer.text.contains(PAGE));
        let unavailable = matches!(token.reason, Some(AuthError::Token(TokenError::KeysUnavailable { .. })));
        assert!(unavailable && token.status == StatusCode::SERVICE_UNAVAILABLE, "{token:?}");
        let problem = stand.status().problem.unwrap();
        assert!(trouble.is_at_documents(&problem), "{problem:?}");
    }
    in_trouble.end().await;
    if let Some(seconds) = answer.retry_after() {
        stand.attempt_within(Duration::from_secs(seconds)).await;
    }
    assert_signs_people_in(&stand, &bystanders).await;
}

async fn discovery_later(trouble: Trouble) {
    let stand = Stand::for_trouble(trouble, |config| config).await;
    let place = (trouble, Endpoint::Discovery);
    let (handle, attempts) = (stand.provider.endpoint(place.1), stand.status().attempts);
    let asked = handle.requests();
    let before = stand.bystanders().await;
    let token = stand.provider.token("carol").expires_in(METADATA_LIFETIME * 2).sign();
    let in_trouble = trouble.begin(&stand.provider, place.1).await;
    stand.clock.advance(METADATA_LIFETIME);
    if trouble.holds_up() {
        handle.wait_for_requests(asked + 1).await;
    } else {
        stand.attempts(attempts + 1).await;
    }
    assert_eq!(stand.at_once(bearer(&token)).subject(), "carol");
    if trouble != Trouble::Down {
        // The session of somebody who was there an hour ago is renewed on the way, and people sign in.
        assert_eq!(in_time(stand.send(api("/me", &before.session))).await.subject(), "bob");
        in_time(stand.signed_in("dora")).await;
    }
    if trouble.holds_up() {
        stand.attempt_within(FETCH_LIMIT).await;
    }
    let problem = stand.status().problem;
    match problem {
        Some(problem) => assert!(trouble.is_at_documents(&problem), "{problem:?}"),
        None => assert_eq!(trouble, Trouble::ContentType),
    }
    in_trouble.end().await;
    stand.recovery().await;
    stand.signed_in("jane").await;
}

/// Somebody waits for it where the provider has no logout to send the browser to.
async fn revocation(trouble: Trouble) {
    let without_logout = |provider: &TestProvider| provider.remove_metadata("end_session_endpoint");
    let stand = Stand::for_trouble_of(trouble, without_logout, |config| config).await;
    let bystanders = stand.bystanders().await;
    let jane = session_of(&stand.signed_in("jane").await);
    let place = (trouble, Endpoint::Revoke);
    let in_trouble = trouble.begin(&stand.provider, place.1).await;
    let answer = meet_logout(&stand, &bystanders, place, &jane).await;
    assert_eq!((answer.status, &answer.reason.is_none()), (StatusCode::SEE_OTHER, &true), "{answer:?}");
    assert_eq!(answer.header("location"), LOGGED_OUT);
    assert!(!stand.is_alive(&jane), "whatever the provider has to say");
    in_trouble.end().await;
    let again = session_of(&stand.signed_in("jane").await);
    let revoked = stand.provider.requests(Endpoint::Revoke);
    assert_eq!(in_time(stand.send(post(&logout(), &again, &[]))).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stand.provider.requests(Endpoint::Revoke), revoked + 1);
    bystanders.assert_served_at_once(&stand);
}

/// Where a logout leads.
const LOGGED_OUT: &str = "/goodbye";

fn logout() -> String {
    format!("/logout?return_to={LOGGED_OUT}")
}

async fn meet_logout(stand: &Stand, bystanders: &Bystanders, place: (Trouble, Endpoint), session: &Cookies) -> Answer {
    meet((stand, bystanders), place, REVOCATION_WAIT, post(&logout(), session, &[])).await
}
