//! Text that must not be seen.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A secret of the operator: shown nowhere, wiped when dropped, and comparable with nothing.
///
/// ```compile_fail,E0277
/// let secret = tower_oidc::types::Secret::from("hunter2");
/// println!("{secret}");
/// ```
///
/// ```compile_fail,E0369
/// # use tower_oidc::types::Secret;
/// Secret::from("hunter2") == Secret::from("hunter2");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the text in.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The text itself. Call it where it is used, and keep no copy.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret::from("hunter2")), "Secret(***)");
    }
}
