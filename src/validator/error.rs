//! Why a token was refused.

use std::time::Duration;

use crate::{
    jose::JoseError,
    types::{Algorithm, ClaimError},
};

use super::ProofError;

/// Why a token was refused. It names what was expected and the kind of what was seen, and holds nothing of the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Not a well-formed, correctly signed JWS.
    #[error(transparent)]
    Jose(#[from] JoseError),
    /// A claim has the wrong type.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// A claim that must be there is not.
    #[error("claim `{claim}` is missing")]
    Missing {
        /// Its name.
        claim: &'static str,
    },
    /// A claim that must name something is the empty string.
    #[error("claim `{claim}` is empty")]
    Empty {
        /// Its name.
        claim: &'static str,
    },
    /// A claim is longer than the specification lets it be.
    #[error("claim `{claim}` is longer than {limit} characters")]
    TooLong {
        /// Its name.
        claim: &'static str,
        /// The limit, in characters.
        limit: usize,
    },
    /// `typ` says that this is another kind of token (RFC 8725 section 3.11).
    #[error("the header's typ says that this is another kind of token")]
    Type,
    /// An ID token where access tokens are wanted.
    #[error("an ID token is not an access token")]
    IdToken,
    /// Nothing marks the token as an access token.
    #[error("nothing marks the token as an access token: no typ at+jwt, no scope, no client_id")]
    Unmarked,
    /// An access token where ID tokens are wanted.
    #[error("an access token is not an ID token")]
    AccessToken,
    /// A logout token where ID tokens are wanted (OpenID Connect Back-Channel Logout 1.0 section 4.1).
    #[error("a logout token is not an ID token")]
    LogoutToken,
    /// An ID token, an access token or a logout token in the place of signed userinfo: it carries a mark of one.
    #[error("a token that carries the marks of another kind is no userinfo")]
    NotUserinfo,
    /// Where a logout token is wanted, `events` does not have the logout event (OpenID Connect Back-Channel Logout 1.0 section
    /// 2.6, step 6).
    #[error("the token does not tell of a logout: its events do not have that one")]
    LogoutEvent,
    /// A logout token has a nonce, as only an ID token may (OpenID Connect Back-Channel Logout 1.0 section 2.6, step 7).
    #[error("a logout token must not have a nonce")]
    LogoutNonce,
    /// A logout token has neither `sub` nor `sid` (OpenID Connect Back-Channel Logout 1.0 section 2.6, step 5).
    #[error("neither sub nor sid says whose session has ended")]
    LogoutTarget,
    /// No configured issuer has that name.
    #[error("the issuer is not trusted")]
    UnknownIssuer,
    /// The algorithm is not on the configured list of the issuer.
    #[error("tokens signed with {algorithm} are not accepted from this issuer")]
    AlgorithmNotAllowed {
        /// The token's.
        algorithm: Algorithm,
    },
    /// The issuer has no such key.
    #[error("the issuer has no key with the token's kid and algorithm")]
    UnknownKey,
    /// Several keys fit, and nothing says which is meant.
    #[error("several keys of the issuer fit the token")]
    AmbiguousKey,
    /// The signature holds, and its key is published for another issuer than that of the token: one tenant's key signed for
    /// another's.
    #[error("the key that signed the token is of another issuer")]
    KeyIssuer,
    /// The token is meant for somebody else (RFC 7519 section 4.1.3).
    #[error("the token is meant for another audience")]
    Audience,
    /// The token was issued to another client (OpenID Connect Core 1.0 section 3.1.3.7, steps 4 and 5).
    #[error("the token was issued to another client")]
    AuthorizedParty,
    /// `exp` has passed.
    #[error("the token expired {ago} seconds ago")]
    Expired {
        /// Seconds since `exp`.
        ago: u64,
    },
    /// `nbf` is still to come.
    #[error("the token is not valid for another {ahead} seconds")]
    NotYetValid {
        /// Seconds until `nbf`.
        ahead: u64,
    },
    /// `iat` lies in the future.
    #[error("the token was issued {ahead} seconds in the future")]
    IssuedInTheFuture {
        /// Seconds until `iat`.
        ahead: u64,
    },
    /// Older than `tokenValidity` allows.
    #[error("the token is older than the {limit} seconds of tokenValidity")]
    TooOld {
        /// `tokenValidity`, in seconds.
        limit: u64,
    },
    /// The token answers to another login (OpenID Connect Core 1.0 section 3.1.3.7, step 11).
    #[error("the token answers to another login: its nonce is not the one that was sent")]
    Nonce,
    /// The token was made beside another access token (OpenID Connect Core 1.0 section 3.1.3.8).
    #[error("the access token is not the one that at_hash was made of")]
    AccessTokenHash,
    /// `auth_time` lies in the future.
    #[error("the person authenticated {ahead} seconds in the future")]
    AuthenticatedInTheFuture {
        /// Seconds until `auth_time`.
        ahead: u64,
    },
    /// The person last authenticated longer ago than was asked for (OpenID Connect Core 1.0 section 3.1.3.7, step 13).
    #[error("the person last authenticated longer ago than the {max_age} seconds of max_age")]
    AuthenticationTooOld {
        /// `max_age`, in seconds. 0: not since the login was started.
        max_age: u64,
    },
    /// The token is bound to somebody (`cnf`), or the setting `dpop` lets in none that is not, and it came as a bearer token: whoever
    /// stole it could have sent it (RFC 9449 section 7.1, RFC 8705 section 3, RFC 7800 section 3).
    #[error("the token came without a proof that whoever sends it is its holder")]
    ProofMissing,
    /// The token came with a proof, and is not bound to a key by `cnf.jkt` (RFC 9449 section 7.1).
    #[error("the token is not bound to a key that could be proved (cnf.jkt)")]
    Unbound,
    /// The proof is by another key than that of the token (RFC 9449 section 4.3, step 12).
    #[error("the token is bound to another key than that of the proof")]
    AnotherHolder,
    /// The proof that came along is not accepted.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// There are no keys to check with: the provider cannot be reached, and none are kept that are fresh enough.
    #[error("the issuer's keys cannot be had; try again in {} seconds", .retry_after.as_secs())]
    KeysUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
}

