use std::{collections::HashSet, time::Duration};

use http::Request;

use crate::{
    jose::{JoseError, Part, SkippedKey},
    layer::CredentialsError,
    principal::PrincipalError,
    types::{Algorithm, ClaimError, ClaimsError, ClaimsMismatch, JsonKind, NameError},
    validator::{ProofError, TokenError},
};

use super::*;

fn record(error: impl Into<AuthError>) -> DecisionRecord {
    let about = About::request(&Request::new(()));
    DecisionRecord::refused(&error.into(), about, StatusCode::UNAUTHORIZED, Reference::new())
}

/// Every way in which a token is refused.
fn token_errors() -> Vec<TokenError> {
    let claim = || ClaimError { claim: "scope".into(), expected: "a string", found: JsonKind::Number };
    let jose = [
        JoseError::TooLong { limit: 16 },
        JoseError::Segments,
        JoseError::Encrypted,
        JoseError::Base64 { part: Part::Payload },
        JoseError::Header,
        JoseError::NoAlgorithm,
        JoseError::Unsigned,
        JoseError::Symmetric,
        JoseError::UnknownAlgorithm,
        JoseError::Critical,
        JoseError::Unencoded,
        JoseError::EmbeddedKey { parameter: "jwk" },
        JoseError::Payload(ClaimsError::Json),
        JoseError::Signature,
    ];
    let own = [
        TokenError::Claim(claim()),
        TokenError::Missing { claim: "sub" },
        TokenError::Empty { claim: "sub" },
        TokenError::TooLong { claim: "sub", limit: 255 },
        TokenError::Type,
        TokenError::IdToken,
        TokenError::Unmarked,
        TokenError::AccessToken,
        TokenError::LogoutToken,
        TokenError::NotUserinfo,
        TokenError::LogoutEvent,
        TokenError::LogoutNonce,
        TokenError::LogoutTarget,
        TokenError::UnknownIssuer,
        TokenError::AlgorithmNotAllowed { algorithm: Algorithm::Es256 },
        TokenError::UnknownKey,
        TokenError::AmbiguousKey,
        TokenError::KeyIssuer,
        TokenError::Audience,
        TokenError::AuthorizedParty,
        TokenError::Expired { ago: 1 },
        TokenError::NotYetValid { ahead: 1 },
        TokenError::IssuedInTheFuture { ahead: 1 },
        TokenError::TooOld { limit: 60 },
        TokenError::Nonce,
        TokenError::AccessTokenHash,
        TokenError::AuthenticatedInTheFuture { ahead: 1 },
        TokenError::AuthenticationTooOld { max_age: 60 },
        TokenError::ProofMissing,
        TokenError::Unbound,
        TokenError::AnotherHolder,
        TokenError::KeysUnavailable { retry_after: Duration::from_secs(1) },
    ];
    jose.map(TokenError::Jose).into_iter().chain(own).chain(proof_errors()).collect()
}

/// Every way in which a proof is refused.
fn proof_errors() -> impl Iterator<Item = TokenError> {
    let claim = ClaimError { claim: "htm".into(), expected: "a string", found: JsonKind::Number };
    let errors = [
        ProofError::Off,
        ProofError::NoHeader,
        ProofError::Repeated,
        ProofError::Jose(JoseError::TooLong { limit: 16 }),
        ProofError::Jose(JoseError::Unsigned),
        ProofError::Jose(JoseError::Segments),
        ProofError::Jose(JoseError::Signature),
        ProofError::NoKey,
        ProofError::Key(SkippedKey::Private),
        ProofError::Key(SkippedKey::Type),
        ProofError::Type,
        ProofError::Claim(claim),
        ProofError::Missing { claim: "htm" },
        ProofError::Method,
        ProofError::Address,
        ProofError::TooOld,
        ProofError::IssuedInTheFuture { ahead: 1 },
        ProofError::AccessToken,
        ProofError::Id,
        ProofError::Replayed,
        ProofError::Forgotten,
    ];
    errors.into_iter().map(TokenError::Proof)
}

