//! What was asked for, what was expected, and what kind of thing was seen: the one table.

use std::{borrow::Cow, fmt};

use crate::{
    jose::{JoseError, SkippedKey},
    layer::{AuthError, CredentialsError, browser},
    principal::{Denied, PrincipalError},
    types::{ClaimError, JsonKind},
    validator::{MAX_PROOF_AGE, MAX_PROOF_ID, ProofError, TokenError},
};

/// What kind of thing was seen in the place of what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// Nothing.
    Missing,
    /// An empty text.
    Empty,
    /// JSON of another type.
    WrongType(JsonKind),
    /// Something that cannot be read, or breaks its specification.
    Malformed,
    /// More than there may be.
    TooLong,
    /// The same thing more than once.
    Several,
    /// A good value, and another one.
    Another,
    /// A time that has passed.
    Past,
    /// A time to come.
    Future,
    /// Something that must not be there.
    Unwanted,
    /// Nobody who could be asked.
    Unavailable,
}

impl Seen {
    /// The kind in snake case, as logs show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::WrongType(_) => "wrong_type",
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::Several => "several",
            Self::Another => "another",
            Self::Past => "past",
            Self::Future => "future",
            Self::Unwanted => "unwanted",
            Self::Unavailable => "unavailable",
        }
    }
}

/// The kind, and of a wrong type which one it was.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongType(kind) => write!(f, "wrong_type ({kind})"),
            seen => f.write_str(seen.as_str()),
        }
    }
}

/// The middle of a record.
#[derive(Debug, Clone, Default)]
pub(in crate::layer) struct Detail {
    pub(super) rule: Option<Box<str>>,
    pub(super) claim: Option<Cow<'static, str>>,
    pub(super) expected: Option<Cow<'static, str>>,
    pub(super) seen: Option<Seen>,
}

/// A bound and its unit, as an expectation.
struct Limit(u64, &'static str);

impl From<Limit> for Cow<'static, str> {
    fn from(Limit(most, unit): Limit) -> Self {
        format!("at most {most} {unit}").into()
    }
}

impl Detail {
    /// About no claim.
    pub(in crate::layer) fn without_claim(expected: impl Into<Cow<'static, str>>, seen: Seen) -> Self {
        Self { rule: None, claim: None, expected: Some(expected.into()), seen: Some(seen) }
    }

    pub(in crate::layer) fn with_claim(
        claim: impl Into<Cow<'static, str>>,
        expected: impl Into<Cow<'static, str>>,
        seen: Seen,
    ) -> Self {
        Self { claim: Some(claim.into()), ..Self::without_claim(expected, seen) }
    }

    pub(super) fn of(error: &AuthError) -> Self {
        match error {
            AuthError::NoCredentials => Self::without_claim("a bearer token or a session", Seen::Missing),
            AuthError::Credentials(CredentialsError::Repeated) => {
                Self::without_claim("one Authorization header", Seen::Several)
            }
            AuthError::Credentials(CredentialsError::Malformed) => {
                Self::without_claim("the scheme, a space and a token", Seen::Malformed)
            }
            AuthError::Token(error) => Self::of_token(error),
            AuthError::Principal(error) => Self::of_principal(error),
            AuthError::Denied(denied) => Self::of_denied(denied),
            AuthError::Claims(_) => Self::without_claim("the type that the handler asks for", Seen::Another),
            AuthError::Login(error) => browser::detail(error),
            AuthError::NotLayered => Self::without_claim("the layer outside of the guard", Seen::Missing),
        }
    }

