//! A configuration built in Rust: setters for the common case. Every other field is public.

use std::path::PathBuf;

use crate::types::Secret;

use super::{Config, TrustedIssuer};

impl Config {
    /// A configuration that sets nothing and trusts nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `provider`: `auth0`, `azure`, `google`, `okta`, `aws-cognito` or `custom-oidc`. By default it is told by the host, and is `auth0`
    /// where the host does not tell.
    #[must_use]
    pub fn provider(mut self, provider: impl Into<String>) -> Self {
        self.authentication.provider = Some(provider.into());
        self
    }

    /// `authority`: base URL of the provider.
    #[must_use]
    pub fn authority(mut self, url: impl Into<String>) -> Self {
        self.authentication.authority = Some(url.into());
        self
    }

    /// `discoveryUri`: full URL of the provider's metadata.
    #[must_use]
    pub fn discovery_uri(mut self, url: impl Into<String>) -> Self {
        self.authentication.oidc.discovery_uri = Some(url.into());
        self
    }

    /// `issuer`: pins the exact issuer.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.authentication.oidc.issuer = Some(issuer.into());
        self
    }

    /// Adds one of `publicKeyUrls`.
    #[must_use]
    pub fn public_key_url(mut self, url: impl Into<String>) -> Self {
        self.authentication.public_key_urls.push(url.into());
        self
    }

    /// `tenant`.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.authentication.oidc.tenant = Some(tenant.into());
        self
    }

    /// Adds one of `audience`: whom a bearer token must be meant for.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.authentication.oidc.audience.push(audience.into());
        self
    }

    /// Adds one of `tokenValidationAlgorithm`: what a bearer token may be signed with.
    #[must_use]
    pub fn token_algorithm(mut self, name: impl Into<String>) -> Self {
        self.authentication.token_validation_algorithm.push(name.into());
        self
    }

    /// Adds one of `trustedIssuers`.
    #[must_use]
    pub fn trusted_issuer(mut self, issuer: TrustedIssuer) -> Self {
        self.authentication.trusted_issuers.push(issuer);
        self
    }

    /// `oidcConfiguration.id`: the client id.
    #[must_use]
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.authentication.oidc.id = Some(id.into());
        self
    }

    /// `oidcConfiguration.secret`: the client secret.
    #[must_use]
    pub fn client_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.authentication.oidc.secret = Some(secret.into());
        self
    }

    /// The file that holds the client secret, which is read again when the provider no longer takes it.
    #[must_use]
    pub fn client_secret_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.authentication.oidc.secret_file = Some(path.into());
        self
    }

    /// The file that holds the key of `private_key_jwt`, which is read again when the provider no longer takes it.
    #[must_use]
    pub fn private_key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.authentication.oidc.private_key_file = Some(path.into());
        self
    }

    /// `clientType: public`: a client without a secret.
    #[must_use]
    pub fn public_client(mut self) -> Self {
        self.authentication.client_type = Some("public".to_owned());
        self
    }

    /// `oidcConfiguration.callbackUrl`: where the provider sends the browser back to.
    #[must_use]
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.authentication.oidc.callback_url = Some(url.into());
        self
    }

    /// `serverUrl`: external base URL of the application.
    #[must_use]
    pub fn server_url(mut self, url: impl Into<String>) -> Self {
        self.authentication.oidc.server_url = Some(url.into());
        self
    }

    /// `dpop`: `off` (default), `accepted` or `required`. It needs a [`server_url`](Self::server_url).
    #[must_use]
    pub fn dpop(mut self, policy: impl Into<String>) -> Self {
        self.authentication.oidc.dpop = Some(policy.into());
        self
    }

    /// `scope`: what to ask for at login, separated by spaces.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.authentication.oidc.scope = Some(scope.into());
        self
    }

    /// Adds one of `customParams` to the authorization request.
    #[must_use]
    pub fn custom_param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.authentication.oidc.custom_params.insert(name.into(), value.into());
        self
    }

    /// Adds one of `sessionSecret`, at least 32 bytes: the first seals, all open.
    #[must_use]
    pub fn session_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.authentication.oidc.session_secret.push(secret.into());
        self
    }

    /// The file that holds the session secret or a list of them, and is looked at all the time.
    #[must_use]
    pub fn session_secret_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.authentication.oidc.session_secret_file = Some(path.into());
        self
    }

    /// `sessionStore`: `cookie` (default), `memory` or a `redis://` URL.
    #[must_use]
    pub fn session_store(mut self, store: impl Into<Secret>) -> Self {
        self.authentication.oidc.session_store = Some(store.into());
        self
    }

    /// `enableSelfSignup`: whether the user directory may create an unknown user.
    #[must_use]
    pub fn self_signup(mut self, enabled: bool) -> Self {
        self.authentication.enable_self_signup = Some(enabled);
        self
    }

    /// `principalDomain`: appended to a principal without `@`.
    #[must_use]
    pub fn principal_domain(mut self, domain: impl Into<String>) -> Self {
        self.authorizer.principal_domain = Some(domain.into());
        self
    }

    /// `enforcePrincipalDomain`: whether only principals of that domain get in.
    #[must_use]
    pub fn enforce_principal_domain(mut self, enforced: bool) -> Self {
        self.authorizer.enforce_principal_domain = Some(enforced);
        self
    }

    /// Adds one of `adminPrincipals`.
    #[must_use]
    pub fn admin(mut self, principal: impl Into<String>) -> Self {
        self.authorizer.admin_principals.push(principal.into());
        self
    }

    /// Adds one of `botPrincipals`.
    #[must_use]
    pub fn bot(mut self, principal: impl Into<String>) -> Self {
        self.authorizer.bot_principals.push(principal.into());
        self
    }
}

impl TrustedIssuer {
    /// An issuer with that exact text; its keys come from its own discovery unless said otherwise.
    #[must_use]
    pub fn new(issuer: impl Into<String>) -> Self {
        Self { issuer: Some(issuer.into()), ..Self::default() }
    }

    /// Adds one of `publicKeyUrls`.
    #[must_use]
    pub fn public_key_url(mut self, url: impl Into<String>) -> Self {
        self.public_key_urls.push(url.into());
        self
    }

    /// `discoveryUri`: full URL of its metadata.
    #[must_use]
    pub fn discovery_uri(mut self, url: impl Into<String>) -> Self {
        self.discovery_uri = Some(url.into());
        self
    }

    /// Adds one of `audience`.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience.push(audience.into());
        self
    }

    /// Adds one of `algorithms`.
    #[must_use]
    pub fn algorithm(mut self, name: impl Into<String>) -> Self {
        self.algorithms.push(name.into());
        self
    }

    /// `tenant`: what a templated issuer must resolve to.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }
}