#[test]
fn every_refused_token_has_a_word_of_its_own_an_expectation_and_a_kind() {
    let mut words = HashSet::new();
    for error in token_errors() {
        let record = record(error.clone());
        assert!(words.insert(record.reason()), "{error:?}: {} stands twice", record.reason());
        assert!(record.reason().bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{error:?}");
        assert!(record.expected().is_some() && record.seen().is_some(), "{error:?}");
        assert_eq!(record.rule(), None, "{error:?}");
    }
}

#[test]
fn a_record_says_what_was_asked_for_and_what_was_seen() {
    let wrong_type = ClaimError { claim: "email".into(), expected: "a string", found: JsonKind::Array };
    let tried = vec!["email".to_owned(), "sub".to_owned()];
    let rows: [(AuthError, &str, Option<&str>, &str, Seen); 12] = [
        (AuthError::NoCredentials, "no_credentials", None, "a bearer token or a session", Seen::Missing),
        (CredentialsError::Repeated.into(), "repeated_authorization", None, "one Authorization header", Seen::Several),
        (TokenError::Missing { claim: "exp" }.into(), "missing_claim", Some("exp"), "to be there", Seen::Missing),
        (TokenError::Audience.into(), "another_audience", Some("aud"), "one of the configured audience", Seen::Another),
        (
            TokenError::TooOld { limit: 60 }.into(),
            "too_old",
            Some("iat"),
            "at most 60 seconds ago (tokenValidity)",
            Seen::Past,
        ),
        (
            TokenError::Jose(JoseError::TooLong { limit: 16 }).into(),
            "token_too_long",
            None,
            "at most 16 bytes",
            Seen::TooLong,
        ),
        (
            TokenError::Jose(JoseError::EmbeddedKey { parameter: "jku" }).into(),
            "embedded_key",
            Some("jku"),
            "none",
            Seen::Unwanted,
        ),
        (
            PrincipalError::Claim(wrong_type).into(),
            "malformed_claims",
            Some("email"),
            "a string",
            Seen::WrongType(JsonKind::Array),
        ),
        (
            PrincipalError::NoPrincipalClaim { tried }.into(),
            "no_name",
            Some("email, sub"),
            "one that names the principal (jwtPrincipalClaims)",
            Seen::Missing,
        ),
        (
            PrincipalError::InvalidName { claim: "email".into(), reason: NameError::CommercialAt }.into(),
            "invalid_name",
            Some("email"),
            "a name or an e-mail address",
            Seen::Malformed,
        ),
        (ClaimsMismatch.into(), "claims_mismatch", None, "the type that the handler asks for", Seen::Another),
        (AuthError::NotLayered, "not_layered", None, "the layer outside of the guard", Seen::Missing),
    ];
    for (error, reason, claim, expected, seen) in rows {
        let record = record(error);
        assert_eq!(
            (record.reason(), record.claim(), record.expected(), record.seen()),
            (reason, claim, Some(expected), Some(seen))
        );
    }
}

#[test]
fn a_wrong_type_is_named_and_no_value_is() {
    assert_eq!(Seen::WrongType(JsonKind::Number).to_string(), format!("wrong_type ({})", JsonKind::Number));
    let rest = [Seen::Empty, Seen::TooLong, Seen::Another, Seen::Future, Seen::Unwanted];
    assert_eq!(rest.map(|seen| seen.to_string()), ["empty", "too_long", "another", "future", "unwanted"]);
}

#[test]
fn a_problems_type_is_that_of_its_kind() {
    use AuthErrorKind as Kind;
    for kind in [
        Kind::NoCredentials,
        Kind::InvalidRequest,
        Kind::InvalidToken,
        Kind::InvalidProof,
        Kind::InsufficientScope,
        Kind::LoginTooOld,
        Kind::LoginTooWeak,
        Kind::Forbidden,
        Kind::Login,
        Kind::Unavailable,
        Kind::Misconfigured,
    ] {
        assert_eq!(kind.problem_type(), format!("urn:tower-oidc:refusal:{}", kind.as_str()));
    }
}
