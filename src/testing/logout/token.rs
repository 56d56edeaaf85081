//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.4).

use std::{sync::Arc, time::Duration};

use serde_json::json;

use crate::testing::{TestProvider, TokenBuilder, random, state::State};

/// The event that a logout token tells of.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The most that section 2.4 recommends, and what Auth0 gives.
const LIFETIME: Duration = Duration::from_secs(120);

impl TokenBuilder {
    /// A logout token for the provider's client.
    pub(super) fn logout_token_for(state: &Arc<State>, subject: &str) -> Self {
        Self::for_client(state, "logout+jwt")
            .claim("sub", subject)
            .claim("jti", random::identifier())
            .claim("events", json!({ EVENT: {} }))
            .expires_in(LIFETIME)
    }
}

impl TestProvider {
    /// A logout token for the provider's client, good for two minutes: everybody's sessions of that subject end. Add
    /// `.claim("sid", id)` to end one of its [sessions](Self::session_ids) alone.
    ///
    /// It is sent nowhere: see [`log_out_everywhere`](Self::log_out_everywhere).
    pub fn logout_token(&self, subject: &str) -> TokenBuilder {
        TokenBuilder::logout_token_for(self.state(), subject)
    }
}
