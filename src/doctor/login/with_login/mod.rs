//! What a login needs.

mod callback;
mod client;
mod offers;
mod sessions;

use std::sync::Arc;

use crate::{
    config::{AUTHENTICATION, LoginSettings, PrincipalSettings, oidc},
    layer::AuthBuilder,
    login::LoginError,
    principal::{MemoryDirectory, Principal, PrincipalError},
    provider::Causes,
    session::{MemoryStore, SessionError},
    types::Clock,
    validator::{Asked, ClientValidator, IdToken, TokenError, Verified},
};

use crate::doctor::{
    case::{Case, Examined},
    report::{Finding, Severity, Subject},
};

/// Everything that a login needs.
pub(in crate::doctor) async fn check(case: &Case) -> Vec<Finding> {
    let (Some(settings), Some(provider)) = (&case.settings.login, case.primary()) else { return not_checked(case) };
    let mut findings = offers::check(settings, provider);
    let client = client::check(settings, provider, case).await;
    let is_proved = client.severity == Severity::Ok;
    findings.push(client);
    findings.push(callback::check(settings, provider, case, is_proved).await);
    findings.extend(sessions::check(settings));
    findings
}

fn not_checked(case: &Case) -> Vec<Finding> {
    let seen = if case.has_login {
        "login, client and callback not checked: the settings of the login have errors"
    } else {
        "no login is configured: bearer tokens alone are served"
    };
    vec![Subject::Login.note("login", AUTHENTICATION, seen)]
}

/// The same builder; with a store that stands for the one that the service brings, and a directory for the one that it may bring.
pub(in crate::doctor) fn with_own_parts(builder: AuthBuilder, own_store: bool, clock: &Arc<dyn Clock>) -> AuthBuilder {
    let builder = builder.with_directory(MemoryDirectory::default());
    if own_store { builder.with_session_store(MemoryStore::new(Arc::clone(clock))) } else { builder }
}

/// Why a login cannot be offered.
pub(in crate::doctor) fn refused(error: &LoginError) -> Vec<Finding> {
    match error {
        LoginError::Mismatch(mismatches) => mismatches.iter().map(offers::not_offered).collect(),
        LoginError::NotOffered { what } => vec![offers::no_endpoint(what)],
        LoginError::Client(error) => vec![client::unusable(error)],
        LoginError::Session(store @ (SessionError::NoStore | SessionError::Setup(_))) => {
            let mend = match store {
                SessionError::NoStore => "build with the feature redis; or bring a store, and say so to the doctor",
                _ => "write the URL as the error says",
            };
            vec![Subject::Sessions.error("sessions.store", oidc("sessionStore"), Causes(error).to_string(), mend)]
        }
        other => {
            let mend = "mend what it says";
            vec![Subject::Login.error("login", AUTHENTICATION, Causes(other).to_string(), mend)]
        }
    }
}

/// An ID token, as that of a login: but for what answers to one login alone, its nonce above all.
pub(in crate::doctor) async fn id_token(case: &Case, token: &str) -> Option<Result<Verified<IdToken>, TokenError>> {
    let (login, primary) = (case.settings.login.as_ref()?, case.primary()?);
    let LoginSettings { client_id, id_token_algorithm, .. } = login;
    let clock = Arc::clone(&case.clock);
    let validator = ClientValidator::new(primary.provider.clone(), client_id.clone(), *id_token_algorithm, clock);
    Some(validator.id_token(token, Asked::default()).await)
}

/// Who would be signed in by it.
pub(in crate::doctor) fn principal(
    id_token: &Verified<IdToken>,
    settings: &PrincipalSettings,
) -> Result<Principal, PrincipalError> {
    Principal::from_id_token(id_token, None, settings)
}

/// Why nothing is asked at the provider's endpoints: a secret is not sent to somebody who may be somebody else.
fn is_not_trusted(provider: &Examined) -> &'static str {
    if provider.metadata.is_some() {
        "not checked: the provider's metadata contradict the configuration"
    } else {
        "not checked: the provider's metadata cannot be had"
    }
}
