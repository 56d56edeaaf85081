//! One renewal at a time for each session, and the same outcome for everybody who carries the same refresh token.
//!
//! A refresh token that rotates is good for one use, and a second use ends the whole grant (RFC 9700 section 4.14.2). So
//!
//! 1. a renewal runs on a task of its own, which a browser that goes away does not stop;
//! 2. whoever wants the same session renewed meanwhile waits for that task;
//! 3. whoever comes late, with a cookie from before the renewal, gets its outcome: the answer with the new cookie may never have
//!    arrived. Once somebody has come with the new cookie, it goes on for as long as [`GRACE`];
//! 4. whoever comes later still with a refresh token that was replaced is not served: [`NoOutcome::Spent`];
//! 5. after a success there is an [`INTERVAL`] before the next renewal, and after a failure a pause, for that session.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};
use tokio::sync::watch;

use crate::types::{Clock, Secret};

/// For how long requests with a cookie from before a renewal get the renewed session though the new cookie has arrived: those of
/// one page, sent side by side.
pub(in crate::login) const GRACE: Duration = Duration::from_secs(60);

/// Shortest time between two renewals of one session: somebody who asks for one in a loop does not use up the provider's limits.
pub(in crate::login) const INTERVAL: Duration = Duration::from_secs(5);

/// Most outcomes that are kept. A session has a few kilobytes; beyond this, the one that would be kept least longer goes.
const MAX_KEPT: usize = 4096;

/// Most replaced refresh tokens that are known by their hashes. Beyond this, the oldest is forgotten.
const MAX_SPENT: usize = 65_536;

/// The renewals under way, and what came of the latest. `K` names a session, `T` is an outcome.
pub(in crate::login) struct Renewals<K, T>(Arc<Mutex<State<K, T>>>);

/// What a request asks to renew.
#[derive(Clone)]
pub(in crate::login) struct Ticket<K> {
    /// The session.
    pub(in crate::login) session: K,
    /// Its version, as the request carries it.
    pub(in crate::login) version: u64,
    /// The refresh token that a renewal would send.
    pub(in crate::login) token: Fingerprint,
}

/// A refresh token that can be told from others and not be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::login) struct Fingerprint([u8; 32]);

/// Whom an outcome answers besides those who waited for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::login) enum Keep {
    /// Whoever carries an older version than this, or the refresh token that was sent if it was `replaced`; and everybody for as
    /// long as [`INTERVAL`].
    Renewed {
        /// The version of the session now.
        version: u64,
        /// Whether the provider gave another refresh token.
        replaced: bool,
        /// What is left of the session.
        lifetime: Duration,
    },
    /// Everybody, for that long.
    For(Duration),
    /// Nobody; and the refresh token that was sent was replaced by one that is lost: it is not sent again.
    Lost,
    /// Nobody.
    Nothing,
}

/// Why there is no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::login) enum NoOutcome {
    /// The refresh token was replaced: the cookie is an old copy, or the replacement is lost.
    Spent,
    /// The task did not come to its end: the runtime is shutting down.
    Interrupted,
}

/// A renewal under way, for everybody who waits for it.
type Flight<T> = watch::Receiver<Option<T>>;

struct State<K, T> {
    under_way: HashMap<K, Flight<T>>,
    kept: HashMap<K, Kept<T>>,
    spent: SpentTokens,
}

/// Times are the clock's [`elapsed`](Clock::elapsed).
struct Kept<T> {
    outcome: T,
    keep: Keep,
    since: Duration,
    until: Duration,
    /// Whether somebody has come with what was renewed.
    has_arrived: bool,
}

#[derive(Default)]
struct SpentTokens {
    known: HashSet<Fingerprint>,
    by_age: VecDeque<Fingerprint>,
}

/// What there is for a request without a renewal of its own.
enum Place<T> {
    Outcome(T),
    Flight(Flight<T>),
}

