//! The current token, and the one request for the next.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::{
    provider::{PAUSE, back_off},
    types::Clock,
};

use super::{error::TokenSourceError, journal, requester::Requester, token::BearerToken};

/// Longest time that a caller waits for a token: a short pause, metadata and the token endpoint, each at its slowest.
pub const WAIT_LIMIT: Duration = Duration::from_secs(15);

/// Longest pause after a failure that callers wait out. In a longer one they get the error at once.
pub const WAITED_PAUSE: Duration = Duration::from_secs(2);

/// Shortest time between two tokens that were asked for because one was refused. A service that refuses every token costs one
/// request in that time, whatever the traffic.
pub const REPLACE_INTERVAL: Duration = Duration::from_secs(10);

type Outcome = Result<BearerToken, TokenSourceError>;

/// What every handle of a source shares. The lock is held for a few instructions, never over a wait.
#[derive(Debug)]
pub(super) struct Desk {
    requester: Requester,
    clock: Arc<dyn Clock>,
    current: ArcSwapOption<BearerToken>,
    state: Mutex<State>,
    jitter: RandomState,
}

#[derive(Debug, Default)]
struct State {
    flight: Option<Flight>,
    /// Before this no request is sent.
    not_before: Duration,
    failures: u32,
    problem: Option<TokenSourceError>,
    /// When a token was last asked for because one was refused.
    replaced: Option<Duration>,
}

/// A request for a token that is under way, for everybody who waits for it.
#[derive(Debug, Clone)]
struct Flight(watch::Receiver<Option<Outcome>>);

/// What a caller without a token does next.
enum Next {
    Use(BearerToken),
    Join(Flight),
}

impl Desk {
    pub(super) fn new(requester: Requester, clock: Arc<dyn Clock>) -> Self {
        Self { requester, clock, current: ArcSwapOption::empty(), state: Mutex::default(), jitter: RandomState::new() }
    }

    /// The current token, renewed in the background when it is time; without one, the next.
    pub(super) async fn token(self: &Arc<Self>) -> Outcome {
        let now = self.clock.elapsed();
        match self.good_token(now) {
            Some(token) if !token.is_due(now) => Ok(token),
            Some(token) => {
                self.renew_ahead(now);
                Ok(token)
            }
            None => self.next(None).await,
        }
    }

    /// A token that is another one than `refused`.
    pub(super) async fn replace(self: &Arc<Self>, refused: &BearerToken) -> Outcome {
        self.next(Some(refused)).await
    }

    async fn next(self: &Arc<Self>, refused: Option<&BearerToken>) -> Outcome {
        match self.decide(refused)? {
            Next::Use(token) => Ok(token),
            Next::Join(flight) => tokio::select! {
                biased;
                outcome = flight.landed() => outcome,
                () = self.clock.sleep(WAIT_LIMIT) => Err(TokenSourceError::Timeout),
            },
        }
    }

    /// A token that came in the meantime, the request under way, or a new one if it may be sent.
    fn decide(self: &Arc<Self>, refused: Option<&BearerToken>) -> Result<Next, TokenSourceError> {
        let mut state = self.state();
        let now = self.clock.elapsed();
        if let Some(token) = self.good_token(now).filter(|token| !refused.is_some_and(|refused| refused.is(token))) {
            return Ok(Next::Use(token));
        }
        if let Some(flight) = state.under_way() {
            return Ok(Next::Join(flight));
        }
        state.admit(now)?;
        if refused.is_some() {
            state.admit_replacement(now)?;
        }
        Ok(Next::Join(self.take_off(&mut state)))
    }

    /// Asks for the next token while the current one serves on.
    fn renew_ahead(self: &Arc<Self>, now: Duration) {
        let mut state = self.state();
        let renewed = self.good_token(now).is_some_and(|token| !token.is_due(now));
        if !renewed && state.under_way().is_none() && now >= state.not_before {
            self.take_off(&mut state);
        }
    }

    /// Sends the request on a task of its own, which no caller can cut short.
    fn take_off(self: &Arc<Self>, state: &mut State) -> Flight {
        let (landing, flight) = watch::channel(None);
        let desk = Arc::clone(self);
        let pause = state.not_before.saturating_sub(self.clock.elapsed());
        let request = async move {
            if !pause.is_zero() {
                desk.clock.sleep(pause).await;
            }
            let outcome = desk.requester.request(desk.jitter.hash_one(desk.clock.elapsed())).await;
            desk.land(&outcome);
            landing.send_replace(Some(outcome));
        };
        tokio::spawn(request.in_current_span());
        let flight = Flight(flight);
        state.flight = Some(flight.clone());
        flight
    }

    fn land(&self, outcome: &Outcome) {
        let mut state = self.state();
        let now = self.clock.elapsed();
        match outcome {
            Ok(token) => {
                self.current.store(Some(Arc::new(token.clone())));
                state.succeeded(self.requester.provider(), if token.is_good(now) { now } else { now + PAUSE });
            }
            Err(error) => {
                let random = self.jitter.hash_one(state.failures);
                state.failed(self.requester.provider(), error, now, random);
            }
        }
    }

    fn good_token(&self, now: Duration) -> Option<BearerToken> {
        let current = self.current.load();
        current.as_deref().filter(|token| token.is_good(now)).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn under_way(&self) -> Option<Flight> {
        self.flight.clone().filter(Flight::is_under_way)
    }

    /// Lets a request be sent now or after a short pause.
    fn admit(&self, now: Duration) -> Result<(), TokenSourceError> {
        let left = self.not_before.saturating_sub(now);
        match &self.problem {
            Some(problem) if left > WAITED_PAUSE || (!left.is_zero() && !problem.is_retryable()) => {
                Err(TokenSourceError::Paused { retry_after: left, source: Box::new(problem.clone()) })
            }
            _ => Ok(()),
        }
    }

    fn admit_replacement(&mut self, now: Duration) -> Result<(), TokenSourceError> {
        if self.replaced.is_some_and(|last| now.saturating_sub(last) < REPLACE_INTERVAL) {
            return Err(TokenSourceError::JustReplaced);
        }
        self.replaced = Some(now);
        Ok(())
    }

    fn succeeded(&mut self, provider: &str, not_before: Duration) {
        journal::succeeded(provider, self.problem.is_some());
        self.not_before = not_before;
        self.failures = 0;
        self.problem = None;
    }

    fn failed(&mut self, provider: &str, error: &TokenSourceError, now: Duration, random: u64) {
        self.failures = self.failures.saturating_add(1);
        let pause = back_off(self.failures, random).max(error.retry_after().unwrap_or_default());
        journal::failed(provider, error, self.problem.is_some(), pause);
        self.not_before = now + pause;
        self.problem = Some(error.clone());
    }
}

impl Flight {
    /// Whether it has no outcome yet, and may still have one: its task lives.
    fn is_under_way(&self) -> bool {
        self.0.borrow().is_none() && self.0.has_changed().is_ok()
    }

    async fn landed(mut self) -> Outcome {
        match self.0.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            Ok(None) | Err(_) => Err(TokenSourceError::Interrupted),
        }
    }
}
