//! Every setting of the login, seen from outside. This table is the one place that says which test shows which of them; those of
//! the bearer half, and how each key is read, are in `tests/bearer/fields.rs`, whose rows "effect: login" point here.
//!
//! `authenticationConfiguration`
//!
//! | key | shown by |
//! |---|---|
//! | `providerName` | `start`: `without_auto_redirect_a_page_with_a_button_comes_first`; `pages`: `the_providers_name_is_the_only_text_that_is_not_the_crates_and_it_is_escaped` |
//! | `provider` | `start`: `auth0_is_asked_for_*`; `id_tokens`: `the_organization_must_be_the_one_that_was_asked_for`; `initiated`: `auth0s_slash_may_be_missing` |
//! | `clientType` | `settings`: `client_type_public_signs_in_without_a_secret_by_the_implicit_flow`; `clients`: `a_public_client_with_a_code_proves_nothing_but_the_verifier` |
//! | `enableSelfSignup` | `directory`: `enable_self_signup_*` |
//! | `callbackUrl`, `responseType` | `settings`: `callback_url_is_*`, `the_outer_response_type_counts_where_the_nested_one_is_absent` |
//! | `jwtPrincipalClaims`, `jwtPrincipalClaimsMapping`, `emailClaim`, `jwtTeamClaimMapping` | `userinfo`: `every_claim_that_a_setting_names_is_one_that_is_needed` |
//! | `forceSecureSessionCookie` | `settings`: `force_secure_session_cookie_*`; `transactions`: `the_cookie_of_a_login_is_as_closed_as_its_answer_lets_it_be` |
//! | `sessionExpiry`, `maxActiveSessionsPerUser` | `settings`: `session_expiry_ends_*`, `max_active_sessions_per_user_*` |
//! | `additionalTrustedRedirectUris` | `return_address`: `an_address_that_the_operator_trusts_is_one_by_its_whole_text`, `an_address_that_is_no_longer_trusted_*` |
//! | `enableAutoRedirect` | `start`: `without_auto_redirect_a_page_with_a_button_comes_first`, `whoever_opens_a_page_goes_to_the_provider` |
//!
//! `authenticationConfiguration.oidcConfiguration`
//!
//! | key | shown by |
//! |---|---|
//! | `id` | `start`: `the_provider_is_asked_for_a_code_*`; `id_tokens`: `a_bad_id_token_*` (its audience); `transactions`: `a_transaction_with_another_provider_client_or_callback_is_none` |
//! | `secret` | `clients`: `client_secret_*`, `a_client_with_the_wrong_credential_*`, `a_secret_that_was_rotated_in_its_file_*` |
//! | `scope` | `start`: `every_configured_parameter_reaches_the_provider` |
//! | `useNonce` | `clients`: `use_nonce_false_*`; `id_tokens`: `a_bad_id_token_*` |
//! | `preferredJwsAlgorithm` | `id_tokens`: `preferred_jws_algorithm_is_the_one_that_is_accepted` |
//! | `responseType` | `callback`: `a_wrong_answer_*`; `clients`: `the_implicit_flow_*` |
//! | `disablePkce` | `clients`: `disable_pkce_*` |
//! | `maxClockSkew` | `id_tokens`: `max_clock_skew_*` |
//! | `clientAuthenticationMethod` | `clients`: `client_secret_basic_*`, `client_secret_post_*`, `client_secret_jwt_*`, `private_key_jwt_*`, `a_public_client_*`; not offered: `start`: `a_provider_that_does_not_offer_what_is_configured_stops_the_start` |
//! | `privateKey`, `privateKeyId`, `privateKeyAlgorithm` | `clients`: `private_key_jwt_*` |
//! | `tokenValidity` | `id_tokens`: `token_validity_bounds_*`; `settings`: `token_validity_bounds_*` |
//! | `serverUrl` | `settings`: `server_url_with_a_path_*`; `return_address`: `no_header_of_the_request_*`, `a_path_and_its_query_*` |
//! | `callbackUrl` | `settings`: `callback_url_is_*` |
//! | `maxAge` | `start`: `every_configured_parameter_*`; `id_tokens`: `max_age_*`, `without_max_age_*` |
//! | `prompt` | `start`: `every_configured_parameter_*`; `callback`: `prompt_none_*` |
//! | `sessionExpiry`, `sessionIdleTimeout` | `settings`: `session_expiry_ends_*`, `session_idle_timeout_*` |
//! | `sessionSecret` | `settings`: `session_secret_*`; `traps`: `class_r_no_secret_is_a_random_one` |
//! | `sessionStore` | `settings`: `session_store_*` |
//! | `customParams` | `start`: `every_configured_parameter_*`, `a_link_cannot_change_the_configured_organization` |
//! | `audience` | `start`: `auth0_is_asked_for_*`; `settings`: `audience_makes_*` |
//! | `responseMode` | `start`: `every_configured_parameter_*`; `callback`: `an_answer_by_another_method_*`; `transactions`: `a_login_by_form_post_works_over_http_and_https` |
//! | `loadUserinfo` | `userinfo`: `load_userinfo_*` |
//!
//! `authorizerConfiguration`
//!
//! | key | shown by |
//! |---|---|
//! | `adminPrincipals` | `pages`: `somebody_without_the_right_*`; `userinfo`: `an_address_is_not_verified_by_*` |
//! | `principalDomain`, `enforcePrincipalDomain`, `allowedEmailDomains` | `directory`: `whom_the_rules_keep_out_*`, `an_unverified_address_is_of_no_domain` |
//! | `allowedEmailRegistrationDomains` | `directory`: `allowed_email_registration_domains_*` |
//! | `useRolesFromProvider`, `rolesClaim` | `userinfo`: `every_claim_that_a_setting_names_is_one_that_is_needed` |
//! | `enableSecureSocketConnection` | `transactions`: `the_cookie_of_a_login_is_as_closed_*` (`serverUrl` must be https then) |

