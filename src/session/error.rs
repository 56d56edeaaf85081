//! Why a session cannot be kept or found.

use std::sync::Arc;

use crate::types::{BoxError, ClaimError, ClaimsError, RandomError};

/// Why a session cannot be kept or found. None of these means that there is no session.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The store failed.
    #[error("the session store failed")]
    Store(#[source] Arc<BoxError>),
    /// `sessionStore` is a Redis URL, the feature `redis` is off, and nobody has given another store.
    #[error(
        "sessionStore is a redis:// URL, and tower-oidc is built without its feature `redis`: switch that on, or give a store with \
         AuthBuilder::with_session_store"
    )]
    NoStore,
    /// The store of `sessionStore` cannot be used, whether it is there or not.
    #[error("sessionStore: {0}")]
    Setup(Arc<BoxError>),
    /// No new id or nonce can be drawn.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The session is longer than what it is kept in: the cookies that browsers and servers take, or a place in the store.
    #[error(
        "the session has {bytes} bytes, and there is room for {limit}: sessionStore memory or redis has more than cookies"
    )]
    TooLong {
        /// Its length, sealed and encoded.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Somebody else has changed or ended the session in the meantime.
    #[error("the session was changed or ended in the meantime")]
    Conflict,
    /// The ID token names nobody.
    #[error("the ID token has no `sub`")]
    NoSubject,
    /// The new claims are not of the person whose session it is (OpenID Connect Core 1.0 sections 5.3.2 and 12.2).
    #[error("the new claims are of another issuer or subject than the session")]
    OtherSubject,
    /// A claim that a session is kept by has the wrong type.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The claims of the ID token and of userinfo are too many together.
    #[error("the claims cannot be kept together")]
    Claims(#[from] ClaimsError),
    /// The provider's own limit, `session_expiry`, has passed before the session began.
    #[error("the provider's limit on the session, `session_expiry`, has passed already")]
    Over,
}

impl SessionError {
    /// The reason as one word, for the log and for metrics to count by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoStore | Self::Setup(_) => "no_session_store",
            Self::Store(_) => "session_store_failed",
            Self::Random(_) => "no_randomness",
            Self::TooLong { .. } => "session_too_long",
            Self::Conflict => "session_conflict",
            Self::NoSubject | Self::Claim(_) | Self::Claims(_) => "malformed_claims",
            Self::OtherSubject => "another_subject",
            Self::Over => "session_over",
        }
    }

    pub(super) fn store(error: BoxError) -> Self {
        Self::Store(Arc::new(error))
    }
}
