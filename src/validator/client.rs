//! The tokens that a provider makes for this client: ID tokens, logout tokens, signed userinfo.

use std::sync::Arc;

use crate::{
    provider::Provider,
    types::{Algorithm, Clock, unix_seconds},
};

use super::{
    Asked, IdToken, LogoutToken, TokenError, Userinfo, Verified, id_token, logout_token, registration::Registration,
    signature, userinfo,
};

/// Checks the tokens that one provider makes for one client: ID tokens, logout tokens and signed userinfo.
///
/// Only the configured provider signs people in: tokens of a trusted issuer are refused here.
///
/// ```
/// use std::sync::Arc;
/// use tower_oidc::{
///     provider::{Provider, ReqwestClient},
///     testing::TestProvider,
///     types::Algorithm,
///     validator::{Asked, ClientValidator, TokenError},
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let test = TestProvider::start().await;
/// # let settings = test.config().check()?;
/// let http = Arc::new(ReqwestClient::new(&settings.http)?);
/// let provider = Provider::start(settings.issuers[0].clone(), &settings.http, http, test.clock());
/// provider.first_attempt().await?;
/// let validator = ClientValidator::new(provider, "test-client".to_owned(), Algorithm::Rs256, test.clock());
///
/// let token = test.id_token("jane").nonce("n-0S6_WzA2Mj").sign();
/// let ours = Asked { nonce: Some("n-0S6_WzA2Mj"), ..Asked::default() };
/// assert!(validator.id_token(&token, ours).await.is_ok());
///
/// let anothers = Asked { nonce: Some("another"), ..Asked::default() };
/// assert_eq!(validator.id_token(&token, anothers).await.unwrap_err(), TokenError::Nonce);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ClientValidator {
    client: Registration,
    clock: Arc<dyn Clock>,
}

impl ClientValidator {
    /// A validator of what `provider` makes for `client_id`, signed with `algorithm`.
    #[must_use]
    pub fn new(provider: Provider, client_id: String, algorithm: Algorithm, clock: Arc<dyn Clock>) -> Self {
        Self { client: Registration { provider, client_id, algorithm }, clock }
    }

    /// Checks an ID token (OpenID Connect Core 1.0 section 3.1.3.7 and 3.2.2.11), and renews the provider's keys once if the
    /// token's is not among them.
    ///
    /// # Errors
    /// [`TokenError`], with the first check that failed.
    pub async fn id_token(&self, token: &str, asked: Asked<'_>) -> Result<Verified<IdToken>, TokenError> {
        signature::verdict(|| id_token::check(token, &self.client, asked, self.now(), self.clock.elapsed())).await
    }

    /// Checks a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.6), likewise.
    ///
    /// # Errors
    /// [`TokenError`], with the first check that failed.
    pub async fn logout_token(&self, token: &str) -> Result<Verified<LogoutToken>, TokenError> {
        signature::verdict(|| logout_token::check(token, &self.client, self.now(), self.clock.elapsed())).await
    }

    /// Checks a signed answer of the userinfo endpoint (OpenID Connect Core 1.0 sections 5.3.2 and 5.3.4), likewise: signed as an ID
    /// token is, with `iss` and `aud` in it. That its `sub` is the ID token's is for whoever holds that.
    ///
    /// # Errors
    /// [`TokenError`], with the first check that failed.
    pub async fn userinfo(&self, token: impl AsRef<[u8]>) -> Result<Verified<Userinfo>, TokenError> {
        let token = token.as_ref();
        signature::verdict(|| userinfo::check(token, &self.client, self.now(), self.clock.elapsed())).await
    }

    fn now(&self) -> u64 {
        unix_seconds(self.clock.now())
    }
}
