//! Renewals of sessions in a store that fails, or that another replica writes to at the same time.

use std::sync::Mutex;

use crate::{
    session::{LoadedSession, MemoryStore, Named, SessionError, SessionTokens, StoredSession},
    types::{BoxError, BoxFuture, Issuer},
};

use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Load,
    Replace,
    Delete,
    Lease,
}

#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// The call fails.
    Fails,
    /// The store says no: there is another version, or the lease is with another replica.
    SaysNo,
}

/// A store in memory that can be made to have trouble.
#[derive(Debug)]
struct Troubled {
    store: MemoryStore,
    /// In which calls, and how many of them go well before.
    troubles: Mutex<Vec<(Call, usize, Trouble)>>,
}

impl Troubled {
    fn new(clock: &ManualClock) -> Arc<Self> {
        Arc::new(Self { store: MemoryStore::new(Arc::new(clock.clone())), troubles: Mutex::default() })
    }

    /// After so many calls that go well, each one of that kind has that trouble.
    fn troubles(&self, call: Call, after: usize, trouble: Trouble) {
        self.troubles.lock().unwrap().push((call, after, trouble));
    }

    fn heal(&self) {
        self.troubles.lock().unwrap().clear();
    }

    /// What the store answers in place of what it should.
    fn meets(&self, call: Call) -> Option<Result<bool, BoxError>> {
        let mut troubles = self.troubles.lock().unwrap();
        let (_, after, trouble) = troubles.iter_mut().find(|(of, ..)| *of == call)?;
        if *after > 0 {
            *after -= 1;
            return None;
        }
        Some(match trouble {
            Trouble::Fails => Err("the disk is full".into()),
            Trouble::SaysNo => Ok(false),
        })
    }
}

impl SessionStore for Troubled {
    fn create(&self, session: StoredSession, most: Option<u32>) -> BoxFuture<'_, Result<usize, BoxError>> {
        self.store.create(session, most)
    }

    fn load(&self, key: [u8; 32]) -> BoxFuture<'_, Result<Option<LoadedSession>, BoxError>> {
        match self.meets(Call::Load) {
            Some(answer) => Box::pin(async { answer.map(|_| None) }),
            None => self.store.load(key),
        }
    }

    fn replace(&self, version: u64, session: StoredSession) -> BoxFuture<'_, Result<bool, BoxError>> {
        match self.meets(Call::Replace) {
            Some(answer) => Box::pin(async { answer }),
            None => self.store.replace(version, session),
        }
    }

    fn delete(&self, key: [u8; 32]) -> BoxFuture<'_, Result<(), BoxError>> {
        match self.meets(Call::Delete) {
            Some(answer) => Box::pin(async { answer.map(drop) }),
            None => self.store.delete(key),
        }
    }

    fn delete_all<'a>(&'a self, issuer: &'a Issuer, named: Named<'a>) -> BoxFuture<'a, Result<usize, BoxError>> {
        self.store.delete_all(issuer, named)
    }

    fn lease(&self, key: [u8; 32], holder: [u8; 16], ttl: Duration) -> BoxFuture<'_, Result<bool, BoxError>> {
        match self.meets(Call::Lease) {
            Some(answer) => Box::pin(async { answer }),
            None => self.store.lease(key, holder, ttl),
        }
    }

    fn release(&self, key: [u8; 32], holder: [u8; 16]) -> BoxFuture<'_, Result<(), BoxError>> {
        self.store.release(key, holder)
    }
}

async fn stand() -> (Stand, Arc<Troubled>) {
    let clock = ManualClock::new();
    let store = Troubled::new(&clock);
    (Stand::on(clock, |config| config.session_store("memory"), Some(store.clone())).await, store)
}

impl Stand {
    async fn stored(&self, cookies: &HeaderMap) -> Box<Session> {
        self.login.live(self.login.sessions().find(cookies)).await.unwrap().unwrap()
    }

    /// While the provider is asked, another replica puts these tokens into the session. Then `more` happens.
    async fn renewed_elsewhere(
        &self,
        browser: &HeaderMap,
        refresh_token: &str,
        more: impl Fn() + Send + Sync + 'static,
    ) {
        let (login, session, headers) = (Arc::clone(&self.login), self.stored(browser).await, browser.clone());
        let refresh_token = match refresh_token {
            "the same" => session.tokens().refresh_token.clone(),
            another => Some(Secret::from(another)),
        };
        let renew_at = session.tokens().renew_at.map(|at| at + DUE);
        let tokens = SessionTokens { refresh_token, renew_at, ..session.tokens().clone() };
        self.renew_with(move |token| {
            let renewal = login.sessions().renew(&session, None, None, tokens.clone(), &headers);
            let _session = renewal.now_or_never().expect("memory does not wait").unwrap();
            more();
            token
        });
    }
}

fn refresh_token(attended: &Attended) -> &str {
    attended.session.as_ref().unwrap().tokens().refresh_token.as_ref().unwrap().expose()
}

fn is_of_the_store(error: &LoginError) -> bool {
    matches!(error, LoginError::Session(SessionError::Store(_)))
}

