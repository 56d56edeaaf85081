//! Why a proof was refused.

use crate::{
    jose::{JoseError, SelfSignedError, SkippedKey},
    types::ClaimError,
};

use super::{MAX_PROOF_AGE, MAX_PROOF_ID};

/// Why a proof of possession was refused (RFC 9449 section 4.3). It names what was expected, and holds nothing of the proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// No proofs are looked at here: the setting `dpop` is off.
    #[error("proofs are not looked at here: dpop is off")]
    Off,
    /// The token came by the scheme DPoP, and no proof with it.
    #[error("there is no DPoP header")]
    NoHeader,
    /// Two `DPoP` headers: nothing says which one counts (step 1).
    #[error("there is more than one DPoP header")]
    Repeated,
    /// Not a well-formed, correctly signed JWS (steps 2, 5 and 6).
    #[error("of the proof: {0}")]
    Jose(#[source] JoseError),
    /// The header brings no key (section 4.2).
    #[error("the proof's header brings no key (jwk)")]
    NoKey,
    /// The key in the header is none that is taken, or it came with its private half (step 7).
    #[error("the proof's key {0}")]
    Key(#[source] SkippedKey),
    /// `typ` says that this is no proof (step 4).
    #[error("the proof's typ is not dpop+jwt")]
    Type,
    /// A claim has the wrong type (step 3).
    #[error("of the proof: {0}")]
    Claim(#[source] ClaimError),
    /// A claim that must be there is not (step 3).
    #[error("of the proof: claim `{claim}` is missing")]
    Missing {
        /// Its name.
        claim: &'static str,
    },
    /// The proof is for a request of another method (step 8).
    #[error("the proof is for another method (htm)")]
    Method,
    /// The proof is for another address (step 9).
    #[error("the proof is for another address (htu)")]
    Address,
    /// `iat` is too long ago (step 11).
    #[error("the proof is older than {} seconds", MAX_PROOF_AGE.as_secs())]
    TooOld,
    /// `iat` lies in the future (step 11).
    #[error("the proof was issued {ahead} seconds in the future")]
    IssuedInTheFuture {
        /// Seconds until `iat`.
        ahead: u64,
    },
    /// The proof was made for another token (step 12).
    #[error("the proof is for another access token (ath)")]
    AccessToken,
    /// `jti` is empty, or longer than [`MAX_PROOF_ID`] (section 4.2).
    #[error("the proof's jti is empty, or longer than {MAX_PROOF_ID} bytes")]
    Id,
    /// The proof was accepted before (section 11.1).
    #[error("the proof was used before")]
    Replayed,
    /// The proof was issued so long ago that nobody can say whether it was used before: see [`SeenProofs`](super::SeenProofs).
    #[error("nobody remembers whether the proof was used before")]
    Forgotten,
}

impl ProofError {
    /// The reason as one word, for the log and for metrics to count by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Off => "proof_not_looked_at",
            Self::NoHeader => "proof_header_missing",
            Self::Repeated => "proof_repeated",
            Self::Jose(error) => code_of_jose(error),
            Self::NoKey => "proof_without_key",
            Self::Key(SkippedKey::Private) => "proof_private_key",
            Self::Key(_) => "proof_key",
            Self::Type => "proof_type",
            Self::Claim(_) => "proof_malformed_claim",
            Self::Missing { .. } => "proof_missing_claim",
            Self::Method => "proof_another_method",
            Self::Address => "proof_another_address",
            Self::TooOld => "proof_too_old",
            Self::IssuedInTheFuture { .. } => "proof_issued_in_the_future",
            Self::AccessToken => "proof_another_token",
            Self::Id => "proof_id",
            Self::Replayed => "proof_replayed",
            Self::Forgotten => "proof_forgotten",
        }
    }
}

const fn code_of_jose(error: &JoseError) -> &'static str {
    match error {
        JoseError::TooLong { .. } => "proof_too_long",
        JoseError::NoAlgorithm | JoseError::Unsigned | JoseError::Symmetric | JoseError::UnknownAlgorithm => {
            "proof_algorithm"
        }
        JoseError::Signature => "proof_bad_signature",
        _ => "proof_malformed",
    }
}

impl From<SelfSignedError> for ProofError {
    fn from(error: SelfSignedError) -> Self {
        match error {
            SelfSignedError::Jose(error) => Self::Jose(error),
            SelfSignedError::NoKey => Self::NoKey,
            SelfSignedError::Key(reason) => Self::Key(reason),
        }
    }
}

impl From<ClaimError> for ProofError {
    fn from(error: ClaimError) -> Self {
        Self::Claim(error)
    }
}
