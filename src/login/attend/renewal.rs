//! The renewal of a session: new tokens for a refresh token (OpenID Connect Core 1.0 section 12).

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use tracing::Instrument as _;

use crate::{
    metrics,
    provider::{Causes, Grant, TokenEndpointError, TokenResponse},
    session::{Found, Session, SessionError, SessionId, SetCookies},
    types::Secret,
};

use crate::login::{Login, ended::Cause, span::step};

use super::renewals::{Fingerprint, GRACE, INTERVAL, Keep, NoOutcome, Ticket};

/// Shortest time between two attempts to renew a session whose provider could not be asked.
const PAUSE: Duration = Duration::from_secs(30);

/// What came of a renewal, for everybody who waited for it.
#[derive(Debug, Clone)]
pub(in crate::login) enum Renewal {
    /// The session with new tokens, and what the answer must say.
    Renewed { session: Box<Session>, cookies: SetCookies },
    /// The session has ended, or the cookie is an old copy of it.
    Ended,
    /// The provider could not be asked, or has nothing to say of the person. The session goes on as it is.
    Failed(Arc<TokenEndpointError>),
    /// It is not done yet: another replica is at it, or it takes longer than a request waits. The session goes on as it is.
    UnderWay,
    /// The session could not be stored, or not be ended.
    NotKept(SessionError),
    /// The session could not be stored, and its new refresh token is lost with that. The old one is spent.
    Lost(SessionError),
    /// The runtime is shutting down.
    Interrupted,
}

impl Login {
    /// `session` with new tokens for `refresh_token`, which it carries. All requests that want the same share one renewal.
    pub(in crate::login) async fn renewed(
        self: &Arc<Self>,
        session: &Session,
        refresh_token: &Secret,
        headers: &HeaderMap,
    ) -> Renewal {
        let ticket = ticket(session, refresh_token);
        let token = ticket.token;
        let outcome = self.renewals.join(ticket, &self.clock, || {
            let (login, session, headers) = (Arc::clone(self), session.clone(), headers.clone());
            let refresh_token = refresh_token.clone();
            let span = step("renewal", &self.provider_name);
            let renewal = async move {
                let renewal = login.renew(session, refresh_token, &headers).await;
                if let Some(outcome) = renewal.outcome() {
                    metrics::session_refreshed(&login.provider_name, outcome);
                }
                let keep = renewal.keep(token, login.now());
                (renewal, keep)
            };
            renewal.instrument(span)
        });
        let renewal = outcome.await.unwrap_or_else(|reason| match reason {
            NoOutcome::Spent => Renewal::Ended,
            NoOutcome::Interrupted => Renewal::Interrupted,
        });
        self.of_this_moment(renewal)
    }

    /// The renewal that a request with this session has missed, though it is not one that it would ask for.
    pub(in crate::login) fn missed_renewal(&self, session: &Session) -> Option<Renewal> {
        let refresh_token = session.tokens().refresh_token.as_ref()?;
        let missed = self.renewals.missed(&ticket(session, refresh_token), &self.clock)?;
        Some(self.of_this_moment(missed))
    }

    /// An outcome that was kept for a while: what it renewed may be over by now.
    fn of_this_moment(&self, renewal: Renewal) -> Renewal {
        match renewal {
            Renewal::Renewed { session, .. } if self.sessions.is_over(&session) => Renewal::Ended,
            renewal => renewal,
        }
    }

    async fn renew(self: &Arc<Self>, session: Session, refresh_token: Secret, headers: &HeaderMap) -> Renewal {
        let lease = match self.lease_or_outcome(&session).await {
            Ok(lease) => lease,
            Err(settled) => return settled,
        };
        let renewal = match self.unless_renewed(&session).await {
            Ok(current) => self.renew_alone(current, refresh_token, headers).await,
            Err(settled) => settled,
        };
        self.give_back(lease).await;
        renewal
    }

    /// Nobody else renews the session at this time.
    async fn renew_alone(self: &Arc<Self>, session: Session, refresh_token: Secret, headers: &HeaderMap) -> Renewal {
        let provider = self.provider_name.as_str();
        match self.client.token(&Grant::RefreshToken { refresh_token }).await {
            Ok(response) => self.keep_tokens(session, response, headers).await,
            Err(error) if error.is_about_the_person() => {
                tracing::info!(provider, error = %Causes(&error), "the provider does not renew a session");
                self.end_unless_renewed(&session).await
            }
            Err(error) if error.is_retryable() => {
                tracing::debug!(provider, error = %Causes(&error), "the provider could not be asked to renew a session");
                Renewal::Failed(Arc::new(error))
            }
            Err(error) => {
                tracing::warn!(provider, error = %Causes(&error), "the provider's answer renews no session");
                Renewal::Failed(Arc::new(error))
            }
        }
    }

