//! Every setting of the bearer half, seen from outside: a request through the layer, or the direct call, against the
//! provider in the process. All three ways in are used: Rust, a file's text, variables.
//!
//! This table is the one place that says which test shows which setting. That each key is read from the struct, the file
//! and its variable, has its default and refuses what it must is shown for all of them by `tests/config/rows.rs`; the rows
//! "effect: login" have their effect when somebody signs in: `tests/login/fields.rs` says which tests show it.
//!
//! `authenticationConfiguration`
//!
//! | key | shown by |
//! |---|---|
//! | `providerName` | [`authentication`]: `provider_name_is_the_realm_of_the_challenge_and_the_provider_of_the_log` |
//! | `provider` | [`quirks`]: `provider_auth0_*`, `provider_google_*`, `provider_aws_cognito_*`, `provider_azure_*`; which words are refused: `tests/config/provider.rs` |
//! | `clientType` | `tests/config/rules.rs`: `the_client_type_is_a_word` and its neighbours; effect: login |
//! | `enableSelfSignup` | `tests/config/rows.rs`; effect: login |
//! | `authority` | [`authentication`]: `authority_*` |
//! | `publicKeyUrls` | [`authentication`]: `public_key_urls_*` |
//! | `tokenValidationAlgorithm` | [`authentication`]: `token_validation_algorithm_*` |
//! | `clientId` | [`authentication`]: `client_id_counts_where_the_nested_one_is_absent` |
//! | `callbackUrl`, `responseType` | `tests/config/rules.rs`: `the_nested_key_counts_and_another_outer_one_is_a_warning`; effect: login |
//! | `jwtPrincipalClaims` | [`authentication`]: `jwt_principal_claims_*` |
//! | `jwtPrincipalClaimsMapping` | [`authentication`]: `jwt_principal_claims_mapping_*`; its errors: `tests/config/principal.rs` |
//! | `emailClaim`, `displayNameClaim` | [`authentication`]: `email_claim_and_display_name_claim_*` |
//! | `jwtTeamClaimMapping` | [`authentication`]: `jwt_team_claim_mapping_gives_the_teams` |
//! | `forceSecureSessionCookie` | `tests/config/rules.rs`: `the_cookie_is_secure_over_https_or_when_forced`; effect: login |
//! | `sessionExpiry`, `maxActiveSessionsPerUser` | `tests/config/rules.rs`: `sessions_per_user_are_counted_on_the_server`; effect: login |
//! | `additionalTrustedRedirectUris` | `tests/config/rows.rs`; effect: login |
//! | `enableAutoRedirect` | `tests/config/rows.rs`; effect: login |
//! | `trustedIssuers` | [`authentication`]: `trusted_issuers_*`; its errors: `tests/config/trusted.rs` |
//!
//! `authenticationConfiguration.oidcConfiguration`
//!
//! | key | shown by |
//! |---|---|
//! | `id` | [`oidc`]: `id_is_the_audience_where_none_is_named`, `bearer_token_kind_of_id_tokens_*`; effect besides: login |
//! | `secret` | `tests/config/rules.rs`: `a_client_secret_may_lie_in_a_file`, `tests/config/secrecy.rs`; effect: login |
//! | `scope` | `tests/config/rows.rs`; effect: login |
//! | `discoveryUri` | [`oidc`]: `discovery_uri_*` |
//! | `useNonce` | `tests/config/rules.rs`: `an_id_token_response_needs_a_nonce_and_a_form_post`; effect: login |
//! | `preferredJwsAlgorithm` | `tests/config/rows.rs`; effect: login |
//! | `responseType` | `tests/config/rules.rs`: `a_public_client_logs_in_by_id_token_unless_told_otherwise`; effect: login |
//! | `disablePkce` | `tests/config/rules.rs`: `a_public_client_with_a_code_needs_pkce`; effect: login |
//! | `maxClockSkew` | [`oidc`]: `max_clock_skew_is_the_leeway_to_the_second` |
//! | `clientAuthenticationMethod` | `tests/config/rules.rs`: `every_method_of_client_authentication_is_read`; effect: login |
//! | `privateKey`, `privateKeyId`, `privateKeyAlgorithm` | `tests/config/rules.rs`: `private_key_jwt_needs_a_key_that_can_be_read`; effect: login |
//! | `tokenValidity` | [`oidc`]: `token_validity_bounds_the_age_whatever_exp_says` |
//! | `tenant` | [`oidc`]: `tenant_*`; [`quirks`]: `provider_azure_resolves_its_issuer_by_the_tenant_of_the_token` |
//! | `serverUrl` | [`oidc`]: `server_url_is_where_a_challenge_points_to`; effect besides: login |
//! | `callbackUrl` | `tests/config/rules.rs`: `the_callback_url_is_on_the_origin_of_the_server_url`; effect: login |
//! | `maxAge` | `tests/config/rules.rs`: `a_max_age_of_0_is_honoured_with_a_warning`; effect: login |
//! | `prompt` | `tests/config/rules.rs`: `a_prompt_of_none_stands_alone`; effect: login |
//! | `sessionExpiry`, `sessionIdleTimeout` | `tests/config/rows.rs`; effect: login |
//! | `sessionSecret` | `tests/config/rules.rs`: `a_session_secret_has_32_bytes_at_least`; effect: login |
//! | `sessionStore` | `tests/config/rules.rs`: `a_session_store_is_a_word_or_a_redis_url`; effect: login |
//! | `customParams` | `tests/config/rules.rs`: `no_custom_parameter_overrides_the_protocol`; effect: login |
//! | `audience` | [`oidc`]: `audience_is_whom_a_token_must_be_meant_for`; effect besides: login |
//! | `bearerTokenKind` | [`oidc`]: `bearer_token_kind_*` |
//! | `responseMode` | `tests/config/rules.rs`: `an_id_token_response_needs_a_nonce_and_a_form_post`; effect: login |
//! | `loadUserinfo` | `tests/config/rows.rs`; effect: login |
//! | `caFile` | [`oidc`]: `ca_file_*` |
//! | `issuer` | [`oidc`]: `issuer_*` |
//! | `type` | [`oidc`]: `type_is_the_old_name_of_provider` |
//!
//! `authorizerConfiguration`
//!
//! | key | shown by |
//! |---|---|
//! | `adminPrincipals` | [`authorizer`]: `admin_principals_*` |
//! | `adminEmails` | [`authorizer`]: `admin_emails_are_administrators_when_they_are_verified` |
//! | `botPrincipals` | [`authorizer`]: `bot_principals_are_machines_that_no_domain_is_asked_of` |
//! | `principalDomain` | [`authorizer`]: `principal_domain_is_appended_to_a_name_without_one` |
//! | `enforcePrincipalDomain` | [`authorizer`]: `enforce_principal_domain_*` |
//! | `allowedDomains`, `allowedEmailDomains` | [`authorizer`]: `allowed_domains_*`, `allowed_email_domains_*` |
//! | `allowedEmailRegistrationDomains` | `tests/config/principal.rs`: `all_domains_may_sign_up_unless_some_are_named`; effect: login |
//! | `useRolesFromProvider`, `rolesClaim` | [`authorizer`]: `use_roles_from_provider_takes_them_from_the_roles_claim` |
//! | `enableSecureSocketConnection` | [`authorizer`]: `enable_secure_socket_connection_*`; effect besides (the cookie): login |
//! | `className`, `containerRequestFilter`, `testPrincipals`, `defaultOAuthRole` | [`authorizer`]: `class_name_and_its_kin_are_passed_over_with_a_note` |