    pub(in crate::layer) fn of_token(error: &TokenError) -> Self {
        match error {
            TokenError::Jose(error) => Self::of_jose(error),
            TokenError::Claim(error) => Self::of_claim(error),
            TokenError::Missing { claim } => Self::with_claim(*claim, "to be there", Seen::Missing),
            TokenError::Empty { claim } => Self::with_claim(*claim, "a non-empty string", Seen::Empty),
            TokenError::TooLong { claim, limit } => {
                Self::with_claim(*claim, Limit(*limit as u64, "characters"), Seen::TooLong)
            }
            TokenError::Type => Self::with_claim("typ", "at+jwt, JWT or none", Seen::Another),
            TokenError::IdToken => Self::without_claim("an access token (bearerTokenKind)", Seen::Another),
            TokenError::Unmarked => {
                Self::without_claim("a mark of an access token: typ at+jwt, scope, client_id", Seen::Missing)
            }
            TokenError::AccessToken | TokenError::LogoutToken => Self::without_claim("an ID token", Seen::Another),
            TokenError::NotUserinfo => Self::without_claim("userinfo", Seen::Another),
            TokenError::LogoutEvent => Self::with_claim("events", "the event of a logout", Seen::Missing),
            TokenError::LogoutNonce => Self::with_claim("nonce", "none in a logout token", Seen::Unwanted),
            TokenError::LogoutTarget => Self::with_claim("sid", "sid or sub", Seen::Missing),
            TokenError::UnknownIssuer => {
                Self::with_claim("iss", "the provider's issuer, or one of trustedIssuers", Seen::Another)
            }
            TokenError::AlgorithmNotAllowed { .. } => {
                Self::with_claim("alg", "one of tokenValidationAlgorithm", Seen::Another)
            }
            TokenError::UnknownKey => Self::with_claim("kid", "one of the issuer's keys", Seen::Another),
            TokenError::AmbiguousKey => Self::with_claim("kid", "one key of the issuer's", Seen::Several),
            TokenError::KeyIssuer => Self::with_claim("iss", "an issuer that the key is published for", Seen::Another),
            TokenError::Audience => Self::with_claim("aud", "one of the configured audience", Seen::Another),
            TokenError::AuthorizedParty => Self::with_claim("azp", "our client id", Seen::Another),
            TokenError::Expired { .. } => Self::with_claim("exp", "a time to come, but for maxClockSkew", Seen::Past),
            TokenError::NotYetValid { .. } => {
                Self::with_claim("nbf", "a time that has passed, but for maxClockSkew", Seen::Future)
            }
            TokenError::IssuedInTheFuture { .. } => {
                Self::with_claim("iat", "a time that has passed, but for maxClockSkew", Seen::Future)
            }
            TokenError::TooOld { limit } => {
                Self::with_claim("iat", format!("at most {limit} seconds ago (tokenValidity)"), Seen::Past)
            }
            TokenError::Nonce => Self::with_claim("nonce", "the one that was sent", Seen::Another),
            TokenError::AccessTokenHash => Self::with_claim("at_hash", "that of the access token", Seen::Another),
            TokenError::AuthenticatedInTheFuture { .. } => {
                Self::with_claim("auth_time", "a time that has passed, but for maxClockSkew", Seen::Future)
            }
            TokenError::AuthenticationTooOld { max_age } => {
                Self::with_claim("auth_time", format!("at most {max_age} seconds ago (maxAge)"), Seen::Past)
            }
            TokenError::ProofMissing => Self::with_claim("cnf", "a proof by the token's holder (dpop)", Seen::Missing),
            TokenError::Unbound => Self::with_claim("cnf", "the thumbprint of a key alone (jkt)", Seen::Another),
            TokenError::AnotherHolder => Self::with_claim("cnf", "the key of the proof", Seen::Another),
            TokenError::Proof(error) => Self::of_proof(error),
            TokenError::KeysUnavailable { .. } => Self::without_claim("the issuer's keys", Seen::Unavailable),
        }
    }

    fn of_proof(error: &ProofError) -> Self {
        match error {
            ProofError::Off => Self::without_claim("dpop accepted or required", Seen::Unwanted),
            ProofError::NoHeader => Self::without_claim("one DPoP header", Seen::Missing),
            ProofError::Repeated => Self::without_claim("one DPoP header", Seen::Several),
            ProofError::Jose(error) => Self::of_jose_of_proof(error),
            ProofError::NoKey => Self::with_claim("jwk", "the public key of the proof", Seen::Missing),
            ProofError::Key(SkippedKey::Private) => Self::with_claim("jwk", "a public key alone", Seen::Unwanted),
            ProofError::Key(_) => Self::with_claim("jwk", "a sound public key for the alg of the proof", Seen::Another),
            ProofError::Type => Self::with_claim("typ", "dpop+jwt", Seen::Another),
            ProofError::Claim(error) => Self::of_claim(error),
            ProofError::Missing { claim } => Self::with_claim(*claim, "to be there", Seen::Missing),
            ProofError::Method => Self::with_claim("htm", "the method of the request", Seen::Another),
            ProofError::Address => Self::with_claim("htu", "serverUrl's origin and the path", Seen::Another),
            ProofError::TooOld => {
                Self::with_claim("iat", format!("at most {} seconds ago", MAX_PROOF_AGE.as_secs()), Seen::Past)
            }
            ProofError::IssuedInTheFuture { .. } => {
                Self::with_claim("iat", "a time that has passed, but for maxClockSkew", Seen::Future)
            }
            ProofError::AccessToken => Self::with_claim("ath", "the hash of the token", Seen::Another),
            ProofError::Id => Self::with_claim("jti", Limit(MAX_PROOF_ID as u64, "bytes, and one"), Seen::Malformed),
            ProofError::Replayed => Self::with_claim("jti", "a proof of its own for each request", Seen::Several),
            ProofError::Forgotten => Self::with_claim("iat", "a time from which proofs are remembered", Seen::Past),
        }
    }

