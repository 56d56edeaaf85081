//! The spans of a login.

use tracing::{Span, field};

/// The span of one step of a login, a renewal or a logout. The requests to the provider that it makes stand within.
pub(super) fn step(name: &'static str, provider: &str) -> Span {
    tracing::info_span!(
        target: "tower_oidc::login",
        "login step",
        "otel.kind" = "internal",
        "otel.name" = name,
        "otel.status_code" = field::Empty,
        provider,
        step = name,
        "error.type" = field::Empty,
    )
}

/// Notes that the step failed, and why.
pub(super) fn fail(span: &Span, reason: &'static str) {
    span.record("error.type", reason);
    span.record("otel.status_code", "ERROR");
}
