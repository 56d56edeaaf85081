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

impl<K> Verified<K> {
    pub(super) fn new(claims: Claims, issuer: Issuer, provider: ProviderKind) -> Self {
        Self { claims, issuer, provider, kind: PhantomData }
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
    fn debug_shows_whose_claims_they_are_and_no_value() {
        let claims = Claims::parse(r#"{"sub":"SECRET","email":"SECRET"}"#.to_owned()).unwrap();
        let verified =
            Verified::<AccessToken>::for_tests(claims, Issuer::new("https://id.example"), ProviderKind::CustomOidc);
        let shown = format!("{verified:?}");
        assert!(
            shown.contains("https://id.example") && shown.contains("email") && !shown.contains("SECRET"),
            "{shown}"
        );
    }
}