/// A renewal from its start to its end. Dropped before that, it leaves nothing behind.
struct Departure<K: Eq + Hash, T> {
    state: Arc<Mutex<State<K, T>>>,
    ticket: Ticket<K>,
    outcome: watch::Sender<Option<T>>,
}

impl<K, T> Renewals<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// The outcome of the renewal under way, or of one that has just ended, or else of `work`, which runs to its end whatever
    /// becomes of the caller.
    ///
    /// # Errors
    /// [`NoOutcome`].
    pub(in crate::login) async fn join<F>(
        &self,
        ticket: Ticket<K>,
        clock: &Arc<dyn Clock>,
        work: impl FnOnce() -> F,
    ) -> Result<T, NoOutcome>
    where
        F: Future<Output = (T, Keep)> + Send + 'static,
    {
        let mut flight = match self.place(&ticket, clock, work)? {
            Place::Outcome(outcome) => return Ok(outcome),
            Place::Flight(flight) => flight,
        };
        match flight.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => Ok(outcome.clone()),
            Ok(None) | Err(_) => Err(NoOutcome::Interrupted),
        }
    }

    /// The outcome that whoever sends this ticket has missed: it was sent with what was there before. Who sends what was renewed
    /// shows that it has arrived.
    pub(in crate::login) fn missed(&self, ticket: &Ticket<K>, clock: &Arc<dyn Clock>) -> Option<T> {
        let now = clock.elapsed();
        let mut state = lock(&self.0);
        state.arrive(ticket, now);
        let spent = state.spent.known.contains(&ticket.token);
        let kept = state.kept.get(&ticket.session).filter(|kept| now < kept.until)?;
        kept.is_newer(ticket, spent).then(|| kept.outcome.clone())
    }

    /// Whether a renewal of that session is under way, or an outcome of one is kept.
    pub(in crate::login) fn concern(&self, session: &K) -> bool {
        let state = lock(&self.0);
        state.under_way.contains_key(session) || state.kept.contains_key(session)
    }

    pub(in crate::login) fn is_under_way(&self, session: &K) -> bool {
        lock(&self.0).under_way.contains_key(session)
    }

    fn place<F>(
        &self,
        ticket: &Ticket<K>,
        clock: &Arc<dyn Clock>,
        work: impl FnOnce() -> F,
    ) -> Result<Place<T>, NoOutcome>
    where
        F: Future<Output = (T, Keep)> + Send + 'static,
    {
        let mut state = lock(&self.0);
        if let Some(place) = state.place(ticket, clock.elapsed())? {
            return Ok(place);
        }
        let (outcome, flight) = watch::channel(None);
        state.under_way.insert(ticket.session.clone(), flight.clone());
        drop(state);
        let departure = Departure { state: Arc::clone(&self.0), ticket: ticket.clone(), outcome };
        let (clock, work) = (Arc::clone(clock), work());
        tokio::spawn(async move {
            let (outcome, keep) = work.await;
            departure.land(outcome, keep, clock.elapsed());
        });
        Ok(Place::Flight(flight))
    }
}

impl<K: Clone + Eq + Hash, T: Clone> State<K, T> {
    fn place(&mut self, ticket: &Ticket<K>, now: Duration) -> Result<Option<Place<T>>, NoOutcome> {
        self.arrive(ticket, now);
        if let Some(flight) = self.under_way.get(&ticket.session) {
            return Ok(Some(Place::Flight(flight.clone())));
        }
        let spent = self.spent.known.contains(&ticket.token);
        match self.kept.get(&ticket.session).filter(|kept| kept.answers(ticket, spent, now)) {
            Some(kept) => Ok(Some(Place::Outcome(kept.outcome.clone()))),
            None if spent => Err(NoOutcome::Spent),
            None => Ok(None),
        }
    }

