//! Whom an assertion is for.

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
}
