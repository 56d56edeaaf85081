//! This client, as it proves itself wherever it sends a form.

use std::{fmt, sync::Arc, time::SystemTime};

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::Response;
use url::Url;

use crate::{
    config::ClientAuthentication,
    provider::{
        client_authentication::{ClientAuthenticationError, Credential},
        fetch::Fetcher,
        http::HttpClient,
    },
    types::{Clock, Secret},
};

use super::{
    answer::{self, MAX_TOKEN_RESPONSE_BYTES},
    error::TokenEndpointError,
    grant::Grant,
    pushed::PushedRequest,
    request,
    response::TokenResponse,
};

/// This client with its credential: the one place from which a form goes out in its name.
pub(in crate::provider) struct AuthenticatedClient {
    client_id: String,
    /// Shared by all that stand for this client, one after the other: what one has read anew is there for all.
    credential: Arc<ArcSwap<Credential>>,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
}

/// Where a form goes.
#[derive(Clone, Copy)]
pub(in crate::provider) struct Recipient<'a> {
    pub(in crate::provider) url: &'a Url,
    /// `aud` of an assertion that goes with it.
    pub(in crate::provider) audience: &'a str,
}

/// Tells what an answer from that URL at that time is.
type Reader<T> = fn(Response<Bytes>, &Url, SystemTime) -> Result<T, TokenEndpointError>;

impl AuthenticatedClient {
    pub(in crate::provider) fn new(
        provider: &str,
        client_id: String,
        authentication: ClientAuthentication,
        client: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientAuthenticationError> {
        Ok(Self {
            client_id,
            credential: Arc::new(ArcSwap::from_pointee(Credential::new(authentication)?)),
            fetcher: Fetcher::new(provider, client, Arc::clone(&clock)),
            clock,
        })
    }

    /// The same at a provider that spans call by another name.
    pub(in crate::provider) fn at_provider(self, name: &str) -> Self {
        Self { fetcher: self.fetcher.named(name), ..self }
    }

    /// Goes on with the credential that `before` uses, if both come from the same file.
    ///
    /// What the file holds now may be ahead of the provider, and what is in use is read again as soon as it is not taken any more.
    pub(in crate::provider) fn continues(self, before: &Self) -> Self {
        let is_same =
            self.client_id == before.client_id && self.credential.load().has_file_of(&before.credential.load());
        let credential = Arc::clone(if is_same { &before.credential } else { &self.credential });
        Self { credential, ..self }
    }

    /// Asks a token endpoint for tokens.
    pub(in crate::provider) async fn request_tokens(
        &self,
        to: Recipient<'_>,
        grant: &Grant,
    ) -> Result<TokenResponse, TokenEndpointError> {
        self.post(to, &grant.fields(), answer::tokens).await
    }

    /// Has a revocation endpoint make a refresh token void (RFC 7009 section 2.1).
    pub(in crate::provider) async fn revoke(
        &self,
        to: Recipient<'_>,
        refresh_token: &Secret,
    ) -> Result<(), TokenEndpointError> {
        let fields = [("token", refresh_token.expose()), ("token_type_hint", "refresh_token")];
        self.post(to, &fields, answer::revoked).await
    }

    /// Has an endpoint for them take an authorization request (RFC 9126 section 2.1).
    pub(in crate::provider) async fn push(
        &self,
        to: Recipient<'_>,
        parameters: &[(&str, &str)],
    ) -> Result<PushedRequest, TokenEndpointError> {
        self.post(to, parameters, answer::pushed).await
    }

    /// One attempt, and one more if the client's secret or key was rotated.
    async fn post<T>(
        &self,
        to: Recipient<'_>,
        fields: &[(&str, &str)],
        read: Reader<T>,
    ) -> Result<T, TokenEndpointError> {
        let credential = self.credential.load_full();
        let refusal = match self.attempt(to, fields, read, &credential).await {
            Err(error) if error.is_invalid_client() => error,
            outcome => return outcome,
        };
        let Some(renewed) = credential.renewed().await.map(Arc::new) else { return Err(refusal) };
        self.credential.store(Arc::clone(&renewed));
        self.attempt(to, fields, read, &renewed).await
    }

    async fn attempt<T>(
        &self,
        to: Recipient<'_>,
        fields: &[(&str, &str)],
        read: Reader<T>,
        credential: &Credential,
    ) -> Result<T, TokenEndpointError> {
        let proof = credential.prove(&self.client_id, to.audience, self.clock.now())?;
        let request = request::post(to.url, fields, proof).map_err(TokenEndpointError::Unreachable)?;
        let response = self.fetcher.send(request, MAX_TOKEN_RESPONSE_BYTES).await;
        read(response.map_err(TokenEndpointError::Unreachable)?, to.url, self.clock.now())
    }
}

impl fmt::Debug for AuthenticatedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatedClient")
            .field("client_id", &self.client_id)
            .field("credential", &**self.credential.load())
            .finish_non_exhaustive()
    }
}
