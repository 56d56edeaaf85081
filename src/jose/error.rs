//! Why a token or a key document cannot be used. Nothing here holds a part of it.

use std::fmt;

use crate::types::ClaimsError;

/// A part of a compact token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names say it")]
pub enum Part {
    Header,
    Payload,
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// Why a token is not a well-formed, correctly signed JWS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoseError {
    /// Longer than the limit, in bytes.
    #[error("the token is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// Not the three segments of a JWS (RFC 7515 section 7.1).
    #[error("the token does not have the three segments of a signed JWT")]
    Segments,
    /// A JWE: five segments, or an `enc` in the header (RFC 7516). No key of ours decrypts.
    #[error("the token is encrypted")]
    Encrypted,
    /// Not base64url as RFC 7515 section 2 has it: no padding, no white space, no stray bits.
    #[error("the {part} is not strict base64url")]
    Base64 {
        /// Where.
        part: Part,
    },
    /// The header is not a JSON object, a parameter stands twice, or one has the wrong type.
    #[error("the header is not a JSON object with each parameter once and of its type")]
    Header,
    /// `alg` is absent (RFC 7515 section 4.1.1).
    #[error("the header names no algorithm")]
    NoAlgorithm,
    /// `alg` is `none`, in whatever case (RFC 8725 section 3.2).
    #[error("the token is unsigned (alg none)")]
    Unsigned,
    /// `alg` is of the HMAC family: a public key must never serve as a shared secret (RFC 8725 section 2.1).
    #[error("the token is signed with a shared secret (HMAC)")]
    Symmetric,
    /// `alg` is another name that is not on the closed list. Names are compared with case.
    #[error("the token's algorithm is not supported")]
    UnknownAlgorithm,
    /// `crit` is there; no extension is understood (RFC 7515 section 4.1.11).
    #[error("the header has critical parameters (crit)")]
    Critical,
    /// `b64` is there (RFC 7797).
    #[error("the header asks for an unencoded payload (b64)")]
    Unencoded,
    /// The header brings a key of its own, or says where to fetch one (RFC 8725 section 3.10).
    #[error("the header brings its own key ({parameter})")]
    EmbeddedKey {
        /// `jwk`, `jku`, `x5u` or `x5c`.
        parameter: &'static str,
    },
    /// The payload is not a claims set.
    #[error("the payload is {0}")]
    Payload(#[source] ClaimsError),
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
}

impl JoseError {
    /// The reason as one word, for the log and for metrics to count by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "token_too_long",
            Self::Segments => "not_a_signed_jwt",
            Self::Encrypted => "encrypted",
            Self::Base64 { .. } => "not_base64url",
            Self::Header => "malformed_header",
            Self::NoAlgorithm => "no_algorithm",
            Self::Unsigned => "unsigned",
            Self::Symmetric => "shared_secret_algorithm",
            Self::UnknownAlgorithm => "unknown_algorithm",
            Self::Critical => "critical_parameters",
            Self::Unencoded => "unencoded_payload",
            Self::EmbeddedKey { .. } => "embedded_key",
            Self::Payload(_) => "malformed_payload",
            Self::Signature => "bad_signature",
        }
    }
}

/// Why a key document was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkSetError {
    /// Not a JSON object with an array `keys`.
    #[error("not a JWK Set: a JSON object with an array `keys`")]
    NotASet,
    /// More keys than [`MAX_KEYS`](super::MAX_KEYS).
    #[error("more than {limit} keys")]
    TooManyKeys {
        /// The limit.
        limit: usize,
    },
}

/// Why there is no key to verify with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No key of that id fits the algorithm.
    #[error("no key fits")]
    Unknown,
    /// Several different keys fit: nothing says which is meant.
    #[error("several keys fit")]
    Ambiguous,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_which_part_is_not_base64url() {
        for (part, name) in [(Part::Header, "header"), (Part::Payload, "payload"), (Part::Signature, "signature")] {
            assert_eq!(JoseError::Base64 { part }.to_string(), format!("the {name} is not strict base64url"));
        }
    }
}
