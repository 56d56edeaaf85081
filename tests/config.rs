//! The operator's configuration through its three ways in, row by row, with every refusal and its path.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "config/chapters.rs"]
mod chapters;
#[path = "config/examples.rs"]
mod examples;
#[path = "config/loading.rs"]
mod loading;
#[path = "config/openmetadata.rs"]
mod openmetadata;
#[path = "config/principal.rs"]
mod principal;
#[path = "config/provider.rs"]
mod provider;
#[path = "config/rows.rs"]
mod rows;
#[path = "config/rules.rs"]
mod rules;
#[path = "config/secrecy.rs"]
mod secrecy;
#[path = "config/trusted.rs"]
mod trusted;

use tower_oidc::config::{Config, ConfigErrors, Settings, Source};

/// A secret that no message may show.
const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

const AUTHENTICATION: &str = "authenticationConfiguration";
const OIDC: &str = "authenticationConfiguration.oidcConfiguration";
const AUTHORIZER: &str = "authorizerConfiguration";

/// A confidential client of Auth0 that signs users in: it passes the check without a notice.
fn client() -> Config {
    Config::new()
        .authority("https://tenant.us.auth0.com")
        .client_id("client")
        .client_secret(SECRET)
        .callback_url("https://app.example.com/callback")
        .session_secret(SECRET)
}

/// The least that serves bearer tokens.
fn bearer() -> Config {
    Config::new().authority("https://tenant.us.auth0.com").audience("https://api.example.com")
}

/// The variables of a list.
fn variables<'a>(list: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| list.iter().find(|(listed, _)| *listed == name).map(|(_, value)| (*value).to_owned())
}

fn none(_: &str) -> Option<String> {
    None
}

fn load(text: &str) -> Result<Config, ConfigErrors> {
    Config::load(Source::Text(text), &none)
}

/// The paths of the problems, in order.
fn paths(errors: &ConfigErrors) -> Vec<&str> {
    errors.problems().iter().map(|problem| problem.path.as_str()).collect()
}

/// Asserts that a configuration has these problems and no others, by path.
#[track_caller]
fn assert_refused(config: &Config, expected: &[&str]) -> ConfigErrors {
    let errors = config.check().expect_err("the configuration passes");
    assert_eq!(paths(&errors), expected, "{errors}");
    errors
}

/// The notices as lines.
fn notices(settings: &Settings) -> Vec<String> {
    settings.notices.iter().map(ToString::to_string).collect()
}
