//! Refresh tokens that nobody needs any more (RFC 7009).

use std::sync::Arc;

use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::{provider::Causes, types::Secret};

use crate::login::Login;

impl Login {
    /// Tells the provider that a refresh token is over, where it takes such news. It runs on a task of its own, and its failure
    /// is in the log alone: the session has ended here either way.
    pub(in crate::login) fn revoke(self: &Arc<Self>, refresh_token: Secret) -> JoinHandle<()> {
        let login = Arc::clone(self);
        let revocation = async move {
            if let Err(error) = login.client.revoke(&refresh_token).await {
                let provider = login.provider_name.as_str();
                tracing::debug!(provider, error = %Causes(&error), "a refresh token could not be revoked");
            }
        };
        tokio::spawn(revocation.in_current_span())
    }
}
