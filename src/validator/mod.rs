//! Tokens checked in full. A file for each kind of token lists its steps in the order of the specifications.
//!
//! - [`Validator`] knows the issuers and finds the one a token names.
//! - `access_token`: what comes in the `Authorization` header (RFC 9068 section 4, RFC 8725).
//! - `checks`: one short function for each check of a claim.
//! - [`Verified`] is the proof: nobody else makes one.
//!
//! Checking is synchronous as long as the keys are there. Only a token signed with a key that is not known yet waits, for
//! one renewal of the keys: [`Unfinished::Renewal`].

mod access_token;
mod checks;
mod error;
mod issuers;
mod token_kind;
mod verified;

use std::{fmt, sync::Arc};

use crate::{
    provider::{Provider, Renewed},
    types::{Clock, unix_seconds},
};

pub use error::TokenError;
pub use verified::{AccessToken, Verified};

use issuers::Issuers;

/// Checks tokens of the issuers it was made for. Nothing in it changes: share it.
#[derive(Debug)]
pub struct Validator {
    issuers: Issuers,
    clock: Arc<dyn Clock>,
}

/// Why a token has no verdict, or a bad one, without waiting.
#[derive(Debug)]
pub enum Unfinished {
    /// The verdict: refused.
    Refused(TokenError),
    /// The key that signed the token is not known: the verdict waits for a renewal of the issuer's keys.
    Renewal(Renewal),
}

/// A renewal of keys that a token waits for.
pub struct Renewal {
    provider: Provider,
    /// The keys that were looked through.
    generation: u64,
    key_id: Option<Box<str>>,
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
    pub async fn access_token(&self, token: &str) -> Result<Verified<AccessToken>, TokenError> {
        match self.try_access_token(token) {
            Ok(verified) => Ok(verified),
            Err(Unfinished::Refused(error)) => Err(error),
            Err(Unfinished::Renewal(renewal)) => {
                renewal.wait().await?;
                self.try_access_token(token).map_err(Unfinished::into_verdict)
            }
        }
    }

    /// Checks a bearer token with the keys that are there.
    ///
    /// # Errors
    /// [`Unfinished`], with the first check that failed or the renewal to wait for.
    pub fn try_access_token(&self, token: &str) -> Result<Verified<AccessToken>, Unfinished> {
        access_token::check(token, &self.issuers, self.now(), self.clock.elapsed())
    }

    fn now(&self) -> u64 {
        unix_seconds(self.clock.now())
    }
}

impl Renewal {
    /// Waits until the keys are renewed, or are known to stay as they are.
    ///
    /// # Errors
    /// - [`TokenError::UnknownKey`]: there is no such key;
    /// - [`TokenError::KeysUnavailable`]: the provider could not be asked.
    pub async fn wait(self) -> Result<(), TokenError> {
        match self.provider.renew(self.generation, self.key_id.as_deref()).await {
            Renewed::Changed => Ok(()),
            Renewed::Unchanged => Err(TokenError::UnknownKey),
            Renewed::Unavailable { retry_after } => Err(TokenError::KeysUnavailable { retry_after }),
        }
    }
}

/// The provider, and not the `kid`: whoever sent the token chose it.
impl fmt::Debug for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewal").field("issuer", &self.provider.settings().issuer).finish_non_exhaustive()
    }
}

impl Unfinished {
    /// The verdict when nothing more is waited for.
    #[must_use]
    pub fn into_verdict(self) -> TokenError {
        match self {
            Self::Refused(error) => error,
            Self::Renewal(_) => TokenError::UnknownKey,
        }
    }
}

impl<E: Into<TokenError>> From<E> for Unfinished {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}
