//! What comes of a login: a code, and the tokens that it is changed into.

mod code;
mod exchange;
mod family;
mod response;

use std::collections::{BTreeMap, BTreeSet};

use super::TestProvider;

use code::Code;
use family::Families;
pub(super) use {
    exchange::{redeem, renew},
    response::id_token,
};

/// By which way an ID token, or an answer of the token endpoint, comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantType {
    /// A code was exchanged (OpenID Connect Core 1.0 section 3.1.3).
    AuthorizationCode,
    /// The authorization endpoint answered with the ID token itself (section 3.2).
    Implicit,
    /// A refresh token was used (section 12).
    RefreshToken,
}

/// What a person granted to the client.
#[derive(Debug, Clone)]
pub(super) struct Granted {
    pub(super) subject: String,
    /// Of the provider's session.
    pub(super) session_id: String,
    /// In seconds since 1970.
    pub(super) auth_time: u64,
    pub(super) scope: String,
    pub(super) nonce: Option<String>,
    /// The API that was asked for; none is the provider's own.
    pub(super) audience: Option<String>,
}

/// Where a code must come back from, and with what.
#[derive(Debug, Clone)]
pub(super) struct Binding {
    pub(super) redirect_uri: String,
    /// S256 of the code verifier (RFC 7636 section 4.2).
    pub(super) code_challenge: Option<String>,
}

/// Everything that was granted.
pub(super) struct Grants {
    codes: BTreeMap<String, Code>,
    families: Families,
    /// Access tokens that were revoked one by one: their `jti`.
    revoked: BTreeSet<String>,
    rotation: bool,
}

impl Default for Grants {
    fn default() -> Self {
        Self { codes: BTreeMap::new(), families: Families::default(), revoked: BTreeSet::new(), rotation: true }
    }
}

impl Grants {
    /// Revokes a refresh token with everything that came of the same login, or an access token alone (RFC 7009 section 2.1).
    pub(super) fn revoke(&mut self, token: &str, access_token_id: Option<String>) {
        match self.families.find(token) {
            Some(family) => self.families.revoke(family),
            None => self.revoked.extend(access_token_id),
        }
    }

    /// Whether the access token with that `jti` is good for nothing any more.
    pub(super) fn is_revoked(&self, access_token_id: &str) -> bool {
        self.revoked.contains(access_token_id) || self.families.is_revoked(access_token_id)
    }
}

/// What comes of a login.
impl TestProvider {
    /// Whether each refresh gives a new refresh token and uses up the one that was sent; by default it does. A token that was
    /// used up revokes all that came of its login when it is sent again, without any leeway (RFC 9700 section 4.14.2).
    pub fn rotate_refresh_tokens(&self, rotation: bool) {
        self.state().grants().rotation = rotation;
    }

    /// Revokes all refresh tokens and access tokens that came of logins of a subject, as when its account is closed.
    /// Whoever sends one hears `invalid_grant`.
    pub fn revoke_grants(&self, subject: &str) {
        self.state().grants().families.revoke_all_of(subject);
    }
}
