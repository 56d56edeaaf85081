//! Whom an assertion is for.

use url::Url;

use crate::{config::ProviderKind, types::Issuer};

/// Whom a client assertion names in `aud`: one text, never a list.
///
/// RFC 7523 section 3 leaves the choice open, and providers differ in what they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionAudience {
    /// The issuer, in its exact text. Auth0 asks for it with its slash, FAPI 2.0 and draft-ietf-oauth-rfc7523bis ask
    /// everybody: a provider that can make a client send an assertion to another one's endpoint cannot use it there.
    Issuer,
    /// The URL of the token endpoint, for providers that follow the advice of OpenID Connect Core 1.0 section 9 and take
    /// nothing else, Microsoft Entra among them.
    TokenEndpoint,
    /// The URL of whichever endpoint is asked. Okta takes nothing else.
    Endpoint,
}

impl AssertionAudience {
    /// What a provider of that kind takes, at whichever endpoint.
    pub(crate) fn of(kind: ProviderKind) -> Self {
        match kind {
            ProviderKind::Azure => Self::TokenEndpoint,
            ProviderKind::Okta => Self::Endpoint,
            _ => Self::Issuer,
        }
    }

    /// The text of `aud`, for the endpoint that is asked. Without a token endpoint it is the issuer.
    pub(in crate::provider) fn text<'a>(
        self,
        issuer: &'a Issuer,
        token_endpoint: Option<&'a Url>,
        asked: &'a Url,
    ) -> &'a str {
        match (self, token_endpoint) {
            (Self::Endpoint, _) => asked.as_str(),
            (Self::TokenEndpoint, Some(url)) => url.as_str(),
            _ => issuer.as_str(),
        }
    }
}
