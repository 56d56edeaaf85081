//! With a renewal that only counts, and a clock that stands still.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Semaphore;

use crate::testing::ManualClock;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// What is left of every session.
const LIFETIME: Duration = Duration::from_secs(3600);

type Outcome = Result<u64, &'static str>;

/// A provider that counts the renewals, and answers when it is let.
struct Provider {
    renewals: Renewals<&'static str, Outcome>,
    clock: ManualClock,
    asked: AtomicU64,
    open: Semaphore,
}

impl Provider {
    fn new() -> Arc<Self> {
        let provider = Self::shut();
        provider.open.add_permits(Semaphore::MAX_PERMITS);
        provider
    }

    /// One that answers nobody before it is let.
    fn shut() -> Arc<Self> {
        let open = Semaphore::new(0);
        Arc::new(Self { renewals: Renewals::default(), clock: ManualClock::new(), asked: AtomicU64::new(0), open })
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// Asks to renew `version` of the session `name`, which has a refresh token of its own. The provider replaces it or not, or
    /// fails with a pause.
    async fn renew(
        self: &Arc<Self>,
        name: &'static str,
        version: u64,
        answer: Result<bool, Duration>,
    ) -> Result<Outcome, NoOutcome> {
        self.send(name, version, &format!("{name} {version}"), answer).await
    }

    /// The same with that refresh token.
    async fn send(
        self: &Arc<Self>,
        name: &'static str,
        version: u64,
        token: &str,
        answer: Result<bool, Duration>,
    ) -> Result<Outcome, NoOutcome> {
        let token = Fingerprint::of(&Secret::from(token));
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let provider = Arc::clone(self);
        let work = async move || {
            let asked = provider.asked.fetch_add(1, Ordering::SeqCst) + 1;
            provider.open.acquire().await.unwrap().forget();
            match answer {
                Ok(replaced) => (Ok(asked), Keep::Renewed { version: version + 1, replaced, lifetime: LIFETIME }),
                Err(pause) => (Err("down"), Keep::For(pause)),
            }
        };
        self.renewals.join(Ticket { session: name, version, token }, &clock, work).await
    }

    /// What a request has missed that carries `version` of the session `name`, with that refresh token.
    fn missed(&self, name: &'static str, version: u64, token: &str) -> Option<Outcome> {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let token = Fingerprint::of(&Secret::from(token));
        self.renewals.missed(&Ticket { session: name, version, token }, &clock)
    }

    fn under_way(&self) -> usize {
        lock(&self.renewals.0).under_way.len()
    }

    fn kept(&self) -> usize {
        lock(&self.renewals.0).kept.len()
    }
}

const ROTATED: Result<bool, Duration> = Ok(true);
const UNCHANGED: Result<bool, Duration> = Ok(false);
const DOWN: Result<bool, Duration> = Err(Duration::from_secs(30));

async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_requests_spend_one_refresh_token() {
    let provider = Provider::shut();
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let provider = Arc::clone(&provider);
            tokio::spawn(async move { provider.renew("a", 1, ROTATED).await })
        })
        .collect();
    while provider.asked() == 0 {
        tokio::task::yield_now().await;
    }
    provider.open.add_permits(50);
    for request in requests {
        assert_eq!(request.await.unwrap(), Ok(Ok(1)));
    }
    assert_eq!((provider.asked(), provider.under_way()), (1, 0));
}

#[tokio::test]
async fn sessions_do_not_wait_for_each_other() {
    let provider = Provider::shut();
    let request = |name| {
        let provider = Arc::clone(&provider);
        tokio::spawn(async move { provider.renew(name, 1, ROTATED).await })
    };
    let (one, other) = (request("a"), request("b"));
    settle().await;
    assert_eq!((provider.asked(), provider.under_way()), (2, 2));
    provider.open.add_permits(2);
    assert_eq!((one.await.unwrap(), other.await.unwrap()), (Ok(Ok(1)), Ok(Ok(2))));
}

