//! The operator's file as a struct.

use std::{collections::BTreeMap, path::PathBuf};

use crate::types::Secret;

use super::origin::Origins;

/// What the operator says: the blocks `authenticationConfiguration` and `authorizerConfiguration` of the file.
///
/// Every field is public, and `None`, an empty text and an empty list all mean "not set". The default sets nothing and
/// trusts nobody: it does not pass [`check`](Self::check). Texts are read there, so that every problem is found at once.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Config {
    /// Who signs in, and by which provider.
    pub authentication: Authentication,
    /// Who gets in, and as what.
    pub authorizer: Authorizer,
    pub(super) origins: Origins,
}

/// The block `authenticationConfiguration`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Authentication {
    /// The provider's name in challenges, on pages and in the log; no effect on authentication.
    /// Default: `Auth0` for that provider, else the issuer's host.
    pub provider_name: Option<String>,
    /// `auth0`, `azure`, `google`, `okta`, `aws-cognito` or `custom-oidc`: whose quirks apply. Default: told by the host. A host that
    /// is not known counts as `auth0`, because Auth0's custom domains look like anybody's: better to write it.
    pub provider: Option<String>,
    /// `confidential` (default; requires a credential) or `public` (a credential is an error).
    pub client_type: Option<String>,
    /// Whether the user directory may create an unknown user at the first login. Default: no. A service without a directory lets in
    /// everybody whom the other rules do, and `false` is a warning there.
    pub enable_self_signup: Option<bool>,
    /// Base URL of the provider; discovery is looked for under it. For `auth0` a bare domain will do.
    pub authority: Option<String>,
    /// JWKS documents whose keys may sign tokens of this provider, in place of those that discovery names. While one of them cannot be
    /// had, a token of an unknown key gets a 503.
    ///
    /// Danger: whoever controls one of these URLs can sign as this issuer.
    pub public_key_urls: Vec<String>,
    /// The algorithms that a bearer token may be signed with. Default: `RS256`.
    pub token_validation_algorithm: Vec<String>,
    /// The client id, when [`Oidc::id`] is not set.
    pub client_id: Option<String>,
    /// The callback URL, when [`Oidc::callback_url`] is not set.
    pub callback_url: Option<String>,
    /// The response type, when [`Oidc::response_type`] is not set.
    pub response_type: Option<String>,
    /// The first of these claims that is a non-empty text names the principal.
    /// Default: `email`, `preferred_username`, `sub`.
    ///
    /// Danger: a claim that users can choose themselves lets them choose who they are.
    pub jwt_principal_claims: Vec<String>,
    /// Entries `field:claim`, split at the first colon: `username`, `email`, `displayName`, or an attribute's name.
    pub jwt_principal_claims_mapping: Vec<String>,
    /// The claim that gives the e-mail address where the mapping names none, or one that is not there. Default: `email`.
    pub email_claim: Option<String>,
    /// The claim that gives the display name where the mapping names none, or one that is not there. Default: `name`.
    pub display_name_claim: Option<String>,
    /// The claim that gives the principal's teams. Default: none.
    pub jwt_team_claim_mapping: Option<String>,
    /// Whether the session cookie is `Secure` even when the server URL is http: TLS ends at a proxy. Default: no.
    pub force_secure_session_cookie: Option<bool>,
    /// Seconds; the session's absolute lifetime, when [`Oidc::session_expiry`] is not set.
    pub session_expiry: Option<u64>,
    /// Most sessions of one user; the oldest over it is ended. Needs a store on the server: [`Oidc::session_store`] `memory` or Redis, or
    /// one that the service brings. Default: no limit.
    pub max_active_sessions_per_user: Option<u64>,
    /// Where a login or logout may return to besides paths of the server URL.
    pub additional_trusted_redirect_uris: Vec<String>,
    /// Whether a browser without a session goes straight to the provider. Default: yes.
    pub enable_auto_redirect: Option<bool>,
    /// Further issuers whose bearer tokens are accepted. Never used for login.
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// The client at the provider: the block `oidcConfiguration`.
    pub oidc: Oidc,
}

