//! The proof that a token was checked.

use std::{fmt, marker::PhantomData};

use crate::{
    config::ProviderKind,
    types::{Claims, Issuer},
};

/// A token of kind `K` that passed every check of its kind. Only this module makes one.
///
/// ```
/// use tower_oidc::validator::{AccessToken, IdToken, Verified};
///
/// fn open_session(proof: Verified<IdToken>) {}
///
/// # fn sign_in(id_token: Verified<IdToken>, access_token: Verified<AccessToken>) {
/// open_session(id_token);
/// # }
/// ```
///
/// The proof of one kind is none of another:
///
/// ```compile_fail,E0308
/// # use tower_oidc::validator::{AccessToken, IdToken, Verified};
/// # fn open_session(proof: Verified<IdToken>) {}
/// # fn sign_in(id_token: Verified<IdToken>, access_token: Verified<AccessToken>) {
/// open_session(access_token);
/// # }
/// ```
///
/// And none can be made up:
///
/// ```compile_fail,E0451
/// use tower_oidc::validator::{AccessToken, Verified};
///
/// # fn forge(honest: Verified<AccessToken>, claims: tower_oidc::types::Claims) {
/// let forged = Verified::<AccessToken> { claims, ..honest };
/// # }
/// ```
pub struct Verified<K> {
    claims: Claims,
    issuer: Issuer,
    provider: ProviderKind,
    /// Of one of `trustedIssuers`, and not of the configured provider.
    is_of_trusted_issuer: bool,
    kind: PhantomData<fn() -> K>,
}

/// Marks a token that was accepted in the `Authorization` header.
#[derive(Debug)]
pub enum AccessToken {}

/// Marks an ID token that answers to a login or a refresh of this client's.
#[derive(Debug)]
pub enum IdToken {}

/// Marks a logout token that the provider sent to this client.
#[derive(Debug)]
pub enum LogoutToken {}

/// Marks an answer of the userinfo endpoint that the provider signed for this client.
#[derive(Debug)]
pub enum Userinfo {}

impl<K> Verified<K> {
    pub(super) fn new(claims: Claims, issuer: Issuer, provider: ProviderKind) -> Self {
        Self { claims, issuer, provider, is_of_trusted_issuer: false, kind: PhantomData }
    }

    pub(crate) fn of_trusted_issuer(self, is_of_trusted_issuer: bool) -> Self {
        Self { is_of_trusted_issuer, ..self }
    }

    /// A proof without a token, for tests of what comes after.
    #[cfg(test)]
    pub(crate) fn for_tests(claims: Claims, issuer: Issuer, provider: ProviderKind) -> Self {
        Self::new(claims, issuer, provider)
    }

    /// What the token says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Who says it: the exact issuer whose key signed the token.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Whose quirks apply to its claims.
    #[must_use]
    pub fn provider(&self) -> ProviderKind {
        self.provider
    }

    /// Whether one of `trustedIssuers` says it, and not the configured provider.
    pub(crate) fn is_of_trusted_issuer(&self) -> bool {
        self.is_of_trusted_issuer
    }

    /// The claims and their issuer, for the principal to keep.
    #[must_use]
    pub fn into_parts(self) -> (Claims, Issuer) {
        (self.claims, self.issuer)
    }
}

impl<K> fmt::Debug for Verified<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("issuer", &self.issuer).field("claims", &self.claims).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_issuer_and_the_names_of_claims_alone() {
        let claims = Claims::parse(r#"{"sub":"SECRET","email":"SECRET"}"#.to_owned()).unwrap();
        let issuer = Issuer::new("https://issuer.example/");
        let proof = Verified::<AccessToken>::for_tests(claims, issuer, ProviderKind::CustomOidc);
        let shown = format!("{proof:?}");
        assert!(shown.contains("https://issuer.example/") && shown.contains("email"), "{shown}");
        assert!(!shown.contains("SECRET"), "{shown}");
    }
}
