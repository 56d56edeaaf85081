//! The provider changes its keys in the middle of a login.

use http::StatusCode;
use tower_oidc::{
    layer::AuthError,
    login::LoginError,
    provider::{FETCH_LIMIT, METADATA_LIFETIME, MISSING_LIFETIME, PAUSE},
    testing::{Endpoint, Fault, ManualClock, TestProvider},
    types::Algorithm,
    validator::TokenError,
};

use crate::support::{Answer, SECRET, SERVER, Stand, bearer, form_posted, in_time, post, session_of};
use crate::trouble::Trouble;

/// A new key signs, and the old one is gone.
fn replace_key(provider: &TestProvider) {
    let old = provider.signing_key();
    provider.rotate_keys(Algorithm::Rs256);
    provider.remove_key(old.key_id());
}

/// Somebody has come in.
#[track_caller]
fn assert_came_in(answer: &Answer) {
    assert!(answer.status == StatusCode::SEE_OTHER && !answer.session().is_empty(), "{answer:?}");
}

/// The page that leads to another try: no key has signed the ID token.
#[track_caller]
fn assert_no_such_key(answer: &Answer) {
    let reason = matches!(answer.reason, Some(AuthError::Login(LoginError::IdToken(TokenError::UnknownKey))));
    assert!(reason && answer.status == StatusCode::BAD_REQUEST && answer.session().is_empty(), "{answer:?}");
    assert!(answer.text.contains("href=\"/login?return_to=%2Fme\""), "{}", answer.text);
}

/// A public client, by the implicit flow: its ID tokens are made before they are brought.
async fn implicit() -> Stand {
    let clock = ManualClock::new();
    let provider = TestProvider::builder().clock(clock.clone()).start().await;
    let config = provider.public_login_config(SERVER).session_secret(SECRET);
    Stand::of(provider, clock, config).await
}

#[tokio::test]
async fn between_the_way_there_and_the_way_back_it_costs_one_look_at_the_keys() {
    let changes: [fn(&TestProvider); 2] = [|provider| drop(provider.rotate_keys(Algorithm::Rs256)), replace_key];
    for change in changes {
        let stand = Stand::new().await;
        let bystanders = stand.bystanders().await;
        stand.clock.advance(PAUSE);
        let logins = [stand.on_the_way_back("jane").await, stand.on_the_way_back("joe").await];
        let looks = stand.provider.requests(Endpoint::Jwks);
        change(&stand.provider);
        bystanders.assert_served_at_once(&stand);
        for login in logins {
            assert_came_in(&in_time(stand.send(login)).await);
        }
        assert_eq!(stand.provider.requests(Endpoint::Jwks), looks + 1);
    }
}

#[tokio::test]
async fn while_the_code_is_exchanged_nobody_notices() {
    let stand = Stand::new().await;
    let bystanders = stand.bystanders().await;
    stand.clock.advance(PAUSE);
    let login = stand.on_the_way_back("jane").await;
    let token = stand.provider.endpoint(Endpoint::Token);
    let asked = token.requests();
    token.fail_next(1, Fault::Hang);
    let mut answering = std::pin::pin!(stand.send(login));
    tokio::select! {
        answer = &mut answering => panic!("{answer:?}"),
        () = token.wait_for_requests(asked + 1) => {}
    }
    replace_key(&stand.provider);
    token.heal();
    bystanders.assert_served_at_once(&stand);
    assert_came_in(&in_time(answering).await);
    assert!(stand.is_alive(&bystanders.session));
}

/// The ID token was made before the key was withdrawn, and is brought after it.
#[tokio::test]
async fn an_id_token_of_a_key_that_was_withdrawn_on_its_way_is_refused_and_the_next_is_taken() {
    let stand = implicit().await;
    stand.clock.advance(PAUSE);
    let (early, late) = (form_posted(&stand, "jane").await, form_posted(&stand, "joe").await);
    replace_key(&stand.provider);
    assert_came_in(&in_time(stand.send(early)).await);
    // Somebody's new token has the keys looked at.
    let token = stand.provider.token("carol").sign();
    assert_eq!(in_time(stand.send(bearer(&token))).await.status, StatusCode::OK);
    stand.clock.advance(PAUSE);
    assert_no_such_key(&in_time(stand.send(late)).await);
    assert_came_in(&in_time(stand.send(form_posted(&stand, "joe").await)).await);
}

