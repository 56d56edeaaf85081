//! Who somebody is: classes O and V.

use http::StatusCode;
use tower_oidc::{
    Config, Principal,
    layer::AuthError,
    principal::{MemoryDirectory, PrincipalError, rules::domain},
    types::Domain,
};

use crate::support::{SERVER, Stand, login_config, provider};

fn company_alone(mut config: Config) -> Config {
    config.authorizer.allowed_email_domains = vec!["company.com".to_owned()];
    config.principal_domain("company.com").enforce_principal_domain(true).admin("root@company.com")
}

async fn named(stand: &Stand, email: &str, verified: Option<bool>) -> Result<Principal, PrincipalError> {
    let token = stand.provider.token("s-1").claim("email", email);
    let token = verified.into_iter().fold(token, |token, verified| token.claim("email_verified", verified)).sign();
    match stand.eventually(stand.auth.validate(&token)).await {
        Err(AuthError::Principal(error)) => Err(error),
        other => Ok(other.expect("the token itself is good")),
    }
}

/// An address is taken apart once, into a name and a domain that is compared whole; without the provider's word that it is verified it is of
/// no domain.
#[tokio::test]
async fn class_o_an_address_is_of_one_domain_that_the_provider_vouches_for() {
    let stand = Stand::with(company_alone).await;
    for email in ["jane@company.com", "Jane@COMPANY.com", "jane+x@company.com"] {
        let jane = named(&stand, email, Some(true)).await.unwrap();
        let now = tower_oidc::types::Clock::now(&stand.clock);
        assert!(domain(Domain::parse("company.com").unwrap()).check(&jane, now).is_ok() && !jane.is_admin(), "{email}");
    }
    assert!(named(&stand, "root@company.com", Some(true)).await.unwrap().is_admin());
    for email in [
        "jane@evil.example@company.com",
        "jane@company.com@evil.example",
        "jane@company.com.evil.example",
        "jane@evilcompany.com",
        "jane@sub.company.com",
        "jane@company.com.",
        "jane@company.com\u{ff20}evil.example",
        "jane\u{ff20}company.com",
        "jane\u{fe6b}company.com",
        "jane@c\u{43e}mpany.com",
        "jane@company\u{2024}com",
        "jane@company.com\0",
        "jane@company.com\n",
        " jane@company.com@",
        "@company.com@",
        "root@company.com@company.com",
    ] {
        assert!(named(&stand, email, Some(true)).await.is_err(), "{email:?}");
    }
    for verified in [Some(false), None] {
        for email in ["jane@company.com", "root@company.com"] {
            assert_eq!(named(&stand, email, verified).await.unwrap_err(), PrincipalError::EmailNotVerified, "{email}");
        }
    }
}

/// CVE-2026-40574 (oauth2-proxy): of `attacker@evil.example@company.com` the domain rule took what stands behind the last `@`, and the
/// application what stands before it.
#[tokio::test]
async fn cve_2026_40574_oauth2_proxy_an_address_with_two_at_signs_is_nobodys() {
    let stand = Stand::with(company_alone).await;
    for email in
        ["attacker@evil.example@company.com", "attacker@company.com@evil.example", "a@@company.com", "@@company.com"]
    {
        let refused = named(&stand, email, Some(true)).await.unwrap_err();
        assert!(matches!(refused, PrincipalError::InvalidName { .. }), "{email}: {refused:?}");
    }
}

/// People are told apart by (`iss`, `sub`). An address may be the same, or pass from one to another; the same subject at another issuer is
/// somebody else.
#[tokio::test]
async fn class_v_people_are_told_apart_by_issuer_and_subject() {
    let (other, _) = provider().await;
    let stand = Stand::with(|config| {
        let trusted = tower_oidc::config::TrustedIssuer::new(other.issuer());
        let keys = other.endpoint(tower_oidc::testing::Endpoint::Jwks).url();
        config.trusted_issuer(trusted.public_key_url(keys).audience(other.audience()))
    })
    .await;
    let principal = async |token: tower_oidc::testing::TokenBuilder| {
        let token = token.claim("email", "jane@company.com").claim("email_verified", true).sign();
        stand.eventually(stand.auth.validate(&token)).await.unwrap()
    };
    let jane = principal(stand.provider.token("s-1")).await;
    let again = principal(stand.provider.token("s-1").claim("name", "Jane Doe")).await;
    let [upper, namesake, elsewhere] = [
        principal(stand.provider.token("S-1")).await,
        principal(stand.provider.token("s-2")).await,
        principal(other.token("s-1").issued_at(tower_oidc::types::Clock::now(&stand.clock))).await,
    ];
    assert_eq!(jane.identity(), again.identity());
    for somebody in [upper, namesake, elsewhere] {
        assert_eq!(somebody.email(), jane.email());
        assert_ne!(somebody.identity(), jane.identity());
    }
}

/// CVE-2026-53516 (better-auth): whoever signed in with an unverified address of somebody's was signed in as them. An address that is not
/// verified opens no account, and a verified one opens none but its own.
#[tokio::test]
async fn cve_2026_53516_better_auth_an_unverified_address_is_linked_to_nobody() {
    let (provider, clock) = provider().await;
    let config = login_config(&provider, SERVER).self_signup(false);
    let directory = MemoryDirectory::knowing(["alice@company.com"]);
    let stand = Stand::built(provider, clock, config, |builder| builder.with_directory(directory)).await;
    stand.provider.add_user("mallory").email("alice@company.com").claim("email_verified", false);
    let mut browser = stand.browser();
    let refused = stand.sign_in(&mut browser, "mallory").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.fetch("/me").await.status, StatusCode::UNAUTHORIZED);

    stand.provider.add_user("alice").email("alice@company.com").claim("email_verified", true);
    let me = stand.signed_in("alice").await.fetch("/me").await.json::<serde_json::Value>();
    assert_eq!((&me["sub"], &me["email"]), (&"alice".into(), &"alice@company.com".into()));
}
