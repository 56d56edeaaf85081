//! A private key, parsed once for one algorithm.

mod jwk;
mod pem;
#[cfg(test)]
mod tests;

use std::fmt;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
        RSA_PSS_SHA512, RsaEncoding,
    },
};

use crate::types::{Algorithm, Secret};

use super::error::{ClientAuthenticationError, SigningError};

/// A private key that signs with one algorithm. It is not shown.
pub(in crate::provider) struct PrivateKey {
    algorithm: Algorithm,
    key_id: Option<String>,
    thumbprint: Option<String>,
    pair: KeyPair,
}

enum KeyPair {
    Rsa(rsa::KeyPair, &'static dyn RsaEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// What an algorithm asks of its key.
#[derive(Clone, Copy)]
enum Scheme {
    Rsa(&'static dyn RsaEncoding),
    Ecdsa(&'static EcdsaSigningAlgorithm),
    Ed25519,
}

impl PrivateKey {
    /// Reads a key for `algorithm`: PEM with PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) or SEC1 (RFC 5915), or a private JWK
    /// (RFC 7517). Without a `key_id`, a JWK's own `kid` is the id. A certificate beside a PEM key is known by its thumbprint.
    pub(super) fn parse(
        key: &Secret,
        key_id: Option<String>,
        algorithm: Algorithm,
    ) -> Result<Self, ClientAuthenticationError> {
        let text = key.expose().trim_start();
        if text.starts_with('{') {
            let (pair, own_id) = jwk::parse(text, algorithm)?;
            return Ok(Self { algorithm, key_id: key_id.or(own_id), thumbprint: None, pair });
        }
        Ok(Self { algorithm, key_id, thumbprint: pem::thumbprint(text), pair: pem::parse(text, algorithm)? })
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// That of the certificate beside the key, for providers that find the key by it (RFC 7515 section 4.1.8).
    pub(super) fn thumbprint(&self) -> Option<&str> {
        self.thumbprint.as_deref()
    }

    /// Signs, in the form that a JWS carries: for ECDSA `r` and `s` at fixed length (RFC 7518 section 3.4).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        match &self.pair {
            KeyPair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), message, &mut signature).map(|()| signature)
            }
            KeyPair::Ecdsa(pair) => {
                pair.sign(&SystemRandom::new(), message).map(|signature| signature.as_ref().to_vec())
            }
            KeyPair::Ed25519(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
        }
        .map_err(|_| SigningError)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl From<Algorithm> for Scheme {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rs256 => Self::Rsa(&RSA_PKCS1_SHA256),
            Algorithm::Rs384 => Self::Rsa(&RSA_PKCS1_SHA384),
            Algorithm::Rs512 => Self::Rsa(&RSA_PKCS1_SHA512),
            Algorithm::Ps256 => Self::Rsa(&RSA_PSS_SHA256),
            Algorithm::Ps384 => Self::Rsa(&RSA_PSS_SHA384),
            Algorithm::Ps512 => Self::Rsa(&RSA_PSS_SHA512),
            Algorithm::Es256 => Self::Ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::Es384 => Self::Ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::EdDsa => Self::Ed25519,
        }
    }
}
