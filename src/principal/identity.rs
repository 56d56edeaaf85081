//! The key of a principal.

use serde::{Deserialize, Serialize};

use crate::types::Issuer;

/// Who a principal is: issuer and subject, the only pair that is unique and never reassigned (OpenID Connect Core 1.0
/// section 5.7).
///
/// Users are stored, counted and compared by this. An e-mail address or a name may pass from one person to another.
///
/// A directory keyed by it, as a service keeps one of its own:
///
/// ```
/// use std::collections::BTreeMap;
/// use tower_oidc::{principal::Identity, types::Issuer};
///
/// let jane = Identity::new(Issuer::new("https://tenant.auth0.com/"), "auth0|66f"); // two columns of a table
/// let teams = BTreeMap::from([(jane, "billing")]);
///
/// // Another place to keep it is JSON.
/// let stored = r#"{"iss":"https://tenant.auth0.com/","sub":"auth0|66f"}"#;
/// let identity: Identity = serde_json::from_str(stored)?;
/// assert_eq!(teams.get(&identity), Some(&"billing"));
/// assert_eq!(serde_json::to_string(&identity)?, stored);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// That of a request is the [`identity`](super::Principal::identity) of its principal. One that is made or read proves nothing of
/// whoever sends a request: there is no way from it to a principal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    #[serde(rename = "iss")]
    issuer: Issuer,
    #[serde(rename = "sub")]
    subject: Box<str>,
}

impl Identity {
    /// The identity that was stored as these two, each as its exact text.
    #[must_use]
    pub fn new(issuer: Issuer, subject: impl Into<Box<str>>) -> Self {
        Self { issuer, subject: subject.into() }
    }

    /// The issuer: `iss`, as the exact text.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The subject: `sub`. Case matters.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(issuer: &str, subject: &str) -> Identity {
        Identity::new(Issuer::new(issuer), subject)
    }

    /// A URL type would add or drop the slash, and find nobody or somebody else.
    #[test]
    fn what_is_stored_is_read_again_as_its_exact_text() {
        for issuer in
            ["https://issuer.example", "https://issuer.example/", "https://ISSUER.example:443/%7e", "\"\\u0041"]
        {
            let stored = serde_json::to_string(&identity(issuer, "Auth0|É")).unwrap();
            let read: Identity = serde_json::from_slice(stored.as_bytes()).unwrap();
            assert_eq!((read.issuer().as_str(), read.subject()), (issuer, "Auth0|É"), "{stored}");
            assert_eq!(serde_json::from_value::<Identity>(serde_json::from_str(&stored).unwrap()).unwrap(), read);
        }
    }

    #[test]
    fn half_an_identity_is_none() {
        for json in [r#"{"iss":"https://issuer.example"}"#, r#"{"sub":"1"}"#, r#"{"iss":null,"sub":"1"}"#, "[]"] {
            assert!(serde_json::from_str::<Identity>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn identities_are_sorted_by_issuer_and_then_by_subject() {
        let sorted = [identity("a", "2"), identity("a/", "1"), identity("a/", "2"), identity("b", "1")];
        assert!(sorted.is_sorted());
    }
}
