//! What the operator should know without being stopped.

use std::fmt;

/// How much a [`Notice`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Severity {
    /// The configuration works, and likely not as meant or not as safely as it could.
    Warning,
    /// Something was passed over that has no meaning here.
    Note,
}

/// A warning or a note about one key, in one line. It never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// How much it matters.
    pub severity: Severity,
    /// Dotted path of the key.
    pub path: String,
    /// What there is to know.
    pub message: String,
}

impl Notice {
    pub(super) fn warning(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, path: path.into(), message: message.into() }
    }

    pub(super) fn note(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, path: path.into(), message: message.into() }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