/// The block `authenticationConfiguration.oidcConfiguration`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Oidc {
    /// `client_id`. Required for login; ID tokens must carry it in `aud`.
    pub id: Option<String>,
    /// The client secret. Required by the methods `client_secret_*`.
    pub secret: Option<Secret>,
    /// The file that holds the client secret. It is read again when the provider answers `invalid_client`, so that the
    /// secret can be changed without a restart. When set alone, the check reads it.
    pub secret_file: Option<PathBuf>,
    /// The scopes to ask for, separated by spaces; `openid` must be among them. Default: `openid email profile`.
    pub scope: Option<String>,
    /// Full URL of the provider's metadata. Wins over [`Authentication::authority`].
    pub discovery_uri: Option<String>,
    /// Whether a nonce is sent and compared. Default: yes. Must be on for `id_token`.
    ///
    /// Danger: off, a stolen ID token can be replayed into another browser's login.
    pub use_nonce: Option<bool>,
    /// The one algorithm of ID tokens, logout tokens and signed userinfo. Default: `RS256`.
    pub preferred_jws_algorithm: Option<String>,
    /// `code` or `id_token`. Default: `code` for a confidential client, `id_token` for a public one.
    pub response_type: Option<String>,
    /// Whether PKCE is left out. Default: no. An error for a public client with `code`.
    ///
    /// Danger: without PKCE an intercepted code can be redeemed by whoever has the client secret.
    pub disable_pkce: Option<bool>,
    /// Seconds of leeway on every time in a token; 60 by default, at most 300.
    pub max_clock_skew: Option<u64>,
    /// `client_secret_basic` (default), `client_secret_post`, `client_secret_jwt`, `private_key_jwt`, or `none` for a
    /// public client.
    pub client_authentication_method: Option<String>,
    /// The key of `private_key_jwt`: PEM or JWK text.
    pub private_key: Option<Secret>,
    /// The file that holds the private key. It is read again when the provider answers `invalid_client`, so that the key can be
    /// changed without a restart. When set alone, the check reads it.
    pub private_key_file: Option<PathBuf>,
    /// The key's `kid`.
    pub private_key_id: Option<String>,
    /// The key's algorithm. Default: `RS256`.
    pub private_key_algorithm: Option<String>,
    /// Seconds after its `iat` that a token is refused, even if its `exp` is later. Sessions end with it too, unless they are renewed: a
    /// warning where it is shorter than [`session_expiry`](Self::session_expiry) and [`scope`](Self::scope) has no `offline_access`.
    /// Default, and 0: `exp` alone.
    pub token_validity: Option<u64>,
    /// Replaces `{tenant}` in the authority and the discovery URL, and is what a templated issuer must resolve to. For
    /// `auth0` without an authority: `https://TENANT.auth0.com`, or the tenant itself if it is a full host name.
    pub tenant: Option<String>,
    /// External base URL of the application. Default: the origin of the callback URL. Never taken from a request.
    pub server_url: Option<String>,
    /// `redirect_uri`, and by its path where the layer answers. Default: the server URL and `/callback`.
    pub callback_url: Option<String>,
    /// Seconds; sent as `max_age`, and `auth_time` is checked against it. 0 asks for a fresh login each time.
    pub max_age: Option<u64>,
    /// `none`, `login`, `consent`, `select_account`, separated by spaces; `none` stands alone.
    pub prompt: Option<String>,
    /// Seconds; absolute lifetime of a login session, at least 1. Default: 604800 (seven days).
    pub session_expiry: Option<u64>,
    /// Seconds; sliding lifetime inside the absolute one, at least 1. Default: none.
    pub session_idle_timeout: Option<u64>,
    /// What seals sessions, in cookies and in Redis, and logins on their way; at least 32 bytes each: the first seals, all open. Every
    /// replica needs the same. Default: a random one for this process, with which all logins end; with Redis, and with a store that the
    /// service brings, it is required.
    pub session_secret: Vec<Secret>,
    /// The file that holds the session secret, or a list of them in brackets. It is looked at all the time, so that the secret can be
    /// changed without a restart. When set alone, the check reads it.
    pub session_secret_file: Option<PathBuf>,
    /// Where logins live, unless the service brings a store: `cookie` (default), `memory`, or a `redis://` or `rediss://` URL (feature
    /// `redis`), which may hold a password.
    ///
    /// Danger: `redis://` is plain text, a warning outside loopback.
    pub session_store: Option<Secret>,
    /// Parameters added to the authorization request. A parameter of the protocol itself is an error.
    pub custom_params: BTreeMap<String, String>,
    /// Parameters that one login may add to its authorization request, as `name=value`: `/login?screen_hint=signup` where
    /// `screen_hint=signup` stands here, or `prompt=create`. They take the place of [`custom_params`](Self::custom_params) or
    /// [`prompt`](Self::prompt) of that name. Others are passed over.
    ///
    /// Danger: any link to `/login` can choose them.
    pub login_params: Vec<String>,
    /// Whom a bearer token must be meant for. Default: the client id. For `auth0` the first is also asked for at login, and by a
    /// [service account](crate::client::ServiceAccount::from_config), which asks `custom-oidc` for it too.
    pub audience: Vec<String>,
    /// `access_token` (default), `id_token` or `any`: what counts in the `Authorization` header.
    ///
    /// Danger: an ID token was made for the page that signed in, not for an API. Signed userinfo that
    /// carries `exp` cannot be told from an ID token, and is accepted as one.
    pub bearer_token_kind: Option<String>,
    /// `off` (default), `accepted` or `required`: whether tokens that are bound to a key of their holder's are taken, with a proof
    /// for each request (RFC 9449), and whether any others are. Needs [`server_url`](Self::server_url), which is no login by itself
    /// then, unless the client is public. A bound token without a proof is refused whatever this says.
    pub dpop: Option<String>,
    /// `query` or `form_post`. Default: by the response type; `id_token` has `form_post` alone.
    pub response_mode: Option<String>,
    /// `auto` (default), `always` or `never`: when the userinfo endpoint is asked, at the login and at each renewal. `auto`: when the ID
    /// token lacks a claim that the rules need.
    pub load_userinfo: Option<String>,
    /// Whether a session keeps the access token of its login, for the service to call APIs as the user. Default: no.
    ///
    /// Danger: who can read the session can use the APIs, and with sessions in cookies the token takes their room.
    pub keep_access_token: Option<bool>,
    /// `auto` (default), `ifAvailable`, `required` or `off`: when an authorization request is given to the provider ahead of the browser,
    /// which then carries its reference alone (RFC 9126). `auto`: when the provider says that it takes no other. After a push that
    /// failed there is no login, whatever stands here.
    pub pushed_authorization_requests: Option<String>,
    /// Whether a logout goes on from Auth0 to the identity provider behind it (parameter `federated`). Default: no. Only `auth0` knows it.
    ///
    /// Danger: it signs people out of all that they use that provider for.
    pub federated_logout: Option<bool>,
    /// A PEM file of further roots for connections to the provider, and to nobody else: not to Redis.
    ///
    /// Danger: whoever holds the key of one of these roots can pose as the provider.
    pub ca_file: Option<String>,
    /// The exact issuer. With discovery the metadata must say the same; without, [`Authentication::public_key_urls`] are
    /// required and only bearer tokens are served.
    pub issuer: Option<String>,
    /// Old name of [`Authentication::provider`].
    pub r#type: Option<String>,
}

