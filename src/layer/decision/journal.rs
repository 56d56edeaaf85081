//! Where decisions are told: one event and one count each, made from the record.

use std::{fmt, sync::Arc};

use http::StatusCode;

use crate::{
    metrics::{self, RequestMeters},
    principal::{Principal, Rule, Via},
    provider::Causes,
    types::Reference,
};

use crate::layer::{AuthError, AuthErrorKind};

use super::{About, DecisionRecord, label};

/// The target of every event about a decision: `RUST_LOG=tower_oidc::decision=debug` shows the accepted ones too.
macro_rules! target {
    () => {
        "tower_oidc::decision"
    };
}

/// Tells what one service decides.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    provider: Arc<str>,
    meters: RequestMeters,
}

impl Journal {
    /// For the service whose provider has that name.
    pub(crate) fn new(provider: &str) -> Self {
        let provider = Arc::from(provider);
        Self { meters: RequestMeters::new(&provider), provider }
    }

    pub(crate) fn provider(&self) -> &str {
        &self.provider
    }

    pub(crate) fn meters(&self) -> &RequestMeters {
        &self.meters
    }

    /// Credentials were accepted. Nothing is made of it unless somebody listens.
    pub(in crate::layer) fn accepted(&self, principal: &Principal, about: impl FnOnce() -> About) {
        match principal.via() {
            Via::Bearer => self.meters.accepted_bearer(),
            Via::Session => self.meters.accepted_session(),
        }
        if tracing::enabled!(target: target!(), tracing::Level::DEBUG) {
            let record = DecisionRecord::accepted(about().of(Some(principal)), "good_credentials");
            log_accepted(&self.of_ours(record), principal);
        }
    }

    /// The principal meets the rule of a route. Its credentials were counted by the layer.
    pub(in crate::layer) fn admitted(&self, principal: &Principal, rule: &Rule, about: impl FnOnce() -> About) {
        if tracing::enabled!(target: target!(), tracing::Level::DEBUG) {
            let record = DecisionRecord::accepted(about().of(Some(principal)), "rule_met").by(rule);
            log_accepted(&self.of_ours(record), principal);
        }
    }

    /// A request was refused, and the client was given that reference.
    pub(in crate::layer) fn refused(
        &self,
        error: &AuthError,
        about: About,
        status: StatusCode,
        reference: Reference,
    ) -> DecisionRecord {
        let record = self.of_ours(DecisionRecord::refused(error, about, status, reference));
        self.meters.refused(record.outcome.as_str(), record.reason, label(record.about.via));
        log_refused(&record, error);
        record
    }

    fn of_ours(&self, record: DecisionRecord) -> DecisionRecord {
        DecisionRecord { provider: Some(Arc::clone(&self.provider)), ..record }
    }
}

/// A request was refused where no layer was passed, so that no provider's name is known.
pub(in crate::layer) fn refused_without_a_layer(
    error: &AuthError,
    about: About,
    status: StatusCode,
    reference: Reference,
) -> DecisionRecord {
    let record = DecisionRecord::refused(error, about, status, reference);
    metrics::refused_without_a_layer(record.outcome.as_str(), record.reason, label(record.about.via));
    log_refused(&record, error);
    record
}

/// Nothing of the person: not the name, not `sub`, not the address.
fn log_accepted(record: &DecisionRecord, principal: &Principal) {
    tracing::debug!(
        target: target!(),
        kind = record.outcome.as_str(),
        reason = record.reason,
        rule = record.rule(),
        provider = record.provider(),
        issuer = record.issuer().map(tracing::field::display),
        via = label(record.about.via),
        admin = principal.is_admin(),
        bot = principal.is_bot(),
        method = record.method(),
        path = record.path(),
        reference = record.reference.as_str(),
        "request accepted"
    );
}

/// Above the default level is only what an operator must mend or wait for.
fn log_refused(record: &DecisionRecord, error: &AuthError) {
    macro_rules! event {
        ($level:expr) => {
            tracing::event!(
                target: target!(),
                $level,
                kind = record.outcome.as_str(),
                reason = record.reason,
                rule = record.rule(),
                claim = record.claim(),
                expected = record.expected(),
                seen = record.seen().map(tracing::field::display),
                provider = record.provider(),
                issuer = record.issuer().map(tracing::field::display),
                via = label(record.about.via),
                method = record.method(),
                path = record.path(),
                status = record.status.map(|status| status.as_u16()),
                reference = record.reference.as_str(),
                error = %InWords(error),
                "request refused"
            )
        };
    }
    match error.kind() {
        AuthErrorKind::Misconfigured => event!(tracing::Level::ERROR),
        AuthErrorKind::Unavailable => event!(tracing::Level::WARN),
        _ => event!(tracing::Level::INFO),
    }
}

/// The error in words. A failed login has its causes with it: its own words name the step alone.
struct InWords<'a>(&'a AuthError);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            AuthError::Login(error) => Causes(error).fmt(f),
            error => error.fmt(f),
        }
    }
}
