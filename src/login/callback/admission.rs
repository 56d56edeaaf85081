//! Whether the directory knows who signs in, or takes them in (`enableSelfSignup`).

use std::sync::Arc;

use crate::{
    config::PrincipalSettings,
    principal::{Principal, UserDirectory},
    types::{BoxError, EmailAddress},
};

use crate::login::LoginError;

/// Lets in whom the directory knows, and makes a user of who may sign up.
///
/// # Errors
/// - [`LoginError::NotRegistered`]: unknown, and may not sign up;
/// - [`LoginError::Directory`]: the directory failed.
pub(in crate::login) async fn admit(
    principal: &Principal,
    directory: &dyn UserDirectory,
    settings: &PrincipalSettings,
) -> Result<(), LoginError> {
    let failed = |error: BoxError| LoginError::Directory(Arc::new(error));
    if directory.find(principal).await.map_err(failed)? {
        Ok(())
    } else if may_sign_up(principal, settings) {
        directory.create(principal).await.map_err(failed)
    } else {
        Err(LoginError::NotRegistered)
    }
}

/// Whether the settings let an unknown principal sign up: by the domain of the verified e-mail address, or without one by
/// the domain of the name, as far as the provider vouches for it.
fn may_sign_up(principal: &Principal, settings: &PrincipalSettings) -> bool {
    let Some(domains) = &settings.registration_domains else { return settings.self_signup };
    let email = principal.email().filter(|_| principal.email_verified());
    let address = email.and_then(|email| EmailAddress::parse(email).ok());
    let domain = address.as_ref().map(EmailAddress::domain).or_else(|| principal.domain());
    settings.self_signup && domain.is_some_and(|domain| domains.contains(domain))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{
        config::{Config, ProviderKind},
        principal::MemoryDirectory,
        types::{BoxFuture, Claims, Domain, Issuer},
        validator::{IdToken, Verified},
    };

    const JANE: &str = r#"{"sub":"1","email":"jane@company.com","email_verified":true}"#;

    fn settings(self_signup: bool, domains: Option<&[&str]>) -> PrincipalSettings {
        let checked = Config::new().authority("https://tenant.auth0.com").audience("api").check().unwrap();
        let domains = domains.map(|domains| domains.iter().map(|domain| Domain::parse(domain).unwrap()).collect());
        PrincipalSettings { self_signup, registration_domains: domains, ..checked.principal }
    }

    fn principal(json: &str, settings: &PrincipalSettings) -> Principal {
        let claims = Claims::parse(json.to_owned()).unwrap();
        let issuer = Issuer::new("https://tenant.auth0.com/");
        let token = Verified::<IdToken>::for_tests(claims, issuer, ProviderKind::Auth0);
        Principal::from_id_token(&token, None, settings).unwrap()
    }

    /// Fails at the call of that number.
    #[derive(Debug)]
    struct Failing {
        at: usize,
        calls: AtomicUsize,
    }

    impl Failing {
        fn answer<T: Send + 'static>(&self, answer: T) -> BoxFuture<'_, Result<T, BoxError>> {
            let fails = self.calls.fetch_add(1, Ordering::Relaxed) == self.at;
            Box::pin(async move { if fails { Err("the database is down".into()) } else { Ok(answer) } })
        }
    }

    impl UserDirectory for Failing {
        fn find<'a>(&'a self, _: &'a Principal) -> BoxFuture<'a, Result<bool, BoxError>> {
            self.answer(false)
        }

        fn create<'a>(&'a self, _: &'a Principal) -> BoxFuture<'a, Result<(), BoxError>> {
            self.answer(())
        }
    }

    #[tokio::test]
    async fn who_is_unknown_comes_in_by_self_signup_alone() {
        let (closed, open) = (settings(false, None), settings(true, None));
        let jane = principal(JANE, &closed);
        let directory = MemoryDirectory::default();
        assert!(matches!(admit(&jane, &directory, &closed).await, Err(LoginError::NotRegistered)));
        assert!(!directory.find(&jane).await.unwrap(), "a refused person is not registered");
        assert!(admit(&jane, &directory, &open).await.is_ok());
        assert!(admit(&jane, &directory, &closed).await.is_ok(), "who is registered stays so");
    }

    #[test]
    fn registration_domains_ask_for_a_domain_that_the_provider_vouches_for() {
        let company = Some(["other.com", "company.com"].as_slice());
        for (json, may) in [
            (JANE, true),
            (r#"{"sub":"1","email":"jane@COMPANY.com","email_verified":true}"#, true),
            (r#"{"sub":"1","email":"jane@company.com"}"#, false),
            (r#"{"sub":"1","email":"jane@company.com","email_verified":false}"#, false),
            (r#"{"sub":"1","email":"jane@evilcompany.com","email_verified":true}"#, false),
            (r#"{"sub":"1","email":"jane@company.com.evil.com","email_verified":true}"#, false),
            (r#"{"sub":"1","preferred_username":"jane@company.com"}"#, true),
            (r#"{"sub":"1","preferred_username":"jane@evil.com"}"#, false),
            (r#"{"sub":"1"}"#, false),
        ] {
            let settings = settings(true, company);
            assert_eq!(may_sign_up(&principal(json, &settings), &settings), may, "{json}");
        }
    }

    #[test]
    fn a_verified_address_counts_before_the_name() {
        let mut settings = settings(true, Some(["company.com"].as_slice()));
        settings.claims = vec!["preferred_username".to_owned()];
        let named = r#""sub":"1","preferred_username":"jane@company.com""#;
        for (email, may) in [("", true), (r#","email":"jane@evil.com","email_verified":true"#, false)] {
            let principal = principal(&format!("{{{named}{email}}}"), &settings);
            assert_eq!(may_sign_up(&principal, &settings), may, "{email}");
        }
    }

    #[test]
    fn registration_domains_open_nothing_by_themselves() {
        for (self_signup, domains, may) in [
            (true, None, true),
            (false, None, false),
            (false, Some(["company.com"].as_slice()), false),
            (true, Some([].as_slice()), false),
        ] {
            let settings = settings(self_signup, domains);
            assert_eq!(may_sign_up(&principal(JANE, &settings), &settings), may, "{self_signup} {domains:?}");
        }
    }

    #[tokio::test]
    async fn a_directory_that_fails_lets_nobody_in() {
        let settings = settings(true, None);
        for at in [0, 1] {
            let directory = Failing { at, calls: AtomicUsize::new(0) };
            let outcome = admit(&principal(JANE, &settings), &directory, &settings).await;
            assert!(matches!(outcome, Err(LoginError::Directory(_))), "{at}: {outcome:?}");
        }
    }
}