use std::{collections::BTreeSet, fs};

/// What stands between backticks in a cell.
fn quoted(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2)
}

/// Keys and the rest of each row of a file's table.
fn rows(source: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    source.lines().filter_map(|line| line.strip_prefix("//! | `")).filter_map(|row| row.split_once(" | "))
}

/// The keys of a row, whose first backtick was cut off with its margin.
fn keys(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').step_by(2).filter(|key| !key.is_empty())
}

/// Everything that this binary is made of, but for the tables.
pub(super) fn sources() -> String {
    let files = fs::read_dir("tests/login").unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Whether a test of that name, or one that begins so, is there.
pub(super) fn is_there(sources: &str, name: &str) -> bool {
    let function = name.strip_suffix('*').map_or(format!("async fn {name}("), |start| format!("async fn {start}"));
    sources.contains(&function)
}

/// Whether it is the name of a file rather than of a test.
pub(super) fn is_module(name: &str) -> bool {
    fs::exists(format!("tests/login/{name}.rs")).unwrap()
}

#[test]
fn every_setting_with_an_effect_on_the_login_has_its_row() {
    let here: BTreeSet<_> = rows(include_str!("fields.rs")).flat_map(|(cell, _)| keys(cell)).collect();
    let elsewhere = || rows(include_str!("../bearer/fields.rs"));
    let needed: BTreeSet<_> =
        elsewhere().filter(|(_, shown)| shown.contains("login |")).flat_map(|(cell, _)| keys(cell)).collect();
    assert!(needed.len() > 25, "the rows are found: {needed:?}");
    assert_eq!(needed.difference(&here).collect::<Vec<_>>(), Vec::<&&str>::new());
    let known: BTreeSet<_> = elsewhere().flat_map(|(cell, _)| keys(cell)).collect();
    assert_eq!(here.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new(), "no key is made up");
}

#[test]
fn the_table_names_no_test_that_is_not_there() {
    let sources = sources();
    for (key, shown) in rows(include_str!("fields.rs")) {
        let tests: Vec<_> = quoted(shown).filter(|name| name.contains('_') && !is_module(name)).collect();
        assert!(!tests.is_empty(), "{key}");
        for test in tests {
            assert!(is_there(&sources, test), "{key}: {test}");
        }
    }
}
