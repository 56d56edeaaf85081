//! The key of a principal.

use crate::types::Issuer;

/// Who a principal is: issuer and subject, the only pair that is unique and never reassigned (OpenID Connect Core 1.0
/// section 5.7).
///
/// Users are stored, counted and compared by this. An e-mail address or a name may pass from one person to another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    issuer: Issuer,
    subject: Box<str>,
}

impl Identity {
    pub(super) fn new(issuer: Issuer, subject: &str) -> Self {
        Self { issuer, subject: subject.into() }
    }

    /// The issuer: `iss`, as the exact text.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The subject: `sub`. Case matters.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }
}
