//! The principal itself.

use std::{any::Any, borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use serde::Serialize;
use serde_json::Value;

use crate::types::{Claims, Domain, Issuer, Scopes, Secret};

use super::{Identity, email::Email, name::Name, strength};

/// Who sends a request: a person or a machine that the provider vouches for and the settings let in.
///
/// A cheap handle: a clone is one reference count.
///
/// It is made of a verified access token, or of a live session:
///
/// ```
/// # use tower_oidc::{config::PrincipalSettings, principal::{Principal, PrincipalError}, validator::{AccessToken, IdToken, Verified}};
/// fn admit(token: Verified<AccessToken>, settings: &PrincipalSettings) -> Result<Principal, PrincipalError> {
///     Principal::from_access_token(token, settings)
/// }
/// ```
///
/// Not of an ID token, which somebody else's application may hold:
///
/// ```compile_fail,E0308
/// # use tower_oidc::{config::PrincipalSettings, principal::{Principal, PrincipalError}, validator::{AccessToken, IdToken, Verified}};
/// fn admit(token: Verified<IdToken>, settings: &PrincipalSettings) -> Result<Principal, PrincipalError> {
///     Principal::from_access_token(token, settings)
/// }
/// ```
///
/// And not by hand:
///
/// ```compile_fail,E0451
/// # fn forge(honest: tower_oidc::Principal) {
/// let forged = tower_oidc::Principal { ..honest };
/// # }
/// ```
///
/// People are told apart by their [`identity`](Self::identity). A principal itself cannot be compared: no two readers would agree on
/// what to compare, and some would take the address.
///
/// ```
/// # fn is_same(one: tower_oidc::Principal, other: tower_oidc::Principal) -> bool {
/// one.identity() == other.identity()
/// # }
/// ```
///
/// ```compile_fail,E0369
/// # fn is_same(one: tower_oidc::Principal, other: tower_oidc::Principal) -> bool {
/// one == other
/// # }
/// ```
///
/// Serialised it is a JSON object that always has every member; what is absent is `null` or empty:
///
/// ```json
/// {"iss": "https://tenant.auth0.com/", "sub": "auth0|66f", "name": "jane@company.com", "username": "jane",
///  "email": "jane@company.com", "emailVerified": true, "displayName": null, "admin": false, "bot": false,
///  "roles": [], "teams": [], "scopes": ["read:orders"], "attributes": {}, "via": "bearer"}
/// ```
#[derive(Clone)]
pub struct Principal {
    inner: Arc<Inner>,
    /// Whether a layer has put this one into a request.
    layered: bool,
}

pub(super) struct Inner {
    pub(super) identity: Identity,
    pub(super) claims: Claims,
    pub(super) name: Name,
    pub(super) email: Option<Email>,
    pub(super) display_name: Option<Box<str>>,
    pub(super) admin: bool,
    pub(super) machine: bool,
    pub(super) bot: bool,
    pub(super) roles: Vec<Box<str>>,
    pub(super) teams: Vec<Box<str>>,
    pub(super) scopes: Scopes,
    pub(super) attributes: BTreeMap<String, Value>,
    pub(super) via: Via,
    pub(super) authenticated_at: Option<u64>,
    /// That of the session.
    pub(super) access_token: Option<Secret>,
    /// What it is judged by from now on, of the `Auth` that let it in, if one did.
    pub(super) realm: Option<Arc<dyn Any + Send + Sync>>,
}

/// How a principal came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Via {
    /// With a token in the `Authorization` header.
    Bearer,
    /// With the session of a browser.
    Session,
}

impl Via {
    /// The way in snake case, as logs and metrics show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Session => "session",
        }
    }
}