/// As behind a cache that still has yesterday's keys.
#[tokio::test]
async fn a_key_that_signs_before_it_is_published_is_known_half_a_minute_after_it_is() {
    let stand = Stand::new().await;
    let bystanders = stand.bystanders().await;
    stand.clock.advance(PAUSE);
    stand.provider.publish_raw_jwks(stand.provider.jwks().to_string());
    replace_key(&stand.provider);
    let looks = stand.provider.requests(Endpoint::Jwks);
    for name in ["jane", "joe", "jim"] {
        assert_no_such_key(&in_time(stand.send(stand.on_the_way_back(name).await)).await);
    }
    assert_eq!(stand.provider.requests(Endpoint::Jwks), looks + 1, "it was just looked for in vain");
    bystanders.assert_served_at_once(&stand);

    stand.provider.publish_keys();
    stand.clock.advance(MISSING_LIFETIME);
    assert_came_in(&in_time(stand.send(stand.on_the_way_back("jane").await)).await);
}

#[tokio::test]
async fn a_withdrawn_key_takes_its_tokens_along_and_no_session() {
    let stand = Stand::new().await;
    let jane = session_of(&stand.signed_in("jane").await);
    let token = stand.provider.token("jane").sign();
    assert_eq!(stand.at_once(bearer(&token)).status, StatusCode::OK);
    stand.clock.advance(PAUSE);
    replace_key(&stand.provider);
    stand.signed_in("joe").await;
    stand.clock.advance(PAUSE);
    let answer = in_time(stand.send(bearer(&token))).await;
    assert!(matches!(answer.reason, Some(AuthError::Token(TokenError::UnknownKey))), "{answer:?}");
    assert!(stand.is_alive(&jane), "what the key has proved stays proved");
    assert_eq!(in_time(stand.send(post("/refresh", &jane, &[]))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn at_every_login_it_costs_a_handful_of_looks_and_then_one_in_ten_seconds() {
    let stand = Stand::new().await;
    let looks = stand.provider.requests(Endpoint::Jwks);
    for login in 1..=12 {
        stand.advance(10);
        replace_key(&stand.provider);
        assert_came_in(&in_time(stand.send(stand.on_the_way_back("jane").await)).await);
        assert_eq!(stand.provider.requests(Endpoint::Jwks), looks + login);
    }
}

/// Metadata that are due are asked for before keys are, which may have moved. Who waits for a new key meanwhile is told to come
/// back, and by then it is known.
#[tokio::test]
async fn while_discovery_never_answers_it_is_known_after_one_time_out() {
    let stand = Stand::for_trouble(Trouble::Hang, |config| config).await;
    let discovery = stand.provider.endpoint(Endpoint::Discovery);
    let (asked, attempts) = (discovery.requests(), stand.status().attempts);
    discovery.fail_with(Fault::Hang);
    stand.clock.advance(METADATA_LIFETIME);
    discovery.wait_for_requests(asked + 1).await;
    let bystanders = stand.bystanders().await;
    stand.provider.rotate_keys(Algorithm::Rs256);
    let token = stand.provider.token("jane").sign();
    let answer = stand.held_up(&bystanders, stand.send(bearer(&token)), std::future::ready(()), FETCH_LIMIT).await;
    assert_eq!((answer.status, answer.retry_after()), (StatusCode::SERVICE_UNAVAILABLE, Some(1)), "{answer:?}");
    stand.attempts(attempts + 1).await;
    assert_eq!(stand.at_once(bearer(&token)).subject(), "jane");
}
