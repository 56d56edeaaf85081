//! What a client asks for tokens with.

use crate::types::Scopes;

/// What a client asks for tokens with (RFC 6749 section 1.3).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Grant {
    /// The client's own rights (RFC 6749 section 4.4).
    ClientCredentials {
        /// `scope`; without it the provider decides. Empty counts as absent.
        scope: Option<Scopes>,
        /// `audience`: the API that the token is for, as Auth0 asks for it.
        audience: Option<String>,
        /// `resource`, once for each: the APIs that the token is for (RFC 8707 section 2).
        resource: Vec<String>,
    },
}

impl Grant {
    /// The fields of the form, `grant_type` first.
    pub(super) fn fields(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::ClientCredentials { scope, audience, resource } => {
                let scope = scope.as_ref().filter(|scope| !scope.is_empty()).map(Scopes::as_str);
                let mut fields = vec![("grant_type", "client_credentials")];
                fields.extend(scope.map(|scope| ("scope", scope)));
                fields.extend(audience.as_deref().map(|audience| ("audience", audience)));
                fields.extend(resource.iter().map(|resource| ("resource", resource.as_str())));
                fields
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_credentials_say_what_they_are_for() {
        let bare = Grant::ClientCredentials { scope: None, audience: None, resource: Vec::new() };
        assert_eq!(bare.fields(), [("grant_type", "client_credentials")]);
        let empty = Grant::ClientCredentials { scope: Some(Scopes::default()), audience: None, resource: Vec::new() };
        assert_eq!(empty.fields(), bare.fields());
        let full = Grant::ClientCredentials {
            scope: Some(Scopes::parse("read write")),
            audience: Some("https://api.example".to_owned()),
            resource: vec!["https://a.example".to_owned(), "https://b.example".to_owned()],
        };
        assert_eq!(
            full.fields(),
            [
                ("grant_type", "client_credentials"),
                ("scope", "read write"),
                ("audience", "https://api.example"),
                ("resource", "https://a.example"),
                ("resource", "https://b.example"),
            ]
        );
    }
}