impl Principal {
    #[inline]
    pub(super) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), layered: false }
    }

    /// The principal, just made, let in to that realm.
    pub(crate) fn let_in_to<R: Any + Send + Sync>(mut self, realm: &Arc<R>) -> Self {
        if let Some(inner) = self.just_made() {
            inner.realm = Some(Arc::clone(realm) as _);
        }
        self
    }

    /// The principal, just made, with the access token of its session.
    #[cfg(feature = "login")]
    pub(crate) fn with_access_token(mut self, access_token: Option<Secret>) -> Self {
        if let Some(inner) = self.just_made() {
            inner.access_token = access_token;
        }
        self
    }

    fn just_made(&mut self) -> Option<&mut Inner> {
        let inner = Arc::get_mut(&mut self.inner);
        debug_assert!(inner.is_some(), "a principal that others have already stays as it is");
        inner
    }

    /// The same principal, for a layer to put into a request.
    pub(crate) fn layered(self) -> Self {
        Self { layered: true, ..self }
    }

    /// The realm whose layer has put it into a request, if it is of that type.
    pub(crate) fn realm<R: Any>(&self) -> Option<&R> {
        self.inner.realm.as_deref().filter(|_| self.layered)?.downcast_ref()
    }

    /// What users are stored, counted and compared by.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// Who vouches for the principal: `iss`.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        self.inner.identity.issuer()
    }

    /// The principal's identifier at its issuer: `sub`.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.inner.identity.subject()
    }

    /// The full name, with its domain if it has one: `jane@company.com`. For display and logs; it may change hands.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inner.name.as_str()
    }

    /// Whether the provider vouches for the name. For one from an e-mail claim it must say so.
    pub(super) fn is_name_verified(&self) -> bool {
        self.inner.name.is_verified()
    }

    /// The local part of the name: `jane`. Principals of two domains may share one.
    #[must_use]
    pub fn username(&self) -> &str {
        self.inner.name.local()
    }

    /// The domain that the principal is of, as far as the provider vouches for it.
    ///
    /// It is the domain of the [`name`](Self::name); none where the name was taken from an e-mail claim that is not verified, nor where
    /// `principalDomain` was appended to a name that stands in for the first of `jwtPrincipalClaims`.
    #[must_use]
    pub fn domain(&self) -> Option<&Domain> {
        let vouched_for = Some(&self.inner.name).filter(|name| name.is_verified() && !name.is_domain_lent());
        vouched_for.and_then(Name::domain)
    }

    /// The e-mail address. A claim that holds no address leaves it out.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.inner.email.as_ref().map(|email| email.address.as_str())
    }

    /// Whether the provider says that the e-mail address is verified. Silence is no.
    #[must_use]
    pub fn email_verified(&self) -> bool {
        self.inner.email.as_ref().is_some_and(Email::is_verified)
    }

    /// What to show to people.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        self.inner.display_name.as_deref()
    }

    /// Whether `adminPrincipals` or `adminEmails` names the principal.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.inner.admin
    }

    /// Whether `botPrincipals` names the principal.
    #[must_use]
    pub fn is_bot(&self) -> bool {
        self.inner.bot
    }

    /// Whether the token was issued to a client for itself (RFC 6749 section 4.4), listed as a bot or not.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        self.inner.machine
    }

    /// The roles that the provider gives, when `useRolesFromProvider` is on.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.inner.roles.iter().map(AsRef::as_ref)
    }

    /// Whether the principal has that role. Compared with case, whole.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles().any(|own| own == role)
    }

    /// The teams that the provider names, by `jwtTeamClaimMapping`.
    pub fn teams(&self) -> impl Iterator<Item = &str> {
        self.inner.teams.iter().map(AsRef::as_ref)
    }

    /// The granted scopes, Auth0's permissions among them.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.inner.scopes
    }

    /// The mapping's further fields.
    #[must_use]
    pub fn attributes(&self) -> &BTreeMap<String, Value> {
        &self.inner.attributes
    }

    /// Everything that the token says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.inner.claims
    }

    /// How the principal came in.
    #[must_use]
    pub fn via(&self) -> Via {
        self.inner.via
    }

    /// The access token of the person's login, to call APIs as them (RFC 6750 section 2.1): for one who came in by a session, where
    /// `keepAccessToken` is on. It is renewed with the session; `None` when it has ended and nothing renews it.
    ///
    /// A bearer token is not kept: it stands in the request's `Authorization` header.
    ///
    /// ```
    /// # use http::{Request, header::AUTHORIZATION};
    /// # use tower_oidc::Principal;
    /// fn as_the_user(principal: &Principal) -> Option<Request<()>> {
    ///     let token = principal.access_token()?.expose();
    ///     Request::get("https://orders.example.com/mine").header(AUTHORIZATION, format!("Bearer {token}")).body(()).ok()
    /// }
    /// ```
    #[must_use]
    pub fn access_token(&self) -> Option<&Secret> {
        self.inner.access_token.as_ref()
    }

    /// When the person last authenticated, in seconds since 1970-01-01 UTC: `auth_time` (OpenID Connect Core 1.0 section 2).
    #[must_use]
    pub fn authenticated_at(&self) -> Option<u64> {
        self.inner.authenticated_at
    }

    /// The class of the person's login: `acr` (OpenID Connect Core 1.0 section 2). One of another type is none.
    #[must_use]
    pub fn acr(&self) -> Option<Cow<'_, str>> {
        strength::acr(&self.inner.claims)
    }

    /// The methods of the person's login: `amr` (OpenID Connect Core 1.0 section 2, RFC 8176). A claim of another type has none.
    pub fn amr(&self) -> impl Iterator<Item = Cow<'_, str>> {
        strength::amr(&self.inner.claims)
    }
}

/// The identity and nothing more: the rest is somebody's personal data.
impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("issuer", self.issuer())
            .field("subject", &self.subject())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::fixtures::principal;
    use super::*;

    #[test]
    fn debug_shows_the_identity_and_no_claims() {
        let jane = principal(r#"{"sub":"s-1","email":"jane@company.com","name":"Jane Doe","tenant":"acme"}"#);
        assert_eq!(format!("{jane:?}"), r#"Principal { issuer: "https://issuer.example/", subject: "s-1", .. }"#);
    }

    #[test]
    fn a_clone_is_the_same_principal() {
        let jane = principal(r#"{"sub":"s"}"#);
        assert!(Arc::ptr_eq(&jane.inner, &jane.clone().inner));
    }

    // CVE-2026-53516 (better-auth): accounts were linked by an unverified e-mail address.
    #[test]
    fn the_identity_is_issuer_and_subject_and_never_the_address() {
        let jane = principal(r#"{"sub":"s","email":"jane@company.com","email_verified":true}"#);
        let renamed = principal(r#"{"sub":"s","email":"doe@company.com"}"#);
        let other = principal(r#"{"sub":"S","email":"jane@company.com","email_verified":true}"#);
        let known = HashSet::from([jane.identity().clone()]);
        assert!(known.contains(renamed.identity()));
        assert!(!known.contains(other.identity()));
    }

    #[test]
    fn a_principal_can_go_where_requests_go() {
        fn extension<T: Clone + Send + Sync + 'static>() {}
        extension::<Principal>();
    }
}
