//! The cache against the validator behind it, which remembers nothing: whatever happens, both say the same.

use std::{cell::Cell, collections::HashMap};

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseResult, TestRunner},
};
use tokio::runtime;

use super::*;
use crate::validator::MAX_AGE;

/// Something that happens.
#[derive(Debug, Clone)]
enum Event {
    /// The provider signs with a new key. The ones before stay published.
    Rotate,
    /// The provider's oldest key is published no longer, unless it is the last.
    Withdraw,
    /// The provider can be reached no longer, or again.
    Cut(bool),
    /// Time passes, in seconds.
    Pass(u64),
    /// The keys are renewed that are due.
    Renew,
    /// The time of day is set, so many seconds from where it is.
    Set(i64),
    /// A token is issued: `iat` and `nbf` lie so many seconds ahead, `exp` so many after `iat`.
    Issue { issued: i64, not_before: i64, lifetime: u64 },
    /// One of the last tokens is sent.
    Send(usize),
    /// Everything is forgotten.
    Forget,
    /// The person of one of the last tokens signs out.
    SignOut(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let seconds = prop_oneof![0..3_u64, 50..70_u64, 290..310_u64, Just(600), Just(3600), Just(86_390), Just(86_400)];
    prop_oneof![
        1 => Just(Event::Rotate),
        1 => Just(Event::Withdraw),
        1 => any::<bool>().prop_map(Event::Cut),
        4 => seconds.prop_map(Event::Pass),
        3 => Just(Event::Renew),
        2 => (-400..400_i64).prop_map(Event::Set),
        3 => (-200..70_i64, -200..70_i64, prop_oneof![1..400_u64, Just(200_000)])
            .prop_map(|(issued, not_before, lifetime)| Event::Issue { issued, not_before, lifetime }),
        12 => (0..3_usize).prop_map(Event::Send),
        1 => Just(Event::Forget),
        2 => (0..3_usize).prop_map(Event::SignOut),
    ]
}

/// What is kept beside the stand: the tokens, and when each was verified last.
#[derive(Default)]
struct Model {
    tokens: Vec<String>,
    verified: HashMap<String, Duration>,
}

/// How often it came to what is to be shown.
#[derive(Default)]
struct Counts {
    remembered: Cell<u32>,
    refused_after_acceptance: Cell<u32>,
    verified_again: Cell<u32>,
}

fn count(cell: &Cell<u32>) {
    cell.set(cell.get() + 1);
}

impl Model {
    async fn follow(&mut self, event: Event, stand: &Stand, counts: &Counts) -> TestCaseResult {
        match event {
            Event::Rotate => drop(stand.provider.rotate_keys(Algorithm::Es256)),
            Event::Withdraw => withdraw_oldest(&stand.provider),
            Event::Cut(cut) => stand.wire.cut.store(cut, Ordering::Relaxed),
            Event::Pass(seconds) => stand.clock.advance(Duration::from_secs(seconds)),
            Event::Renew => stand.renew_keys().await,
            Event::Set(offset) => stand.clock.set_time(shifted(stand, offset)),
            Event::Issue { issued, not_before, lifetime } => {
                let token = stand.provider.token(&self.tokens.len().to_string());
                let token = token.issued_at(shifted(stand, issued)).not_before(shifted(stand, not_before));
                self.tokens.push(token.expires_in(Duration::from_secs(lifetime)).sign());
            }
            Event::Forget => {
                stand.cache.forget();
                self.verified.clear();
            }
            Event::Send(number) => {
                if let Some((_, token)) = self.last(number) {
                    return self.send(token, stand, counts);
                }
            }
            Event::SignOut(number) => {
                if let Some((subject, token)) = self.last(number) {
                    stand.cache.forget_where(|other| *other == subject);
                    self.verified.remove(&token);
                }
            }
        }
        Ok(())
    }

    /// One of the last three tokens, and whom it is of.
    fn last(&self, number: usize) -> Option<(String, String)> {
        let mut last = self.tokens.iter().enumerate().rev().take(3).cycle();
        last.nth(number).map(|(position, token)| (position.to_string(), token.clone()))
    }

    fn send(&mut self, token: String, stand: &Stand, counts: &Counts) -> TestCaseResult {
        let now = stand.clock.elapsed();
        let expected = stand.validator.try_access_token(&token).map_err(Unfinished::into_verdict);
        let expected = expected.map(|verified| verified.claims().string("sub").unwrap().unwrap().into_owned());
        match stand.send(&token) {
            Sent::Remembered(subject) => {
                prop_assert_eq!(Ok(subject), expected, "remembered");
                let verified = self.verified.get(&token);
                prop_assert!(verified.is_some_and(|verified| now - *verified < MAX_AGE), "{:?}", verified);
                count(&counts.remembered);
            }
            Sent::Verified(subject) => {
                prop_assert_eq!(Ok(subject), expected, "verified");
                if self.verified.insert(token, now).is_some() {
                    count(&counts.verified_again);
                }
            }
            Sent::Refused(error) => {
                prop_assert_eq!(Err(error), expected, "refused");
                if self.verified.remove(&token).is_some() {
                    count(&counts.refused_after_acceptance);
                }
            }
        }
        Ok(())
    }
}

fn shifted(stand: &Stand, offset: i64) -> std::time::SystemTime {
    let (now, by) = (stand.clock.now(), Duration::from_secs(offset.unsigned_abs()));
    if offset < 0 { now - by } else { now + by }
}

fn withdraw_oldest(provider: &TestProvider) {
    let jwks = provider.jwks();
    if let [oldest, _, ..] = jwks["keys"].as_array().unwrap().as_slice() {
        provider.remove_key(oldest["kid"].as_str().unwrap());
    }
}

#[test]
fn a_remembered_token_is_one_that_would_be_accepted_again() {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let counts = Counts::default();
    let histories = (prop::option::of(Just(200)), prop::collection::vec(event(), 1..150));
    TestRunner::new(Config { cases: 256, failure_persistence: None, ..Config::default() })
        .run(&histories, |(token_validity, events)| {
            runtime.block_on(async {
                let stand = Stand::with_token_validity(token_validity).await;
                let mut model = Model::default();
                for event in events {
                    model.follow(event, &stand, &counts).await?;
                }
                Ok(())
            })
        })
        .unwrap();
    for (what, cell) in [
        ("remembered", &counts.remembered),
        ("refused after an acceptance", &counts.refused_after_acceptance),
        ("verified again", &counts.verified_again),
    ] {
        assert!(cell.get() > 20, "the histories say too little: {what}: {}", cell.get());
    }
}
