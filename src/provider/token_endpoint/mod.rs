//! The token endpoint (RFC 6749 section 3.2, OpenID Connect Core 1.0 section 3.1.3), and two endpoints that are asked in the
//! same way: that of revocation (RFC 7009), and that of pushed authorization requests (RFC 9126).
//!
//! 1. **A request is sent once.** It may have reached the provider whatever came of it, and a code or a rotating refresh
//!    token is good for one use. [`is_retryable`](TokenEndpointError::is_retryable) says when the caller may try again.
//! 2. **With one exception, for every grant:** when the provider does not know the client, and the file of its secret or
//!    private key holds another one by now, there is one more attempt with that one. The client is authenticated before the grant is
//!    looked at (RFC 6749 sections 3.2.1, 4.1.3 and 6), so nothing was spent: a code that was refused with its client was not
//!    used. A provider that spends it all the same refuses it again, and the login fails as it had failed without the
//!    exception; it gave no tokens that it could revoke for the second use. `invalid_grant` is never such an answer, whatever
//!    its status.
//! 3. **Each attempt has a proof of its own**; an assertion is never sent twice.
//! 4. **A redirect is an error**, since whoever it leads to would get the secret.
//! 5. **What the provider says is for machines alone.** No token, code, secret, assertion or `error_description` is in any
//!    error, `Debug` or log.

mod answer;
mod authenticated;
mod error;
mod grant;
mod pushed;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    config::ClientAuthentication,
    types::{Clock, Issuer},
};

use super::{
    client_authentication::{AssertionAudience, ClientAuthenticationError},
    error::ShownUrl,
    http::HttpClient,
};

pub use answer::MAX_TOKEN_RESPONSE_BYTES;
pub(super) use authenticated::{AuthenticatedClient, Recipient};
pub use error::{OAuthErrorCode, TokenEndpointError};
pub use grant::Grant;
pub use pushed::PushedRequest;
pub use response::{AccessTokenType, TokenResponse};

/// The token endpoint of one provider, asked by one client. Share it behind an [`Arc`].
pub struct TokenEndpoint {
    url: Url,
    issuer: Issuer,
    assertion_audience: AssertionAudience,
    client: AuthenticatedClient,
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
        let client = AuthenticatedClient::new(issuer.as_str(), client_id, authentication, client, clock)?;
        Ok(Self { url, issuer, assertion_audience: AssertionAudience::Issuer, client })
    }

    /// The same with another `aud` in its assertions than [`AssertionAudience::Issuer`].
    #[must_use]
    pub fn with_assertion_audience(mut self, audience: AssertionAudience) -> Self {
        self.assertion_audience = audience;
        self
    }

    /// The same at a provider that spans call by that name, in place of its issuer.
    #[must_use]
    pub fn with_provider_name(self, name: &str) -> Self {
        Self { client: self.client.at_provider(name), ..self }
    }

    /// Asks for tokens. It takes [`FETCH_LIMIT`](super::FETCH_LIMIT) at most, twice that when the client's secret or key was
    /// rotated. What comes from a file is read again on Tokio's blocking threads.
    ///
    /// # Errors
    /// [`TokenEndpointError`] when there are no tokens, or none that may be used.
    ///
    /// # Panics
    /// Outside a Tokio runtime, when the client's secret or key came from a file.
    pub async fn request(&self, grant: &Grant) -> Result<TokenResponse, TokenEndpointError> {
        let audience = self.assertion_audience.text(&self.issuer, Some(&self.url), &self.url);
        self.client.request_tokens(Recipient { url: &self.url, audience }, grant).await
    }
}

impl fmt::Debug for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEndpoint")
            .field("url", &ShownUrl::new(&self.url))
            .field("issuer", &self.issuer)
            .field("assertion_audience", &self.assertion_audience)
            .field("client", &self.client)
            .finish()
    }
}
