//! Settings that are one word of a list.

use crate::types::{Algorithm, Algorithms};

use super::{
    super::{
        BearerTokenKind, DpopPolicy, LoadUserinfo, ProviderKind, PushedAuthorizationRequests, ResponseMode,
        ResponseType,
    },
    report::{Report, items},
};

/// The words of a setting, and what each means.
pub(super) type Words<T> = &'static [(&'static str, T)];

pub(super) const PROVIDERS: Words<ProviderKind> = &[
    ("auth0", ProviderKind::Auth0),
    ("azure", ProviderKind::Azure),
    ("google", ProviderKind::Google),
    ("okta", ProviderKind::Okta),
    ("aws-cognito", ProviderKind::AwsCognito),
    ("custom-oidc", ProviderKind::CustomOidc),
];

pub(super) const RESPONSE_TYPES: Words<ResponseType> =
    &[("code", ResponseType::Code), ("id_token", ResponseType::IdToken)];

pub(super) const RESPONSE_MODES: Words<ResponseMode> =
    &[("query", ResponseMode::Query), ("form_post", ResponseMode::FormPost)];

pub(super) const BEARER_TOKEN_KINDS: Words<BearerTokenKind> = &[
    ("access_token", BearerTokenKind::AccessToken),
    ("id_token", BearerTokenKind::IdToken),
    ("any", BearerTokenKind::Any),
];

pub(super) const LOAD_USERINFO: Words<LoadUserinfo> =
    &[("auto", LoadUserinfo::Auto), ("always", LoadUserinfo::Always), ("never", LoadUserinfo::Never)];

pub(super) const PUSHED_AUTHORIZATION_REQUESTS: Words<PushedAuthorizationRequests> = &[
    ("auto", PushedAuthorizationRequests::Auto),
    ("ifAvailable", PushedAuthorizationRequests::IfAvailable),
    ("required", PushedAuthorizationRequests::Required),
    ("off", PushedAuthorizationRequests::Off),
];

pub(super) const DPOP: Words<Option<DpopPolicy>> =
    &[("off", None), ("accepted", Some(DpopPolicy::Accepted)), ("required", Some(DpopPolicy::Required))];

/// What a word means; case does not count. Another word is a problem.
pub(super) fn word<T: Copy>(path: &str, given: Option<&str>, words: Words<T>, report: &mut Report<'_>) -> Option<T> {
    let given = given?;
    let meaning = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(given)).map(|(_, meaning)| *meaning);
    if meaning.is_none() {
        let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        report.problem(
            path,
            format!("{} is not a value of this key", shown(given)),
            format!("write one of {}", all.join(", ")),
        );
    }
    meaning
}

/// An algorithm by its registered name.
pub(super) fn algorithm(path: &str, given: Option<&str>, report: &mut Report<'_>) -> Option<Algorithm> {
    let given = given?;
    let algorithm = Algorithm::from_name(given);
    if algorithm.is_none() {
        let what = if given.eq_ignore_ascii_case("none") || given.to_ascii_uppercase().starts_with("HS") {
            format!("{} is refused: only signatures by a public key are accepted", shown(given))
        } else {
            format!("{} is not a known algorithm", shown(given))
        };
        let all: Algorithms = Algorithm::ALL.iter().copied().collect();
        report.problem(path, what, format!("write one of {all}"));
    }
    algorithm
}

/// The algorithms of a list; `RS256` when it is empty.
pub(super) fn algorithms(path: &str, list: &[String], report: &mut Report<'_>) -> Algorithms {
    let names: Vec<_> = items(list).collect();
    if names.is_empty() {
        return Algorithm::Rs256.into();
    }
    names.into_iter().filter_map(|(at, name)| algorithm(&format!("{path}[{at}]"), Some(name), report)).collect()
}

/// Most characters of a wrong word that a message shows.
const MAX_SHOWN: usize = 40;

/// A wrong word as a message shows it. Not for texts that may hold a secret.
pub(super) fn shown(text: &str) -> String {
    let short: String = text.chars().take(MAX_SHOWN).collect();
    format!("{short:?}")
}
