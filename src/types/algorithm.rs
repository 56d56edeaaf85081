//! Signature algorithms, as a closed list.

use std::fmt;

/// A signature algorithm that a token may use (RFC 7518 section 3.1, RFC 8037 section 3.1).
///
/// The list is closed: `none` and the HMAC family are not values of this type, so no policy can let them in. What it may grow by are
/// other signatures by a public key.
///
/// ```
/// # use tower_oidc::types::{Algorithm, Algorithms};
/// let allowed: Algorithms = [Algorithm::Rs256, Algorithm::Es256].into_iter().collect();
/// ```
///
/// ```compile_fail,E0599
/// # use tower_oidc::types::{Algorithm, Algorithms};
/// let allowed: Algorithms = [Algorithm::Rs256, Algorithm::Hs256].into_iter().collect();
/// ```
///
/// ```compile_fail,E0004
/// # use tower_oidc::types::Algorithm;
/// fn curve(algorithm: Algorithm) -> bool {
///     use Algorithm::*;
///     match algorithm {
///         Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512 => false,
///         Es256 | Es384 | EdDsa => true,
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// EdDSA on Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Every algorithm, in the order of the specifications.
    pub const ALL: &'static [Self] = &[
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The algorithm of that registered name. Names are compared with case, as RFC 7515 section 4.1.1 asks.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name)
    }

    /// The registered name, as in the `alg` header parameter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of algorithms: what a policy allows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Algorithms(u16);

impl Algorithms {
    /// Whether `algorithm` is allowed.
    #[must_use]
    pub const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & (1 << algorithm as u16) != 0
    }

    /// The same and `algorithm`.
    #[must_use]
    pub const fn with(self, algorithm: Algorithm) -> Self {
        Self(self.0 | 1 << algorithm as u16)
    }

    /// The allowed algorithms, in the order of the specifications.
    pub fn iter(self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL.iter().copied().filter(move |algorithm| self.contains(*algorithm))
    }

    /// Whether nothing is allowed.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Algorithm> for Algorithms {
    fn from_iter<I: IntoIterator<Item = Algorithm>>(algorithms: I) -> Self {
        Self(algorithms.into_iter().fold(0, |bits, algorithm| bits | 1 << algorithm as u16))
    }
}

impl From<Algorithm> for Algorithms {
    fn from(algorithm: Algorithm) -> Self {
        [algorithm].into_iter().collect()
    }
}

impl fmt::Debug for Algorithms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for Algorithms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, algorithm) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            f.write_str(algorithm.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_with_case_and_none_and_hmac_do_not_exist() {
        assert_eq!(Algorithm::from_name("RS256"), Some(Algorithm::Rs256));
        assert_eq!(Algorithm::from_name("EdDSA"), Some(Algorithm::EdDsa));
        for name in ["rs256", "Rs256", "none", "None", "HS256", "EDDSA", "RS256 ", "ES512", ""] {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_set_holds_what_it_was_made_of() {
        let set: Algorithms = [Algorithm::Es256, Algorithm::Rs256].into_iter().collect();
        assert!(set.contains(Algorithm::Rs256) && set.contains(Algorithm::Es256));
        assert!(!set.contains(Algorithm::Ps256));
        assert_eq!(set.to_string(), "RS256, ES256");
        assert!([].into_iter().collect::<Algorithms>().is_empty());
    }
}
