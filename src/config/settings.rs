//! What a checked configuration means: every text turned into its type, once.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use url::Url;

use crate::types::{Algorithm, Algorithms, Domain, EmailAddress, Issuer, Secret};

use super::{Notice, source::secret_of};

/// A checked configuration, made only by [`Config::check`](super::Config::check). Every other module reads this one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The provider's name in challenges, on pages and in the log (`providerName`).
    pub provider_name: String,
    /// The provider of the file first, then the `trustedIssuers`, in their order.
    pub issuers: Vec<IssuerSettings>,
    /// How claims become a principal, and who gets in.
    pub principal: PrincipalSettings,
    /// The browser flow; absent when only bearer tokens are served.
    pub login: Option<LoginSettings>,
    /// Tokens that are bound to a key of their holder's; absent when none are taken.
    pub dpop: Option<DpopSettings>,
    /// How the provider is reached.
    pub http: HttpSettings,
    /// What the operator should know: warnings and notes, each with its dotted path.
    pub notices: Vec<Notice>,
}

impl Settings {
    /// Where the application is, as far as its configuration says.
    #[must_use]
    pub fn server_url(&self) -> Option<&Url> {
        let of_login = self.login.as_ref().map(|login| &login.server_url);
        of_login.or(self.dpop.as_ref().map(|dpop| &dpop.server_url))
    }
}

/// The kinds of provider whose quirks are known (`provider`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names say it")]
pub enum ProviderKind {
    Auth0,
    Azure,
    Google,
    Okta,
    AwsCognito,
    CustomOidc,
}

/// One issuer whose bearer tokens are accepted: whose keys, for whom, signed how.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IssuerSettings {
    /// Dotted path of the block that this was read from, for messages: `authenticationConfiguration` or
    /// `authenticationConfiguration.trustedIssuers[0]`.
    pub path: String,
    /// What logs call it: `providerName` for the provider of the file, the issuer for a trusted one.
    pub name: String,
    /// Whose quirks apply. For a trusted issuer it is told by the host of its issuer.
    pub kind: ProviderKind,
    /// The exact issuer, when the operator pins it. Always there for a trusted issuer.
    pub issuer: Option<Issuer>,
    /// The full URL of the provider's metadata, with `{tenant}` filled in. Absent: no discovery; `issuer` and `key_urls`
    /// are there then.
    pub discovery: Option<Url>,
    /// JWKS documents to use in place of the metadata's `jwks_uri`. Empty: the metadata's.
    pub key_urls: Vec<Url>,
    /// The tenant that a templated issuer must resolve to. `None` admits every tenant (`common`, `organizations`,
    /// `consumers`, or no tenant configured).
    pub tenant: Option<String>,
    /// Whom an access token must be meant for: one of these in `aud`.
    pub audiences: Vec<String>,
    /// The client id, which ID tokens carry in `aud`.
    pub client_id: Option<String>,
    /// The algorithms that a bearer token may be signed with. Never empty.
    pub algorithms: Algorithms,
    /// The one algorithm an ID token of a login may use (`preferredJwsAlgorithm`); absent for an issuer that signs nobody in.
    pub id_token_algorithm: Option<Algorithm>,
    /// Which tokens count in the `Authorization` header.
    pub bearer_token_kind: BearerTokenKind,
    /// Leeway on every time in a token; whole seconds, at most 300.
    pub clock_skew: Duration,
    /// A token is refused this long after its `iat`, whatever its `exp` says.
    pub token_validity: Option<Duration>,
}

impl IssuerSettings {
    /// Whether the metadata and keys of one will do for the other: they come from the same addresses, are of the same issuer, and
    /// serve the same algorithms.
    pub(crate) fn has_keys_of(&self, other: &Self) -> bool {
        let key = |settings: &Self| {
            let Self { kind, issuer, discovery, key_urls, tenant, .. } = settings.clone();
            (kind, issuer, discovery, key_urls, tenant, settings.key_algorithms())
        };
        key(self) == key(other)
    }

    /// The algorithms that keys are needed for.
    #[must_use]
    pub fn key_algorithms(&self) -> Algorithms {
        self.id_token_algorithm.map_or(self.algorithms, |algorithm| self.algorithms.with(algorithm))
    }
}

/// Which tokens count in the `Authorization` header (`bearerTokenKind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BearerTokenKind {
    /// Access tokens alone.
    AccessToken,
    /// ID tokens of this client alone: how OpenMetadata's public clients work.
    IdToken,
    /// Either.
    Any,
}

