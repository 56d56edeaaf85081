//! The keys that tokens are checked with: each document, and whether there is a key for each algorithm.

use crate::{
    config::{AUTHENTICATION, authentication, oidc},
    doctor::{
        case::{Case, Examined, KeyDocument},
        report::{Finding, Subject},
    },
    jose::{JwkSet, KeyError, KeyRing, SkippedKey},
    provider::{Causes, ShownUrl},
    types::{Algorithm, Algorithms},
};

use super::metadata::remedy;

pub(in crate::doctor) fn check(case: &Case) -> Vec<Finding> {
    case.issuers.iter().flat_map(of_issuer).collect()
}

fn of_issuer(issuer: &Examined) -> Vec<Finding> {
    if issuer.keys.is_empty() {
        let seen = "keys not checked: nothing tells where they are";
        return vec![Subject::Keys.note("keys", &issuer.settings.path, seen)];
    }
    if issuer.settings.key_algorithms().is_empty() {
        let seen = "keys not checked: no algorithm is configured that can be read";
        return vec![Subject::Keys.note("keys", &issuer.settings.path, seen)];
    }
    let mut findings: Vec<_> = issuer.keys.iter().flat_map(|document| of_document(document, issuer)).collect();
    if issuer.keys.iter().any(is_good) {
        findings.extend(without_a_key(issuer));
        findings.extend(ambiguous(issuer));
    }
    findings
}

fn is_good(document: &KeyDocument) -> bool {
    document.problem.is_none()
}

/// One document. A dead one beside a good one is no error: it does not stop the others.
fn of_document(document: &KeyDocument, issuer: &Examined) -> Vec<Finding> {
    let KeyDocument { path, url, keys, problem } = document;
    let mut findings = Vec::new();
    match problem {
        Some(problem) => {
            let (seen, mend) = (Causes(problem).to_string(), remedy(problem, &issuer.settings));
            findings.push(if issuer.keys.iter().any(is_good) {
                Subject::Keys.warning("keys", path, seen, mend)
            } else {
                Subject::Keys.error("keys", path, seen, mend)
            });
        }
        None => {
            let told = keys.as_ref().map(described).unwrap_or_default();
            findings.push(Subject::Keys.ok("keys", path, format!("{}: {told}", ShownUrl::new(url))));
        }
    }
    findings.extend(keys.iter().flat_map(JwkSet::skipped_keys).filter_map(|reason| skipped(reason, path)));
    findings
}

/// The types and sizes of the usable keys: `3 keys (RSA 2048, 2 x P-256)`.
fn described(keys: &JwkSet) -> String {
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for (_, kind) in keys.described() {
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let kinds: Vec<_> =
        kinds.into_iter().map(|(kind, count)| if count == 1 { kind } else { format!("{count} x {kind}") }).collect();
    let plural = if keys.len() == 1 { "" } else { "s" };
    format!("{} key{plural} ({})", keys.len(), kinds.join(", "))
}

/// What is wrong with a key that is skipped. Keys for other purposes are nobody's fault.
fn skipped(reason: SkippedKey, path: &str) -> Option<Finding> {
    let seen = format!("a key {reason}");
    match reason {
        SkippedKey::Private => {
            let mend = "revoke that key at once: everybody can sign with it";
            Some(Subject::Keys.error("keys.skipped", path, seen, mend))
        }
        SkippedKey::Purpose | SkippedKey::Type | SkippedKey::Algorithm => None,
        SkippedKey::Unreadable | SkippedKey::RsaSize { .. } | SkippedKey::Guessable | SkippedKey::Unsound => {
            let mend = "let the provider publish another: tokens signed with that one are refused";
            Some(Subject::Keys.warning("keys.skipped", path, seen, mend))
        }
    }
}

/// Algorithms that nothing can be signed with.
fn without_a_key(issuer: &Examined) -> Vec<Finding> {
    let settings = &issuer.settings;
    let has_key = |algorithm: Algorithm| !ring(issuer, algorithm.into()).is_empty();
    let mut findings = Vec::new();
    if let Some(algorithm) = settings.id_token_algorithm.filter(|algorithm| !has_key(*algorithm)) {
        let seen = format!("is {algorithm}, and the provider has no key for it: every login is refused");
        let mend = format!("write what it signs with: {}", offered(issuer));
        findings.push(Subject::Keys.error("keys.id_token_algorithm", oidc("preferredJwsAlgorithm"), seen, mend));
    }
    let (with, without): (Vec<_>, Vec<_>) = settings.algorithms.iter().partition(|algorithm| has_key(*algorithm));
    let path = if settings.path == AUTHENTICATION {
        authentication("tokenValidationAlgorithm")
    } else {
        format!("{}.algorithms", settings.path)
    };
    let names = without.iter().map(|algorithm| algorithm.name()).collect::<Vec<_>>().join(", ");
    if with.is_empty() {
        let seen = format!("is {names}, and the provider has no key for it: every bearer token is refused");
        let mend = format!("write what it signs with: {}", offered(issuer));
        findings.push(Subject::Keys.error("keys.algorithm", path, seen, mend));
    } else if !without.is_empty() {
        findings.push(Subject::Keys.note(
            "keys.algorithm",
            path,
            format!("holds {names}, and the provider has no key for it"),
        ));
    }
    findings
}

/// The algorithms that the provider has keys for.
fn offered(issuer: &Examined) -> String {
    let all: Algorithms =
        Algorithm::ALL.iter().copied().filter(|one| !ring(issuer, (*one).into()).is_empty()).collect();
    all.to_string()
}

/// Two different keys under one id: a token that names it is refused, for guessing is not verifying.
fn ambiguous(issuer: &Examined) -> Option<Finding> {
    let keys = ring(issuer, issuer.settings.key_algorithms());
    let mut ids = issuer.keys.iter().filter_map(|document| document.keys.as_ref()).flat_map(JwkSet::described);
    let several = |id| {
        issuer.settings.key_algorithms().iter().any(|one| keys.find(Some(id), one).err() == Some(KeyError::Ambiguous))
    };
    let id = ids.find_map(|(id, _)| id.filter(|id| several(id)))?;
    let seen = format!("several keys have the id {id:?}: tokens that name it are refused");
    let mend = "let the provider give every key an id of its own";
    Some(Subject::Keys.warning("keys.ambiguous", &issuer.settings.path, seen, mend))
}

fn ring(issuer: &Examined, algorithms: Algorithms) -> KeyRing {
    KeyRing::new(issuer.keys.iter().filter_map(|document| document.keys.as_ref()), algorithms)
}
