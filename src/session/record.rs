//! What a login leaves behind.

use std::fmt;

use crate::types::{Claims, Issuer, Secret};

use super::{SessionError, SessionId, kept_claims::KeptClaims};

/// What a login leaves behind: who signed in, what the provider said, and the tokens that renew it.
///
/// It is live: [`Sessions`](super::Sessions) hands out no other. It is opened by a verified ID token and cannot be made by hand, or
/// out of another one:
///
/// ```compile_fail,E0451
/// # use tower_oidc::session::{Session, SessionTokens};
/// # fn prolong(honest: Session, tokens: SessionTokens) {
/// let prolonged = Session { tokens, ..honest };
/// # }
/// ```
#[derive(Clone)]
pub struct Session {
    pub(super) id: SessionId,
    /// Grows with each change.
    pub(super) version: u64,
    /// Grows with each renewal, and with nothing else.
    pub(super) renewals: u64,
    pub(super) issuer: Issuer,
    pub(super) kept: KeptClaims,
    pub(super) opened_at: u64,
    pub(super) expires_at: u64,
    pub(super) seen_at: u64,
    pub(super) tokens: SessionTokens,
}

/// The tokens that a session keeps, and until when they are good. Times are seconds since 1970.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SessionTokens {
    /// Renews the others (RFC 6749 section 6).
    pub refresh_token: Option<Secret>,
    /// The ID token, as the hint at logout (OpenID Connect RP-Initiated Logout 1.0 section 2).
    pub id_token: Option<Secret>,
    /// Calls APIs as the user (RFC 6750), if the login keeps it.
    pub access_token: Option<KeptAccessToken>,
    /// When to renew, if there is a refresh token: ahead of the access token's expiry and of `valid_until`.
    pub renew_at: Option<u64>,
    /// When `tokenValidity` ends the session unless it was renewed.
    pub valid_until: Option<u64>,
}

/// An access token, and when it ends: in seconds since 1970. Without an end it would be handed out for as long as the session lives,
/// which nobody has said that it is good for.
#[derive(Debug, Clone)]
pub struct KeptAccessToken {
    pub(crate) token: Secret,
    pub(crate) until: u64,
}

impl Session {
    /// The name of the session.
    #[must_use]
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    /// Who vouches for the person: `iss`.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// What the provider said of the person, without what was only of use while the token was checked.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.kept.claims
    }

    /// Those of them that the last ID token said, and what the login was: the others are from userinfo.
    ///
    /// # Errors
    /// [`SessionError`], which claims that were taken apart before do not meet.
    pub(crate) fn id_token_claims(&self) -> Result<Claims, SessionError> {
        self.kept.of_the_id_token()
    }

    /// The claims and their issuer, for the principal to keep.
    #[must_use]
    pub fn into_parts(self) -> (Claims, Issuer) {
        (self.kept.claims, self.issuer)
    }

    /// The provider's own name for the session: `sid` (OpenID Connect Back-Channel Logout 1.0 section 2.1).
    #[must_use]
    pub fn provider_session(&self) -> Option<&str> {
        self.kept.provider_session.as_deref()
    }

    /// `sub`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.kept.subject
    }

    /// When the person signed in, in seconds since 1970.
    #[must_use]
    pub fn opened_at(&self) -> u64 {
        self.opened_at
    }

    /// When the session ends at the latest, in seconds since 1970.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// The access token it keeps, if that is good at that time, in seconds since 1970.
    pub(crate) fn access_token_at(&self, now: u64) -> Option<&Secret> {
        self.tokens.access_token.as_ref().filter(|kept| now < kept.until).map(|kept| &kept.token)
    }

    /// The tokens it keeps.
    #[must_use]
    pub fn tokens(&self) -> &SessionTokens {
        &self.tokens
    }

    /// Grows with each renewal, and with nothing else.
    pub(crate) fn renewals(&self) -> u64 {
        self.renewals
    }

    /// Grows with each change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