/// NXT#498 and its kin: the answer with the new cookie got lost, and the old token is spent.
#[tokio::test]
async fn who_comes_late_with_the_old_cookie_gets_the_same_until_the_session_ends() {
    let provider = Provider::new();
    assert_eq!(provider.renew("a", 1, ROTATED).await, Ok(Ok(1)));
    provider.clock.advance(LIFETIME - Duration::from_nanos(1));
    assert_eq!(provider.missed("a", 1, "a 1"), Some(Ok(1)));
    assert_eq!(provider.renew("a", 1, ROTATED).await, Ok(Ok(1)));
    provider.clock.advance(Duration::from_nanos(1));
    assert_eq!(provider.missed("a", 1, "a 1"), None);
    assert_eq!(provider.renew("a", 1, ROTATED).await, Err(NoOutcome::Spent));
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn once_the_new_cookie_has_arrived_the_old_one_has_a_minute_left() {
    let provider = Provider::new();
    assert_eq!(provider.renew("a", 1, ROTATED).await, Ok(Ok(1)));
    provider.clock.advance(SECOND * 1000);
    assert_eq!(provider.missed("a", 2, "a 1"), Some(Ok(1)), "a copy with the old token has not got it");
    assert_eq!(provider.missed("a", 2, "a 2"), None);
    provider.clock.advance(GRACE - Duration::from_nanos(1));
    assert_eq!(provider.missed("a", 2, "a 2"), None);
    assert_eq!(provider.missed("a", 1, "a 1"), Some(Ok(1)));
    provider.clock.advance(Duration::from_nanos(1));
    assert_eq!(provider.missed("a", 1, "a 1"), None, "it is not put off by each request");
    assert_eq!(provider.renew("a", 1, ROTATED).await, Err(NoOutcome::Spent));
    assert_eq!(provider.asked(), 1);
}

/// The provider's limits are for all sessions together.
#[tokio::test]
async fn a_session_is_not_renewed_again_and_again() {
    let provider = Provider::new();
    assert_eq!(provider.renew("a", 1, ROTATED).await, Ok(Ok(1)));
    provider.clock.advance(INTERVAL - Duration::from_nanos(1));
    assert_eq!(provider.renew("a", 2, ROTATED).await, Ok(Ok(1)));
    assert_eq!(provider.missed("a", 2, "a 2"), None, "who does not ask for a renewal has nothing to get");
    assert_eq!(provider.renew("b", 1, ROTATED).await, Ok(Ok(2)));
    provider.clock.advance(Duration::from_nanos(1));
    assert_eq!(provider.renew("a", 2, ROTATED).await, Ok(Ok(3)));
}

#[tokio::test]
async fn a_renewal_is_known_while_it_is_under_way_and_while_its_outcome_is_kept() {
    let provider = Provider::shut();
    assert!(!provider.renewals.concern(&"a"));
    let request = tokio::spawn({
        let provider = Arc::clone(&provider);
        async move { provider.renew("a", 1, ROTATED).await }
    });
    settle().await;
    assert!(provider.renewals.concern(&"a") && provider.renewals.is_under_way(&"a"));
    provider.open.add_permits(1);
    request.await.unwrap().unwrap().unwrap();
    assert!(provider.renewals.concern(&"a") && !provider.renewals.is_under_way(&"a"));
    assert!(!provider.renewals.concern(&"b"));
}

#[tokio::test]
async fn a_cookie_from_two_renewals_ago_gets_the_newest() {
    let provider = Provider::new();
    provider.renew("a", 1, ROTATED).await.unwrap().unwrap();
    provider.clock.advance(INTERVAL);
    assert_eq!(provider.renew("a", 2, ROTATED).await, Ok(Ok(2)));
    assert_eq!(provider.renew("a", 1, ROTATED).await, Ok(Ok(2)));
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn a_copy_with_a_newer_version_and_the_old_token_gets_the_same() {
    let provider = Provider::new();
    assert_eq!(provider.send("a", 1, "t1", ROTATED).await, Ok(Ok(1)));
    assert_eq!(provider.send("a", 2, "t1", ROTATED).await, Ok(Ok(1)));
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn after_the_grace_a_replaced_token_is_not_sent_again() {
    let provider = Provider::new();
    provider.renew("a", 1, ROTATED).await.unwrap().unwrap();
    assert_eq!(provider.missed("a", 2, "a 2"), None);
    provider.clock.advance(GRACE);
    assert_eq!(provider.renew("a", 1, ROTATED).await, Err(NoOutcome::Spent));
    assert_eq!(provider.renew("a", 2, ROTATED).await, Ok(Ok(2)));
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn a_token_that_does_not_rotate_serves_again() {
    let provider = Provider::new();
    provider.send("a", 1, "t", UNCHANGED).await.unwrap().unwrap();
    provider.clock.advance(INTERVAL);
    assert_eq!(provider.send("a", 2, "t", UNCHANGED).await, Ok(Ok(2)));
    assert_eq!(provider.missed("a", 3, "t"), None);
    provider.clock.advance(GRACE);
    assert_eq!(provider.send("a", 1, "t", UNCHANGED).await, Ok(Ok(3)));
}

#[tokio::test]
async fn after_a_failure_there_is_a_pause_for_that_session_alone() {
    let provider = Provider::new();
    assert_eq!(provider.renew("a", 1, DOWN).await, Ok(Err("down")));
    provider.clock.advance(SECOND * 30 - Duration::from_nanos(1));
    assert_eq!(provider.renew("a", 1, ROTATED).await, Ok(Err("down")));
    assert_eq!(provider.renew("b", 1, ROTATED).await, Ok(Ok(2)));
    provider.clock.advance(Duration::from_nanos(1));
    assert_eq!(provider.renew("a", 1, ROTATED).await, Ok(Ok(3)));
}

#[tokio::test]
async fn a_browser_that_goes_away_does_not_stop_the_renewal() {
    let provider = Provider::shut();
    let request = tokio::spawn({
        let provider = Arc::clone(&provider);
        async move { provider.renew("a", 1, ROTATED).await }
    });
    settle().await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    assert_eq!((provider.asked(), provider.under_way()), (1, 1));
    provider.open.add_permits(1);
    assert_eq!(provider.renew("a", 1, ROTATED).await, Ok(Ok(1)));
    assert_eq!((provider.asked(), provider.under_way()), (1, 0));
}

#[tokio::test]
async fn a_renewal_that_breaks_off_leaves_nothing_behind() {
    let provider = Provider::new();
    let clock: Arc<dyn Clock> = Arc::new(provider.clock.clone());
    let ticket = Ticket { session: "a", version: 1, token: Fingerprint::of(&Secret::from("t")) };
    let outcome = provider.renewals.join(ticket, &clock, async || panic!("a bug")).await;
    assert_eq!(outcome, Err(NoOutcome::Interrupted));
    assert_eq!((provider.under_way(), provider.kept()), (0, 0));
    assert_eq!(provider.send("a", 1, "t", ROTATED).await, Ok(Ok(1)));
}

#[tokio::test]
async fn an_outcome_for_nobody_is_not_kept() {
    let provider = Provider::new();
    let clock: Arc<dyn Clock> = Arc::new(provider.clock.clone());
    let ticket = Ticket { session: "a", version: 1, token: Fingerprint::of(&Secret::from("t")) };
    let outcome = provider.renewals.join(ticket, &clock, async || (Err("the store failed"), Keep::Nothing)).await;
    assert_eq!(outcome, Ok(Err("the store failed")));
    assert_eq!(provider.send("a", 1, "t", ROTATED).await, Ok(Ok(1)));
}

/// RFC 9700 section 4.14.2: a second use of a replaced token ends the whole grant.
#[tokio::test]
async fn a_token_whose_replacement_is_lost_is_not_sent_again() {
    let provider = Provider::new();
    let clock: Arc<dyn Clock> = Arc::new(provider.clock.clone());
    let ticket = Ticket { session: "a", version: 1, token: Fingerprint::of(&Secret::from("t")) };
    let outcome = provider.renewals.join(ticket, &clock, async || (Err("the store failed"), Keep::Lost)).await;
    assert_eq!(outcome, Ok(Err("the store failed")));
    assert_eq!(provider.send("a", 1, "t", ROTATED).await, Err(NoOutcome::Spent));
    assert_eq!(provider.asked(), 0);
}

#[test]
fn what_is_kept_is_bounded_in_number_and_time() {
    let token = |number: usize| Fingerprint::of(&Secret::new(number.to_string()));
    let mut state: State<usize, ()> =
        State { under_way: HashMap::new(), kept: HashMap::new(), spent: SpentTokens::default() };
    let renewed = Keep::Renewed { version: 2, replaced: true, lifetime: GRACE };
    let most = MAX_KEPT + 2;
    for number in 0..most {
        let now = Duration::from_millis(u64::try_from(number).unwrap());
        state.keep(&Ticket { session: number, version: 1, token: token(number) }, (), renewed, now);
    }
    assert_eq!(state.kept.len(), MAX_KEPT);
    assert!(!state.kept.contains_key(&0) && !state.kept.contains_key(&1) && state.kept.contains_key(&2));
    state.keep(&Ticket { session: most, version: 1, token: token(most) }, (), renewed, SECOND * 120);
    assert_eq!(state.kept.len(), 1);
    for number in most..MAX_SPENT + 10 {
        state.spent.insert(token(number));
    }
    assert_eq!((state.spent.known.len(), state.spent.by_age.len()), (MAX_SPENT, MAX_SPENT));
    assert!(!state.spent.known.contains(&token(0)) && state.spent.known.contains(&token(MAX_SPENT + 9)));
}

#[test]
fn tokens_are_told_apart_and_not_shown() {
    let fingerprint = |token: &str| Fingerprint::of(&Secret::from(token));
    assert!(fingerprint("hunter2") == fingerprint("hunter2") && fingerprint("hunter2") != fingerprint("hunter3"));
    let renewals: Renewals<&str, &str> = Renewals::default();
    assert_eq!(format!("{renewals:?}"), "Renewals { under_way: 0, kept: 0, .. }");
}
