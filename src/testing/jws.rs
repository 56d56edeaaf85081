//! Any JWS at all.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::key::SigningKey;

/// A compact JWS (RFC 7515 section 7.1) of exactly this header and payload, with an honest signature of `key` over them.
///
/// Neither text is read: what stands in them is the test's affair. This is for tables of hostile tokens.
///
/// ```
/// use tower_oidc::{testing::{SigningKey, jws}, types::Algorithm};
///
/// let key = SigningKey::generate(Algorithm::Es256);
/// let twice = jws(r#"{"alg":"ES256"}"#, r#"{"sub":"jane","sub":"root"}"#, &key);
/// let unsigned = jws(r#"{"alg":"none"}"#, r#"{"sub":"jane"}"#, &key);
/// # assert_eq!((twice.split('.').count(), unsigned.split('.').count()), (3, 3));
/// ```
///
/// # Panics
/// When the system gives no randomness.
#[must_use]
pub fn jws(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>, key: &SigningKey) -> String {
    compact(header, payload, |input| key.sign(input))
}

/// Likewise, with whatever `sign` takes for a signature.
pub(super) fn compact(
    header: impl AsRef<[u8]>,
    payload: impl AsRef<[u8]>,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let mut token = String::new();
    URL_SAFE_NO_PAD.encode_string(header, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}
