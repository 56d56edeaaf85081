//! Every setting, once: its key, its variables, its kind and its place in the struct.
//!
//! The reader of files, the reader of variables, the check for unknown keys and the search for the nearest known key all
//! run off these tables.

use std::{collections::BTreeMap, path::PathBuf};

use crate::types::Secret;

use super::{Config, TrustedIssuer};

pub(crate) const AUTHENTICATION: &str = "authenticationConfiguration";
pub(super) const OIDC: &str = "authenticationConfiguration.oidcConfiguration";
pub(super) const AUTHORIZER: &str = "authorizerConfiguration";

/// The dotted path of a key of `authenticationConfiguration`.
pub(crate) fn authentication(key: &str) -> String {
    format!("{AUTHENTICATION}.{key}")
}

/// The dotted path of a key of `oidcConfiguration`.
pub(crate) fn oidc(key: &str) -> String {
    format!("{OIDC}.{key}")
}

/// The dotted path of a key of `authorizerConfiguration`.
pub(crate) fn authorizer(key: &str) -> String {
    format!("{AUTHORIZER}.{key}")
}

/// A block of the file: where it stands, and what it may hold.
pub(super) struct Block {
    pub(super) path: &'static str,
    pub(super) fields: &'static [Field<Config>],
}

/// One key of a block that is read into a `T`.
pub(super) struct Field<T> {
    pub(super) key: &'static str,
    /// In the order in which they count.
    pub(super) variables: &'static [&'static str],
    pub(super) slot: Slot<T>,
}

/// The kind of a value, and the field that it goes to.
pub(super) enum Slot<T> {
    Text(fn(&mut T) -> &mut Option<String>),
    Switch(fn(&mut T) -> &mut Option<bool>),
    Number(fn(&mut T) -> &mut Option<u64>),
    List(fn(&mut T) -> &mut Vec<String>),
    Map(fn(&mut T) -> &mut BTreeMap<String, String>),
    Secret(fn(&mut T) -> &mut Option<Secret>),
    /// A secret whose file is remembered.
    SecretWithFile(fn(&mut T) -> &mut Option<Secret>, fn(&mut T) -> &mut Option<PathBuf>),
    /// A list of secrets, whose file is remembered.
    SecretsWithFile(fn(&mut T) -> &mut Vec<Secret>, fn(&mut T) -> &mut Option<PathBuf>),
    TrustedIssuers(fn(&mut T) -> &mut Vec<TrustedIssuer>),
    /// Another block of the file, which has a table of its own.
    Block,
    /// Known, without meaning here.
    PassedOver,
}

impl<T> Slot<T> {
    fn is_unset(&self, target: &mut T) -> bool {
        match self {
            Self::Text(place) => place(target).is_none(),
            Self::Switch(place) => place(target).is_none(),
            Self::Number(place) => place(target).is_none(),
            Self::List(place) => place(target).is_empty(),
            Self::Map(place) => place(target).is_empty(),
            Self::Secret(place) => place(target).is_none(),
            Self::SecretWithFile(place, file) => place(target).is_none() && file(target).is_none(),
            Self::SecretsWithFile(place, file) => place(target).is_empty() && file(target).is_none(),
            Self::TrustedIssuers(place) => place(target).is_empty(),
            Self::Block | Self::PassedOver => true,
        }
    }
}

impl Config {
    /// Whether nothing is set at all, in whatever way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let mut config = self.clone();
        BLOCKS.iter().flat_map(|block| block.fields).all(|field| field.slot.is_unset(&mut config))
    }
}

