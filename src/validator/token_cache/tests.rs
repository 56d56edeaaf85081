//! The cache in front of a real validator, whose provider is inside the process and whose clock is moved by hand.

#[cfg(target_os = "linux")]
mod memory;
mod model;

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};

use super::*;
use crate::{
    provider::{HttpClient, HttpError, Provider},
    testing::{ManualClock, TestProvider},
    types::{Algorithm, BoxFuture, Clock as _, Secret},
    validator::TokenError,
};

/// A validator, a cache in front of it, and the provider whose tokens it accepts.
struct Stand {
    provider: TestProvider,
    wire: Wire,
    clock: ManualClock,
    validator: Arc<Validator>,
    cache: TokenCache<String>,
}

/// The provider's answers without a socket: who waits for one waits for no real time.
#[derive(Debug, Clone)]
struct Wire {
    provider: TestProvider,
    cut: Arc<AtomicBool>,
}

impl HttpClient for Wire {
    fn send(&self, request: Request<Bytes>, _limit: usize) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let answer = match self.cut.load(Ordering::Relaxed) {
            true => Err(HttpError::Connect("cut".into())),
            false => {
                let is_metadata = request.uri().path().ends_with("/openid-configuration");
                let document = if is_metadata { self.provider.metadata() } else { self.provider.jwks() };
                // The shortest lifetime: withdrawn keys are noticed while tokens signed with them are remembered.
                Ok(Response::builder().header("cache-control", "max-age=60").body(document.to_string().into()).unwrap())
            }
        };
        Box::pin(async { answer })
    }
}

/// What came of a token that was sent.
#[derive(Debug, PartialEq, Eq)]
enum Sent {
    /// It was verified, and accepted for that subject.
    Verified(String),
    /// It was accepted for that subject, and nothing was verified.
    Remembered(String),
    /// It was refused.
    Refused(TokenError),
}

impl Stand {
    async fn new() -> Self {
        Self::with_token_validity(None).await
    }

    async fn with_token_validity(seconds: Option<u64>) -> Self {
        let clock = ManualClock::new();
        let provider = TestProvider::builder().algorithm(Algorithm::Es256).clock(clock.clone()).start().await;
        let wire = Wire { provider: provider.clone(), cut: Arc::default() };
        let mut config = provider.config().token_algorithm("ES256");
        config.authentication.oidc.token_validity = seconds;
        let settings = config.check().unwrap();
        let start = |issuer: &crate::config::IssuerSettings| {
            Provider::start(issuer.clone(), &settings.http, Arc::new(wire.clone()), Arc::new(clock.clone()))
        };
        let providers: Vec<_> = settings.issuers.iter().map(start).collect();
        providers[0].first_attempt().await.unwrap();
        let validator = Arc::new(Validator::new(providers, Arc::new(clock.clone())));
        Self { cache: TokenCache::new(validator.clone()), provider, wire, clock, validator }
    }

    /// With another issuer in front, whose keys stay as they are.
    async fn behind_another() -> Self {
        let (other, stand) = (Self::new().await, Self::new().await);
        let providers = [&other, &stand].map(|stand| stand.validator.issuers.provider(0).clone());
        let validator = Arc::new(Validator::new(providers.into(), Arc::new(stand.clock.clone())));
        Self { cache: TokenCache::new(validator.clone()), validator, ..stand }
    }

    fn send(&self, token: &str) -> Sent {
        let verified = Cell::new(false);
        let subject = self.cache.get_or_make(token.as_bytes(), |token| -> Result<_, Unfinished> {
            verified.set(true);
            Ok(token.claims().string("sub")?.unwrap_or_default().into_owned())
        });
        match subject {
            Ok(subject) if verified.get() => Sent::Verified(subject),
            Ok(subject) => Sent::Remembered(subject),
            Err(unfinished) => Sent::Refused(unfinished.into_verdict()),
        }
    }

    /// Lets time pass, and the keys be renewed that are due then.
    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.renew_keys().await;
    }

    async fn renew_keys(&self) {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }
}

fn jane(make: fn(String) -> Sent) -> Sent {
    make("jane".to_owned())
}

#[tokio::test]
async fn who_signs_out_while_a_token_of_theirs_is_checked_is_not_remembered() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    for leaves in ["jane", "bob"] {
        let made = stand.cache.get_or_make(token.as_bytes(), |_| -> Result<_, Unfinished> {
            stand.cache.forget_where(|subject| subject == leaves);
            Ok("jane".to_owned())
        });
        assert_eq!(made.unwrap(), "jane");
        assert_eq!(stand.send(&token), Sent::Verified("jane".to_owned()), "{leaves}");
        assert_eq!(stand.send(&token), Sent::Remembered("jane".to_owned()));
        stand.cache.forget_where(|subject| subject == "bob");
        assert_eq!(stand.send(&token), Sent::Remembered("jane".to_owned()), "somebody else left");
        stand.cache.forget_where(|subject| subject == "jane");
    }
}

