//! The word for each failure.

use super::LoginError;

impl LoginError {
    /// The reason as one word of the crate's own, for people to quote and for metrics to count by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Method => "method_not_allowed",
            Self::Body => "malformed_body",
            Self::Repeated { .. } => "repeated_parameter",
            Self::Missing { .. } => "missing_parameter",
            Self::Malformed { .. } => "malformed_parameter",
            Self::ReturnAddress => "foreign_return_address",
            Self::ForeignIssuer => "foreign_issuer",
            Self::Prefetch => "prefetch",
            Self::NotANavigation => "not_a_navigation",
            Self::SessionLost => "session_lost",
            Self::StillTooOld => "login_still_too_old",
            Self::TooWeak => "login_too_weak",
            Self::StrengthTooLong => "strength_too_long",
            Self::Unavailable { .. } => "provider_unavailable",
            Self::NotOffered { .. } | Self::Mismatch(_) => "not_offered",
            Self::Push(_) => "push_failed",
            Self::UnknownTransaction => "unknown_transaction",
            Self::Loop => "login_loop",
            Self::ResponseIssuer => "response_of_another_issuer",
            Self::ResponseType => "response_of_another_type",
            Self::Authorization { code } => code.as_str(),
            Self::Exchange(_) => "exchange_failed",
            Self::NoIdToken => "no_id_token",
            Self::IdToken(_) => "id_token_refused",
            Self::Organization => "another_organization",
            Self::Userinfo(_) => "userinfo_failed",
            Self::UserinfoToken(_) => "userinfo_refused",
            Self::Principal(error) => error.code(),
            Self::NotRegistered => "not_registered",
            Self::Directory(_) => "directory_failed",
            Self::Session(error) => error.code(),
            Self::NoSession => "no_session",
            Self::NotRenewable => "not_renewable",
            Self::RenewalRefused => "renewal_refused",
            Self::RenewalFailed(_) => "renewal_failed",
            Self::RenewalUnderWay => "renewal_under_way",
            Self::CrossSite => "cross_site",
            Self::LogoutToken(_) => "logout_token_refused",
            Self::Paths(_) => "login_paths",
            Self::Client(_) => "client_credential",
            Self::Random(_) => "no_randomness",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{session::SessionError, types::RandomError};

    use super::*;

    /// Operators search logs and count metrics by these words.
    #[test]
    fn what_failed_of_a_session_is_told_apart() {
        let cause = || Arc::new("hunter2".into());
        for (error, code) in [
            (SessionError::NoStore, "no_session_store"),
            (SessionError::Setup(cause()), "no_session_store"),
            (SessionError::Store(cause()), "session_store_failed"),
            (SessionError::Random(RandomError), "no_randomness"),
            (SessionError::NoSubject, "malformed_claims"),
            (SessionError::OtherSubject, "another_subject"),
        ] {
            assert_eq!(LoginError::Session(error).code(), code);
        }
    }
}
