//! Why verified claims name no principal that may come in.

use crate::types::{ClaimError, ClaimsError, NameError};

/// Why verified claims name no principal that may come in. It names claims and holds none of their values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrincipalError {
    /// `sub` is absent or empty.
    #[error("the token has no subject")]
    NoSubject,
    /// A claim that identifies the principal or grants it something has the wrong type.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The claims of the ID token and of userinfo are more than one claims set may hold.
    #[error("the claims of the ID token and of userinfo do not fit into one set")]
    Claims(#[source] ClaimsError),
    /// None of the principal claims is a non-empty string.
    #[error("no claim names the principal; tried {}", tried.join(", "))]
    NoPrincipalClaim {
        /// The claims that were tried, in their order.
        tried: Vec<String>,
    },
    /// The claim that names the principal holds no name.
    #[error("claim `{claim}` does not name a principal: it {reason}")]
    InvalidName {
        /// The claim.
        claim: Box<str>,
        /// What is wrong with its form.
        reason: NameError,
    },
    /// `enforcePrincipalDomain`: the principal is of none of the domains that are let in.
    #[error("the principal is not of an allowed domain")]
    DomainNotAllowed,
    /// `enforcePrincipalDomain`: the first of the principal claims is missing, and the one that stands in for it says nothing of a
    /// domain.
    #[error("the claim that tells the principal's domain is missing")]
    DomainUnstated,
    /// The person is not of the Auth0 organization that the settings ask for.
    #[error("the principal is not of the organization (`org_id`, `org_name`) that customParams asks for")]
    Organization,
    /// `enforcePrincipalDomain` with Google: `hd` is absent or names none of the domains that are let in.
    #[error("the principal's Google organisation (`hd`) is not of an allowed domain")]
    HostedDomainNotAllowed,
    /// A domain rule rests on the e-mail address, and the provider does not vouch for it.
    #[error("the principal's e-mail address is not verified")]
    EmailNotVerified,
    /// `allowedEmailDomains`: the e-mail address is of none of them.
    #[error("the principal's e-mail address is not of an allowed domain")]
    EmailDomainNotAllowed,
}

impl PrincipalError {
    /// The reason as one word, for people to quote, for the log and for metrics to count by. Which claim it was stands in the log
    /// alone.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSubject | Self::Claim(_) | Self::Claims(_) => "malformed_claims",
            Self::NoPrincipalClaim { .. } => "no_name",
            Self::InvalidName { .. } => "invalid_name",
            Self::DomainNotAllowed => "domain_not_allowed",
            Self::DomainUnstated => "domain_unstated",
            Self::Organization => "another_organization",
            Self::HostedDomainNotAllowed => "hosted_domain_not_allowed",
            Self::EmailNotVerified => "email_not_verified",
            Self::EmailDomainNotAllowed => "email_domain_not_allowed",
        }
    }

    /// Whether the token itself is malformed: it breaks its specification, whoever sent it. Otherwise it is in order, and
    /// the one it speaks of may not come in.
    #[must_use]
    pub const fn is_malformed(&self) -> bool {
        matches!(self, Self::NoSubject | Self::Claim(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::JsonKind;

    #[test]
    fn a_malformed_token_is_told_from_a_principal_that_may_not_come_in() {
        let wrong_type = ClaimError { claim: "sub".into(), expected: "a string", found: JsonKind::Number };
        for error in [PrincipalError::NoSubject, PrincipalError::Claim(wrong_type)] {
            assert!(error.is_malformed(), "{error}");
        }
        for error in [
            PrincipalError::Claims(ClaimsError::TooMany),
            PrincipalError::NoPrincipalClaim { tried: vec!["email".to_owned()] },
            PrincipalError::InvalidName { claim: "email".into(), reason: NameError::CommercialAt },
            PrincipalError::DomainNotAllowed,
            PrincipalError::DomainUnstated,
            PrincipalError::Organization,
            PrincipalError::HostedDomainNotAllowed,
            PrincipalError::EmailNotVerified,
            PrincipalError::EmailDomainNotAllowed,
        ] {
            assert!(!error.is_malformed(), "{error}");
        }
    }
}