    /// Another replica may have been faster with the same refresh token, and have stored the next.
    async fn end_unless_renewed(&self, session: &Session) -> Renewal {
        match self.sessions.load(session.id()).await {
            Ok(Found::Live(current)) if !have_one_refresh_token(&current, session) => Renewal::by_another(current),
            Ok(_) => self.end(session, Cause::RenewalRefused).await,
            Err(error) => Renewal::NotKept(error),
        }
    }

    pub(in crate::login) async fn end(&self, session: &Session, cause: Cause) -> Renewal {
        match self.sessions.end(session).await {
            Ok(()) => {
                self.count_end(cause);
                Renewal::Ended
            }
            Err(error) => Renewal::NotKept(error),
        }
    }
}

impl Renewal {
    /// A session of the store that another request has renewed: the browser has its name already.
    pub(in crate::login) fn by_another(session: Box<Session>) -> Self {
        Self::Renewed { session, cookies: SetCookies::default() }
    }

    /// The new tokens of `response` could not be put into `session`.
    pub(in crate::login) fn not_kept(error: SessionError, session: &Session, response: &TokenResponse) -> Self {
        let old = session.tokens().refresh_token.as_ref().map(Fingerprint::of);
        let replaced = response.refresh_token.as_ref().is_some_and(|new| Some(Fingerprint::of(new)) != old);
        if replaced { Self::Lost(error) } else { Self::NotKept(error) }
    }

    /// What came of it in one word, for metrics to count by. What was interrupted has left nobody to count it.
    fn outcome(&self) -> Option<&'static str> {
        Some(match self {
            Self::Renewed { .. } => "renewed",
            Self::Ended => "ended",
            Self::Failed(_) => "failed",
            Self::UnderWay => "under_way",
            Self::NotKept(_) => "not_kept",
            Self::Lost(_) => "lost",
            Self::Interrupted => return None,
        })
    }

    /// At `now`, in seconds since 1970.
    fn keep(&self, sent: Fingerprint, now: u64) -> Keep {
        match self {
            Self::Renewed { session, .. } => {
                let replaced = session.tokens().refresh_token.as_ref().map(Fingerprint::of) != Some(sent);
                let lifetime = Duration::from_secs(session.expires_at().saturating_sub(now));
                Keep::Renewed { version: session.version(), replaced, lifetime }
            }
            Self::Ended => Keep::For(GRACE),
            Self::Failed(error) => Keep::For(pause_after(error)),
            Self::UnderWay => Keep::For(INTERVAL),
            Self::Lost(_) => Keep::Lost,
            Self::NotKept(_) | Self::Interrupted => Keep::Nothing,
        }
    }
}

/// For how long a session is not tried to be renewed again after that failure, whoever asks.
pub(in crate::login) fn pause_after(error: &TokenEndpointError) -> Duration {
    error.retry_after().unwrap_or_default().max(PAUSE)
}

fn ticket(session: &Session, refresh_token: &Secret) -> Ticket<SessionId> {
    let token = Fingerprint::of(refresh_token);
    Ticket { session: session.id().clone(), version: session.version(), token }
}

/// Whether two copies of a session would send the same refresh token.
pub(in crate::login) fn have_one_refresh_token(one: &Session, other: &Session) -> bool {
    let token = |session: &Session| session.tokens().refresh_token.as_ref().map(Fingerprint::of);
    token(one) == token(other)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn keep(renewal: &Renewal) -> Keep {
        renewal.keep(Fingerprint::of(&Secret::from("sent")), 0)
    }

    #[test]
    fn after_a_failure_the_provider_is_left_alone_for_as_long_as_it_wants() {
        let limited = |seconds| TokenEndpointError::RateLimited { retry_after: Duration::from_secs(seconds) };
        let failed = |error| keep(&Renewal::Failed(Arc::new(error)));
        assert_eq!(failed(TokenEndpointError::Status { status: StatusCode::BAD_GATEWAY }), Keep::For(PAUSE));
        assert_eq!(failed(limited(1)), Keep::For(PAUSE));
        assert_eq!(failed(limited(300)), Keep::For(Duration::from_secs(300)));
    }

    #[test]
    fn an_end_answers_late_requests_and_a_failure_of_the_store_nobody() {
        assert_eq!(keep(&Renewal::Ended), Keep::For(GRACE));
        assert_eq!(keep(&Renewal::NotKept(SessionError::Conflict)), Keep::Nothing);
        assert_eq!(keep(&Renewal::Lost(SessionError::Conflict)), Keep::Lost);
        assert_eq!(keep(&Renewal::Interrupted), Keep::Nothing);
    }
}
