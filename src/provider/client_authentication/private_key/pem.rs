//! Private keys as PEM (RFC 7468), read by rustls's own reader.

use aws_lc_rs::{
    digest, rsa,
    signature::{EcdsaKeyPair, Ed25519KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use secrecy::zeroize::Zeroizing;

use crate::types::Algorithm;

use super::{super::error::ClientAuthenticationError, KeyPair, Scheme};

/// The SHA-256 thumbprint of the first certificate in `text`, in base64url: `x5t#S256` (RFC 7515 section 4.1.8).
pub(super) fn thumbprint(text: &str) -> Option<String> {
    let certificate = CertificateDer::from_pem_slice(text.as_bytes()).ok()?;
    Some(URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &certificate)))
}

/// The first private key in `text`; certificates and curve parameters beside it are passed over.
pub(super) fn parse(text: &str, algorithm: Algorithm) -> Result<KeyPair, ClientAuthenticationError> {
    let der = PrivateKeyDer::from_pem_slice(text.as_bytes()).map(Zeroizing::new).map_err(|_| unreadable(text))?;
    let pair = match (&*der, Scheme::from(algorithm)) {
        (PrivateKeyDer::Pkcs8(der), Scheme::Rsa(encoding)) => {
            rsa::KeyPair::from_pkcs8(der.secret_pkcs8_der()).map(|pair| KeyPair::Rsa(pair, encoding))
        }
        (PrivateKeyDer::Pkcs1(der), Scheme::Rsa(encoding)) => {
            rsa::KeyPair::from_der(der.secret_pkcs1_der()).map(|pair| KeyPair::Rsa(pair, encoding))
        }
        (PrivateKeyDer::Pkcs8(der), Scheme::Ecdsa(curve)) => {
            EcdsaKeyPair::from_pkcs8(curve, der.secret_pkcs8_der()).map(KeyPair::Ecdsa)
        }
        (PrivateKeyDer::Sec1(der), Scheme::Ecdsa(curve)) => {
            EcdsaKeyPair::from_private_key_der(curve, der.secret_sec1_der()).map(KeyPair::Ecdsa)
        }
        (PrivateKeyDer::Pkcs8(der), Scheme::Ed25519) => {
            Ed25519KeyPair::from_pkcs8(der.secret_pkcs8_der()).map(KeyPair::Ed25519)
        }
        _ => return Err(ClientAuthenticationError::UnfitKey { algorithm }),
    };
    pair.map_err(|_| ClientAuthenticationError::UnfitKey { algorithm })
}

/// Encryption stands in the label (`ENCRYPTED PRIVATE KEY`) or in a header of older files (`Proc-Type: 4,ENCRYPTED`).
fn unreadable(text: &str) -> ClientAuthenticationError {
    if text.contains("ENCRYPTED") {
        ClientAuthenticationError::EncryptedKey
    } else {
        ClientAuthenticationError::UnreadableKey
    }
}
