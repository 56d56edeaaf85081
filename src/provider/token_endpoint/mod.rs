//! The token endpoint (RFC 6749 section 3.2, OpenID Connect Core 1.0 section 3.1.3).
//!
//! 1. **A request is sent once.** It may have reached the provider whatever came of it, and a code or a rotating refresh
//!    token is good for one use. [`is_retryable`](TokenEndpointError::is_retryable) says when the caller may try again.
//! 2. **With one exception:** when the provider does not know the client, and the file of the client secret holds another
//!    secret by now, there is one more attempt with that one. The client is authenticated before the grant is looked at,
//!    so nothing was spent.
//! 3. **Each attempt has a proof of its own**; an assertion is never sent twice.
//! 4. **A redirect is an error**, since whoever it leads to would get the secret.
//! 5. **What the provider says is for machines alone.** No token, secret, assertion or `error_description` is in any
//!    error, `Debug` or log.

mod answer;
mod error;
mod grant;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use url::Url;

use crate::{
    config::ClientAuthentication,
    types::{Clock, Issuer},
};

use super::{
    client_authentication::{AssertionAudience, ClientAuthenticationError, Credential},
    error::ShownUrl,
    fetch::Fetcher,
    http::HttpClient,
};

pub use answer::{MAX_TOKEN_RESPONSE_BYTES, RATE_LIMIT_PAUSE};
pub use error::{OAuthErrorCode, TokenEndpointError};
pub use grant::Grant;
pub use response::{AccessTokenType, TokenResponse};

/// The token endpoint of one provider, asked by one client. Share it behind an [`Arc`].
pub struct TokenEndpoint {
    url: Url,
    issuer: Issuer,
    client_id: String,
    credential: ArcSwap<Credential>,
    assertion_audience: AssertionAudience,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
}

impl TokenEndpoint {
    /// The endpoint at `url` of the provider `issuer`. Keys are parsed here, once.
    ///
    /// # Errors
    /// - [`ClientAuthenticationError::ShortSecret`]: the secret is empty, or below 32 bytes with `client_secret_jwt`;
    /// - [`ClientAuthenticationError::UnreadableKey`], [`ClientAuthenticationError::EncryptedKey`],
    ///   [`ClientAuthenticationError::UnfitKey`]: the private key cannot be used.
    pub fn new(
        url: Url,
        issuer: Issuer,
        client_id: String,
        authentication: ClientAuthentication,
        client: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientAuthenticationError> {
        Ok(Self {
            url,
            issuer,
            client_id,
            credential: ArcSwap::from_pointee(Credential::new(authentication)?),
            assertion_audience: AssertionAudience::Issuer,
            fetcher: Fetcher::new(client, Arc::clone(&clock)),
            clock,
        })
    }

    /// The same with another `aud` in its assertions than [`AssertionAudience::Issuer`].
    #[must_use]
    pub fn with_assertion_audience(mut self, audience: AssertionAudience) -> Self {
        self.assertion_audience = audience;
        self
    }

    /// Asks for tokens. It takes [`FETCH_LIMIT`](super::FETCH_LIMIT) at most, twice that when the client secret was
    /// rotated. A secret from a file is read again on Tokio's blocking threads.
    ///
    /// # Errors
    /// [`TokenEndpointError`] when there are no tokens, or none that may be used.
    ///
    /// # Panics
    /// Outside a Tokio runtime, when the client secret came from a file.
    pub async fn request(&self, grant: &Grant) -> Result<TokenResponse, TokenEndpointError> {
        let credential = self.credential.load_full();
        let refusal = match self.attempt(grant, &credential).await {
            Err(error) if error.is_invalid_client() => error,
            outcome => return outcome,
        };
        let Some(renewed) = credential.renewed().await.map(Arc::new) else { return Err(refusal) };
        self.credential.store(Arc::clone(&renewed));
        self.attempt(grant, &renewed).await
    }

    async fn attempt(&self, grant: &Grant, credential: &Credential) -> Result<TokenResponse, TokenEndpointError> {
        let proof = credential.prove(&self.client_id, self.audience(), self.clock.now())?;
        let request = request::post(&self.url, grant, proof).map_err(TokenEndpointError::Unreachable)?;
        let response = self.fetcher.send(request, MAX_TOKEN_RESPONSE_BYTES).await;
        answer::read(response.map_err(TokenEndpointError::Unreachable)?, &self.url, self.clock.now())
    }

    fn audience(&self) -> &str {
        match self.assertion_audience {
            AssertionAudience::Issuer => self.issuer.as_str(),
            AssertionAudience::TokenEndpoint => self.url.as_str(),
        }
    }
}

impl fmt::Debug for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEndpoint")
            .field("url", &ShownUrl::new(&self.url))
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("credential", &**self.credential.load())
            .field("assertion_audience", &self.assertion_audience)
            .finish_non_exhaustive()
    }
}
