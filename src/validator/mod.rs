//! Tokens checked in full. A file for each kind of token lists its steps in the order of the specifications.
//!
//! - `Validator` knows the issuers and finds the one a token names. `access_token`: what comes in the `Authorization`
//!   header (RFC 9068 section 4, RFC 8725).
//! - `ClientValidator` knows one provider and one client of it. `id_token`: who signed in (OpenID Connect Core 1.0 section
//!   3.1.3.7); `logout_token`: whose session ends (OpenID Connect Back-Channel Logout 1.0 section 2.6); `userinfo`: what a signed
//!   answer says of a person (OpenID Connect Core 1.0 section 5.3.2).
//! - `checks`: one short function for each check of a claim; `token_hash`: that of `at_hash`.
//! - `token_kind`: how the kinds are told apart.
//! - `binding`: whether a token is a bearer token at all; `proof`: that its holder sent it (RFC 9449 section 4.3).
//! - [`Verified`] is the proof: nobody else makes one. `grounds`: what its acceptance rests on, and for how long.
//! - `TokenCache` remembers what was made of accepted tokens, for as long as their grounds hold.
//!
//! Checking is synchronous as long as the keys are there. Only a token signed with a key that is not known yet waits, for
//! one renewal of the keys: `Unfinished::Renewal`.
//!
//! What the memory for accepted tokens owes:
//!
//! 1. The key is the whole token, compared in full. A hash, its seed random in each process, only finds the place.
//! 2. Only what a check accepted comes in. A cache belongs to one validator with its settings and is shared with no other.
//! 3. The token's times and `tokenValidity` count at every hit, with the same leeway and to the same second as at a check,
//!    whichever way the time of day was set. After [`MAX_AGE`] a token is checked again in any case.
//! 4. A change of the issuer's keys voids all that was verified with the ones before, at once, and so do keys that have
//!    grown too old.
//! 5. What is forgotten is void from the next request on, all of it or what was made for somebody: what is being made meanwhile
//!    does not come in.
//! 6. It is bounded in [tokens](MAX_CACHED_TOKENS) and in [bytes](MAX_CACHE_BYTES); what is not used makes room. Refusals
//!    never come in, nor do tokens over [8 KB](MAX_CACHED_TOKEN_BYTES).
//! 7. What a token is bound to is remembered along with it, and its proof is asked for at every hit (RFC 9449).
//! 8. Tokens are wiped when they leave, and are never shown.
//!
//! A hit waits for no I/O and allocates nothing.

mod access_token;
mod binding;
mod checks;
mod client;
mod error;
#[cfg(test)]
mod fixtures;
mod grounds;
mod id_token;
mod issuers;
mod logout_token;
mod proof;
mod registration;
mod signature;
mod step;
mod token_cache;
mod token_hash;
mod token_kind;
mod userinfo;
mod verified;

use std::sync::Arc;

use crate::{
    jose::Jws,
    provider::{IssuerRule, Provider},
    types::{Clock, Issuer, unix_seconds},
};

pub use error::TokenError;
pub use grounds::MAX_AGE;
pub(crate) use proof::Proof;
pub use proof::{MAX_PROOF_AGE, MAX_PROOF_BYTES, MAX_PROOF_ID, MAX_SEEN_PROOFS, PROOF_ALGORITHMS, ProofError};
pub(crate) use step::Step;
pub use token_cache::{MAX_CACHE_BYTES, MAX_CACHED_TOKEN_BYTES, MAX_CACHED_TOKENS};
pub use verified::{AccessToken, IdToken, LogoutToken, Userinfo, Verified};

// Parts of the crate, shown to its own tests alone: see `lib.rs`.
#[doc(hidden)]
pub use self::{
    client::ClientValidator,
    id_token::Asked,
    proof::{Proofs, SeenProofs},
    signature::{Renewal, Unfinished},
    token_cache::TokenCache,
};

use binding::Binding;
use grounds::{Grounds, Moment};
use issuers::Issuers;

/// Checks tokens of the issuers it was made for. Nothing in it changes: share it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Validator {
    issuers: Issuers,
    clock: Arc<dyn Clock>,
    proofs: Option<Proofs>,
}

impl Validator {
    /// A validator of the tokens of these providers' issuers.
    #[must_use]
    pub fn new(providers: Vec<Provider>, clock: Arc<dyn Clock>) -> Self {
        Self { issuers: Issuers::new(providers), clock, proofs: None }
    }

    /// The same, and it lets tokens in that are bound to a key when a proof comes along (RFC 9449). Without, it lets in none of them.
    #[must_use]
    pub fn with_proofs(self, proofs: Proofs) -> Self {
        Self { proofs: Some(proofs), ..self }
    }

    /// Checks a bearer token, and renews the issuer's keys once if the token's is not among them.
    ///
    /// # Errors
    /// [`TokenError`], with the first check that failed.
    pub async fn access_token(&self, token: impl AsRef<[u8]>) -> Result<Verified<AccessToken>, TokenError> {
        signature::verdict(|| self.try_access_token(&token)).await
    }

    /// Checks a bearer token with the keys that are there.
    ///
    /// # Errors
    /// [`Unfinished`], with the first check that failed or the renewal to wait for.
    pub fn try_access_token(&self, token: impl AsRef<[u8]>) -> Result<Verified<AccessToken>, Unfinished> {
        self.try_access_token_with(token.as_ref(), None)
    }

    /// The same of a token that came with a proof, or without.
    pub(crate) fn try_access_token_with(
        &self,
        token: &[u8],
        proof: Option<&Proof<'_>>,
    ) -> Result<Verified<AccessToken>, Unfinished> {
        self.check(token, proof).map(|(verified, _)| verified)
    }

    /// Which of the trusted issuers a token names, without a check of anything: for the log. `None` where the token itself says
    /// more of the name than the settings do, as with the tenant of a template.
    pub(crate) fn named_issuer(&self, token: &[u8]) -> Option<Issuer> {
        let (position, _) = self.issuers.of(&Jws::parse(token).ok()?).ok()?;
        match self.issuers.provider(position).snapshot().issuer()? {
            IssuerRule::Exact(issuer) => Some(issuer.clone()),
            IssuerRule::Template(_) => None,
        }
    }

    fn check(&self, token: &[u8], proof: Option<&Proof<'_>>) -> Result<(Verified<AccessToken>, Grounds), Unfinished> {
        let moment = Moment::of(&*self.clock);
        let (verified, grounds) = access_token::check(token, &self.issuers, moment)?;
        self.holder(token, grounds.binding(), proof)?;
        Ok((verified, grounds))
    }

    /// Whoever sends a token may use it. To be asked once for each request, when the token is known to be good: a proof is good once.
    #[inline]
    fn holder(&self, token: &[u8], binding: &Binding, proof: Option<&Proof<'_>>) -> Result<(), TokenError> {
        match (binding, proof) {
            (Binding::None, None) if !self.proofs.as_ref().is_some_and(Proofs::are_required) => Ok(()),
            (_, None) => Err(TokenError::ProofMissing),
            (Binding::Key(key), Some(proof)) => {
                let proofs = self.proofs.as_ref().ok_or(ProofError::Off)?;
                proofs.check(proof, token, **key, unix_seconds(self.clock.now()))
            }
            (Binding::None | Binding::Unknown, Some(_)) => Err(TokenError::Unbound),
        }
    }

    /// Whether a check would accept the token again that was accepted on these grounds.
    fn upholds(&self, grounds: &Grounds) -> bool {
        let keys = self.issuers.provider(grounds.provider()).snapshot();
        grounds.hold(&keys, Moment::of(&*self.clock))
    }
}
