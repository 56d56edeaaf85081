//! What a client asks for tokens with.

use url::Url;

use crate::types::{Scopes, Secret};

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
    /// A code that the authorization endpoint gave (RFC 6749 section 4.1.3).
    AuthorizationCode {
        /// `code`.
        code: Secret,
        /// `redirect_uri`: the same as in the authorization request.
        redirect_uri: Url,
        /// `code_verifier` (RFC 7636 section 4.5).
        code_verifier: Option<Secret>,
    },
    /// A refresh token (RFC 6749 section 6). The scope stays what it was.
    RefreshToken {
        /// `refresh_token`.
        refresh_token: Secret,
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
            Self::AuthorizationCode { code, redirect_uri, code_verifier } => {
                let verifier = code_verifier.as_ref().map(|verifier| ("code_verifier", verifier.expose()));
                let mut fields = vec![
                    ("grant_type", "authorization_code"),
                    ("code", code.expose()),
                    ("redirect_uri", redirect_uri.as_str()),
                ];
                fields.extend(verifier);
                fields
            }
            Self::RefreshToken { refresh_token } => {
                vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())]
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

    #[test]
    fn a_code_goes_with_what_it_was_asked_for_with() {
        let code = |code_verifier| Grant::AuthorizationCode {
            code: Secret::from("c"),
            redirect_uri: Url::parse("https://app.example/callback?a=b").unwrap(),
            code_verifier,
        };
        let bare =
            [("grant_type", "authorization_code"), ("code", "c"), ("redirect_uri", "https://app.example/callback?a=b")];
        assert_eq!(code(None).fields(), bare);
        let proved = code(Some(Secret::from("v")));
        assert_eq!(proved.fields(), [&bare[..], &[("code_verifier", "v")]].concat());
    }

    #[test]
    fn a_refresh_token_goes_alone() {
        let grant = Grant::RefreshToken { refresh_token: Secret::from("rt") };
        assert_eq!(grant.fields(), [("grant_type", "refresh_token"), ("refresh_token", "rt")]);
    }
}
