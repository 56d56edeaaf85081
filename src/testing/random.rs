//! Identifiers that nobody has had before.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Bytes in an identifier: 96 bits, so that two never meet in any number of test runs.
const LENGTH: usize = 12;

/// A new identifier, for `kid`, `jti` and `sid`.
pub(super) fn identifier() -> String {
    let mut bytes = [0; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}
