//! How a provider is set up.

use std::sync::Arc;

use crate::types::{Algorithm, Clock, SystemClock};

use super::{address::Address, key_set::KeySet, provider::TestProvider, server::Server, state::State};

/// The settings of a [`TestProvider`], each with a default.
#[derive(Debug, Clone)]
#[must_use = "`start` starts the provider"]
pub struct TestProviderBuilder {
    port: u16,
    issuer_path: String,
    issuer_slash: bool,
    algorithm: Algorithm,
    client_id: String,
    audience: String,
    clock: Arc<dyn Clock>,
}

impl TestProviderBuilder {
    pub(super) fn new() -> Self {
        Self {
            port: 0,
            issuer_path: String::new(),
            issuer_slash: false,
            algorithm: Algorithm::Rs256,
            client_id: "test-client".to_owned(),
            audience: "https://api.example.test".to_owned(),
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// The port of 127.0.0.1 to listen on. By default, and with 0, any that is free.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Puts the issuer and all endpoints under a path: `/tenant`. By default there is none.
    pub fn issuer_path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.issuer_path);
        self
    }

    /// Whether the issuer ends with a slash, as Auth0's does. By default it does not.
    pub fn issuer_slash(mut self, slash: bool) -> Self {
        self.issuer_slash = slash;
        self
    }

    /// What the first key signs with. By default RS256; ES256 and EdDSA start faster.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The client that ID tokens are for. By default `test-client`.
    pub fn client_id(mut self, client_id: &str) -> Self {
        client_id.clone_into(&mut self.client_id);
        self
    }

    /// The API that access tokens are for. By default `https://api.example.test`.
    pub fn audience(mut self, audience: &str) -> Self {
        audience.clone_into(&mut self.audience);
        self
    }

    /// Where the times in tokens and slow answers come from. By default the system's clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts the provider. When this ends it listens, and its keys are there.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O enabled, and when the port is taken.
    pub async fn start(self) -> TestProvider {
        let server = Server::bind(self.port);
        let address = Address::new(server.port(), &self.issuer_path, self.issuer_slash);
        let keys = KeySet::new(self.algorithm);
        let state = Arc::new(State::new(address, self.client_id, self.audience, self.clock, keys));
        server.open(&state).await;
        TestProvider::new(state, server)
    }
}
