//! This client at its provider's endpoints: tokens, userinfo, revocation, pushed authorization requests.

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    config::ClientAuthentication,
    types::{Clock, Secret},
};

use super::{
    client_authentication::{AssertionAudience, ClientAuthenticationError},
    fetch::Fetcher,
    handle::Provider,
    http::HttpClient,
    key_cache::Unavailable,
    metadata::Metadata,
    token_endpoint::{AuthenticatedClient, Grant, PushedRequest, Recipient, TokenEndpointError, TokenResponse},
    userinfo::{self, UserinfoAnswer, UserinfoError},
};

/// This client at its provider's endpoints, wherever the metadata of the moment say that they are.
///
/// One credential serves all of them: a secret or key that was rotated in its file is picked up for all at once. Assertions name
/// the issuer in `aud`, for Microsoft Entra the token endpoint, and for Okta whichever is asked.
///
/// Each call takes [`FETCH_LIMIT`](super::FETCH_LIMIT) at most, twice that when the client's secret or key was rotated.
pub struct ProviderClient {
    provider: Provider,
    client: AuthenticatedClient,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
}

/// An endpoint, as the metadata of one moment name it.
struct Endpoint {
    url: Url,
    /// `aud` of an assertion that is sent there.
    audience: String,
}

impl ProviderClient {
    /// The client `client_id` of `provider`. Keys are parsed here, once.
    ///
    /// # Errors
    /// As [`TokenEndpoint::new`](super::TokenEndpoint::new).
    pub fn new(
        provider: Provider,
        client_id: String,
        authentication: ClientAuthentication,
        client: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientAuthenticationError> {
        let name = &*provider.settings().name;
        let fetcher = Fetcher::new(name, Arc::clone(&client), Arc::clone(&clock));
        let client = AuthenticatedClient::new(name, client_id, authentication, client, Arc::clone(&clock))?;
        Ok(Self { provider, client, fetcher, clock })
    }

    /// Takes the place of `before`, for the same service with other settings: a secret or key that was read anew stays in use.
    #[must_use]
    pub fn continues(self, before: &Self) -> Self {
        Self { client: self.client.continues(&before.client), ..self }
    }

    /// Asks the token endpoint, once.
    ///
    /// The one exception is a client that the provider does not know while the file of its secret or key holds another one by now.
    /// That is a second attempt for a code and a refresh token too: neither was looked at.
    ///
    /// # Errors
    /// [`TokenEndpointError`] when there are no tokens, or none that may be used.
    ///
    /// # Panics
    /// As [`TokenEndpoint::request`](super::TokenEndpoint::request).
    pub async fn token(&self, grant: &Grant) -> Result<TokenResponse, TokenEndpointError> {
        let endpoint = self.endpoint(|metadata| metadata.token_endpoint.as_ref()).map_err(no_metadata)?;
        let endpoint = endpoint.ok_or(TokenEndpointError::NoEndpoint)?;
        self.client.request_tokens(endpoint.recipient(), grant).await
    }

    /// Asks who the access token is of (OpenID Connect Core 1.0 section 5.3). `Ok(None)`: the provider has no such endpoint.
    ///
    /// The answer is not compared with anything here. The `sub` of claims is a non-empty string, and whoever uses them must find it
    /// equal to the ID token's (section 5.3.2). Nothing of a JWT is verified.
    ///
    /// # Errors
    /// [`UserinfoError`] when there is no answer, or none that can be read.
    pub async fn userinfo(&self, access_token: &Secret) -> Result<Option<UserinfoAnswer>, UserinfoError> {
        let endpoint = self
            .endpoint(|metadata| metadata.userinfo_endpoint.as_ref())
            .map_err(|Unavailable { retry_after }| UserinfoError::NoMetadata { retry_after })?;
        let Some(Endpoint { url, .. }) = endpoint else { return Ok(None) };
        userinfo::ask(&self.fetcher, &*self.clock, &url, access_token).await.map(Some)
    }

    /// Tells the provider that a refresh token is not needed any more (RFC 7009). `Ok(false)`: it has no such endpoint.
    ///
    /// A token that the provider does not know, or has revoked already, is as good as revoked. After an error the token may
    /// be alive still; nothing is tried again here, since somebody who signs out would wait for it, but the same call may be
    /// made again as often as one likes.
    ///
    /// # Errors
    /// [`TokenEndpointError`] when the provider did not take it. [`TokenEndpointError::is_retryable`] says whether it may later.
    ///
    /// # Panics
    /// As [`TokenEndpoint::request`](super::TokenEndpoint::request).
    pub async fn revoke(&self, refresh_token: &Secret) -> Result<bool, TokenEndpointError> {
        let endpoint = self.endpoint(|metadata| metadata.revocation_endpoint.as_ref()).map_err(no_metadata)?;
        let Some(endpoint) = endpoint else { return Ok(false) };
        self.client.revoke(endpoint.recipient(), refresh_token).await.map(|()| true)
    }

    /// Gives the provider the parameters of an authorization request ahead of the browser (RFC 9126).
    ///
    /// # Errors
    /// [`TokenEndpointError`] when the provider did not take it, or has no such endpoint. Then there is no other way for this
    /// request.
    ///
    /// # Panics
    /// As [`TokenEndpoint::request`](super::TokenEndpoint::request).
    pub async fn push(&self, parameters: &[(&str, &str)]) -> Result<PushedRequest, TokenEndpointError> {
        let endpoint = self.endpoint(|metadata| metadata.pushed_authorization_request_endpoint.as_ref());
        let endpoint = endpoint.map_err(no_metadata)?.ok_or(TokenEndpointError::NoEndpoint)?;
        self.client.push(endpoint.recipient(), parameters).await
    }

    /// The endpoint that `find` finds in the metadata of this moment. The snapshot is let go before anything is sent.
    fn endpoint(&self, find: impl Fn(&Metadata) -> Option<&Url>) -> Result<Option<Endpoint>, Unavailable> {
        let (snapshot, settings) = (self.provider.snapshot(), self.provider.settings());
        let Some(metadata) = snapshot.metadata() else {
            // Without discovery there will never be metadata, nor an endpoint.
            let awaited = settings.discovery.is_some();
            return if awaited { Err(snapshot.unavailable(self.clock.elapsed())) } else { Ok(None) };
        };
        let audience = AssertionAudience::of(settings.kind);
        let audience = |url| audience.text(&metadata.issuer, metadata.token_endpoint.as_ref(), url).to_owned();
        Ok(find(metadata).map(|url| Endpoint { url: url.clone(), audience: audience(url) }))
    }
}

impl Endpoint {
    fn recipient(&self) -> Recipient<'_> {
        Recipient { url: &self.url, audience: &self.audience }
    }
}

fn no_metadata(Unavailable { retry_after }: Unavailable) -> TokenEndpointError {
    TokenEndpointError::NoMetadata { retry_after }
}

impl fmt::Debug for ProviderClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderClient").field("client", &self.client).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
