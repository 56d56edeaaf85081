//! The clients, how they prove themselves, and the tokens that they get for themselves (RFC 6749 section 4.4).

mod assertion;
mod proof;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Value, json};

use crate::jose::JwkSet;

use super::{parameters::Parameters, state::State, token::TokenBuilder};

pub(super) use proof::Refusal;

/// Which claims a machine's token has. Auth0 offers both for each API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TokenProfile {
    /// Auth0's own: `typ: JWT`, `sub: ID@clients`, `azp`, `gty: client-credentials`.
    #[default]
    Auth0,
    /// The JWT profile (RFC 9068): `typ: at+jwt`, `sub` and `client_id` are the client, `jti`.
    Rfc9068,
}

/// Who is registered, and what was used up.
#[derive(Default)]
pub(super) struct ServiceAccounts {
    credentials: BTreeMap<String, Credential>,
    profile: TokenProfile,
    /// Every `jti` that came: an assertion is good for one request.
    assertions: BTreeSet<String>,
}

/// What a client proves itself with.
enum Credential {
    Secret(String),
    PublicKey(JwkSet),
    /// Nothing: a public client.
    None,
}

impl ServiceAccounts {
    /// Registers a client, or changes its secret.
    pub(super) fn set_secret(&mut self, client_id: &str, secret: &str) {
        self.credentials.insert(client_id.to_owned(), Credential::Secret(secret.to_owned()));
    }

    /// Registers a client by its public key.
    pub(super) fn set_public_key(&mut self, client_id: &str, jwk: &Value) {
        let document = json!({ "keys": [jwk] }).to_string();
        let keys = JwkSet::parse(document.as_bytes()).expect("a set of one key is a JWK Set");
        self.credentials.insert(client_id.to_owned(), Credential::PublicKey(keys));
    }

    /// Registers a client that can keep no secret.
    pub(super) fn set_public(&mut self, client_id: &str) {
        self.credentials.insert(client_id.to_owned(), Credential::None);
    }

    pub(super) fn is_public(&self, client_id: &str) -> bool {
        matches!(self.credentials.get(client_id), Some(Credential::None))
    }

    pub(super) fn set_profile(&mut self, profile: TokenProfile) {
        self.profile = profile;
    }

    /// A token that a client asks for.
    pub(super) fn token(&self, state: &Arc<State>, client_id: &str, form: &Parameters) -> TokenBuilder {
        let token = match self.profile {
            TokenProfile::Auth0 => TokenBuilder::machine_token_for(state, client_id),
            TokenProfile::Rfc9068 => {
                let token = TokenBuilder::access_token_for(state, client_id);
                token.claim("client_id", client_id).scope("read:orders")
            }
        };
        let token = form.get("audience").into_iter().fold(token, |token, audience| token.audience(audience));
        form.get("scope").into_iter().fold(token, |token, scope| token.scope(scope))
    }
}
