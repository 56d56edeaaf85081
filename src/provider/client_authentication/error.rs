//! What can be wrong with a credential.

use crate::types::Algorithm;

/// Why a client cannot prove itself with what is configured. Nothing of the secret or the key is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientAuthenticationError {
    /// The client secret is empty, or too short for the method.
    #[error("the client secret is shorter than the {limit} bytes that its method needs")]
    ShortSecret {
        /// The fewest bytes.
        limit: usize,
    },
    /// `privateKey` is neither PEM with a private key nor a JWK.
    #[error("`privateKey` is neither PEM (PKCS#8, PKCS#1 or SEC1) nor a private JWK")]
    UnreadableKey,
    /// `privateKey` is encrypted.
    #[error("`privateKey` is encrypted: decrypt it, and let the file's permissions protect it")]
    EncryptedKey,
    /// `privateKey` cannot sign with `privateKeyAlgorithm`: it is of another type, curve, `use` or `alg`, an RSA key outside
    /// 2048 to 8192 bits or without its primes, or its parts contradict each other.
    #[error("`privateKey` is no sound key for {algorithm}")]
    UnfitKey {
        /// The algorithm of `privateKeyAlgorithm`.
        algorithm: Algorithm,
    },
}

/// A client assertion cannot be signed: the system gives no randomness, or the crypto library fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client assertion cannot be signed")]
pub struct SigningError;