mod authentication;
mod authorizer;
mod elsewhere;
mod oidc;
mod quirks;
mod tls;

use std::collections::BTreeSet;

use elsewhere::Elsewhere;

/// Blocks of the file, which are no settings themselves.
const BLOCKS: [&str; 3] = ["oidcConfiguration", "samlConfiguration", "ldapConfiguration"];

/// What stands between backticks in that column of the table.
fn named(column: usize) -> BTreeSet<&'static str> {
    let rows = include_str!("fields.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    rows.filter_map(|row| row.split(" | ").nth(column)).flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn the_table_names_every_key() {
    let source = include_str!("../../src/config/fields.rs");
    let fields = source.split("static ISSUER_FIELDS").next().unwrap();
    let keys = fields.split("field(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let keys: BTreeSet<_> = keys.filter(|key| !BLOCKS.contains(key)).collect();
    assert!(keys.len() > 50, "the keys are found");
    assert_eq!(named(0), keys);
}

#[test]
fn the_table_names_no_test_that_is_not_there() {
    let folders = ["tests/bearer/fields", "tests/config"].map(|folder| std::fs::read_dir(folder).unwrap());
    let sources: String = folders
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let modules = ["authentication", "authorizer", "oidc", "quirks"];
    let tests = named(1).into_iter().filter(|name| !name.ends_with(".rs"));
    for name in tests.filter(|name| !modules.contains(name)) {
        let function = name.strip_suffix('*').map_or(format!("fn {name}("), |start| format!("fn {start}"));
        assert!(sources.contains(&function), "{name}");
    }
}