/// RFC 9700 section 4.14.2: a second use of a replaced token looks like a theft, and ends everything that the grant gave.
#[tokio::test]
async fn a_refresh_token_whose_replacement_could_not_be_stored_is_not_sent_again() {
    for rotates in [true, false] {
        let (stand, store) = stand().await;
        stand.provider.rotate_refresh_tokens(rotates);
        let browser = stand.due().await;
        store.troubles(Call::Replace, 0, Trouble::Fails);
        let failed = stand.visit(&browser).await;
        assert!(is_of_the_store(&failed.unwrap_err()));
        store.heal();
        let attended = stand.visit(&browser).await.unwrap();
        assert_eq!((attended.session.is_some(), stand.asked()), if rotates { (false, 2) } else { (true, 3) });
    }
}

#[tokio::test]
async fn a_refresh_that_cannot_be_stored_is_a_failure_of_the_store() {
    let (stand, store) = stand().await;
    let browser = stand.signed_in().await;
    store.troubles(Call::Replace, 0, Trouble::Fails);
    let response = stand.eventually(stand.refresh(&browser)).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(is_of_the_store(response.extensions().get().unwrap()));
}

/// It is changed faster than we write.
#[tokio::test]
async fn new_tokens_for_which_there_is_never_the_right_version_are_lost() {
    let (stand, store) = stand().await;
    let browser = stand.due().await;
    store.troubles(Call::Replace, 0, Trouble::SaysNo);
    let failed = stand.visit(&browser).await;
    assert!(matches!(failed, Err(LoginError::Session(SessionError::Conflict))), "{failed:?}");
    store.heal();
    assert!(stand.visit(&browser).await.unwrap().session.is_none());
    assert_eq!(stand.asked(), 2, "the old refresh token is not sent again");
}

#[tokio::test]
async fn of_two_renewals_with_tokens_that_stay_good_the_later_is_kept() {
    let (stand, _) = stand().await;
    stand.provider.rotate_refresh_tokens(false);
    let browser = stand.due().await;
    stand.renewed_elsewhere(&browser, "the same", || ()).await;
    let attended = stand.visit(&browser).await.unwrap();
    assert_eq!(attended.session.unwrap().renewals(), 2, "on top of the other");
    assert_eq!(stand.stored(&browser).await.renewals(), 2);
}

#[tokio::test]
async fn another_refresh_token_that_is_stored_by_now_is_not_overwritten() {
    let (stand, _) = stand().await;
    let browser = stand.due().await;
    stand.renewed_elsewhere(&browser, "newer", || ()).await;
    let attended = stand.visit(&browser).await.unwrap();
    assert_eq!(refresh_token(&attended), "newer");
    assert_eq!(stand.stored(&browser).await.tokens().refresh_token.as_ref().unwrap().expose(), "newer");
    assert_eq!(stand.provider.requests(Endpoint::Revoke), 0);
}

#[tokio::test]
async fn a_store_that_fails_after_another_renewal_leaves_what_that_stored_and_loses_the_new_tokens() {
    let (stand, store) = stand().await;
    let browser = stand.due().await;
    let broken = Arc::clone(&store);
    stand.renewed_elsewhere(&browser, "the same", move || broken.troubles(Call::Load, 1, Trouble::Fails)).await;
    assert!(is_of_the_store(&stand.visit(&browser).await.unwrap_err()));
    store.heal();
    assert_eq!(stand.visit(&browser).await.unwrap().session.unwrap().renewals(), 1);
    stand.pass(DUE);
    assert!(stand.visit(&browser).await.unwrap().session.is_none());
    assert_eq!(stand.asked(), 2, "the refresh token that the other has stored is spent");
}

/// A failure of the store is no word of the provider's: the session goes on when the store does.
#[tokio::test]
async fn a_refused_renewal_ends_no_session_that_cannot_be_looked_at_or_deleted() {
    for (call, after) in [(Call::Load, 2), (Call::Delete, 0)] {
        let (stand, store) = stand().await;
        let browser = stand.due().await;
        stand.provider.revoke_grants("jane");
        store.troubles(call, after, Trouble::Fails);
        assert!(is_of_the_store(&stand.visit(&browser).await.unwrap_err()), "{call:?}");
        assert_eq!(stand.asked(), 2, "{call:?}");
        store.heal();
        stand.stored(&browser).await;
        let attended = stand.visit(&browser).await.unwrap();
        assert!(attended.session.is_none() && is_removal(&lines(attended.cookies)), "{call:?}");
        assert_eq!(stand.asked(), 3, "{call:?}");
    }
}

#[tokio::test]
async fn who_waits_for_another_replica_hears_of_a_logout_and_of_a_failure() {
    let (stand, store) = stand().await;
    let browser = stand.due().await;
    store.troubles(Call::Lease, 0, Trouble::SaysNo);
    store.troubles(Call::Load, 1, Trouble::Fails);
    assert!(is_of_the_store(&stand.visit(&browser).await.unwrap_err()));
    store.heal();

    store.troubles(Call::Lease, 0, Trouble::SaysNo);
    store.troubles(Call::Load, 1, Trouble::SaysNo);
    let attended = stand.visit(&browser).await.unwrap();
    assert!(attended.session.is_none() && is_removal(&lines(attended.cookies)));
    assert_eq!(stand.asked(), 1);
}