    /// A proof chooses among more algorithms than a token, and has its key with it.
    fn of_jose_of_proof(error: &JoseError) -> Self {
        match error {
            JoseError::NoAlgorithm => Self::with_claim("alg", "an algorithm of the challenge's algs", Seen::Missing),
            JoseError::Unsigned | JoseError::Symmetric | JoseError::UnknownAlgorithm => {
                Self::with_claim("alg", "an algorithm of the challenge's algs", Seen::Another)
            }
            JoseError::Signature => Self::without_claim("a signature by the key in the proof's header", Seen::Another),
            error => Self::of_jose(error),
        }
    }

    fn of_jose(error: &JoseError) -> Self {
        match error {
            JoseError::TooLong { limit } => Self::without_claim(Limit(*limit as u64, "bytes"), Seen::TooLong),
            JoseError::Segments => Self::without_claim("the three segments of a signed JWT", Seen::Malformed),
            JoseError::Encrypted => Self::without_claim("a signed token that is not encrypted", Seen::Another),
            JoseError::Base64 { .. } => Self::without_claim("strict base64url", Seen::Malformed),
            JoseError::Header => Self::without_claim("a header with each parameter once", Seen::Malformed),
            JoseError::NoAlgorithm => Self::with_claim("alg", "one of tokenValidationAlgorithm", Seen::Missing),
            JoseError::Unsigned | JoseError::Symmetric | JoseError::UnknownAlgorithm => {
                Self::with_claim("alg", "one of tokenValidationAlgorithm", Seen::Another)
            }
            JoseError::Critical => Self::with_claim("crit", "none", Seen::Unwanted),
            JoseError::Unencoded => Self::with_claim("b64", "none", Seen::Unwanted),
            JoseError::EmbeddedKey { parameter } => Self::with_claim(*parameter, "none", Seen::Unwanted),
            JoseError::Payload(_) => Self::without_claim("a claims set", Seen::Malformed),
            JoseError::Signature => Self::without_claim("a signature by the key that kid names", Seen::Another),
        }
    }

    pub(in crate::layer) fn of_principal(error: &PrincipalError) -> Self {
        match error {
            PrincipalError::NoSubject => Self::with_claim("sub", "a non-empty string", Seen::Missing),
            PrincipalError::Claim(error) => Self::of_claim(error),
            PrincipalError::Claims(_) => Self::without_claim("claims that fit into one set", Seen::TooLong),
            PrincipalError::NoPrincipalClaim { tried } => {
                Self::with_claim(tried.join(", "), "one that names the principal (jwtPrincipalClaims)", Seen::Missing)
            }
            PrincipalError::InvalidName { claim, .. } => {
                Self::with_claim(claim.to_string(), "a name or an e-mail address", Seen::Malformed)
            }
            PrincipalError::DomainNotAllowed => {
                Self::without_claim("a name in principalDomain, or in one of allowedDomains", Seen::Another)
            }
            PrincipalError::DomainUnstated => {
                Self::without_claim("the first of jwtPrincipalClaims, which tells the domain", Seen::Missing)
            }
            PrincipalError::Organization => {
                Self::with_claim("org_id", "the organization of customParams", Seen::Another)
            }
            PrincipalError::HostedDomainNotAllowed => {
                Self::with_claim("hd", "principalDomain, or one of allowedDomains", Seen::Another)
            }
            PrincipalError::EmailNotVerified => Self::with_claim("email_verified", "true", Seen::Another),
            PrincipalError::EmailDomainNotAllowed => {
                Self::with_claim("email", "an address in one of allowedEmailDomains", Seen::Another)
            }
        }
    }

    pub(in crate::layer) fn of_claim(error: &ClaimError) -> Self {
        Self::with_claim(error.claim.to_string(), error.expected, Seen::WrongType(error.found))
    }

    fn of_denied(denied: &Denied) -> Self {
        let remedy = match (denied.max_age(), denied.scopes()) {
            _ if denied.is_too_weak() => Self::without_claim("a login with the acr or amr of the rule", Seen::Another),
            (Some(max_age), _) => {
                let expected = format!("a login of at most {} seconds ago", max_age.as_secs());
                Self::with_claim("auth_time", expected, Seen::Past)
            }
            (None, scopes) if !scopes.is_empty() => {
                Self::with_claim("scope", scopes.as_str().to_owned(), Seen::Missing)
            }
            _ => Self::without_claim(denied.decided_by().unwrap_or("a principal that meets the rule"), Seen::Another),
        };
        Self { rule: Some(denied.rule().into()), ..remedy }
    }
}
