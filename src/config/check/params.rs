//! `customParams` and `loginParams`: what is added to the authorization request.

use std::collections::BTreeMap;

use super::{
    super::{Config, ProviderKind, fields::oidc},
    issuer::audience,
    report::{Report, items},
    words::shown,
};

/// Parameters that the login sends itself, or that would change what is sent or how it is answered.
const PROTOCOL: [&str; 16] = [
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// Auth0's parameter for the API that the access token of a login is for.
const AUDIENCE: &str = "audience";

const PAIRED_KEY: &str = "customParamKey";
const PAIRED_VALUE: &str = "customParamValue";

/// Parameters that `/login` takes from everybody, or checks against the rule of a route.
const OF_THE_LOGIN_PATH: [&str; 8] =
    ["acr_values", "invitation", "iss", "login_hint", "organization", "return_to", "target_link_uri", "ui_locales"];

const PROMPT: &str = "prompt";

/// What `prompt` may be for one login: a page of the provider's that a person asks for (OpenID Connect Core 1.0 section 3.1.2.1, Initiating
/// User Registration 1.0). `none` would show them none.
const PROMPTS: [&str; 4] = ["consent", "create", "login", "select_account"];

/// The parameters, pairs resolved, with Auth0's `audience` and Google's `access_type` among them.
///
/// OpenMetadata writes pairs: the parameter named by `customParamKey1` has the value of `customParamValue1`.
pub(super) fn custom(config: &Config, kind: ProviderKind, report: &mut Report<'_>) -> BTreeMap<String, String> {
    let given = &config.authentication.oidc.custom_params;
    let mut params = BTreeMap::new();
    for (key, value) in given {
        let Some((name, value)) = parameter(key, value, given, report) else { continue };
        let path = oidc(&format!("customParams.{key}"));
        if PROTOCOL.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            let what = format!("{} is a parameter of the protocol", shown(name));
            report.problem(path, what, "take it out; what can be set has a key of its own");
        } else if params.insert(name.to_owned(), value.to_owned()).is_some() {
            report.problem(path, format!("the parameter {} is given twice", shown(name)), "leave one of the two");
        } else if name == AUDIENCE {
            let key = key.replacen(PAIRED_KEY, PAIRED_VALUE, 1);
            audience(&oidc(&format!("customParams.{key}")), value, report);
        }
    }
    if kind == ProviderKind::Auth0
        && let Some((_, first)) = items(&config.authentication.oidc.audience).next()
    {
        params.entry(AUDIENCE.to_owned()).or_insert_with(|| first.to_owned());
    }
    if kind == ProviderKind::Google {
        // Without it Google gives no refresh token, whatever the scope says.
        params.entry("access_type".to_owned()).or_insert_with(|| "offline".to_owned());
    }
    params
}

/// Names and values that a person's browser may choose for one login. Anybody can make it choose them, by a link.
pub(super) fn of_a_login(config: &Config, report: &mut Report<'_>) -> Vec<(String, String)> {
    let mut params = Vec::new();
    for (at, text) in items(&config.authentication.oidc.login_params) {
        let path = oidc(&format!("loginParams[{at}]"));
        let Some((name, value)) = text.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty())
        else {
            report.problem(path, "is no pair", "write NAME=VALUE");
            continue;
        };
        let is_own = |names: &[&str]| names.iter().any(|own| own.eq_ignore_ascii_case(name));
        if name == PROMPT && PROMPTS.contains(&value) || !is_own(&PROTOCOL) && !is_own(&OF_THE_LOGIN_PATH) {
            params.push((name.to_owned(), value.to_owned()));
        } else if name == PROMPT {
            let mend = format!("write one of {}", PROMPTS.join(", "));
            report.problem(path, format!("{} is no page that a person may ask for", shown(value)), mend);
        } else {
            let what = format!("{} is a parameter of the protocol or of the login itself", shown(name));
            report.problem(path, what, "take it out");
        }
    }
    params
}

/// The parameter that one entry of the map stands for.
fn parameter<'a>(
    key: &'a str,
    value: &'a str,
    all: &'a BTreeMap<String, String>,
    report: &mut Report<'_>,
) -> Option<(&'a str, &'a str)> {
    let path = oidc(&format!("customParams.{key}"));
    let number =
        |prefix| key.strip_prefix(prefix).filter(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    if let Some(number) = number(PAIRED_KEY) {
        let partner = all.get(&format!("customParamValue{number}"));
        if partner.is_none() {
            report.problem(path, format!("has no customParamValue{number}"), "add it, or write NAME: VALUE");
        }
        return Some((value, partner?));
    }
    if let Some(number) = number(PAIRED_VALUE) {
        if !all.contains_key(&format!("customParamKey{number}")) {
            report.problem(path, format!("has no customParamKey{number}"), "add it, or write NAME: VALUE");
        }
        return None;
    }
    Some((key, value))
}
