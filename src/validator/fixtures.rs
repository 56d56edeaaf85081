//! A client at a provider inside the process, for the tests of this folder.

use std::sync::Arc;

use crate::{
    config::Settings,
    provider::{PAUSE, Provider, ReqwestClient},
    testing::{Endpoint, ManualClock, TestProvider},
    types::{Algorithm, ClaimError, Clock, JsonKind, unix_seconds},
};

use super::{ClientValidator, TokenError};

/// The one algorithm that the client is registered for.
pub(super) const REGISTERED: Algorithm = Algorithm::Es256;

/// A provider, and what checks its tokens. Both stand at one moment.
pub(super) struct Stand {
    pub(super) provider: TestProvider,
    pub(super) clock: ManualClock,
    pub(super) validator: ClientValidator,
}

impl Stand {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings than the smallest ones.
    pub(super) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let clock = ManualClock::new();
        let provider = TestProvider::builder().algorithm(REGISTERED).clock(clock.clone()).start().await;
        let keys = start(&provider, change);
        keys.first_attempt().await.unwrap();
        Self { validator: validator(keys, &provider, &clock), provider, clock }
    }

    /// With a provider that has not said a word yet.
    pub(super) async fn unreachable() -> Self {
        let clock = ManualClock::new();
        let provider = TestProvider::builder().algorithm(REGISTERED).clock(clock.clone()).start().await;
        provider.go_down();
        let keys = start(&provider, |_| {});
        assert!(keys.first_attempt().await.is_err());
        Self { validator: validator(keys, &provider, &clock), provider, clock }
    }

    /// In seconds since 1970.
    pub(super) fn now(&self) -> u64 {
        unix_seconds(self.clock.now())
    }

    /// Lets the pause pass that follows every attempt, so that the next one need not wait.
    pub(super) fn end_pause(&self) {
        self.clock.advance(PAUSE);
    }

    /// How often the keys were asked for.
    pub(super) fn key_requests(&self) -> usize {
        self.provider.requests(Endpoint::Jwks)
    }
}

/// The provider as the crate sees it, with its keys for every algorithm: that only one is let in is the client's own rule.
pub(super) fn start(provider: &TestProvider, change: impl FnOnce(&mut Settings)) -> Provider {
    let config = Algorithm::ALL.iter().fold(provider.config(), |config, all| config.token_algorithm(all.name()));
    let mut settings = config.check().unwrap();
    change(&mut settings);
    let http = Arc::new(ReqwestClient::new(&settings.http).unwrap());
    Provider::start(settings.issuers.swap_remove(0), &settings.http, http, provider.clock())
}

fn validator(keys: Provider, provider: &TestProvider, clock: &ManualClock) -> ClientValidator {
    ClientValidator::new(keys, provider.client_id().to_owned(), REGISTERED, Arc::new(clock.clone()))
}

/// A claim has another type than a text.
pub(super) fn no_string(claim: &str, found: JsonKind) -> TokenError {
    ClaimError { claim: claim.into(), expected: "a string", found }.into()
}

/// A claim has another type than a time.
pub(super) fn no_time(claim: &str, found: JsonKind) -> TokenError {
    ClaimError { claim: claim.into(), expected: "a whole number of seconds since 1970", found }.into()
}

/// `aud` is neither a text nor a list of them.
pub(super) fn no_audience(found: JsonKind) -> TokenError {
    ClaimError { claim: "aud".into(), expected: "a string or an array of strings", found }.into()
}
