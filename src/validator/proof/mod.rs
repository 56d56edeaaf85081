//! A proof that whoever sends a token holds the key that the token is bound to (RFC 9449), step by step.

mod address;
mod error;
mod seen;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Method, Uri};

use crate::{
    config::{DpopPolicy, DpopSettings},
    jose::{SelfSigned, Thumbprint, TokenType},
    types::{Algorithm, Claims},
};

use super::TokenError;

pub use error::ProofError;
pub use seen::{MAX_SEEN_PROOFS, SeenProofs};

/// How long a proof is good, counted from its `iat`: time for one request to arrive (RFC 9449 section 11.1).
pub const MAX_PROOF_AGE: Duration = Duration::from_secs(60);

/// Longest proof, in bytes: what common servers take as one header line. One with the largest key that is taken has about 3 KB.
pub const MAX_PROOF_BYTES: usize = 8 * 1024;

/// Longest `jti` of a proof, in bytes. A UUID has 36.
pub const MAX_PROOF_ID: usize = 256;

/// The algorithms that a proof may be signed with. They are the client's to choose from: nothing but its own key stands behind it.
pub const PROOF_ALGORITHMS: &[Algorithm] = Algorithm::ALL;

/// A proof as it came, and the request that it must be for.
pub(crate) struct Proof<'a> {
    signed: SelfSigned<'a>,
    method: &'a Method,
    path: &'a str,
}

impl<'a> Proof<'a> {
    /// What is cheap to refuse, before the token is looked at. `headers` are the values of the request's `DPoP` headers.
    ///
    /// The path of `uri` is compared, and nothing else of it.
    pub(crate) fn read(
        headers: impl IntoIterator<Item = &'a [u8]>,
        method: &'a Method,
        uri: &'a Uri,
    ) -> Result<Self, ProofError> {
        // Step 1: one header.
        let mut headers = headers.into_iter();
        let text = headers.next().ok_or(ProofError::NoHeader)?;
        if headers.next().is_some() {
            return Err(ProofError::Repeated);
        }
        // Steps 2, 5 and 7: one JWS, signed by one of the algorithms, with a public key in its header.
        let signed = SelfSigned::parse(text, MAX_PROOF_BYTES)?;
        // Step 4: explicit type.
        match signed.token_type() {
            TokenType::Proof => Ok(Self { signed, method, path: uri.path() }),
            _ => Err(ProofError::Type),
        }
    }
}

/// How the proofs of one service are looked at.
#[derive(Debug, Clone)]
pub struct Proofs {
    policy: DpopPolicy,
    /// Where the service is, as its configuration says and no header.
    origin: String,
    clock_skew: Duration,
    seen: Arc<SeenProofs>,
}

impl Proofs {
    /// By these settings, and each proof once as far as `seen` goes.
    #[must_use]
    pub fn new(settings: &DpopSettings, seen: Arc<SeenProofs>) -> Self {
        let origin = settings.server_url.origin().ascii_serialization();
        Self { policy: settings.policy, origin, clock_skew: settings.clock_skew, seen }
    }

    /// Whether no token is accepted without one.
    pub(super) fn are_required(&self) -> bool {
        self.policy == DpopPolicy::Required
    }

    /// The rest of RFC 9449 section 4.3, for a token that was verified and is bound to the key of that thumbprint. It notes the proof,
    /// so that it is asked once for each request.
    pub(super) fn check(
        &self,
        proof: &Proof<'_>,
        token: &[u8],
        bound_to: Thumbprint,
        now: u64,
    ) -> Result<(), TokenError> {
        // Step 12, its second half: the key of the token. It comes first, so that only its holder has a signature checked.
        if proof.signed.thumbprint() != bound_to {
            return Err(TokenError::AnotherHolder);
        }
        // Step 6: signature.
        let claims = proof.signed.verify().map_err(ProofError::Jose)?;
        // Steps 3 and 8 to 12. No nonce is asked for (step 10).
        method(claims, proof.method)?;
        self.address(claims, proof.path)?;
        let issued_at = self.time(claims, now)?;
        access_token(claims, token)?;
        // Section 11.1. Last, so that nothing is noted but a proof that is good in all else.
        let id = id(claims)?;
        Ok(self.seen.note(bound_to, &id, issued_at, now)?)
    }

    fn address(&self, claims: &Claims, path: &str) -> Result<(), ProofError> {
        let htu = claims.string("htu")?.ok_or(ProofError::Missing { claim: "htu" })?;
        if address::is_of(&htu, &self.origin, path) { Ok(()) } else { Err(ProofError::Address) }
    }

    /// `iat`, if it is neither too old nor to come.
    fn time(&self, claims: &Claims, now: u64) -> Result<u64, ProofError> {
        let issued_at = claims.seconds("iat")?.ok_or(ProofError::Missing { claim: "iat" })?;
        if issued_at > now.saturating_add(self.clock_skew.as_secs()) {
            return Err(ProofError::IssuedInTheFuture { ahead: issued_at - now });
        }
        let is_old = now.saturating_sub(issued_at) > MAX_PROOF_AGE.as_secs();
        if is_old { Err(ProofError::TooOld) } else { Ok(issued_at) }
    }
}

fn method(claims: &Claims, method: &Method) -> Result<(), ProofError> {
    let htm = claims.string("htm")?.ok_or(ProofError::Missing { claim: "htm" })?;
    if htm == method.as_str() { Ok(()) } else { Err(ProofError::Method) }
}

/// `ath` is the hash of the token. Both are the client's own, so that the time it takes to compare them tells nobody anything.
fn access_token(claims: &Claims, token: &[u8]) -> Result<(), ProofError> {
    let ath = claims.string("ath")?.ok_or(ProofError::Missing { claim: "ath" })?;
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, token));
    if ath == hash { Ok(()) } else { Err(ProofError::AccessToken) }
}

fn id(claims: &Claims) -> Result<std::borrow::Cow<'_, str>, ProofError> {
    let id = claims.string("jti")?.ok_or(ProofError::Missing { claim: "jti" })?;
    if (1..=MAX_PROOF_ID).contains(&id.len()) { Ok(id) } else { Err(ProofError::Id) }
}

/// Nothing that whoever sent it may choose freely.
impl fmt::Debug for Proof<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof").field("signed", &self.signed).finish_non_exhaustive()
    }
}
