//! Why a request was accepted or refused: one record, and all that is told of it comes from there.
//!
//! ```text
//! AuthError -> reason, detail -> DecisionRecord -> the event, the counter, the response's extensions
//!                                reference      -> the page or the JSON that the client sees
//! ```
//!
//! 1. A record names what was asked for, what was expected and what kind of thing was seen: never the value.
//! 2. `reason` and `detail` are exhaustive: an error without a word of its own does not compile.
//! 3. What the request says of itself is shown as it may stand in a log (`About`), and is never a metric's label.

mod about;
mod detail;
mod journal;
mod reason;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use http::StatusCode;

use crate::{
    principal::{Rule, Via},
    types::{Issuer, Reference},
};

use super::{AuthError, AuthErrorKind};

pub(crate) use about::About;
pub(in crate::layer) use detail::Detail;
pub use detail::Seen;
pub(crate) use journal::Journal;
pub(in crate::layer) use journal::refused_without_a_layer;

/// Why a request was accepted or refused: what the log and the metrics are made of.
///
/// That of a refusal stands in the extensions of its response, beside the [`AuthError`]. Nothing in it was copied from a token
/// or a cookie; the [path](Self::path) is the request's.
#[derive(Debug, Clone)]
pub struct DecisionRecord {
    outcome: Outcome,
    reason: &'static str,
    detail: Detail,
    about: About,
    provider: Option<Arc<str>>,
    status: Option<StatusCode>,
    reference: Reference,
}

/// How it was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The request goes on.
    Accepted,
    /// It was refused.
    Refused(AuthErrorKind),
}

impl Outcome {
    /// The kind of the decision in snake case, as logs and metrics show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused(kind) => kind.as_str(),
        }
    }
}

impl DecisionRecord {
    fn refused(error: &AuthError, about: About, status: StatusCode, reference: Reference) -> Self {
        Self {
            outcome: Outcome::Refused(error.kind()),
            reason: error.reason(),
            detail: Detail::of(error),
            about,
            provider: None,
            status: Some(status),
            reference,
        }
    }

    fn accepted(about: About, reason: &'static str) -> Self {
        Self {
            outcome: Outcome::Accepted,
            reason,
            detail: Detail::default(),
            about,
            provider: None,
            status: None,
            reference: Reference::new(),
        }
    }

    fn by(mut self, rule: &Rule) -> Self {
        self.detail.rule = Some(rule.to_string().into());
        self
    }

    /// How it was decided.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Why, as one word of a closed set: that of [`AuthError::reason`], or `good_credentials` or `rule_met`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.reason
    }

    /// The part of the route's rule that refused, on its path through the whole: `all(scope(read:orders))`. Of a rule that was met,
    /// the whole.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.detail.rule.as_deref()
    }

    /// The claim, the header parameter or the parameter of the login that it was about.
    #[must_use]
    pub fn claim(&self) -> Option<&str> {
        self.detail.claim.as_deref()
    }

    /// What was expected, with the name of the setting that says so.
    #[must_use]
    pub fn expected(&self) -> Option<&str> {
        self.detail.expected.as_deref()
    }

    /// What kind of thing was seen.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        self.detail.seen
    }

    /// `providerName`. Absent where no layer was passed.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// The issuer of the principal; of a refused token, which of the trusted issuers it names, unproved.
    #[must_use]
    pub fn issuer(&self) -> Option<&Issuer> {
        self.about.issuer.as_ref()
    }

    /// How the request proves who sends it, or tries to.
    #[must_use]
    pub fn via(&self) -> Option<Via> {
        self.about.via
    }

    /// The request's method; `_OTHER` for one that no specification knows.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.about.method
    }

    /// The request's path without its query, cut off where it is long, in visible ASCII.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.about.path
    }

    /// The status of the answer. That of a gRPC answer is 200, whatever stands here.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// What the client was given to quote.
    #[must_use]
    pub fn reference(&self) -> Reference {
        self.reference
    }
}

/// How the request proves who sends it, as a label.
fn label(via: Option<Via>) -> &'static str {
    via.map_or("none", Via::as_str)
}
