//! The token itself.

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderValue, header::InvalidHeaderValue};

use crate::types::Secret;

use super::lifetime::Lifetime;

/// An access token of the service account. Cheap to clone; shown nowhere.
#[derive(Clone)]
pub struct BearerToken {
    inner: Arc<Inner>,
}

struct Inner {
    secret: Secret,
    authorization: HeaderValue,
    lifetime: Lifetime,
}

impl BearerToken {
    /// # Errors
    /// [`InvalidHeaderValue`]: not a token that can stand in a header.
    pub(super) fn new(secret: Secret, lifetime: Lifetime) -> Result<Self, InvalidHeaderValue> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", secret.expose()))?;
        authorization.set_sensitive(true);
        Ok(Self { inner: Arc::new(Inner { secret, authorization, lifetime }) })
    }

    /// The token itself, for a client that makes the header by itself. Send it to nobody but the service it is for.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.inner.secret.expose()
    }

    /// The value of the `Authorization` header, marked as sensitive.
    #[must_use]
    pub fn authorization(&self) -> &HeaderValue {
        &self.inner.authorization
    }

    /// Whether it may still be handed out.
    pub(super) fn is_good(&self, now: Duration) -> bool {
        now < self.inner.lifetime.good_until
    }

    /// Whether it is time for the next one.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        now >= self.inner.lifetime.renew_at
    }

    /// Whether both came from one answer of the provider.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerToken").field("lifetime", &self.inner.lifetime).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown() {
        let token = BearerToken::new(Secret::from("hunter2"), Lifetime::new(Duration::ZERO, None, 0)).unwrap();
        assert!(!format!("{token:?} {:?}", token.authorization()).contains("hunter2"));
        assert_eq!(token.authorization(), "Bearer hunter2");
    }
}
