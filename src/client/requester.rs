//! One request for a token: metadata if the endpoint is not known, then the endpoint.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use crate::{
    config::IssuerSettings,
    provider::{
        ClientAuthenticationError, Grant, HttpClient, Metadata, ProviderError, ShownUrl, TokenEndpoint,
        TokenEndpointError, TokenResponse,
    },
    types::{Clock, Issuer},
};

use super::{ServiceAccount, error::TokenSourceError, lifetime::Lifetime, token::BearerToken};

/// Where the token endpoint is.
#[derive(Debug, Clone)]
pub(super) enum Locator {
    /// In the metadata at that URL.
    Discovery(Url, Box<IssuerSettings>),
    /// There, and it is that issuer's.
    Given(Url, Issuer),
}

/// Asks for tokens.
#[derive(Debug)]
pub(super) struct Requester {
    account: ServiceAccount,
    grant: Grant,
    client: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<Known>>,
}

/// The endpoint as it was last found.
#[derive(Debug, Clone)]
struct Known {
    endpoint: Arc<TokenEndpoint>,
    url: Url,
    issuer: Issuer,
    /// The last request failed: perhaps the endpoint has moved.
    doubtful: bool,
}

impl Requester {
    /// # Errors
    /// The account's credential cannot be used.
    pub(super) fn new(
        account: ServiceAccount,
        client: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientAuthenticationError> {
        let requester = Self { grant: account.grant(), account, client, clock, known: Mutex::new(None) };
        // The credential is looked at now, and not at the first call: any endpoint will do for that.
        let (Locator::Discovery(url, _) | Locator::Given(url, _)) = &requester.account.locator;
        requester.endpoint_at(url, &Issuer::new(url.as_str()))?;
        Ok(requester)
    }

    /// What spans and the log call the provider: `providerName`, or the endpoint's host where that alone is known.
    pub(super) fn provider(&self) -> &str {
        match &self.account.locator {
            Locator::Discovery(_, settings) => &settings.name,
            Locator::Given(url, _) => url.host_str().unwrap_or_default(),
        }
    }

    /// Asks once. `random` spreads the renewals of replicas.
    pub(super) async fn request(&self, random: u64) -> Result<BearerToken, TokenSourceError> {
        let endpoint = self.endpoint().await?;
        let asked = self.clock.elapsed();
        let response = endpoint.request(&self.grant).await;
        if let (Err(_), Some(known)) = (&response, &mut *self.known()) {
            known.doubtful = true;
        }
        let token = response.and_then(|TokenResponse { access_token, expires_in, .. }| {
            let lifetime = Lifetime::new(asked, expires_in, random);
            BearerToken::new(access_token, lifetime).map_err(|_| TokenEndpointError::Malformed {
                member: "access_token",
                expected: "a token that can stand in a header",
            })
        });
        token.map_err(|error| TokenSourceError::TokenEndpoint(Arc::new(error)))
    }

    /// The endpoint where it was last found; after a failure it is looked for again.
    async fn endpoint(&self) -> Result<Arc<TokenEndpoint>, TokenSourceError> {
        let known = self.known().clone();
        match (&self.account.locator, known) {
            (_, Some(known)) if !known.doubtful => Ok(known.endpoint),
            (Locator::Given(..), Some(known)) => Ok(known.endpoint),
            (Locator::Given(url, issuer), None) => self.adopt(url, issuer),
            (Locator::Discovery(url, settings), known) => match (self.discover(url, settings).await, known) {
                (Ok((url, issuer)), _) => self.adopt(&url, &issuer),
                (Err(error), Some(known)) if error.is_unreachable() => Ok(known.endpoint),
                (Err(error), _) => Err(TokenSourceError::Discovery(Arc::new(error))),
            },
        }
    }

    async fn discover(&self, url: &Url, settings: &IssuerSettings) -> Result<(Url, Issuer), ProviderError> {
        let (client, clock) = (Arc::clone(&self.client), Arc::clone(&self.clock));
        let metadata = Metadata::discover(url, settings, &self.account.http, client, clock).await?;
        let missing = || ProviderError::Missing { url: ShownUrl::new(url), member: "token_endpoint" };
        Ok((metadata.token_endpoint.ok_or_else(missing)?, metadata.issuer))
    }

    /// Takes over an endpoint that was found. The one that is known already keeps its secret, which may have been read anew.
    fn adopt(&self, url: &Url, issuer: &Issuer) -> Result<Arc<TokenEndpoint>, TokenSourceError> {
        let mut known = self.known();
        let endpoint = match known.take().filter(|known| known.url == *url && known.issuer == *issuer) {
            Some(known) => known.endpoint,
            None => Arc::new(self.endpoint_at(url, issuer).map_err(TokenSourceError::ClientAuthentication)?),
        };
        let found = Known { endpoint, url: url.clone(), issuer: issuer.clone(), doubtful: false };
        Ok(Arc::clone(&known.insert(found).endpoint))
    }

    fn endpoint_at(&self, url: &Url, issuer: &Issuer) -> Result<TokenEndpoint, ClientAuthenticationError> {
        let ServiceAccount { client_id, authentication, assertion_audience, .. } = &self.account;
        let (client, clock) = (Arc::clone(&self.client), Arc::clone(&self.clock));
        TokenEndpoint::new(url.clone(), issuer.clone(), client_id.clone(), authentication.clone(), client, clock)
            .map(|endpoint| endpoint.with_assertion_audience(*assertion_audience).with_provider_name(self.provider()))
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