#[tokio::test]
async fn a_token_is_verified_once_and_then_remembered() {
    let stand = Stand::new().await;
    let (token, other) = (stand.provider.token("jane").sign(), stand.provider.token("joe").sign());
    assert_eq!(stand.send(&token), jane(Sent::Verified));
    assert_eq!(stand.send(&other), Sent::Verified("joe".to_owned()));
    assert_eq!(stand.send(&token), jane(Sent::Remembered));
    assert_eq!(stand.send(&other), Sent::Remembered("joe".to_owned()));
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").not_before(stand.clock.now() + Duration::from_secs(61)).sign();
    assert_eq!(stand.send(&token), Sent::Refused(TokenError::NotYetValid { ahead: 61 }));
    stand.pass(Duration::from_secs(1)).await;
    assert_eq!(stand.send(&token), jane(Sent::Verified));

    let token = stand.provider.token("joe").sign();
    let refused =
        stand.cache.get_or_make(token.as_bytes(), |_| Err::<String, _>(Unfinished::Refused(TokenError::Unmarked)));
    assert!(refused.is_err());
    assert_eq!(stand.send(&token), Sent::Verified("joe".to_owned()));
}

#[tokio::test]
async fn a_token_over_the_limit_is_accepted_and_not_remembered() {
    let stand = Stand::new().await;
    let filled = |filling| stand.provider.token("jane").claim("filling", "x".repeat(filling)).sign();
    let empty = filled(0).len();
    let long = filled((MAX_CACHED_TOKEN_BYTES - empty) / 4 * 3 + 6);
    assert!(long.len() > MAX_CACHED_TOKEN_BYTES && long.len() < MAX_CACHED_TOKEN_BYTES + 16, "{}", long.len());
    assert_eq!((stand.send(&long), stand.send(&long)), (jane(Sent::Verified), jane(Sent::Verified)));
    assert!(stand.cache.entries.is_empty());

    let lengths = (MAX_CACHED_TOKEN_BYTES - empty) / 4 * 3 - 6;
    let just = (lengths..).map(filled).find(|token| token.len() >= MAX_CACHED_TOKEN_BYTES).unwrap();
    assert_eq!(just.len(), MAX_CACHED_TOKEN_BYTES);
    assert_eq!((stand.send(&just), stand.send(&just)), (jane(Sent::Verified), jane(Sent::Remembered)));
}

/// What is kept when twice as many tokens come as there is room for: how many, and how many bytes of them.
async fn kept_of(tokens: u64, length: usize) -> (u64, u64) {
    let entries = Stand::new().await.cache.entries;
    for number in 0..tokens * 2 {
        let entry = Entry { value: String::new(), grounds: Grounds::for_tests(), epoch: 0 };
        entries.insert(Sought(format!("{number:0length$}").as_bytes()).into(), entry);
    }
    let kept: Vec<usize> = entries.drain().map(|(token, _)| token.len()).collect();
    (kept.len() as u64, kept.iter().sum::<usize>() as u64)
}

#[tokio::test]
async fn it_is_bounded_in_tokens() {
    let (tokens, _) = kept_of(MAX_CACHED_TOKENS, 100).await;
    assert!(tokens <= MAX_CACHED_TOKENS && tokens > MAX_CACHED_TOKENS / 10 * 9, "{tokens}");
}

#[tokio::test]
async fn it_is_bounded_in_bytes() {
    let (_, bytes) = kept_of(MAX_CACHE_BYTES / MAX_CACHED_TOKEN_BYTES as u64, MAX_CACHED_TOKEN_BYTES).await;
    assert!(bytes <= MAX_CACHE_BYTES && bytes > MAX_CACHE_BYTES / 10 * 9, "{bytes}");
}

#[tokio::test]
async fn what_is_forgotten_is_verified_at_the_next_request() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    assert_eq!((stand.send(&token), stand.send(&token)), (jane(Sent::Verified), jane(Sent::Remembered)));
    stand.cache.forget();
    assert!(stand.cache.entries.is_empty());
    assert_eq!((stand.send(&token), stand.send(&token)), (jane(Sent::Verified), jane(Sent::Remembered)));
}

#[tokio::test]
async fn a_token_is_remembered_on_the_keys_of_its_own_issuer() {
    let stand = Stand::behind_another().await;
    let (key, token) = (stand.provider.signing_key(), stand.provider.token("jane").sign());
    assert_eq!((stand.send(&token), stand.send(&token)), (jane(Sent::Verified), jane(Sent::Remembered)));
    stand.provider.rotate_keys(Algorithm::Es256);
    stand.provider.remove_key(key.key_id());
    stand.pass(Duration::from_secs(60)).await;
    assert_eq!(stand.send(&token), Sent::Refused(TokenError::UnknownKey));
}

#[tokio::test]
async fn what_is_checked_while_somebody_forgets_is_forgotten_too() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    let made = stand.cache.get_or_make(token.as_bytes(), |_| -> Result<_, Unfinished> {
        stand.cache.forget();
        Ok("made before".to_owned())
    });
    assert_eq!(made.unwrap(), "made before");
    assert_eq!(stand.send(&token), jane(Sent::Verified));
}

#[tokio::test]
async fn what_no_longer_holds_leaves_and_a_clock_that_is_set_back_does_not_bring_it_back() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").expires_in(Duration::from_secs(10)).sign();
    assert_eq!(stand.send(&token), jane(Sent::Verified));
    let start = stand.clock.now();
    stand.clock.set_time(start + Duration::from_secs(70));
    assert_eq!(stand.send(&token), Sent::Refused(TokenError::Expired { ago: 60 }));
    assert!(stand.cache.entries.is_empty());
    stand.clock.set_time(start);
    assert_eq!(stand.send(&token), jane(Sent::Verified));
}

#[tokio::test]
async fn debug_shows_no_token() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    assert_eq!(stand.send(&token), jane(Sent::Verified));
    assert_eq!(format!("{:?}", stand.cache), "TokenCache { .. }");
}
