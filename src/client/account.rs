//! A machine-to-machine application at a provider.

use std::path::Path;

use url::Url;

use crate::{
    config::{
        ClientAuthentication, Config, ConfigErrors, HttpSettings, Ingestion, Notice, ProviderKind,
        ServiceAccountSettings, Source,
    },
    provider::{AssertionAudience, Grant},
    types::{Issuer, Scopes, Secret},
};

use super::requester::Locator;

/// A machine-to-machine application at a provider: who it is, how it proves itself, where it asks, and for what.
///
/// ```
/// use tower_oidc::{client::ServiceAccount, config::Config};
///
/// let auth0 = ServiceAccount::auth0("dev-abc.us.auth0.com", "client-id", "secret")?.audience("https://api.company.example");
///
/// let any = Config::new().provider("okta").authority("https://company.okta.com/oauth2/default");
/// let any = ServiceAccount::from_config(&any.client_id("client-id").client_secret_file("/run/secrets/client"));
/// # assert!(any.is_err(), "there is no such file here");
/// # Ok::<(), tower_oidc::config::ConfigErrors>(())
/// ```
#[derive(Debug, Clone)]
pub struct ServiceAccount {
    pub(super) locator: Locator,
    pub(super) client_id: String,
    pub(super) authentication: ClientAuthentication,
    pub(super) assertion_audience: AssertionAudience,
    pub(super) http: HttpSettings,
    pub(super) notices: Vec<Notice>,
    server: Option<Url>,
    audience: Option<String>,
    scopes: Option<Scopes>,
    resources: Vec<String>,
}

impl ServiceAccount {
    /// An application of Auth0, by the three values that its page shows. The secret is sent in the form, and the token is for
    /// the management API until [`audience`](Self::audience) says otherwise: both are what OpenMetadata does.
    ///
    /// # Errors
    /// Every problem of the three, by the dotted paths of a configuration.
    pub fn auth0(
        domain: impl Into<String>,
        client_id: impl Into<String>,
        secret: impl Into<Secret>,
    ) -> Result<Self, ConfigErrors> {
        let mut config = Config::new().provider("auth0").authority(domain).client_id(client_id).client_secret(secret);
        config.authentication.oidc.client_authentication_method = Some("client_secret_post".to_owned());
        Ok(Self::of(config.check_service_account()?).with_management_audience())
    }

    /// The client of a configuration: its provider, id, credential, authentication method and roots, and the first of its
    /// audiences. Nothing else of it is looked at: `scope` is the login's, and a callback URL is not needed.
    ///
    /// The audience is sent to Auth0, which gives no token without one, and to providers of the kind `custom-oidc`: some of them want it
    /// too, and the others pass it over (RFC 6749 section 3.2). `azure`, `google`, `okta` and `aws-cognito` tell an API by its scope, and
    /// get none unless [`audience`](Self::audience) says so.
    ///
    /// # Errors
    /// Every problem, each with its dotted path.
    pub fn from_config(config: &Config) -> Result<Self, ConfigErrors> {
        let settings = config.check_service_account()?;
        let audiences = config.authentication.oidc.audience.iter().filter(|_| knows_audience(settings.issuer.kind));
        let audience = audiences.map(|audience| audience.trim()).find(|audience| !audience.is_empty());
        Ok(Self { audience: audience.map(str::to_owned), ..Self::of(settings) })
    }