/// One entry of `trustedIssuers`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TrustedIssuer {
    /// The exact issuer. Required.
    pub issuer: Option<String>,
    /// Its JWKS documents, in place of those that discovery names.
    pub public_key_urls: Vec<String>,
    /// Full URL of its metadata. Default, without [`public_key_urls`](Self::public_key_urls): under the issuer.
    pub discovery_uri: Option<String>,
    /// Whom its tokens must be meant for. Default: the audience of the provider.
    pub audience: Vec<String>,
    /// The algorithms its tokens may be signed with. Default: `RS256`.
    pub algorithms: Vec<String>,
    /// What a templated issuer must resolve to. Default: any tenant.
    pub tenant: Option<String>,
}

/// The block `authorizerConfiguration`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Authorizer {
    /// Administrators: a verified e-mail or full name (with `@`), or a name in [`principal_domain`](Self::principal_domain).
    pub admin_principals: Vec<String>,
    /// Verified e-mail addresses with admin rights.
    pub admin_emails: Vec<String>,
    /// Machine clients: client ids, `CLIENTID@clients`, names. They are exempt from the domain rule.
    pub bot_principals: Vec<String>,
    /// Appended to a principal without `@`. It makes the name, and counts as the principal's domain where the first of
    /// [`Authentication::jwt_principal_claims`] gave that name.
    pub principal_domain: Option<String>,
    /// Whether only principals of that domain, or of [`allowed_domains`](Self::allowed_domains), get in. Default: no. A name without a
    /// domain that stands in for a missing claim (`sub` without `email`) is of none.
    pub enforce_principal_domain: Option<bool>,
    /// The domains that enforcement lets in, in place of the principal domain.
    pub allowed_domains: Vec<String>,
    /// The domains that a verified e-mail must be of, enforcement or not. Default: any.
    pub allowed_email_domains: Vec<String>,
    /// The domains that may sign themselves up. Default: `all`. A warning in a service without a user directory, where nobody signs
    /// up.
    pub allowed_email_registration_domains: Vec<String>,
    /// Whether roles come from the token. Default: no.
    pub use_roles_from_provider: Option<bool>,
    /// The claim that gives the roles: a name, not a path. Default: `roles`.
    pub roles_claim: Option<String>,
    /// Whether every URL of the configuration and of the provider's metadata must be https. Default: no, and http outside
    /// loopback is a warning.
    pub enable_secure_socket_connection: Option<bool>,
}
