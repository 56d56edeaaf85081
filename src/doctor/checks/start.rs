//! The verdict of the service itself: it is started, on the documents that were fetched already.
//!
//! Whatever the other checks say, what stops the start is an error here.

use std::sync::Arc;

use crate::{
    config::{Config, oidc},
    doctor::{
        case::Case,
        login,
        report::{Finding, Severity, Start, Subject},
    },
    layer::{Auth, SetupError},
    provider::{Causes, ClientError},
};

use super::configuration;

/// What becomes of a service with `config`, and why it refuses to start, in as far as `told` does not say so.
pub(in crate::doctor) async fn check(
    config: Config,
    case: &Case,
    own_store: bool,
    told: &[Finding],
) -> (Start, Vec<Finding>) {
    if case.has_problems {
        return (Start::Refused, Vec::new());
    }
    let builder = Auth::builder(config).with_clock(Arc::clone(&case.clock)).with_http_client(case.http_client());
    let started = login::with_own_parts(builder, own_store, &case.clock).discover().await;
    match started {
        Ok(auth) if auth.is_ready() => (Start::Ready, Vec::new()),
        Ok(_) => (Start::WithoutKeys, Vec::new()),
        Err(error) => {
            let is_told =
                |new: &Finding| told.iter().any(|old| old.severity == Severity::Error && old.path == new.path);
            let findings = refused(&error).into_iter().filter(|finding| !is_told(finding)).collect();
            (Start::Refused, findings)
        }
    }
}

/// Why a service does not start.
fn refused(error: &SetupError) -> Vec<Finding> {
    match error {
        SetupError::Config(errors) => errors.problems().iter().map(configuration::problem).collect(),
        SetupError::Client(error) => vec![without_client(error)],
        SetupError::Provider { path, source } => {
            let mend = "mend the provider's metadata, or the configuration";
            vec![Subject::Provider.error("metadata", path, Causes(&**source).to_string(), mend)]
        }
        SetupError::Login(error) => login::refused(error),
    }
}

/// Why nobody can be asked.
pub(in crate::doctor) fn without_client(error: &ClientError) -> Finding {
    let mend = "name a PEM file of certificates, or take it out";
    Subject::Configuration.error("http_client", oidc("caFile"), Causes(error).to_string(), mend)
}