    /// Reads the file of an OpenMetadata ingestion job: the block `workflowConfig.openMetadataServerConfig` with
    /// `authProvider: auth0` and its `securityConfig`. Every other block is passed over.
    ///
    /// Besides OpenMetadata's `clientId`, `secretKey` and `domain`, the `securityConfig` may hold `secretKeyFile`, `audience`,
    /// `scope`, `clientAuthenticationMethod`, `privateKey`, `privateKeyFile`, `privateKeyId`, `privateKeyAlgorithm` and `caFile`. As in any
    /// configuration, `${NAME}` stands for a variable, and a secret from a file is read again when it is no longer taken.
    ///
    /// # Errors
    /// Every problem, each with its dotted path in the file.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigErrors> {
        Ingestion::from_source(Source::File(path.as_ref())).map(Self::of_ingestion)
    }

    /// [`from_file`](Self::from_file), with the variables that `variable` gives.
    ///
    /// ```
    /// use tower_oidc::{client::ServiceAccount, config::Source};
    ///
    /// let file = "
    ///     workflowConfig:
    ///       openMetadataServerConfig:
    ///         hostPort: http://localhost:8585/api
    ///         authProvider: auth0
    ///         securityConfig: { clientId: id, secretKey: \"${SECRET}\", domain: dev-abc.us.auth0.com }
    /// ";
    /// let account = ServiceAccount::load(Source::Text(file), &|name| (name == "SECRET").then(|| "s3cret".to_owned()))?;
    /// assert_eq!(account.server().unwrap().as_str(), "http://localhost:8585/api");
    /// # Ok::<(), tower_oidc::config::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file).
    pub fn load(source: Source<'_>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigErrors> {
        Ingestion::load(source, variable).map(Self::of_ingestion)
    }

    /// An account at a token endpoint that is known by its URL, which is then what assertions name in `aud`.
    #[must_use]
    pub fn at_token_endpoint(url: Url, client_id: impl Into<String>, authentication: ClientAuthentication) -> Self {
        let issuer = Issuer::new(url.as_str());
        Self::new(Locator::Given(url, issuer), client_id.into(), authentication, HttpSettings::default())
    }

    /// The API that the token is for: `audience`, as Auth0 and others ask for it.
    #[must_use]
    pub fn audience(self, audience: impl Into<String>) -> Self {
        Self { audience: Some(audience.into()), ..self }
    }

    /// The scopes to ask for. Without them the provider decides.
    #[must_use]
    pub fn scopes(self, scopes: Scopes) -> Self {
        Self { scopes: Some(scopes), ..self }
    }

    /// Adds an API that the token is for: `resource` (RFC 8707 section 2).
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resources.push(resource.into());
        self
    }

    /// Whom assertions name in `aud`. By default what the provider is known to take, which for most is the issuer.
    #[must_use]
    pub fn assertion_audience(self, assertion_audience: AssertionAudience) -> Self {
        Self { assertion_audience, ..self }
    }

    /// The client id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// `hostPort` of an ingestion job's file: the server that it calls.
    #[must_use]
    pub fn server(&self) -> Option<&Url> {
        self.server.as_ref()
    }

    pub(super) fn grant(&self) -> Grant {
        Grant::ClientCredentials {
            scope: self.scopes.clone(),
            audience: self.audience.clone(),
            resource: self.resources.clone(),
        }
    }

    fn of_ingestion(ingestion: Ingestion) -> Self {
        let account = Self::of(ingestion.settings).with_management_audience();
        Self {
            server: ingestion.server,
            scopes: ingestion.scope.as_deref().map(Scopes::parse),
            audience: ingestion.audience.or(account.audience.clone()),
            ..account
        }
    }

    fn of(settings: ServiceAccountSettings) -> Self {
        let assertion_audience = AssertionAudience::of(settings.issuer.kind);
        let locator = Locator::Discovery(settings.discovery, Box::new(settings.issuer));
        let account = Self::new(locator, settings.client_id, settings.client_authentication, settings.http);
        Self { notices: settings.notices, assertion_audience, ..account }
    }

    fn new(locator: Locator, client_id: String, authentication: ClientAuthentication, http: HttpSettings) -> Self {
        Self {
            locator,
            client_id,
            authentication,
            assertion_audience: AssertionAudience::Issuer,
            http,
            notices: Vec::new(),
            server: None,
            audience: None,
            scopes: None,
            resources: Vec::new(),
        }
    }

    /// Auth0 gives no token without an audience, and the three values name none.
    fn with_management_audience(self) -> Self {
        let Locator::Discovery(url, _) = &self.locator else { return self };
        let audience = url.join("/api/v2/").ok().map(String::from);
        Self { audience, ..self }
    }
}

/// Whether the parameter `audience` may mean something to a provider of that kind.
fn knows_audience(kind: ProviderKind) -> bool {
    match kind {
        ProviderKind::Auth0 | ProviderKind::CustomOidc => true,
        ProviderKind::Azure | ProviderKind::Google | ProviderKind::Okta | ProviderKind::AwsCognito => false,
    }
}
