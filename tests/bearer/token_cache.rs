//! Tokens that were sent before: answered at less cost, and never otherwise than if they were sent for the first time.

use std::{convert::Infallible, ptr, time::Duration};

use http::{Request, Response, header::AUTHORIZATION};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_oidc::{
    Auth, Config, Principal,
    provider::MAX_STALE,
    types::{Algorithm, Clock as _},
    validator::{MAX_AGE, TokenError},
};

use crate::support::Stand;

const SECOND: Duration = Duration::from_secs(1);

/// Whether the second principal is the first one, remembered.
fn is_same(first: &Principal, second: &Principal) -> bool {
    ptr::eq(first.claims(), second.claims())
}

impl Stand {
    async fn accepted(&self, token: &str) -> Principal {
        self.eventually(self.auth.validate(token)).await.expect("the token is good")
    }

    /// Whether a token that is accepted is accepted from memory when it is sent again.
    async fn is_remembered(&self, token: &str) -> bool {
        is_same(&self.accepted(token).await, &self.accepted(token).await)
    }
}

fn with_validity(mut config: Config, seconds: u64) -> Config {
    config.authentication.oidc.token_validity = Some(seconds);
    config
}

/// The principal that a handler behind the layer is given.
async fn through_the_layer(auth: &Auth, token: &str) -> Principal {
    let handler = service_fn(|request: Request<String>| async move {
        let principal = request.extensions().get::<Principal>().expect("the token is good").clone();
        Ok::<_, Infallible>(Response::builder().extension(principal).body(String::new()).unwrap())
    });
    let request = Request::get("/").header(AUTHORIZATION, format!("Bearer {token}")).body(String::new()).unwrap();
    let mut response = auth.layer().layer(handler).oneshot(request).await.unwrap();
    response.extensions_mut().remove().unwrap()
}

#[tokio::test]
async fn the_layer_and_the_direct_call_remember_the_same_principal() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    let first = stand.accepted(&token).await;
    assert!(is_same(&first, &stand.auth.clone().validate(&token).await.unwrap()));
    assert!(is_same(&first, &through_the_layer(&stand.auth, &token).await));
}

// CVE-2025-67490 (nextjs-auth0), CVE-2025-26620 (Duende): tokens cached without the user, or without all parameters.
#[tokio::test]
async fn two_auths_share_nothing() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    let other = |config| async { Auth::builder(config).with_clock(stand.clock.clone()).discover().await.unwrap() };
    let strict = other(with_validity(stand.provider.config(), 60)).await;
    stand.clock.advance(SECOND * 60);

    let first = stand.accepted(&token).await;
    assert!(strict.validate(&token).await.is_err());
    assert!(is_same(&first, &stand.accepted(&token).await));

    let twin = other(stand.provider.config()).await;
    assert!(!is_same(&first, &twin.validate(&token).await.unwrap()));
}

#[tokio::test]
async fn a_remembered_token_expires_with_its_second() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").expires_in(SECOND * 30).sign();
    let first = stand.accepted(&token).await;
    stand.clock.advance(SECOND * 89);
    assert!(is_same(&first, &stand.accepted(&token).await));
    stand.clock.advance(SECOND);
    assert_eq!(stand.refusal(&token).await, TokenError::Expired { ago: 60 });
}

#[tokio::test]
async fn a_remembered_token_grows_too_old_with_its_second() {
    let stand = Stand::with(|config| with_validity(config, 30)).await;
    let token = stand.provider.token("jane").sign();
    let first = stand.accepted(&token).await;
    stand.clock.advance(SECOND * 29);
    assert!(is_same(&first, &stand.accepted(&token).await));
    stand.clock.advance(SECOND);
    assert_eq!(stand.refusal(&token).await, TokenError::TooOld { limit: 30 });
}

#[tokio::test]
async fn a_remembered_token_is_not_accepted_before_its_time_when_the_clock_is_set_back() {
    let stand = Stand::new().await;
    let now = stand.clock.now();
    let token = stand.provider.token("jane").without("iat").not_before(now).sign();
    let first = stand.accepted(&token).await;
    stand.clock.set_time(now - SECOND * 60);
    assert!(is_same(&first, &stand.accepted(&token).await));
    stand.clock.set_time(now - SECOND * 61);
    assert_eq!(stand.refusal(&token).await, TokenError::NotYetValid { ahead: 61 });
}

#[tokio::test]
async fn a_token_is_verified_again_after_the_longest_age_whatever_the_time_of_day() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    let (first, start) = (stand.accepted(&token).await, stand.clock.now());
    stand.clock.advance(MAX_AGE - SECOND);
    assert!(is_same(&first, &stand.accepted(&token).await));
    stand.clock.advance(SECOND);
    stand.clock.set_time(start);
    assert!(!is_same(&first, &stand.accepted(&token).await));
    assert!(stand.is_remembered(&token).await);
}

#[tokio::test]
async fn a_key_that_leaves_the_set_takes_its_tokens_along_at_once() {
    let stand = Stand::new().await;
    let (old_key, old) = (stand.provider.signing_key(), stand.provider.token("jane").sign());
    assert!(stand.is_remembered(&old).await);
    stand.provider.rotate_keys(Algorithm::Rs256);
    stand.provider.remove_key(old_key.key_id());
    assert!(stand.is_remembered(&old).await, "nobody has asked the provider yet");

    let new = stand.provider.token("joe").sign();
    assert!(stand.is_remembered(&new).await);
    assert_eq!(stand.refusal(&old).await, TokenError::UnknownKey);
    assert!(stand.is_remembered(&new).await);
}

#[tokio::test]
async fn keys_that_are_too_old_void_what_was_verified_with_them() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").expires_in(MAX_STALE * 2).sign();
    stand.provider.go_down();
    stand.clock.advance(MAX_STALE - SECOND);
    assert!(stand.is_remembered(&token).await);
    stand.clock.advance(SECOND);
    assert!(stand.refusal(&token).await.is_unavailable());
}

#[tokio::test]
async fn forgotten_tokens_are_verified_at_the_next_request() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    let first = stand.accepted(&token).await;
    stand.auth.forget_tokens();
    assert!(!is_same(&first, &stand.accepted(&token).await));
    assert!(stand.is_remembered(&token).await);
}

#[tokio::test]
async fn without_the_cache_every_request_is_verified() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    let builder = Auth::builder(stand.provider.config()).with_clock(stand.clock.clone());
    let auth = builder.without_token_cache().discover().await.unwrap();
    let first = auth.validate(&token).await.unwrap();
    assert!(!is_same(&first, &auth.validate(&token).await.unwrap()));
    auth.forget_tokens();
}