    /// Notes that somebody has what was renewed, if this ticket shows it.
    fn arrive(&mut self, ticket: &Ticket<K>, now: Duration) {
        let spent = self.spent.known.contains(&ticket.token);
        if let Some(kept) = self.kept.get_mut(&ticket.session)
            && matches!(kept.keep, Keep::Renewed { .. })
            && !kept.has_arrived
            && !kept.is_newer(ticket, spent)
        {
            kept.has_arrived = true;
            kept.until = kept.until.min(now.saturating_add(GRACE));
        }
    }

    /// Keeps an outcome, and forgets those whose time is over.
    fn keep(&mut self, ticket: &Ticket<K>, outcome: T, keep: Keep, now: Duration) {
        self.kept.retain(|session, kept| *session != ticket.session && now < kept.until);
        if matches!(keep, Keep::Renewed { replaced: true, .. } | Keep::Lost) {
            self.spent.insert(ticket.token);
        }
        let Some(kept_for) = keep.lifetime() else { return };
        if self.kept.len() >= MAX_KEPT {
            self.forget_one();
        }
        let until = now.saturating_add(kept_for);
        self.kept.insert(ticket.session.clone(), Kept { outcome, keep, since: now, until, has_arrived: false });
    }

    fn forget_one(&mut self) {
        let first = self.kept.iter().min_by_key(|(_, kept)| kept.until).map(|(session, _)| session.clone());
        if let Some(session) = first {
            self.kept.remove(&session);
        }
    }
}

impl<T> Kept<T> {
    fn answers<K>(&self, ticket: &Ticket<K>, spent: bool, now: Duration) -> bool {
        let meant = match self.keep {
            Keep::Renewed { .. } => self.is_newer(ticket, spent) || now < self.since.saturating_add(INTERVAL),
            Keep::For(_) => true,
            Keep::Lost | Keep::Nothing => false,
        };
        meant && now < self.until
    }

    /// Whether it is a renewal of what the ticket was sent with.
    fn is_newer<K>(&self, ticket: &Ticket<K>, spent: bool) -> bool {
        matches!(self.keep, Keep::Renewed { version, .. } if spent || ticket.version < version)
    }
}

impl Keep {
    fn lifetime(self) -> Option<Duration> {
        match self {
            Self::Renewed { lifetime, .. } | Self::For(lifetime) => Some(lifetime),
            Self::Lost | Self::Nothing => None,
        }
    }
}

impl SpentTokens {
    fn insert(&mut self, token: Fingerprint) {
        if !self.known.insert(token) {
            return;
        }
        self.by_age.push_back(token);
        if self.by_age.len() > MAX_SPENT
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

impl<K: Clone + Eq + Hash, T: Clone> Departure<K, T> {
    /// Kept first and told then, so that nobody finds neither a flight nor an outcome.
    fn land(self, outcome: T, keep: Keep, now: Duration) {
        let mut state = lock(&self.state);
        state.under_way.remove(&self.ticket.session);
        state.keep(&self.ticket, outcome.clone(), keep, now);
        drop(state);
        self.outcome.send_replace(Some(outcome));
    }
}

/// After a landing there may be the next flight of that session under way.
impl<K: Eq + Hash, T> Drop for Departure<K, T> {
    fn drop(&mut self) {
        if self.outcome.borrow().is_none() {
            lock(&self.state).under_way.remove(&self.ticket.session);
        }
    }
}

impl Fingerprint {
    pub(in crate::login) fn of(token: &Secret) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.expose().as_bytes()).as_ref());
        Self(hash)
    }
}

fn lock<K, T>(state: &Mutex<State<K, T>>) -> MutexGuard<'_, State<K, T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same renewals.
impl<K, T> Clone for Renewals<K, T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, T> Default for Renewals<K, T> {
    fn default() -> Self {
        let state = State { under_way: HashMap::new(), kept: HashMap::new(), spent: SpentTokens::default() };
        Self(Arc::new(Mutex::new(state)))
    }
}

/// How many, and nothing of whose.
impl<K, T> fmt::Debug for Renewals<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.0);
        f.debug_struct("Renewals")
            .field("under_way", &state.under_way.len())
            .field("kept", &state.kept.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
