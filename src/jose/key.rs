//! One key, parsed once for one algorithm.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    digest,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
        RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    },
};

use crate::types::Algorithm;

use super::{error::JoseError, jwk::Material};

/// Longest signature, in bytes: that of the largest RSA key that is taken.
pub(super) const MAX_SIGNATURE_BYTES: usize = *super::jwk::RSA_BITS.end() / 8;

/// A public key that verifies signatures of one algorithm.
pub struct VerifyingKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
    issuers: Vec<Arc<str>>,
}

impl VerifyingKey {
    /// Parses key material for one algorithm; `None` when they do not fit.
    pub(super) fn new(material: &Material, algorithm: Algorithm) -> Option<Self> {
        let key = match (material, algorithm) {
            (Material::Rsa { n, e }, _) => RsaPublicKeyComponents { n, e }.to_parsed_public_key(rsa(algorithm)?),
            (Material::P256(point), Algorithm::Es256) => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point),
            (Material::P384(point), Algorithm::Es384) => ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point),
            (Material::Ed25519(x), Algorithm::EdDsa) => ParsedPublicKey::new(&ED25519, x),
            _ => return None,
        };
        key.ok().map(|key| Self { algorithm, key, issuers: Vec::new() })
    }

    /// The one algorithm this key is for.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Each `issuer` that the key is published for, as it is written there; none where nothing says so. Entra's tell whose tokens
    /// the key may sign, with `{tenantid}` for those of every tenant.
    pub fn issuers(&self) -> impl ExactSizeIterator<Item = &str> {
        self.issuers.iter().map(|issuer| &**issuer)
    }

    /// Takes in that the key is published for that issuer.
    pub(super) fn published_for(&mut self, issuer: &Arc<str>) {
        if !self.issuers.contains(issuer) {
            self.issuers.push(Arc::clone(issuer));
        }
    }

    /// The only call in the crate that decides about a signature.
    pub(super) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
        if algorithm != self.algorithm {
            return Err(JoseError::Signature);
        }
        // `verify_sig` alone would do for all of them. It takes a hundredth longer to hash on its way.
        let verified = match hash_function(algorithm) {
            Some(hash) => self.key.verify_digest_sig(&digest::digest(hash, message), signature),
            None => self.key.verify_sig(message, signature),
        };
        verified.map_err(|_| JoseError::Signature)
    }
}

/// The hash function of an algorithm (RFC 7518 section 3.1). EdDSA has its own inside (RFC 8037 section 3.1).
fn hash_function(algorithm: Algorithm) -> Option<&'static digest::Algorithm> {
    match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => Some(&digest::SHA256),
        Algorithm::Rs384 | Algorithm::Ps384 | Algorithm::Es384 => Some(&digest::SHA384),
        Algorithm::Rs512 | Algorithm::Ps512 => Some(&digest::SHA512),
        Algorithm::EdDsa => None,
    }
}

fn rsa(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &RSA_PSS_2048_8192_SHA512,
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => return None,
    })
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
