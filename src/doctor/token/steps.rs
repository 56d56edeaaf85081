//! The steps of the validator, in words.

use crate::{
    config::{BearerTokenKind, DpopPolicy, IssuerSettings},
    doctor::{case::Case, report::shown},
    provider::IssuerRule,
    types::Claims,
    validator::{Step, TokenError},
};

use super::{Outcome, TokenStep, named_issuer, remedies::remedy, signed_claims};

/// Every step of `order`: those before the one that failed passed.
pub(super) fn of(
    order: &[Step],
    refusal: Option<&TokenError>,
    case: &Case,
    token: &str,
    is_id_token: bool,
) -> Vec<TokenStep> {
    let failed = refusal.map(|error| failed(error, case));
    let claims = signed_claims(case, token);
    let policy = policy(case, token);
    order
        .iter()
        .map(|step| {
            let outcome = match failed {
                Some(failed) if *step > failed => Outcome::NotReached,
                Some(failed) if *step == failed => Outcome::Refused,
                _ => Outcome::Passed,
            };
            let refusal = refusal.filter(|_| outcome == Outcome::Refused);
            TokenStep {
                name: name(*step),
                outcome,
                expected: shown(&expected(*step, case, policy, is_id_token)),
                seen: match outcome {
                    Outcome::NotReached => None,
                    Outcome::Passed => seen(*step, token, claims.as_ref()),
                    Outcome::Refused => refusal.map(|error| with_seen(error, *step, token, claims.as_ref())),
                }
                .map(|text| shown(&text)),
                remedy: refusal.and_then(|error| remedy(error, case, is_id_token)).map(|text| shown(&text)),
            }
        })
        .collect()
}

/// The step that failed. Without an answer of every provider nobody can say that an issuer is not trusted.
pub(super) fn failed(error: &TokenError, case: &Case) -> Step {
    match error {
        TokenError::KeysUnavailable { .. }
            if case.issuers.iter().any(|one| one.provider.snapshot().issuer().is_none()) =>
        {
            Step::Issuer
        }
        error => error.step(),
    }
}

pub(super) const fn name(step: Step) -> &'static str {
    match step {
        Step::Form => "form",
        Step::Type => "type (typ)",
        Step::Issuer => "issuer (iss)",
        Step::Algorithm => "algorithm (alg)",
        Step::Key => "key (kid)",
        Step::Signature => "signature",
        Step::Kind => "kind",
        Step::Subject => "subject (sub)",
        Step::Audience => "audience (aud)",
        Step::Expiry => "expiry (exp)",
        Step::NotBefore => "not before (nbf)",
        Step::IssuedAt => "issued at (iat)",
        Step::Age => "age",
        Step::Holder => "holder (cnf)",
        Step::Login => "login",
    }
}

/// The settings of the issuer that the token names, or else of the first.
fn policy<'a>(case: &'a Case, token: &str) -> Option<&'a IssuerSettings> {
    let named = named_issuer(token);
    let is_named = |rule: &IssuerRule| named.as_deref().is_some_and(|name| rule.named(name).is_some());
    let found = case.issuers.iter().find(|issuer| issuer.provider.snapshot().issuer().is_some_and(is_named));
    found.or(case.primary()).map(|issuer| &issuer.settings)
}

fn expected(step: Step, case: &Case, policy: Option<&IssuerSettings>, is_id_token: bool) -> String {
    let Some(policy) = policy else { return String::new() };
    let leeway = policy.clock_skew.as_secs();
    match step {
        Step::Form => "a signed JWT: three segments, a header without surprises, one JSON object".to_owned(),
        Step::Type if is_id_token => "typ JWT, or none".to_owned(),
        Step::Type => "typ at+jwt or JWT, or none".to_owned(),
        Step::Issuer => issuers(case),
        Step::Algorithm if is_id_token => policy.id_token_algorithm.map(|one| one.to_string()).unwrap_or_default(),
        Step::Algorithm => policy.algorithms.to_string(),
        Step::Key => "one key of the issuer, with the token's kid and algorithm".to_owned(),
        Step::Signature => "made by that key".to_owned(),
        Step::Kind if is_id_token => "an ID token".to_owned(),
        Step::Kind => match policy.bearer_token_kind {
            BearerTokenKind::AccessToken => "an access token",
            BearerTokenKind::IdToken => "an ID token",
            BearerTokenKind::Any => "an access token or an ID token",
        }
        .to_owned(),
        Step::Subject => "sub names somebody".to_owned(),
        Step::Audience if is_id_token => policy.client_id.clone().unwrap_or_default(),
        Step::Audience => policy.audiences.join(", or "),
        Step::Expiry => format!("exp is still to come, give or take {leeway} s"),
        Step::NotBefore => format!("nbf has come, give or take {leeway} s"),
        Step::IssuedAt => format!("iat has come, give or take {leeway} s"),
        Step::Age => match policy.token_validity {
            Some(validity) => format!("issued less than {} s ago (tokenValidity)", validity.as_secs()),
            None => "any: tokenValidity is not set".to_owned(),
        },
        Step::Holder => match case.settings.dpop.as_ref().map(|dpop| dpop.policy) {
            Some(DpopPolicy::Required) => "bound to a key, and a proof by its holder for each request (dpop: required)",
            Some(DpopPolicy::Accepted) => {
                "whoever has it; or bound to a key, and a proof by its holder for each request"
            }
            None => "whoever has it: the token is bound to nobody (no cnf)",
        }
        .to_owned(),
        Step::Login => {
            "well-formed nonce, auth_time and at_hash; the login that they answer to is not known here".to_owned()
        }
    }
}

fn issuers(case: &Case) -> String {
    let told = case.issuers.iter().map(|issuer| match issuer.provider.snapshot().issuer() {
        Some(IssuerRule::Exact(issuer)) => issuer.as_str().to_owned(),
        Some(IssuerRule::Template(_)) => "the tenant's own issuer, as the template of the metadata has it".to_owned(),
        None => "an issuer that is not known: its metadata cannot be had".to_owned(),
    });
    told.collect::<Vec<_>>().join(", or ")
}

/// What the token says there. Before the signature holds, only what chooses the key is looked at.
fn seen(step: Step, token: &str, claims: Option<&Claims>) -> Option<String> {
    let text = |claim: &str| claims?.string(claim).ok()?.map(|text| text.into_owned());
    match step {
        Step::Issuer => named_issuer(token),
        Step::Signature => Some("holds".to_owned()),
        Step::Subject => text("sub"),
        Step::Audience => audience(claims?),
        _ => None,
    }
}

fn with_seen(error: &TokenError, step: Step, token: &str, claims: Option<&Claims>) -> String {
    let is_told = matches!(error, TokenError::UnknownIssuer | TokenError::Audience | TokenError::AuthorizedParty);
    match seen(step, token, claims).filter(|_| is_told) {
        Some(seen) => format!("{error}: {seen}"),
        None => error.to_string(),
    }
}

fn audience(claims: &Claims) -> Option<String> {
    let audiences = claims.strings("aud").ok()??.join(", ");
    let party = claims.string("azp").ok().flatten().map(|party| format!(" (azp {party})")).unwrap_or_default();
    Some(format!("{audiences}{party}"))
}
