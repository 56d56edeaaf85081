//! The three kinds of token, as good providers make them.

use std::sync::Arc;

use crate::{
    testing::{random, state::State},
    types::unix_seconds,
};

use super::TokenBuilder;

impl TokenBuilder {
    /// An access token of the JWT profile (RFC 9068).
    pub(in crate::testing) fn access_token_for(state: &Arc<State>, subject: &str) -> Self {
        Self::new(state, "at+jwt")
            .claim("sub", subject)
            .audience(&state.audience)
            .claim("client_id", &state.client_id)
            .claim("jti", random::identifier())
            .scope("openid profile email")
    }

    /// An ID token (OpenID Connect Core 1.0 section 2) for the provider's client.
    pub(in crate::testing) fn id_token_for(state: &Arc<State>, subject: &str) -> Self {
        Self::for_client(state, "JWT")
            .claim("sub", subject)
            .claim("auth_time", unix_seconds(state.clock.now()))
            .claim("sid", random::identifier())
    }

    /// A token for the provider's client, signed as that wants it.
    pub(in crate::testing) fn for_client(state: &Arc<State>, type_: &str) -> Self {
        let token = Self::new(state, type_).audience(&state.client_id);
        let algorithm = state.registration().id_token_algorithm;
        algorithm.into_iter().fold(token, Self::algorithm)
    }

    /// An access token of the client credentials grant, in Auth0's own profile.
    pub(in crate::testing) fn machine_token_for(state: &Arc<State>, client_id: &str) -> Self {
        Self::new(state, "JWT")
            .claim("sub", format!("{client_id}@clients"))
            .audience(&state.audience)
            .claim("azp", client_id)
            .claim("gty", "client-credentials")
            .scope("read:orders")
    }
}
