//! The configuration that trusts the provider.

use crate::config::Config;

use super::TestProvider;

impl TestProvider {
    /// The configuration of a service that takes this provider's access tokens. Change it as the test needs.
    ///
    /// ```
    /// use tower_oidc::{Auth, testing::TestProvider};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let provider = TestProvider::start().await;
    /// let auth = Auth::discover(provider.config().admin("jane")).await?;
    ///
    /// let principal = auth.validate(&provider.token("jane").sign()).await?;
    /// assert!(principal.is_admin());
    ///
    /// let expired = provider.token("jane").claim("exp", 1).sign();
    /// assert!(auth.validate(&expired).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn config(&self) -> Config {
        Config::new()
            .provider("custom-oidc")
            .authority(self.issuer())
            .client_id(self.client_id())
            .audience(self.audience())
    }
}
