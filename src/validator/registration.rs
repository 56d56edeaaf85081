//! The client as its provider knows it.

use crate::{config::IssuerSettings, provider::Provider, types::Algorithm};

use super::TokenError;

/// A client as it is registered at its provider: whose tokens it takes, under which name, signed how.
#[derive(Debug)]
pub(super) struct Registration {
    pub(super) provider: Provider,
    pub(super) client_id: String,
    /// The one algorithm of ID tokens and of logout tokens: `id_token_signed_response_alg` (OpenID Connect Dynamic Client
    /// Registration 1.0 section 2, OpenID Connect Back-Channel Logout 1.0 section 2.6, step 3). `userinfo_signed_response_alg` must
    /// be the same, where it is registered at all.
    pub(super) algorithm: Algorithm,
}

impl Registration {
    pub(super) fn settings(&self) -> &IssuerSettings {
        self.provider.settings()
    }

    /// The algorithm is the registered one.
    pub(super) fn algorithm(&self, algorithm: Algorithm) -> Result<(), TokenError> {
        if algorithm == self.algorithm { Ok(()) } else { Err(TokenError::AlgorithmNotAllowed { algorithm }) }
    }
}
