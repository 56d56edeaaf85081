//! Bodies that must be a JSON object.

use crate::types::{Claims, ClaimsError};

/// The object that `body` is, every member once.
pub(super) fn object(body: &[u8]) -> Result<Claims, ClaimsError> {
    let text = std::str::from_utf8(body).map_err(|_| ClaimsError::Json)?;
    Claims::parse(text.to_owned())
}
