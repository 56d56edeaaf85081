//! The provider, as a test holds it.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::Request;
use serde::Serialize;
use serde_json::Value;

use crate::types::{Algorithm, Clock};

use super::{
    builder::TestProviderBuilder,
    dpop::DpopKey,
    endpoint::{self, Endpoint, EndpointHandle},
    key::SigningKey,
    server::Server,
    service_account::TokenProfile,
    state::State,
    token::TokenBuilder,
};

/// An OpenID provider on a loopback port, for as long as it is held.
///
/// Clones are the same provider; it ends with the last of them. It runs on the tokio runtime it was started in, so start
/// one in each test.
#[derive(Clone)]
pub struct TestProvider {
    running: Arc<Running>,
}

struct Running {
    state: Arc<State>,
    server: Server,
}

impl TestProvider {
    /// Starts a provider with the defaults of [`TestProviderBuilder`]: any free port, one RS256 key.
    ///
    /// # Panics
    /// As [`TestProviderBuilder::start`].
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A provider to set up.
    pub fn builder() -> TestProviderBuilder {
        TestProviderBuilder::new()
    }

    pub(super) fn new(state: Arc<State>, server: Server) -> Self {
        Self { running: Arc::new(Running { state, server }) }
    }

    /// The exact issuer: `http://127.0.0.1:PORT`, with the path and the slash that were asked for.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.state().address.issuer()
    }

    /// The client that ID tokens are for.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.state().client_id
    }

    /// The API that access tokens are for.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.state().audience
    }

    /// The clock that tokens take their times from.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.state().clock)
    }

    /// A new ES256 key of a client's, to [bind tokens to](TokenBuilder::bound_to). Its proofs are issued at the time on the provider's clock.
    ///
    /// # Panics
    /// When the system gives no randomness.
    #[must_use]
    pub fn dpop_key(&self) -> DpopKey {
        DpopKey::generate(Algorithm::Es256).with_clock(self.clock())
    }

    /// An access token of the JWT profile (RFC 9068), good for an hour: `typ: at+jwt`, the provider's audience, client and
    /// issuer, scope `openid profile email`.
    pub fn token(&self, subject: &str) -> TokenBuilder {
        TokenBuilder::access_token_for(self.state(), subject)
    }

    /// An ID token for the provider's client, good for an hour, of a user who has just logged in.
    pub fn id_token(&self, subject: &str) -> TokenBuilder {
        TokenBuilder::id_token_for(self.state(), subject)
    }

    /// An access token that a service got for itself, as Auth0 makes them: `gty: client-credentials`, `sub: ID@clients`,
    /// `typ: JWT`, scope `read:orders`.
    pub fn machine_token(&self, client_id: &str) -> TokenBuilder {
        TokenBuilder::machine_token_for(self.state(), client_id)
    }

    /// Registers a service account, which may then ask for tokens with its secret by every method (OpenID Connect Core 1.0
    /// section 9). Called again, it changes the secret.
    ///
    /// ```
    /// use tower_oidc::{client::{ServiceAccount, TokenSource}, testing::TestProvider};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let provider = TestProvider::start().await;
    /// provider.add_service_account("billing", "secret");
    ///
    /// let account = ServiceAccount::auth0(provider.issuer(), "billing", "secret")?.audience(provider.audience());
    /// let token = TokenSource::start(account)?.token().await?;
    /// # assert_eq!(token.expose().split('.').count(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_service_account(&self, client_id: &str, secret: &str) {
        self.state().service_accounts().set_secret(client_id, secret);
    }

    /// Registers a service account by its public key, for `private_key_jwt`.
    ///
    /// # Panics
    /// When `jwk` is not a JWK.
    pub fn add_service_account_with_key(&self, client_id: &str, jwk: &Value) {
        self.state().service_accounts().set_public_key(client_id, jwk);
    }

    /// Which claims the tokens of service accounts have. By default Auth0's.
    pub fn set_token_profile(&self, profile: TokenProfile) {
        self.state().service_accounts().set_profile(profile);
    }

    /// Publishes a new key and signs with it from now on. The old ones stay published. The new key is returned.
    ///
    /// # Panics
    /// When the system gives no randomness.
    pub fn rotate_keys(&self, algorithm: Algorithm) -> SigningKey {
        self.state().keys().rotate(algorithm)
    }

    /// The key that signs now.
    #[must_use]
    pub fn signing_key(&self) -> SigningKey {
        self.state().keys().signing().clone()
    }

    /// Publishes a key beside the others. It does not sign.
    pub fn add_key(&self, key: &SigningKey) {
        self.state().keys().publish(key.clone());
    }

    /// Publishes the keys with that id no longer. If the signing key is among them it goes on signing, until
    /// [`rotate_keys`](Self::rotate_keys).
    ///
    /// # Panics
    /// When no key with that id is published.
    pub fn remove_key(&self, key_id: &str) {
        assert!(self.state().keys().withdraw(key_id), "no key with the id {key_id:?} is published");
    }

    /// The published keys, as a JWK Set (RFC 7517 section 5).
    #[must_use]
    pub fn jwks(&self) -> Value {
        self.state().keys().to_json()
    }

    /// Serves this text as the JWK Set, whatever it is. Tokens are signed as before.
    pub fn publish_raw_jwks(&self, document: impl Into<Bytes>) {
        self.state().keys().set_raw(Some(document.into()));
    }

    /// Serves the published keys again, after [`publish_raw_jwks`](Self::publish_raw_jwks).
    pub fn publish_keys(&self) {
        self.state().keys().set_raw(None);
    }

    /// The metadata, as it is served (OpenID Connect Discovery 1.0 section 3).
    #[must_use]
    pub fn metadata(&self) -> Value {
        endpoint::metadata(self.state())
    }

    /// Sets a member of the metadata: `set_metadata("issuer", "https://elsewhere.example")`.
    ///
    /// # Panics
    /// When the value cannot be written as JSON.
    pub fn set_metadata(&self, name: &str, value: impl Serialize) {
        let value = serde_json::to_value(value).expect("metadata is a value that JSON can write");
        self.state().metadata().set(name, value);
    }

    /// Leaves a member out of the metadata.
    pub fn remove_metadata(&self, name: &str) {
        self.state().metadata().leave_out(name);
    }

    /// An endpoint, to make it fail or to see what reached it.
    #[must_use]
    pub fn endpoint(&self, endpoint: Endpoint) -> EndpointHandle {
        EndpointHandle::new(Arc::clone(self.state()), endpoint)
    }

    /// How many requests have reached an endpoint.
    #[must_use]
    pub fn requests(&self, endpoint: Endpoint) -> usize {
        self.endpoint(endpoint).requests()
    }

    /// The last request that reached an endpoint.
    #[must_use]
    pub fn last_request(&self, endpoint: Endpoint) -> Option<Request<Bytes>> {
        self.endpoint(endpoint).last_request()
    }

    /// Goes down: connections are refused from now on, and those that are open break. The port stays reserved.
    ///
    /// # Panics
    /// When the port cannot be held.
    pub fn go_down(&self) {
        self.running.server.close();
    }

    /// Comes up again on the same port, with the same keys and the same faults.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O enabled.
    pub async fn come_up(&self) {
        self.running.server.open(self.state()).await;
    }

    pub(super) fn state(&self) -> &Arc<State> {
        &self.running.state
    }
}

impl fmt::Debug for TestProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestProvider")
            .field("issuer", &self.issuer())
            .field("signing_key", &self.signing_key())
            .field("is_listening", &self.running.server.is_open())
            .finish_non_exhaustive()
    }
}
