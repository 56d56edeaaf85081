//! The word for each refusal.

use crate::layer::{AuthError, CredentialsError, browser};

impl AuthError {
    /// The reason as one word of the crate's own, of a closed set: for the log, and for metrics to count by. The client does not
    /// learn it.
    ///
    /// It is that of the error within, such as [`TokenError::code`](crate::validator::TokenError::code).
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::Credentials(CredentialsError::Repeated) => "repeated_authorization",
            Self::Credentials(CredentialsError::Malformed) => "malformed_authorization",
            Self::Token(error) => error.code(),
            Self::Principal(error) => error.code(),
            Self::Denied(denied) if denied.is_too_weak() => "login_too_weak",
            Self::Denied(denied) if denied.max_age().is_some() => "login_too_old",
            Self::Denied(denied) if !denied.scopes().is_empty() => "scope_missing",
            Self::Denied(_) => "rule_not_met",
            Self::Claims(_) => "claims_mismatch",
            Self::Login(error) => browser::reason(error),
            Self::NotLayered => "not_layered",
        }
    }
}
