//! The signature of a token, by the keys of one provider, and the renewal of keys that its verdict may wait for.

use std::{fmt, time::Duration};

use crate::{
    jose::{Jws, KeyError, VerifyingKey},
    provider::{IssuerRule, Provider, Renewed},
    types::Claims,
};

use super::{TokenError, Verified};

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

/// What one of a provider's keys has signed.
pub(super) struct Signed {
    pub(super) claims: Claims,
    /// That of the keys among which the key was found.
    pub(super) generation: u64,
}

/// The claims of a token that one of the provider's keys has signed.
pub(super) fn verify(jws: Jws<'_>, provider: &Provider, elapsed: Duration) -> Result<Signed, Unfinished> {
    let snapshot = provider.snapshot();
    let keys = snapshot
        .keys(elapsed)
        .map_err(|unavailable| TokenError::KeysUnavailable { retry_after: unavailable.retry_after })?;
    match keys.find(jws.key_id(), jws.algorithm()) {
        Ok(key) => {
            let claims = jws.verify(key).map_err(TokenError::from)?;
            key_issuer(key, snapshot.issuer(), &claims)?;
            Ok(Signed { claims, generation: snapshot.generation() })
        }
        Err(KeyError::Ambiguous) => Err(TokenError::AmbiguousKey.into()),
        Err(KeyError::Unknown) => Err(Unfinished::Renewal(Renewal {
            provider: provider.clone(),
            generation: snapshot.generation(),
            key_id: jws.key_id().map(Into::into),
        })),
    }
}

/// Where one provider has the keys of many issuers, a key signs for those alone that it is published for: Microsoft's 'Validate
/// the signing key issuer'. All that is said of the key must hold; a key of which nothing is said signs for each of them.
///
/// It comes after the signature, so that this refusal is never of a token that anybody could have made.
fn key_issuer(key: &VerifyingKey, rule: Option<&IssuerRule>, claims: &Claims) -> Result<(), TokenError> {
    let Some(IssuerRule::Template(template)) = rule else { return Ok(()) };
    let mut issuers = key.issuers();
    if issuers.len() == 0 {
        return Ok(());
    }
    let iss = claims.string("iss")?.ok_or(TokenError::Missing { claim: "iss" })?;
    let tid = claims.string("tid")?.ok_or(TokenError::Missing { claim: "tid" })?;
    let is_theirs = issuers.all(|issuer| template.lets_sign(issuer, &iss, &tid));
    if is_theirs { Ok(()) } else { Err(TokenError::KeyIssuer) }
}

/// The verdict of `check`, which is asked again, once, when it waits for a renewal of keys.
pub(super) async fn verdict<K>(check: impl Fn() -> Result<Verified<K>, Unfinished>) -> Result<Verified<K>, TokenError> {
    match check() {
        Ok(verified) => Ok(verified),
        Err(Unfinished::Refused(error)) => Err(error),
        Err(Unfinished::Renewal(renewal)) => {
            renewal.wait().await?;
            check().map_err(Unfinished::into_verdict)
        }
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

#[cfg(test)]
mod tests;