/// How claims become a principal, and who gets in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PrincipalSettings {
    /// `jwtPrincipalClaims`: the first of these that is a non-empty string names the principal. Never empty.
    pub claims: Vec<String>,
    /// Mapping `username:claim`: takes precedence over `claims`, which it falls back to when the claim is absent.
    pub username_claim: Option<String>,
    /// The claims that give the e-mail address, in order: the mapping's `email` if there is one, then `emailClaim`.
    pub email_claims: Vec<String>,
    /// The claims that give the display name, in order: the mapping's, then `displayNameClaim`. The fall-back
    /// to `given_name` and `family_name` is the principal's own.
    pub display_name_claims: Vec<String>,
    /// The mapping's other fields: (attribute, claim).
    pub attributes: Vec<(String, String)>,
    /// `jwtTeamClaimMapping`.
    pub team_claim: Option<String>,
    /// `rolesClaim`, when `useRolesFromProvider` is on.
    pub roles_claim: Option<String>,
    /// `principalDomain`: appended to a principal without `@`.
    pub domain: Option<Domain>,
    /// The domains that `enforcePrincipalDomain` lets in: `allowedDomains`, or else `principalDomain`. Empty: not enforced.
    pub enforced_domains: Vec<Domain>,
    /// `allowedEmailDomains`: domains that a verified e-mail must be of. Empty: any.
    pub email_domains: Vec<Domain>,
    /// `organization` of `customParams`, at Auth0: the one that everybody must be of.
    pub organization: Option<String>,
    /// `adminPrincipals`.
    pub admins: Vec<AdminPrincipal>,
    /// `adminEmails`.
    pub admin_emails: Vec<EmailAddress>,
    /// `botPrincipals`: client ids, `CLIENTID@clients`, names; as written.
    pub bots: Vec<String>,
    /// `enableSelfSignup`.
    pub self_signup: bool,
    /// `allowedEmailRegistrationDomains`. `None`: all.
    pub registration_domains: Option<Vec<Domain>>,
}

/// One entry of `adminPrincipals`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdminPrincipal {
    /// An entry with `@`: the verified e-mail, or the full name where that came from another claim than the e-mail.
    Address(EmailAddress),
    /// An entry without `@`: a user of `principalDomain`, or one whose name has no domain. As written; compared without case.
    Name(String),
}

/// How the provider is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpSettings {
    /// Every URL of the configuration and of the provider's metadata must be https (`enableSecureSocketConnection`).
    pub https_only: bool,
    /// Further roots, as the PEM text of `caFile`.
    pub ca_pem: Option<String>,
}

/// The browser flow.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoginSettings {
    /// `client_id`.
    pub client_id: String,
    /// How the client proves itself at the token endpoint.
    pub client_authentication: ClientAuthentication,
    /// `scope`, as it is sent.
    pub scope: String,
    /// `response_type`.
    pub response_type: ResponseType,
    /// `response_mode`.
    pub response_mode: ResponseMode,
    /// Whether a nonce is sent and compared.
    pub use_nonce: bool,
    /// Whether PKCE with S256 is used.
    pub use_pkce: bool,
    /// The one algorithm an ID token may use.
    pub id_token_algorithm: Algorithm,
    /// `redirect_uri`, and by its path where the layer answers.
    pub callback_url: Url,
    /// The application's own origin, with its path.
    pub server_url: Url,
    /// `serverUrl` as the operator wrote it, without what a URL type adds: where the provider sends the browser after a logout.
    /// Providers compare it as text with the addresses that are registered.
    pub post_logout_url: String,
    /// Where a login or logout may return to besides paths of the own origin.
    pub trusted_redirects: Vec<Url>,
    /// `max_age`.
    pub max_age: Option<Duration>,
    /// `prompt`, as it is sent.
    pub prompt: Option<String>,
    /// Added to the authorization request, `audience` of Auth0 included.
    pub custom_params: BTreeMap<String, String>,
    /// What one login may add to it, name and value: in the place of `custom_params` or `prompt` of that name.
    pub login_params: Vec<(String, String)>,
    /// When the userinfo endpoint is asked, at the login and at each renewal.
    pub load_userinfo: LoadUserinfo,
    /// Whether a session keeps the access token of its login.
    pub keep_access_token: bool,
    /// When an authorization request is pushed.
    pub pushed_authorization_requests: PushedAuthorizationRequests,
    /// Whether a logout goes on from Auth0 to the identity provider behind it.
    pub federated_logout: bool,
    /// A browser without a session goes straight to the provider.
    pub auto_redirect: bool,
    /// Sessions.
    pub session: SessionSettings,
}

/// Tokens that are bound to a key of their holder's (RFC 9449).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DpopSettings {
    /// Which tokens are taken.
    pub policy: DpopPolicy,
    /// The application's own origin, with its path. A proof must be for an address there.
    pub server_url: Url,
    /// How far in the future a proof may be issued; whole seconds, at most 300.
    pub clock_skew: Duration,
}