impl TokenError {
    /// The reason as one word, for the log and for metrics to count by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Jose(error) => error.code(),
            Self::Claim(_) => "malformed_claim",
            Self::Missing { .. } => "missing_claim",
            Self::Empty { .. } => "empty_claim",
            Self::TooLong { .. } => "claim_too_long",
            Self::Type => "another_type",
            Self::IdToken => "id_token",
            Self::Unmarked => "unmarked",
            Self::AccessToken => "access_token",
            Self::LogoutToken => "logout_token",
            Self::NotUserinfo => "not_userinfo",
            Self::LogoutEvent => "no_logout_event",
            Self::LogoutNonce => "logout_nonce",
            Self::LogoutTarget => "no_logout_target",
            Self::UnknownIssuer => "unknown_issuer",
            Self::AlgorithmNotAllowed { .. } => "algorithm_not_allowed",
            Self::UnknownKey => "unknown_key",
            Self::AmbiguousKey => "ambiguous_key",
            Self::KeyIssuer => "key_of_another_issuer",
            Self::Audience => "another_audience",
            Self::AuthorizedParty => "another_authorized_party",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::IssuedInTheFuture { .. } => "issued_in_the_future",
            Self::TooOld { .. } => "too_old",
            Self::Nonce => "another_nonce",
            Self::AccessTokenHash => "another_access_token",
            Self::AuthenticatedInTheFuture { .. } => "authenticated_in_the_future",
            Self::AuthenticationTooOld { .. } => "authentication_too_old",
            Self::ProofMissing => "proof_missing",
            Self::Unbound => "unbound",
            Self::AnotherHolder => "another_holder",
            Self::Proof(error) => error.code(),
            Self::KeysUnavailable { .. } => "keys_unavailable",
        }
    }

    /// Whether the token has no verdict, because the provider could not be asked.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::KeysUnavailable { .. })
    }
}
