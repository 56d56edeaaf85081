//! The authorization request (OpenID Connect Core 1.0 section 3.1.2.1).

use std::borrow::Cow;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;

use crate::{
    config::{LoginSettings, ResponseMode},
    principal::Strength,
    types::Secret,
};

use super::{Start, transaction::Transaction};

/// The address that the browser is sent to: the provider's endpoint, whose own query stays, and the request.
pub(in crate::login) fn request(
    endpoint: &Url,
    settings: &LoginSettings,
    transaction: &Transaction,
    start: &Start,
) -> Url {
    let mut url = endpoint.clone();
    url.query_pairs_mut().extend_pairs(parameters(settings, transaction, start));
    url
}

/// The address for a request that was pushed: the client and the reference, and nothing else (RFC 9126 section 4).
pub(in crate::login) fn reference(endpoint: &Url, client_id: &str, request_uri: &Secret) -> Url {
    let mut url = endpoint.clone();
    url.query_pairs_mut().extend_pairs([("client_id", client_id), ("request_uri", request_uri.expose())]);
    url
}

const ACR_VALUES: &str = "acr_values";
const PROMPT: &str = "prompt";

pub(super) type Parameter<'a> = (&'a str, Cow<'a, str>);

/// The parameters of the request, whichever way it goes.
pub(super) fn parameters<'a>(
    settings: &'a LoginSettings,
    transaction: &'a Transaction,
    start: &'a Start,
) -> Vec<Parameter<'a>> {
    let mut parameters = of_protocol(settings, transaction);
    let is_chosen = |name: &str| start.chosen.iter().any(|(own, _)| own == name);
    if let Some(prompt) = settings.prompt.as_ref().filter(|_| !is_chosen(PROMPT)) {
        parameters.push((PROMPT, prompt.as_str().into()));
    }
    let mut of_this_login: Vec<Parameter<'_>> = [
        ("login_hint", &start.login_hint),
        ("ui_locales", &start.ui_locales),
        ("organization", &transaction.organization),
        ("invitation", &start.invitation),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.as_deref()?.into())))
    .collect();
    of_this_login.extend(start.chosen.iter().map(|(name, value)| (name.as_str(), value.as_str().into())));
    of_this_login.extend(start.strength.as_ref().and_then(|strength| acr_values(strength, settings)));
    let is_set = |name: &str| of_this_login.iter().any(|(own, _)| *own == name);
    let configured = settings.custom_params.iter().filter(|(name, _)| !is_set(name));
    parameters.extend(configured.map(|(name, value)| (name.as_str(), value.as_str().into())));
    parameters.extend(of_this_login);
    parameters
}

/// What the rule asks for, and after it what the configuration does: the values are in the order of preference (OpenID Connect Core
/// 1.0 section 3.1.2.1). `None`: the rule asks for nothing.
fn acr_values<'a>(strength: &Strength, settings: &LoginSettings) -> Option<Parameter<'a>> {
    let mut values = strength.acr_values();
    if values.is_empty() {
        return None;
    }
    let configured = settings.custom_params.get(ACR_VALUES).map_or("", String::as_str);
    for value in configured.split_ascii_whitespace() {
        if !values.split(' ').any(|own| own == value) {
            values = [&values, " ", value].concat();
        }
    }
    Some((ACR_VALUES, values.into()))
}

/// What the configuration may not override.
fn of_protocol<'a>(settings: &'a LoginSettings, transaction: &'a Transaction) -> Vec<Parameter<'a>> {
    let mut parameters: Vec<Parameter<'a>> = vec![
        ("response_type", settings.response_type.name().into()),
        ("client_id", transaction.client_id.as_str().into()),
        ("redirect_uri", transaction.redirect_uri.as_str().into()),
        ("scope", settings.scope.as_str().into()),
        ("state", transaction.state.expose().into()),
    ];
    if settings.response_mode == ResponseMode::FormPost {
        parameters.push(("response_mode", ResponseMode::FormPost.name().into()));
    }
    if let Some(nonce) = &transaction.nonce {
        parameters.push(("nonce", nonce.expose().into()));
    }
    if let Some(verifier) = &transaction.code_verifier {
        parameters.push(("code_challenge", challenge(verifier).into()));
        parameters.push(("code_challenge_method", "S256".into()));
    }
    if let Some(max_age) = transaction.max_age {
        parameters.push(("max_age", max_age.as_secs().to_string().into()));
    }
    parameters
}

/// `code_challenge` of a verifier, by `S256` (RFC 7636 section 4.2).
fn challenge(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose().as_bytes()))
}

#[cfg(test)]
mod tests;