pub(super) const fn field<T>(key: &'static str, variables: &'static [&'static str], slot: Slot<T>) -> Field<T> {
    Field { key, variables, slot }
}

use Slot::{
    Block as Nested, List, Map, Number, PassedOver, Secret as Hidden, SecretWithFile, SecretsWithFile, Switch, Text,
};

/// The blocks, the outer before the nested.
pub(super) static BLOCKS: [Block; 3] = [
    Block { path: AUTHENTICATION, fields: AUTHENTICATION_FIELDS },
    Block { path: OIDC, fields: OIDC_FIELDS },
    Block { path: AUTHORIZER, fields: AUTHORIZER_FIELDS },
];

#[rustfmt::skip]
static AUTHENTICATION_FIELDS: &[Field<Config>] = &[
    field("providerName", &["CUSTOM_OIDC_AUTHENTICATION_PROVIDER_NAME"], Text(|c| &mut c.authentication.provider_name)),
    field("provider", &["AUTHENTICATION_PROVIDER"], Text(|c| &mut c.authentication.provider)),
    field("clientType", &["AUTHENTICATION_CLIENT_TYPE"], Text(|c| &mut c.authentication.client_type)),
    field("enableSelfSignup", &["AUTHENTICATION_ENABLE_SELF_SIGNUP"], Switch(|c| &mut c.authentication.enable_self_signup)),
    field("authority", &["AUTHENTICATION_AUTHORITY"], Text(|c| &mut c.authentication.authority)),
    field("publicKeyUrls", &["AUTHENTICATION_PUBLIC_KEYS"], List(|c| &mut c.authentication.public_key_urls)),
    field("tokenValidationAlgorithm", &["AUTHENTICATION_TOKEN_VALIDATION_ALGORITHM"], List(|c| &mut c.authentication.token_validation_algorithm)),
    field("clientId", &["AUTHENTICATION_CLIENT_ID"], Text(|c| &mut c.authentication.client_id)),
    field("callbackUrl", &["AUTHENTICATION_CALLBACK_URL"], Text(|c| &mut c.authentication.callback_url)),
    field("responseType", &["AUTHENTICATION_RESPONSE_TYPE"], Text(|c| &mut c.authentication.response_type)),
    field("jwtPrincipalClaims", &["AUTHENTICATION_JWT_PRINCIPAL_CLAIMS"], List(|c| &mut c.authentication.jwt_principal_claims)),
    field("jwtPrincipalClaimsMapping", &["AUTHENTICATION_JWT_PRINCIPAL_CLAIMS_MAPPING"], List(|c| &mut c.authentication.jwt_principal_claims_mapping)),
    field("emailClaim", &["AUTHENTICATION_EMAIL_CLAIM"], Text(|c| &mut c.authentication.email_claim)),
    field("displayNameClaim", &["AUTHENTICATION_DISPLAY_NAME_CLAIM"], Text(|c| &mut c.authentication.display_name_claim)),
    field("jwtTeamClaimMapping", &["AUTHENTICATION_JWT_TEAM_CLAIM_MAPPING"], Text(|c| &mut c.authentication.jwt_team_claim_mapping)),
    field("forceSecureSessionCookie", &["AUTHENTICATION_FORCE_SECURE_SESSION_COOKIE", "FORCE_SECURE_SESSION_COOKIE"], Switch(|c| &mut c.authentication.force_secure_session_cookie)),
    field("sessionExpiry", &["AUTHENTICATION_SESSION_EXPIRY"], Number(|c| &mut c.authentication.session_expiry)),
    field("maxActiveSessionsPerUser", &["AUTHENTICATION_MAX_ACTIVE_SESSIONS_PER_USER"], Number(|c| &mut c.authentication.max_active_sessions_per_user)),
    field("additionalTrustedRedirectUris", &["AUTHENTICATION_ADDITIONAL_TRUSTED_REDIRECT_URIS"], List(|c| &mut c.authentication.additional_trusted_redirect_uris)),
    field("enableAutoRedirect", &["AUTHENTICATION_ENABLE_AUTO_REDIRECT"], Switch(|c| &mut c.authentication.enable_auto_redirect)),
    field("trustedIssuers", &[], Slot::TrustedIssuers(|c| &mut c.authentication.trusted_issuers)),
    field("oidcConfiguration", &[], Nested),
    field("samlConfiguration", &[], PassedOver),
    field("ldapConfiguration", &[], PassedOver),
];

#[rustfmt::skip]
static OIDC_FIELDS: &[Field<Config>] = &[
    field("id", &["OIDC_CLIENT_ID"], Text(|c| &mut c.authentication.oidc.id)),
    field("secret", &["OIDC_CLIENT_SECRET"], SecretWithFile(|c| &mut c.authentication.oidc.secret, |c| &mut c.authentication.oidc.secret_file)),
    field("scope", &["OIDC_SCOPE"], Text(|c| &mut c.authentication.oidc.scope)),
    field("discoveryUri", &["OIDC_DISCOVERY_URI"], Text(|c| &mut c.authentication.oidc.discovery_uri)),
    field("useNonce", &["OIDC_USE_NONCE"], Switch(|c| &mut c.authentication.oidc.use_nonce)),
    field("preferredJwsAlgorithm", &["OIDC_PREFERRED_JWS"], Text(|c| &mut c.authentication.oidc.preferred_jws_algorithm)),
    field("responseType", &["OIDC_RESPONSE_TYPE"], Text(|c| &mut c.authentication.oidc.response_type)),
    field("disablePkce", &["OIDC_DISABLE_PKCE"], Switch(|c| &mut c.authentication.oidc.disable_pkce)),
    field("maxClockSkew", &["OIDC_MAX_CLOCK_SKEW"], Number(|c| &mut c.authentication.oidc.max_clock_skew)),
    field("clientAuthenticationMethod", &["OIDC_CLIENT_AUTH_METHOD"], Text(|c| &mut c.authentication.oidc.client_authentication_method)),
    field("privateKey", &["OIDC_PRIVATE_KEY"], SecretWithFile(|c| &mut c.authentication.oidc.private_key, |c| &mut c.authentication.oidc.private_key_file)),
    field("privateKeyId", &["OIDC_PRIVATE_KEY_ID"], Text(|c| &mut c.authentication.oidc.private_key_id)),
    field("privateKeyAlgorithm", &["OIDC_PRIVATE_KEY_ALGORITHM"], Text(|c| &mut c.authentication.oidc.private_key_algorithm)),
    field("tokenValidity", &["OIDC_OM_REFRESH_TOKEN_VALIDITY", "OIDC_TOKEN_VALIDITY"], Number(|c| &mut c.authentication.oidc.token_validity)),
    field("tenant", &["OIDC_TENANT"], Text(|c| &mut c.authentication.oidc.tenant)),
    field("serverUrl", &["OIDC_SERVER_URL"], Text(|c| &mut c.authentication.oidc.server_url)),
    field("callbackUrl", &["OIDC_CALLBACK"], Text(|c| &mut c.authentication.oidc.callback_url)),
    field("maxAge", &["OIDC_MAX_AGE"], Number(|c| &mut c.authentication.oidc.max_age)),
    field("prompt", &["OIDC_PROMPT_TYPE"], Text(|c| &mut c.authentication.oidc.prompt)),
    field("sessionExpiry", &["OIDC_SESSION_EXPIRY"], Number(|c| &mut c.authentication.oidc.session_expiry)),
    field("sessionIdleTimeout", &["OIDC_SESSION_IDLE_TIMEOUT"], Number(|c| &mut c.authentication.oidc.session_idle_timeout)),
    field("sessionSecret", &["OIDC_SESSION_SECRET"], SecretsWithFile(|c| &mut c.authentication.oidc.session_secret, |c| &mut c.authentication.oidc.session_secret_file)),
    field("sessionStore", &["OIDC_SESSION_STORE"], Hidden(|c| &mut c.authentication.oidc.session_store)),
    field("customParams", &["OIDC_CUSTOM_PARAMS"], Map(|c| &mut c.authentication.oidc.custom_params)),
    field("loginParams", &["OIDC_LOGIN_PARAMS"], List(|c| &mut c.authentication.oidc.login_params)),
    field("audience", &["OIDC_AUDIENCE"], List(|c| &mut c.authentication.oidc.audience)),
    field("bearerTokenKind", &["OIDC_BEARER_TOKEN_KIND"], Text(|c| &mut c.authentication.oidc.bearer_token_kind)),
    field("dpop", &["OIDC_DPOP"], Text(|c| &mut c.authentication.oidc.dpop)),
    field("responseMode", &["OIDC_RESPONSE_MODE"], Text(|c| &mut c.authentication.oidc.response_mode)),
    field("loadUserinfo", &["OIDC_LOAD_USERINFO"], Text(|c| &mut c.authentication.oidc.load_userinfo)),
    field("keepAccessToken", &["OIDC_KEEP_ACCESS_TOKEN"], Switch(|c| &mut c.authentication.oidc.keep_access_token)),
    field("pushedAuthorizationRequests", &["OIDC_PUSHED_AUTHORIZATION_REQUESTS"], Text(|c| &mut c.authentication.oidc.pushed_authorization_requests)),
    field("federatedLogout", &["OIDC_FEDERATED_LOGOUT"], Switch(|c| &mut c.authentication.oidc.federated_logout)),
    field("caFile", &["OIDC_CA_FILE"], Text(|c| &mut c.authentication.oidc.ca_file)),
    field("issuer", &["OIDC_ISSUER"], Text(|c| &mut c.authentication.oidc.issuer)),
    field("type", &["OIDC_TYPE"], Text(|c| &mut c.authentication.oidc.r#type)),
];

#[rustfmt::skip]
static AUTHORIZER_FIELDS: &[Field<Config>] = &[
    field("adminPrincipals", &["AUTHORIZER_ADMIN_PRINCIPALS"], List(|c| &mut c.authorizer.admin_principals)),
    field("adminEmails", &["AUTHORIZER_ADMIN_EMAILS"], List(|c| &mut c.authorizer.admin_emails)),
    field("botPrincipals", &["AUTHORIZER_BOT_PRINCIPALS"], List(|c| &mut c.authorizer.bot_principals)),
    field("principalDomain", &["AUTHORIZER_PRINCIPAL_DOMAIN"], Text(|c| &mut c.authorizer.principal_domain)),
    field("enforcePrincipalDomain", &["AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN"], Switch(|c| &mut c.authorizer.enforce_principal_domain)),
    field("allowedDomains", &["AUTHORIZER_ALLOWED_DOMAINS"], List(|c| &mut c.authorizer.allowed_domains)),
    field("allowedEmailDomains", &["AUTHORIZER_ALLOWED_EMAIL_DOMAINS"], List(|c| &mut c.authorizer.allowed_email_domains)),
    field("allowedEmailRegistrationDomains", &["AUTHORIZER_ALLOWED_REGISTRATION_DOMAIN"], List(|c| &mut c.authorizer.allowed_email_registration_domains)),
    field("useRolesFromProvider", &["AUTHORIZER_USE_ROLES_FROM_PROVIDER"], Switch(|c| &mut c.authorizer.use_roles_from_provider)),
    field("rolesClaim", &["AUTHORIZER_ROLES_CLAIM"], Text(|c| &mut c.authorizer.roles_claim)),
    field("enableSecureSocketConnection", &["AUTHORIZER_ENABLE_SECURE_SOCKET"], Switch(|c| &mut c.authorizer.enable_secure_socket_connection)),
    field("className", &[], PassedOver),
    field("containerRequestFilter", &[], PassedOver),
    field("testPrincipals", &[], PassedOver),
    field("defaultOAuthRole", &[], PassedOver),
];

/// One entry of `trustedIssuers`.
#[rustfmt::skip]
pub(super) static ISSUER_FIELDS: &[Field<TrustedIssuer>] = &[
    field("issuer", &[], Text(|i| &mut i.issuer)),
    field("publicKeyUrls", &[], List(|i| &mut i.public_key_urls)),
    field("discoveryUri", &[], Text(|i| &mut i.discovery_uri)),
    field("audience", &[], List(|i| &mut i.audience)),
    field("algorithms", &[], List(|i| &mut i.algorithms)),
    field("tenant", &[], Text(|i| &mut i.tenant)),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The chapter that operators read is written by hand and held to the tables here.
    #[test]
    fn the_chapter_of_settings_names_every_key_with_its_variables() {
        let chapter = include_str!("../guide/settings.md");
        let row = |key: &str, variables: &[&str]| {
            let named = variables.iter().map(|variable| format!("`{variable}`")).collect::<Vec<_>>().join(" or ");
            let named = if named.is_empty() { "-" } else { &named };
            let start = format!("| `{key}` | {named} ");
            assert!(chapter.contains(&start), "{start}");
        };
        for field in BLOCKS.iter().flat_map(|block| block.fields) {
            row(field.key, field.variables);
        }
        for field in ISSUER_FIELDS {
            assert!(chapter.contains(&format!("| `{}` |", field.key)), "{}", field.key);
        }
    }

    #[test]
    fn the_chapter_of_settings_calls_no_key_by_the_name_of_its_field() {
        /// Parameters of the protocol that are called like a field.
        const OF_THE_PROTOCOL: [&str; 2] = ["client_id", "max_age"];

        let chapter = include_str!("../guide/settings.md");
        let of_issuers = ISSUER_FIELDS.iter().map(|field| field.key);
        let keys = BLOCKS.iter().flat_map(|block| block.fields).map(|field| field.key).chain(of_issuers);
        let names = keys.map(name_of_field).filter(|name| name.contains('_') && !OF_THE_PROTOCOL.contains(&&**name));
        let found: BTreeSet<_> = names.filter(|name| chapter.contains(&format!("`{name}`"))).collect();
        assert!(found.is_empty(), "{found:?}");
    }

    /// `principalDomain` in the file is `principal_domain` in Rust.
    fn name_of_field(key: &str) -> String {
        let mut name = String::new();
        for char in key.chars() {
            if char.is_ascii_uppercase() {
                name.push('_');
            }
            name.push(char.to_ascii_lowercase());
        }
        name
    }

    #[test]
    fn no_key_and_no_variable_stands_twice() {
        let mut variables = BTreeSet::new();
        for block in &BLOCKS {
            let mut keys = BTreeSet::new();
            for field in block.fields {
                assert!(keys.insert(field.key), "{}", field.key);
                for variable in field.variables {
                    assert!(variables.insert(variable), "{variable}");
                }
            }
        }
    }

    #[test]
    fn a_configuration_is_empty_until_something_is_set_a_file_of_a_secret_too() {
        assert!(Config::new().is_empty());
        for set in [
            Config::new().client_secret("a"),
            Config::new().client_secret_file("a"),
            Config::new().private_key_file("a"),
            Config::new().session_secret("a"),
            Config::new().session_secret_file("a"),
            Config::new().session_store("memory"),
        ] {
            assert!(!set.is_empty(), "{set:?}");
        }
    }

    #[test]
    fn every_setting_but_the_trusted_issuers_has_a_variable() {
        for block in &BLOCKS {
            for field in block.fields {
                let without = matches!(field.slot, Slot::TrustedIssuers(_) | Slot::Block | Slot::PassedOver);
                assert_eq!(field.variables.is_empty(), without, "{}", field.key);
            }
        }
    }
}
