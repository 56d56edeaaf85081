//! A dry run of a token: what each step of its check comes to, and who it speaks of.

mod principal;
mod remedies;
mod steps;

use std::sync::Arc;

use serde::Serialize;

use crate::{
    config::PrincipalSettings,
    jose::{Jws, RoutingClaim},
    principal::{Principal, PrincipalError},
    types::{Claims, Clock as _},
    validator::{IdToken, Proofs, SeenProofs, Step, TokenError, Validator, Verified},
};

use super::{case::Case, login, report::shown};

pub use principal::PrincipalVerdict;

/// What became of a token. `Display` gives it as plain text, [`coloured`](Self::coloured) for a terminal; it serialises for machines.
///
/// What the token says is in it, as far as that explains the verdict; the token itself is not.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TokenReport {
    /// As what it was taken.
    pub taken_as: String,
    /// Every step, in the order in which they are taken.
    pub steps: Vec<TokenStep>,
    /// What it comes to.
    pub verdict: Verdict,
}

/// One step.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TokenStep {
    /// What is looked at.
    pub name: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// What is expected there.
    pub expected: String,
    /// What was seen, where that says more.
    pub seen: Option<String>,
    /// How to mend a refusal.
    pub remedy: Option<String>,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The token passed.
    Passed,
    /// The token is refused for this.
    Refused,
    /// The token was refused before.
    NotReached,
}

/// What a dry run comes to.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// The token is good, and whom it speaks of may come in.
    Accepted {
        /// Who that is.
        principal: Box<PrincipalVerdict>,
    },
    /// It is refused.
    Refused {
        /// The step, and the setting behind it.
        by: String,
    },
    /// There is no verdict.
    Unchecked {
        /// Why not.
        why: String,
    },
}

impl TokenReport {
    /// Whether the token is good, and whom it speaks of may come in.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self.verdict, Verdict::Accepted { .. })
    }

    pub(super) fn unchecked(why: &str) -> Self {
        let verdict = Verdict::Unchecked { why: shown(why) };
        Self { taken_as: BEARER.to_owned(), steps: Vec::new(), verdict }
    }
}

const BEARER: &str = "as a bearer token";

/// A token that was accepted, which can be asked for its principal by whatever settings.
enum Accepted<'a> {
    Bearer(&'a Validator, &'a str),
    Login(Verified<IdToken>),
}

impl Accepted<'_> {
    fn principal(&self, settings: &PrincipalSettings) -> Option<Result<Principal, PrincipalError>> {
        match self {
            Self::Bearer(validator, token) => {
                let verified = validator.try_access_token(token).ok()?;
                Some(Principal::from_access_token(verified, settings))
            }
            Self::Login(id_token) => Some(login::principal(id_token, settings)),
        }
    }
}

pub(super) async fn check(case: &Case, token: &str) -> TokenReport {
    let validator = validator(case);
    let refusal = match validator.access_token(token).await {
        Ok(_) => {
            return report(BEARER.to_owned(), Step::ACCESS_TOKEN, Ok(Accepted::Bearer(&validator, token)), case, token);
        }
        Err(error) => error,
    };
    if is_id_token(&refusal, case, token)
        && let Some(verdict) = login::id_token(case, token).await
    {
        let taken_as = format!("as the ID token of a login; as a bearer token it is refused: {refusal}");
        return report(taken_as, Step::ID_TOKEN, verdict.map(Accepted::Login), case, token);
    }
    report(BEARER.to_owned(), Step::ACCESS_TOKEN, Err(refusal), case, token)
}

/// As the service itself has it. No token comes with a proof here.
fn validator(case: &Case) -> Validator {
    let validator = Validator::new(case.providers(), Arc::clone(&case.clock));
    match &case.settings.dpop {
        Some(dpop) => validator.with_proofs(Proofs::new(dpop, Arc::new(SeenProofs::new()))),
        None => validator,
    }
}

/// Whether a token that is no bearer token is an ID token of this client's.
fn is_id_token(refusal: &TokenError, case: &Case, token: &str) -> bool {
    let for_the_client = || {
        let client_id = case.settings.login.as_ref().map(|login| login.client_id.as_str());
        let audiences = signed_claims(case, token).and_then(|claims| {
            let audiences = claims.strings("aud").ok()??;
            Some(audiences.iter().any(|audience| Some(audience.as_ref()) == client_id))
        });
        audiences == Some(true)
    };
    matches!(refusal, TokenError::IdToken) || (matches!(refusal, TokenError::Unmarked) && for_the_client())
}

fn report(
    taken_as: String,
    order: &[Step],
    verdict: Result<Accepted<'_>, TokenError>,
    case: &Case,
    token: &str,
) -> TokenReport {
    let is_id_token = order.contains(&Step::Login);
    let mut steps = steps::of(order, verdict.as_ref().err(), case, token, is_id_token);
    let verdict = match verdict {
        Err(error) => {
            steps.extend(principal::not_reached(&case.settings.principal));
            let step = steps::failed(&error, case);
            Verdict::Refused { by: format!("{}: {error}", steps::name(step)) }
        }
        Ok(accepted) => {
            let (more, verdict) = principal::judge(&accepted, case);
            steps.extend(more);
            verdict
        }
    };
    TokenReport { taken_as, steps, verdict }
}

/// What the token claims, signed by one of the configured providers. Its other checks may have failed.
fn signed_claims(case: &Case, token: &str) -> Option<Claims> {
    case.issuers.iter().find_map(|issuer| {
        let jws = Jws::parse(token).ok()?;
        let snapshot = issuer.provider.snapshot();
        let key = snapshot.keys(case.clock.elapsed()).ok()?.find(jws.key_id(), jws.algorithm()).ok()?;
        jws.verify(key).ok()
    })
}

/// The issuer that the token names, which nobody has signed.
fn named_issuer(token: &str) -> Option<String> {
    let jws = Jws::parse(token).ok()?;
    jws.unverified_routing_claim(RoutingClaim::Issuer).ok()?.map(|issuer| shown(&issuer))
}
