//! Which step a refusal stopped at: everything before it, in the order of the checks, held.

use crate::{
    jose::{JoseError, Part},
    types::ClaimError,
};

use super::TokenError;

/// The steps of a check, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Three segments, a header without surprises, one JSON object.
    Form,
    /// `typ`.
    Type,
    /// `iss`, which chooses keys and policy.
    Issuer,
    /// `alg`.
    Algorithm,
    /// `kid`, among the issuer's keys.
    Key,
    /// The signature.
    Signature,
    /// An access token, an ID token, a logout token, userinfo.
    Kind,
    /// `sub` of an ID token.
    Subject,
    /// `aud` and `azp`.
    Audience,
    /// `exp`.
    Expiry,
    /// `nbf`.
    NotBefore,
    /// `iat`.
    IssuedAt,
    /// `iat` against `tokenValidity`.
    Age,
    /// `cnf`, and the proof that came along.
    Holder,
    /// What answers to one login: `nonce`, `auth_time`, `at_hash`.
    Login,
}

impl Step {
    /// The steps of a token in the `Authorization` header.
    pub(crate) const ACCESS_TOKEN: &[Self] = &[
        Self::Form,
        Self::Type,
        Self::Issuer,
        Self::Algorithm,
        Self::Key,
        Self::Signature,
        Self::Kind,
        Self::Audience,
        Self::Expiry,
        Self::NotBefore,
        Self::IssuedAt,
        Self::Age,
        Self::Holder,
    ];

    /// The steps of an ID token.
    pub(crate) const ID_TOKEN: &[Self] = &[
        Self::Form,
        Self::Type,
        Self::Issuer,
        Self::Algorithm,
        Self::Key,
        Self::Signature,
        Self::Kind,
        Self::Subject,
        Self::Audience,
        Self::Expiry,
        Self::NotBefore,
        Self::IssuedAt,
        Self::Age,
        Self::Login,
    ];
}

impl TokenError {
    /// The step that failed.
    ///
    /// An access token or a logout token that says so in `typ` is refused before its issuer is looked at where an ID token is
    /// wanted; [`Step::Kind`] is said of it all the same.
    pub(crate) fn step(&self) -> Step {
        match self {
            Self::Jose(error) => step_of(error),
            Self::Claim(ClaimError { claim, .. }) => step_of_claim(claim),
            Self::Missing { claim } | Self::Empty { claim } | Self::TooLong { claim, .. } => step_of_claim(claim),
            Self::Type => Step::Type,
            Self::UnknownIssuer => Step::Issuer,
            Self::AlgorithmNotAllowed { .. } => Step::Algorithm,
            Self::UnknownKey | Self::AmbiguousKey | Self::KeysUnavailable { .. } => Step::Key,
            Self::KeyIssuer => Step::Signature,
            Self::IdToken
            | Self::Unmarked
            | Self::AccessToken
            | Self::LogoutToken
            | Self::NotUserinfo
            | Self::LogoutEvent
            | Self::LogoutNonce
            | Self::LogoutTarget => Step::Kind,
            Self::Audience | Self::AuthorizedParty => Step::Audience,
            Self::Expired { .. } => Step::Expiry,
            Self::NotYetValid { .. } => Step::NotBefore,
            Self::IssuedInTheFuture { .. } => Step::IssuedAt,
            Self::TooOld { .. } => Step::Age,
            Self::ProofMissing | Self::Unbound | Self::AnotherHolder | Self::Proof(_) => Step::Holder,
            Self::Nonce
            | Self::AccessTokenHash
            | Self::AuthenticatedInTheFuture { .. }
            | Self::AuthenticationTooOld { .. } => Step::Login,
        }
    }
}

fn step_of(error: &JoseError) -> Step {
    match error {
        JoseError::Signature | JoseError::Base64 { part: Part::Signature } => Step::Signature,
        _ => Step::Form,
    }
}

fn step_of_claim(claim: &str) -> Step {
    match claim {
        "iss" | "tid" => Step::Issuer,
        "sub" => Step::Subject,
        "aud" | "azp" | "client_id" => Step::Audience,
        "exp" => Step::Expiry,
        "nbf" => Step::NotBefore,
        "iat" => Step::IssuedAt,
        "nonce" | "auth_time" | "at_hash" => Step::Login,
        _ => Step::Kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::JsonKind;

    #[test]
    fn a_claim_is_of_the_step_that_looks_at_it() {
        for (claim, step) in [
            ("iss", Step::Issuer),
            ("tid", Step::Issuer),
            ("sub", Step::Subject),
            ("aud", Step::Audience),
            ("azp", Step::Audience),
            ("client_id", Step::Audience),
            ("exp", Step::Expiry),
            ("nbf", Step::NotBefore),
            ("iat", Step::IssuedAt),
            ("nonce", Step::Login),
            ("auth_time", Step::Login),
            ("at_hash", Step::Login),
            ("events", Step::Kind),
        ] {
            let malformed = ClaimError { claim: claim.into(), expected: "a string", found: JsonKind::Null };
            assert_eq!(TokenError::Claim(malformed).step(), step, "{claim}");
            assert_eq!(TokenError::Missing { claim }.step(), step, "{claim}");
        }
    }

    #[test]
    fn a_signature_that_cannot_be_read_is_of_its_own_step() {
        for (part, step) in
            [(Part::Header, Step::Form), (Part::Payload, Step::Form), (Part::Signature, Step::Signature)]
        {
            assert_eq!(TokenError::Jose(JoseError::Base64 { part }).step(), step, "{part}");
        }
        assert_eq!(TokenError::Jose(JoseError::Signature).step(), Step::Signature);
        assert_eq!(TokenError::KeyIssuer.step(), Step::Signature);
    }
}
