//! Tokens checked in full. A file for each kind of token lists its steps in the order of the specifications.
//!
//! - [`Validator`] knows the issuers and finds the one a token names. `access_token`: what comes in the `Authorization`
//!   header (RFC 9068 section 4, RFC 8725).
//! - [`ClientValidator`] knows one provider and one client of it. `id_token`: who signed in (OpenID Connect Core 1.0 section
//!   3.1.3.7); `logout_token`: whose session ends (OpenID Connect Back-Channel Logout 1.0 section 2.6); `userinfo`: what a signed
//!   answer says of a person (OpenID Connect Core 1.0 section 5.3.2).
//! - `checks`: one short function for each check of a claim; `token_hash`: that of `at_hash`.
//! - `token_kind`: how the kinds are told apart.
//! - [`Verified`] is the proof: nobody else makes one. `grounds`: what its acceptance rests on, and for how long.
//! - [`TokenCache`] remembers what was made of accepted tokens, for as long as their grounds hold.
//!
//! Checking is synchronous as long as the keys are there. Only a token signed with a key that is not known yet waits, for
//! one renewal of the keys: [`Unfinished::Renewal`].

mod access_token;
mod checks;
mod client;
mod error;
#[cfg(test)]
mod fixtures;
mod grounds;
mod id_token;
mod issuers;
mod logout_token;
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
    types::{Clock, Issuer},
};

pub use client::ClientValidator;
pub use error::TokenError;
pub use grounds::MAX_AGE;
pub use id_token::Asked;
pub use signature::{Renewal, Unfinished};
pub(crate) use step::Step;
pub use token_cache::{MAX_CACHE_BYTES, MAX_CACHED_TOKEN_BYTES, MAX_CACHED_TOKENS, TokenCache};
pub use verified::{AccessToken, IdToken, LogoutToken, Userinfo, Verified};

use grounds::{Grounds, Moment};
use issuers::Issuers;

/// Checks tokens of the issuers it was made for. Nothing in it changes: share it.
#[derive(Debug)]
pub struct Validator {
    issuers: Issuers,
    clock: Arc<dyn Clock>,
}

impl Validator {
    /// A validator of the tokens of these providers' issuers.
    #[must_use]
    pub fn new(providers: Vec<Provider>, clock: Arc<dyn Clock>) -> Self {
        Self { issuers: Issuers::new(providers), clock }
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
        self.check(token.as_ref()).map(|(verified, _)| verified)
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

    fn check(&self, token: &[u8]) -> Result<(Verified<AccessToken>, Grounds), Unfinished> {
        access_token::check(token, &self.issuers, Moment::of(&*self.clock))
    }

    /// Whether a check would accept the token again that was accepted on these grounds.
    fn upholds(&self, grounds: &Grounds) -> bool {
        let keys = self.issuers.provider(grounds.provider()).snapshot();
        grounds.hold(&keys, Moment::of(&*self.clock))
    }
}
