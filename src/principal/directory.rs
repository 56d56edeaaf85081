//! Who is known here, whatever the provider knows.

use std::{
    collections::HashSet,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::types::{BoxError, BoxFuture, same_without_case};

use super::{Identity, Principal};

/// The users of a service. It is asked when somebody signs in, not for bearer tokens.
///
/// Users are to be told apart by their [`identity`](Principal::identity), never by e-mail alone.
///
/// `AuthBuilder::with_directory` (feature `login`) puts one to use.
///
/// ```
/// use std::{collections::HashSet, sync::Mutex};
/// use tower_oidc::{
///     Principal,
///     principal::{Identity, UserDirectory},
///     types::{BoxError, BoxFuture},
/// };
///
/// /// The table of users; the lock stands for a pool of connections.
/// #[derive(Debug, Default)]
/// struct Users(Mutex<HashSet<Identity>>);
///
/// impl UserDirectory for Users {
///     fn find<'a>(&'a self, principal: &'a Principal) -> BoxFuture<'a, Result<bool, BoxError>> {
///         Box::pin(async move { Ok(self.0.lock().map_err(|_| "no connection")?.contains(principal.identity())) })
///     }
///
///     fn create<'a>(&'a self, principal: &'a Principal) -> BoxFuture<'a, Result<(), BoxError>> {
///         Box::pin(async move {
///             self.0.lock().map_err(|_| "no connection")?.insert(principal.identity().clone());
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait UserDirectory: fmt::Debug + Send + Sync + 'static {
    /// Whether the principal is a user.
    ///
    /// # Errors
    /// Whatever the directory fails with: the login is then answered with 503.
    fn find<'a>(&'a self, principal: &'a Principal) -> BoxFuture<'a, Result<bool, BoxError>>;

    /// Makes the principal a user (`enableSelfSignup`).
    ///
    /// # Errors
    /// As [`find`](Self::find).
    fn create<'a>(&'a self, principal: &'a Principal) -> BoxFuture<'a, Result<(), BoxError>>;
}

/// A directory in the memory of this process, for examples and tests.
///
/// Known are those it was [made with](Self::knowing), by name; and those who signed up since, by their
/// [`identity`](Principal::identity).
#[derive(Default)]
pub struct MemoryDirectory {
    names: Vec<Box<str>>,
    signed_up: Mutex<HashSet<Identity>>,
}

impl MemoryDirectory {
    /// A directory that knows these names from the start: `jane@company.com`, or `jane` where names have no domain.
    ///
    /// A name is the principal's full [`name`](Principal::name) or its e-mail address, without case, and counts only
    /// where the provider vouches for it: whoever may type any address into a profile would be known otherwise.
    ///
    /// ```
    /// use tower_oidc::principal::MemoryDirectory;
    ///
    /// let directory = MemoryDirectory::knowing(["alice@example.com", "bob@example.com"]);
    /// ```
    #[must_use]
    pub fn knowing<N: Into<Box<str>>>(names: impl IntoIterator<Item = N>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), signed_up: Mutex::default() }
    }

    fn is_known_by_name(&self, principal: &Principal) -> bool {
        let name = Some(principal.name()).filter(|_| principal.is_name_verified());
        let email = principal.email().filter(|_| principal.email_verified());
        let mut own = name.into_iter().chain(email);
        own.any(|own| self.names.iter().any(|known| same_without_case(known, own)))
    }

    fn signed_up(&self) -> MutexGuard<'_, HashSet<Identity>> {
        self.signed_up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UserDirectory for MemoryDirectory {
    fn find<'a>(&'a self, principal: &'a Principal) -> BoxFuture<'a, Result<bool, BoxError>> {
        Box::pin(async { Ok(self.is_known_by_name(principal) || self.signed_up().contains(principal.identity())) })
    }

    fn create<'a>(&'a self, principal: &'a Principal) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async {
            self.signed_up().insert(principal.identity().clone());
            Ok(())
        })
    }
}

/// How many there are, and not who: names are personal data.
impl fmt::Debug for MemoryDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryDirectory")
            .field("names", &self.names.len())
            .field("signed_up", &self.signed_up().len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{domain, made, principal, settings, strings};
    use super::*;
    use crate::config::PrincipalSettings;

    #[tokio::test]
    async fn nobody_is_known_to_an_empty_directory() {
        let jane = principal(r#"{"sub":"1","email":"jane@company.com","email_verified":true}"#);
        assert!(!MemoryDirectory::default().find(&jane).await.unwrap());
    }

    // better-auth, CVE-2026-53516: accounts linked by an e-mail address.
    #[tokio::test]
    async fn who_signed_up_is_known_by_issuer_and_subject_alone() {
        let directory = MemoryDirectory::default();
        let jane = principal(r#"{"sub":"1","email":"jane@company.com","email_verified":true}"#);
        directory.create(&jane).await.unwrap();
        directory.create(&jane).await.unwrap();
        for (json, known) in [
            (r#"{"sub":"1"}"#, true),
            (r#"{"sub":"1","email":"new@elsewhere.com","email_verified":true}"#, true),
            (r#"{"sub":"2","email":"jane@company.com","email_verified":true}"#, false),
        ] {
            assert_eq!(directory.find(&principal(json)).await.unwrap(), known, "{json}");
        }
        assert_eq!(format!("{directory:?}"), "MemoryDirectory { names: 0, signed_up: 1 }");
    }

    #[tokio::test]
    async fn a_name_is_known_without_case_where_the_provider_vouches_for_it() {
        let directory = MemoryDirectory::knowing(["Jane@Company.com", "kate"]);
        for (json, known) in [
            (r#"{"sub":"1","email":"jane@company.COM","email_verified":true}"#, true),
            (r#"{"sub":"1","email":"jane@company.com"}"#, false),
            (r#"{"sub":"1","email":"jane@company.com","email_verified":false}"#, false),
            (r#"{"sub":"1","preferred_username":"jane@company.com"}"#, true),
            (r#"{"sub":"1","preferred_username":"jane"}"#, false),
            (r#"{"sub":"1","email":"jane@company.com.evil.com","email_verified":true}"#, false),
            (r#"{"sub":"KATE"}"#, true),
            (r#"{"sub":"1","email":"kate"}"#, false),
            (r#"{"sub":"1","preferred_username":"kate@company.com"}"#, false),
            ("{\"sub\":\"\u{212a}ate\"}", false),
        ] {
            assert_eq!(directory.find(&principal(json)).await.unwrap(), known, "{json}");
        }
    }

    #[tokio::test]
    async fn a_name_is_the_full_name_or_the_verified_address_beside_it() {
        let directory = MemoryDirectory::knowing(["jdoe@company.com", "jane@home.com"]);
        let settings = PrincipalSettings {
            claims: strings(["preferred_username"]),
            domain: Some(domain("company.com")),
            ..settings()
        };
        for (json, known) in [
            (r#"{"sub":"1","preferred_username":"jdoe"}"#, true),
            (r#"{"sub":"1","preferred_username":"jane"}"#, false),
            (r#"{"sub":"1","preferred_username":"jane","email":"jane@home.com","email_verified":true}"#, true),
            (r#"{"sub":"1","preferred_username":"jane","email":"jane@home.com"}"#, false),
        ] {
            assert_eq!(directory.find(&made(json, &settings).unwrap()).await.unwrap(), known, "{json}");
        }
    }
}
