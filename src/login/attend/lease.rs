//! One renewal at a time for each session of a store, among all replicas.
//!
//! 1. Who has the lease of a session renews it; first it looks whether another has just done that.
//! 2. Who does not have it looks every [`LOOK_INTERVAL`] at what the other has stored, for [`PEER_WAIT`] at most.
//! 3. The lease of a replica that died ends by itself after [`LEASE`]. A replica that is slower than that stores nothing any more once
//!    another has: it replaces the version that it has seen and no later one.

use std::time::Duration;

use crate::{
    provider::Causes,
    session::{Found, Lease, Session, Void},
};

use crate::login::Login;

use super::{RENEWAL_WAIT, renewal::Renewal};

/// Longest time that a replica has the right to renew a session: longer than a whole renewal, for a second one beside it would send
/// the same refresh token. Twice [`FETCH_LIMIT`](crate::provider::FETCH_LIMIT) for the token endpoint when the client secret was
/// changed (12 seconds), the wait for a new key of the provider (6), that for userinfo (1), and the attempts to store the tokens
/// with a store that takes two seconds for each call (18); the rest is for a machine that is slow. And shorter than the minute that
/// tokens are good for when they are due: they are renewed in time though a replica died over it.
const LEASE: Duration = Duration::from_secs(45);

/// Longest wait for another replica. No request waits for longer either.
const PEER_WAIT: Duration = RENEWAL_WAIT;

/// How often a replica that waits looks at what another has stored. A token endpoint takes a few of these.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

impl Login {
    /// The right to renew `session`. Without it, what came of the renewal elsewhere.
    pub(super) async fn lease_or_outcome(&self, session: &Session) -> Result<Lease, Renewal> {
        let since = self.clock.elapsed();
        loop {
            if let Some(lease) = self.sessions.lease(session, LEASE).await.map_err(Renewal::NotKept)? {
                return Ok(lease);
            }
            self.unless_renewed(session).await?;
            if self.clock.elapsed().saturating_sub(since) >= PEER_WAIT {
                return Err(Renewal::UnderWay);
            }
            self.clock.sleep(LOOK_INTERVAL).await;
        }
    }

    /// The session as it is now, if nobody has renewed or ended it meanwhile. One that has gone stale since it was found is renewed
    /// all the same.
    pub(super) async fn unless_renewed(&self, session: &Session) -> Result<Session, Renewal> {
        match self.sessions.reload(session).await {
            Ok(Found::Live(current)) if current.renewals() == session.renewals() => Ok(*current),
            Ok(Found::Live(current)) => Err(Renewal::by_another(current)),
            Ok(Found::Void(Void::Stale)) => Ok(session.clone()),
            Ok(_) => Err(Renewal::Ended),
            Err(error) => Err(Renewal::NotKept(error)),
        }
    }

    /// What fails here costs the others a wait: the lease ends by itself.
    pub(super) async fn give_back(&self, lease: Lease) {
        if let Err(error) = self.sessions.release(lease).await {
            let provider = self.provider_name.as_str();
            tracing::debug!(provider, error = %Causes(&error), "the lease of a session could not be given back");
        }
    }
}
