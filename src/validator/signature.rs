//! The signature of a token, by the keys of one provider, and the renewal of keys that its verdict may wait for.

use std::{fmt, time::Duration};

use crate::{
    jose::{Jws, KeyError},
    provider::{Provider, Renewed},
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
mod tests {
    use super::super::{Validator, fixtures};
    use super::*;
    use crate::{
        testing::{SigningKey, TestProvider},
        types::Issuer,
    };

    #[tokio::test]
    async fn what_waits_for_a_key_shows_the_issuer_and_not_the_kid() {
        let provider = TestProvider::builder().algorithm(fixtures::REGISTERED).start().await;
        let keys = fixtures::start(&provider, |settings| {
            settings.issuers[0].issuer = Some(Issuer::new(provider.issuer()));
        });
        keys.first_attempt().await.unwrap();
        let token =
            provider.token("jane").key(&SigningKey::generate(fixtures::REGISTERED).with_key_id("SECRET")).sign();
        let unfinished = Validator::new(vec![keys], provider.clock()).try_access_token(token).unwrap_err();
        let shown = format!("{unfinished:?}");
        assert!(matches!(unfinished, Unfinished::Renewal(_)));
        assert!(shown.contains(provider.issuer()) && !shown.contains("SECRET"), "{shown}");
    }
}
