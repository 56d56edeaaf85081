//! Refresh tokens that nobody needs any more (RFC 7009).

use std::{sync::Arc, time::Duration};

use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::{provider::Causes, types::Secret};

use crate::login::Login;

/// How long a browser is given to reach the provider's logout before the refresh token is revoked.
const REVOCATION_DELAY: Duration = Duration::from_secs(5);

impl Login {
    /// Tells the provider that a refresh token is over, where it takes such news. It runs on a task of its own, and its failure
    /// is in the log alone: the session has ended here either way.
    pub(in crate::login) fn revoke(self: &Arc<Self>, refresh_token: Secret) -> JoinHandle<()> {
        let login = Arc::clone(self);
        tokio::spawn(async move { login.send_revocation(&refresh_token).await }.in_current_span())
    }

    /// The same once the browser, which is told to go there, has ended the provider's own session: many providers end that with the
    /// token (RFC 7009 section 2.1), and then do not know which session the browser is to leave (keycloak#34234). A process that ends
    /// before leaves the token to its expiry.
    pub(super) fn revoke_later(self: &Arc<Self>, refresh_token: Secret) {
        let login = Arc::clone(self);
        let revocation = async move {
            login.clock.sleep(REVOCATION_DELAY).await;
            login.send_revocation(&refresh_token).await;
        };
        // A span of its own: the logout's ends with its answer.
        let span = tracing::debug_span!(parent: None, "revocation");
        span.follows_from(tracing::Span::current());
        tokio::spawn(revocation.instrument(span));
    }

    async fn send_revocation(&self, refresh_token: &Secret) {
        if let Err(error) = self.client.revoke(refresh_token).await {
            let provider = self.provider_name.as_str();
            tracing::debug!(provider, error = %Causes(&error), "a refresh token could not be revoked");
        }
    }
}
