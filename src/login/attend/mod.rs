//! A session in use: found, renewed ahead of time, touched.

mod lease;
mod refresh;
mod renewal;
mod renewals;
mod renewed_tokens;

use std::{sync::Arc, time::Duration};

use http::HeaderMap;

use crate::{
    session::{Found, Session, SessionId, SessionTokens, SetCookies},
    types::Secret,
};

use super::{Login, LoginError, Visit, ended::Cause};

pub(super) use renewal::pause_after;

use renewal::Renewal;

/// Longest time that a request waits for its session to be renewed. After that it is served with the session as it is; the
/// renewal goes on, and a later request gets its outcome.
const RENEWAL_WAIT: Duration = Duration::from_secs(3);

/// The renewals under way, and those that have just ended.
pub(super) type Renewals = renewals::Renewals<SessionId, Renewal>;

/// What came of a session cookie.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attended {
    /// The live session. `None`: it has ended.
    pub session: Option<Box<Session>>,
    /// What the answer must say.
    pub cookies: SetCookies,
}

impl Login {
    /// Whether a live session needs [`attend`](Self::attend) before it is used. Most do not.
    #[must_use]
    pub fn needs_attention(&self, session: &Session) -> bool {
        due_token(session.tokens(), self.now()).is_some()
            || self.sessions.is_touch_due(session)
            || self.renewals.concern(session.id())
    }

    /// Loads, renews and touches a session as it needs. One renewal at a time for each session, in all replicas that share a store:
    /// who comes late gets the same.
    ///
    /// 1. Tokens are renewed ahead of time, when there is a refresh token.
    /// 2. A cookie from before a renewal gets what came of it, for the answer that brought it may be lost.
    /// 3. A provider that refuses ends the session.
    /// 4. A provider that cannot be asked, or takes longer than three seconds, leaves the session as it is, and so does another
    ///    replica that is at it.
    /// 5. The cookie of a session that has ended is removed where a person opens a page. Any other request may have been sent before
    ///    the login whose cookie has the same name, and be answered after it.
    ///
    /// # Errors
    /// - [`LoginError::Session`]: the store failed;
    /// - [`LoginError::RenewalUnderWay`]: the session has become stale while it waited for its renewal.
    pub async fn attend(
        self: Arc<Self>,
        found: Found,
        visit: Visit,
        headers: HeaderMap,
    ) -> Result<Attended, LoginError> {
        let is_page = visit == Visit::Navigation;
        let removal = || if is_page { self.sessions.removal(&headers) } else { SetCookies::default() };
        let over = || Attended { session: None, cookies: removal() };
        let session = match self.loaded(found).await? {
            Found::Live(session) => session,
            found => {
                if is_page {
                    self.count_void(&found);
                }
                return Ok(over());
            }
        };
        match self.renewed_if_due_or_missed(&session, &headers).await {
            Some(Renewal::Renewed { session, cookies }) => return Ok(Attended { session: Some(session), cookies }),
            Some(Renewal::Ended) => return Ok(over()),
            Some(Renewal::NotKept(error) | Renewal::Lost(error)) => return Err(error.into()),
            Some(Renewal::UnderWay) if self.sessions.is_stale(&session) => return Err(LoginError::RenewalUnderWay),
            Some(Renewal::UnderWay | Renewal::Failed(_) | Renewal::Interrupted) | None => {}
        }
        self.touched_if_due(session, &headers).await
    }

    /// The live session among what was found, loaded if it lives in the store.
    pub(super) async fn live(&self, found: Found) -> Result<Option<Box<Session>>, LoginError> {
        match self.loaded(found).await? {
            Found::Live(session) => Ok(Some(session)),
            Found::Nothing | Found::Void(_) | Found::Stored(_) => Ok(None),
        }
    }

    /// What was found, looked up if it is the name of a session in the store.
    pub(super) async fn loaded(&self, found: Found) -> Result<Found, LoginError> {
        Ok(match found {
            Found::Stored(id) => self.sessions.load(&id).await?,
            found => found,
        })
    }

    /// A session that has ended by itself is counted where its cookie is removed, and at the callback whose cookie takes its place:
    /// once, that is, and only if it comes back. An answer that waits for a push removes no cookie, and counts all the same.
    fn count_void(&self, found: &Found) {
        if let Found::Void(void) = found
            && let Some(cause) = Cause::of(*void)
        {
            self.count_end(cause);
        }
    }

    /// `None`: it is not time yet.
    async fn renewed_if_due_or_missed(self: &Arc<Self>, session: &Session, headers: &HeaderMap) -> Option<Renewal> {
        if let Some(missed) = self.missed_renewal(session) {
            return Some(missed);
        }
        let token = due_token(session.tokens(), self.now())?;
        tokio::select! {
            biased;
            renewal = self.renewed(session, token, headers) => Some(renewal),
            () = self.clock.sleep(RENEWAL_WAIT) => Some(Renewal::UnderWay),
        }
    }

    /// Notes that the session is in use, unless it is renewed at the same time: a cookie with the old tokens must not take the
    /// place of the one with the new.
    async fn touched_if_due(&self, session: Box<Session>, headers: &HeaderMap) -> Result<Attended, LoginError> {
        let is_outrun = || self.renewals.is_under_way(session.id()) || self.missed_renewal(&session).is_some();
        if !self.sessions.is_touch_due(&session) || is_outrun() {
            return Ok(Attended { session: Some(session), cookies: SetCookies::default() });
        }
        let (touched, cookies) = self.sessions.touch(&session, headers).await?;
        let cookies = if is_outrun() { SetCookies::default() } else { cookies };
        Ok(Attended { session: Some(Box::new(touched)), cookies })
    }
}

/// The refresh token, when it is time to use it.
fn due_token(tokens: &SessionTokens, now: u64) -> Option<&Secret> {
    tokens.refresh_token.as_ref().filter(|_| tokens.renew_at.is_some_and(|renew_at| renew_at <= now))
}

#[cfg(test)]
mod tests;