/// `dpop`, where it is not off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DpopPolicy {
    /// Bound tokens with a proof, and bearer tokens.
    Accepted,
    /// Bound tokens with a proof alone.
    Required,
}

/// A client that gets tokens for itself (RFC 6749 section 4.4): where from, and how it proves itself.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServiceAccountSettings {
    /// The full URL of the provider's metadata, which name the token endpoint.
    pub discovery: Url,
    /// The provider.
    pub issuer: IssuerSettings,
    /// `client_id`.
    pub client_id: String,
    /// How the client proves itself at the token endpoint.
    pub client_authentication: ClientAuthentication,
    /// How the provider is reached.
    pub http: HttpSettings,
    /// What the operator should know.
    pub notices: Vec<Notice>,
}

/// How a client proves itself at the token endpoint (OpenID Connect Core 1.0 section 9).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// Not at all: a public client.
    None,
    /// `client_secret_basic`.
    Basic(ClientSecret),
    /// `client_secret_post`.
    Post(ClientSecret),
    /// `client_secret_jwt`.
    SecretJwt(ClientSecret),
    /// `private_key_jwt`.
    PrivateKeyJwt {
        /// PEM or JWK text.
        key: ClientSecret,
        /// `kid` of the assertion.
        key_id: Option<String>,
        /// `alg` of the assertion.
        algorithm: Algorithm,
    },
}

/// What a client proves itself with, its secret or its private key, and the file it came from, which is read again when the provider
/// answers `invalid_client`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClientSecret {
    /// The secret as read at start.
    pub secret: Secret,
    /// The file of `OIDC_CLIENT_SECRET_FILE` or `OIDC_PRIVATE_KEY_FILE`.
    pub file: Option<PathBuf>,
}

impl ClientAuthentication {
    /// The registered name of the method, as in `token_endpoint_auth_methods_supported`.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic(_) => "client_secret_basic",
            Self::Post(_) => "client_secret_post",
            Self::SecretJwt(_) => "client_secret_jwt",
            Self::PrivateKeyJwt { .. } => "private_key_jwt",
        }
    }
}

/// One that came from no file.
impl From<Secret> for ClientSecret {
    fn from(secret: Secret) -> Self {
        Self { secret, file: None }
    }
}

impl ClientSecret {
    /// The secret that `file` holds now, read as it was at start. `None`: it came from no file.
    ///
    /// # Errors
    /// What is wrong with the file, without what it holds.
    pub(crate) fn read_again(&self) -> Option<Result<Self, String>> {
        let file = self.file.as_ref()?;
        Some(secret_of(file).map(|text| Self { secret: Secret::new(text), file: Some(file.clone()) }))
    }
}

/// `responseType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseType {
    /// Authorization code flow.
    Code,
    /// Implicit flow, answered by `form_post`.
    IdToken,
}

impl ResponseType {
    /// The value of `response_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::IdToken => "id_token",
        }
    }
}

/// `responseMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names say it")]
pub enum ResponseMode {
    Query,
    FormPost,
}

impl ResponseMode {
    /// The value of `response_mode`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }
}

/// `loadUserinfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadUserinfo {
    /// When a claim that the rules need is missing from the ID token.
    Auto,
    /// At every login and renewal.
    Always,
    /// Never.
    Never,
}

/// `pushedAuthorizationRequests`: when an authorization request is given to the provider ahead of the browser (RFC 9126).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushedAuthorizationRequests {
    /// Never.
    Off,
    /// When the provider's metadata say that it takes no other, and where to push it.
    Auto,
    /// When the provider's metadata say where to.
    IfAvailable,
    /// Always: a provider whose metadata do not say where to signs nobody in.
    Required,
}

/// Sessions.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionSettings {
    /// Absolute lifetime.
    pub expiry: Duration,
    /// Sliding lifetime inside the absolute one.
    pub idle_timeout: Option<Duration>,
    /// The first seals, all open. Empty: a random one for this process.
    pub secrets: Vec<Secret>,
    /// The file of `OIDC_SESSION_SECRET_FILE`, which is read again while the service runs.
    pub secret_file: Option<PathBuf>,
    /// Whose sessions they are: the client's id and its provider. What is sealed for one opens for no other, though both have
    /// the same secret.
    pub owner: String,
    /// Where logins live.
    pub store: SessionStoreKind,
    /// The cookie is `Secure`.
    pub secure_cookie: bool,
    /// Most sessions of one user; the oldest over it is ended.
    pub max_per_user: Option<u32>,
}

/// `sessionStore`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SessionStoreKind {
    /// Sealed in the browser.
    Cookie,
    /// In this process.
    Memory,
    /// In Redis, at that URL.
    Redis(Secret),
}
