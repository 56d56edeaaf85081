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

/// A variable of the process, say. The text is moved in, and wiped with the secret.
impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
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

    #[test]
    fn a_secret_is_made_of_borrowed_text_and_of_text_that_is_given_away() {
        let secrets: [Secret; 2] = ["hunter2".into(), String::from("hunter2").into()];
        assert!(secrets.iter().all(|secret| secret.expose() == "hunter2"));
    }
}
