//! What every test stands on: a provider, a clock that stands still, and a service account at the provider.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tower_oidc::{
    client::{BearerToken, ServiceAccount, TokenSource, TokenSourceError},
    config::Config,
    testing::{Endpoint, EndpointHandle, ManualClock, TestProvider},
};

/// The client id of the service account.
pub(crate) const CLIENT: &str = "ingestion";

/// Its secret, which nothing may show.
pub(crate) const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

/// A provider, and a source of tokens of a service account there, on one fixed clock.
pub(crate) struct Stand {
    pub(crate) provider: TestProvider,
    pub(crate) clock: ManualClock,
    pub(crate) tokens: TokenSource,
}

impl Stand {
    /// A service account with a secret.
    pub(crate) async fn new() -> Self {
        Self::with(|config| config).await
    }

    /// A service account with another configuration.
    pub(crate) async fn with(change: impl FnOnce(Config) -> Config) -> Self {
        let clock = ManualClock::new();
        let provider = TestProvider::builder().clock(clock.clone()).start().await;
        provider.add_service_account(CLIENT, SECRET);
        let account = ServiceAccount::from_config(&change(account_of(&provider))).expect("the account is right");
        let tokens = TokenSource::builder(account).with_clock(clock.clone()).start().expect("the credential is right");
        Self { provider, clock, tokens }
    }

    /// The provider's token endpoint.
    pub(crate) fn endpoint(&self) -> EndpointHandle {
        self.provider.endpoint(Endpoint::Token)
    }

    /// How many tokens were asked for.
    pub(crate) fn requests(&self) -> usize {
        self.provider.requests(Endpoint::Token)
    }

    pub(crate) async fn token(&self) -> BearerToken {
        self.tokens.token().await.expect("a token")
    }

    pub(crate) async fn failure(&self) -> TokenSourceError {
        self.tokens.token().await.expect_err("no token")
    }

    /// What comes of `future`, while the clock goes on where somebody waits for it.
    pub(crate) async fn eventually<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        loop {
            tokio::select! {
                biased;
                output = &mut future => return output,
                () = tokio::time::sleep(Duration::from_millis(20)) => self.clock.advance(Duration::from_millis(500)),
            }
        }
    }

    /// Waits until the source hands out another token than `old`.
    pub(crate) async fn renewed(&self, old: &BearerToken) -> BearerToken {
        loop {
            let token = self.token().await;
            if token.expose() != old.expose() {
                return token;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// The configuration of the service account: no callback URL is needed.
pub(crate) fn account_of(provider: &TestProvider) -> Config {
    let account = Config::new().provider("custom-oidc").authority(provider.issuer()).audience(provider.audience());
    account.client_id(CLIENT).client_secret(SECRET)
}

/// A file in the temporary directory, removed when dropped.
pub(crate) struct Scratch(std::path::PathBuf);

impl Scratch {
    pub(crate) fn new(text: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("tower-oidc-account-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, text: &str) {
        std::fs::write(&self.0, text).unwrap();
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
