//! The block `authorizerConfiguration`.

use http::StatusCode;
use serde_json::{Value, json};
use tower_oidc::{
    Config,
    layer::{AuthErrorKind, SetupError},
    principal::{
        PrincipalError,
        rules::{admin, role},
    },
    provider::ProviderError,
    types::NameError,
};

use super::Elsewhere;
use crate::support::{Stand, ask, discover, from_file, from_variables, provider};

/// A token for subject `auth0|1` with these claims besides.
fn token(stand: &Stand, claims: &Value) -> String {
    let claims = claims.as_object().unwrap();
    claims.iter().fold(stand.provider.token("auth0|1"), |token, (name, value)| token.claim(name, value)).sign()
}

#[tokio::test]
async fn admin_principals_are_administrators() {
    let stand = Stand::variables(&[
        ("AUTHORIZER_ADMIN_PRINCIPALS", "[ops, Root@Other.org]"),
        ("AUTHORIZER_PRINCIPAL_DOMAIN", "company.com"),
    ])
    .await;
    for (claims, is_admin) in [
        (json!({"sub": "ops"}), true),
        (json!({"sub": "OPS"}), true),
        (json!({"sub": "ops2"}), false),
        (json!({"preferred_username": "ops@company.com"}), true),
        (json!({"preferred_username": "ops@elsewhere.com"}), false),
        (json!({"email": "ops@elsewhere.com", "email_verified": true}), false),
        (json!({"email": "ops@company.com", "email_verified": true}), true),
        (json!({"email": "ops@company.com", "email_verified": false}), false),
        (json!({"email": "ops@company.com"}), false),
        (json!({"email": "root@other.org", "email_verified": true}), true),
        (json!({"email": "ROOT@OTHER.ORG", "email_verified": true}), true),
        (json!({"email": "root@other.org", "email_verified": false}), false),
        (json!({"email": "root@other.org", "email_verified": "yes"}), false),
        (json!({"email": "root@other.org"}), false),
        (json!({"email": "root@other.org.evil.example", "email_verified": true}), false),
        (json!({"preferred_username": "root@other.org"}), true),
        (json!({"preferred_username": "root"}), false),
    ] {
        let token = token(&stand, &claims);
        let answer = stand.ask(admin(), &token).await;
        let expected = if is_admin { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{claims}");
        assert_eq!(stand.principal(&token).await["admin"], is_admin, "{claims}");
    }
}

#[tokio::test]
async fn admin_principals_that_leave_the_list_are_demoted_with_the_same_token() {
    let (provider, clock) = provider().await;
    let token = provider.token("jane").sign();
    for (list, expected) in [("[jane, joe]", StatusCode::OK), ("[joe]", StatusCode::FORBIDDEN)] {
        let config = from_variables(&provider, &[("AUTHORIZER_ADMIN_PRINCIPALS", list)]);
        let auth = discover(config, &clock).await.unwrap();
        assert_eq!(ask(&auth, admin(), Some(&token)).await.status, expected);
    }
}

#[tokio::test]
async fn admin_emails_are_administrators_when_they_are_verified() {
    let stand = Stand::file(
        "
        authenticationConfiguration:
          provider: custom-oidc
          authority: ${ISSUER}
          jwtPrincipalClaims: [sub]
          oidcConfiguration:
            audience: ${AUDIENCE}
        authorizerConfiguration:
          adminEmails: [Jane@Company.com]
        ",
    )
    .await;
    for (claims, is_admin) in [
        (json!({"email": "jane@company.com", "email_verified": true}), true),
        (json!({"email": "jane@company.com", "email_verified": false}), false),
        (json!({"email": "jane@company.com"}), false),
        (json!({"email": "joe@company.com", "email_verified": true}), false),
        (json!({"sub": "jane@company.com"}), false),
    ] {
        assert_eq!(stand.principal(&token(&stand, &claims)).await["admin"], is_admin, "{claims}");
    }
}

#[tokio::test]
async fn bot_principals_are_machines_that_no_domain_is_asked_of() {
    let stand = Stand::variables(&[
        ("AUTHORIZER_BOT_PRINCIPALS", "[ingestion, REPORTS@clients]"),
        ("AUTHORIZER_ADMIN_PRINCIPALS", "[reports@clients]"),
        ("AUTHORIZER_PRINCIPAL_DOMAIN", "company.com"),
        ("AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN", "true"),
    ])
    .await;
    let bot = stand.principal(&stand.provider.machine_token("ingestion").sign()).await;
    assert_eq!((&bot["bot"], &bot["admin"]), (&json!(true), &json!(false)));
    let listed = stand.principal(&stand.provider.machine_token("reports").sign()).await;
    assert_eq!((&listed["bot"], &listed["admin"]), (&json!(true), &json!(true)));

    let other = stand.get(&stand.provider.machine_token("billing").sign()).await;
    assert_eq!(other.not_admitted(), PrincipalError::DomainNotAllowed);
    // A person who came through the bot's client, or who took its name, is none.
    let person = stand.provider.token("jane").claim("email", "jane@company.com").claim("client_id", "ingestion");
    let person = person.claim("sid", "1").sign();
    assert_eq!(stand.principal(&person).await["bot"], false);
    let namesake = token(&stand, &json!({"email": "ingestion@evil.example", "name": "ingestion"}));
    assert_eq!(stand.get(&namesake).await.not_admitted(), PrincipalError::DomainNotAllowed);
}

#[tokio::test]
async fn principal_domain_is_appended_to_a_name_without_one() {
    let stand = Stand::with(|config| config.principal_domain("Company.com")).await;
    let jdoe = stand.principal(&stand.provider.token("jdoe").sign()).await;
    assert_eq!((&jdoe["name"], &jdoe["username"]), (&json!("jdoe@company.com"), &json!("jdoe")));
    let guest = stand.principal(&token(&stand, &json!({"email": "jdoe@elsewhere.com"}))).await;
    assert_eq!((&guest["name"], &guest["username"]), (&json!("jdoe@elsewhere.com"), &json!("jdoe")));

    let unset = Stand::new().await;
    assert_eq!(unset.principal(&unset.provider.token("jdoe").sign()).await["name"], "jdoe");
}

#[tokio::test]
async fn enforce_principal_domain_lets_in_that_domain_alone() {
    let enforced = Stand::variables(&[
        ("AUTHORIZER_PRINCIPAL_DOMAIN", "bücher.example"),
        ("AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN", "true"),
    ])
    .await;
    for claims in [
        json!({"preferred_username": "jane@bücher.example"}),
        json!({"email": "jane@bücher.example"}),
        json!({"email": "jane@xn--bcher-kva.example"}),
        json!({"email": "JANE@BÜCHER.EXAMPLE", "email_verified": true}),
    ] {
        enforced.principal(&token(&enforced, &claims)).await;
    }
    let at_sign = PrincipalError::InvalidName { claim: "email".into(), reason: NameError::CommercialAt };
    for (email, expected) in [
        ("jane@sub.bücher.example", PrincipalError::DomainNotAllowed),
        ("jane@bücher.example.evil.example", PrincipalError::DomainNotAllowed),
        ("jane@xbücher.example", PrincipalError::DomainNotAllowed),
        ("jane@bucher.example", PrincipalError::DomainNotAllowed),
        ("jane@bücher.example@evil.example", at_sign),
    ] {
        let answer = enforced.get(&token(&enforced, &json!({"email": email, "email_verified": true}))).await;
        assert_eq!(answer.not_admitted(), expected, "{email}");
    }
    // Auth0 says no address in access tokens for an API: nobody knows where these are from.
    for claims in [json!({"sub": "auth0|66f"}), json!({"preferred_username": "jane"})] {
        let answer = enforced.get(&token(&enforced, &claims)).await;
        assert_eq!(answer.not_admitted(), PrincipalError::DomainUnstated, "{claims}");
    }
    let unverified = token(&enforced, &json!({"email": "jane@bücher.example", "email_verified": false}));
    assert_eq!(enforced.get(&unverified).await.not_admitted(), PrincipalError::EmailNotVerified);

    let open = Stand::variables(&[("AUTHORIZER_PRINCIPAL_DOMAIN", "bücher.example")]).await;
    open.principal(&token(&open, &json!({"email": "jane@evil.example"}))).await;
}

#[tokio::test]
async fn enforce_principal_domain_needs_a_domain() {
    let (provider, clock) = provider().await;
    let config = provider.config().enforce_principal_domain(true);
    let Err(SetupError::Config(errors)) = discover(config, &clock).await else { panic!("it starts") };
    assert_eq!(errors.problems()[0].path, "authorizerConfiguration.enforcePrincipalDomain");
}

#[tokio::test]
async fn allowed_domains_stand_in_the_place_of_the_principal_domain() {
    let stand = Stand::file(
        "
        authenticationConfiguration:
          provider: custom-oidc
          authority: ${ISSUER}
          oidcConfiguration:
            audience: ${AUDIENCE}
        authorizerConfiguration:
          principalDomain: company.com
          enforcePrincipalDomain: true
          allowedDomains: [partner.org, subsidiary.com]
        ",
    )
    .await;
    for email in ["jane@partner.org", "jane@Subsidiary.com"] {
        stand.principal(&token(&stand, &json!({"email": email}))).await;
    }
    let answer = stand.get(&token(&stand, &json!({"email": "jane@company.com"}))).await;
    assert_eq!(answer.not_admitted(), PrincipalError::DomainNotAllowed);
}

#[tokio::test]
async fn allowed_email_domains_want_a_verified_address_of_theirs_without_enforcement() {
    let stand = Stand::variables(&[("AUTHORIZER_ALLOWED_EMAIL_DOMAINS", "[company.com, partner.org]")]).await;
    stand.principal(&token(&stand, &json!({"email": "jane@Partner.org", "email_verified": true}))).await;
    for (claims, expected) in [
        (json!({"email": "jane@evil.example", "email_verified": true}), PrincipalError::EmailDomainNotAllowed),
        (json!({"email": "jane@sub.company.com", "email_verified": true}), PrincipalError::EmailDomainNotAllowed),
        (json!({"email": "jane@company.com", "email_verified": false}), PrincipalError::EmailNotVerified),
        (json!({"email": "jane@company.com"}), PrincipalError::EmailNotVerified),
        (json!({}), PrincipalError::EmailNotVerified),
    ] {
        assert_eq!(stand.get(&token(&stand, &claims)).await.not_admitted(), expected, "{claims}");
    }
}

#[tokio::test]
async fn use_roles_from_provider_takes_them_from_the_roles_claim() {
    let claims = json!({"roles": ["editor"], "https://acme.example/roles": ["admin", "auditor"]});
    let named = Stand::variables(&[
        ("AUTHORIZER_USE_ROLES_FROM_PROVIDER", "true"),
        ("AUTHORIZER_ROLES_CLAIM", "https://acme.example/roles"),
    ])
    .await;
    let good = token(&named, &claims);
    assert_eq!(named.principal(&good).await["roles"], json!(["admin", "auditor"]));
    assert_eq!(named.ask(role("auditor"), &good).await.status, StatusCode::OK);
    assert_eq!(named.ask(role("editor"), &good).await.kind(), Some(AuthErrorKind::Forbidden));
    assert_eq!(named.ask(admin(), &good).await.status, StatusCode::FORBIDDEN, "a role is no admin right");
    let wrong = token(&named, &json!({"https://acme.example/roles": 1}));
    assert_eq!(named.get(&wrong).await.kind(), Some(AuthErrorKind::InvalidToken));

    for (switch, roles) in [("true", json!(["editor"])), ("", json!([])), ("false", json!([]))] {
        let stand = Stand::variables(&[("AUTHORIZER_USE_ROLES_FROM_PROVIDER", switch)]).await;
        assert_eq!(stand.principal(&token(&stand, &claims)).await["roles"], roles, "{switch:?}");
    }
}

#[tokio::test]
async fn enable_secure_socket_connection_refuses_http_in_the_configuration() {
    let (provider, clock) = provider().await;
    let over = [("AUTHORIZER_ENABLE_SECURE_SOCKET", "true"), ("AUTHENTICATION_PUBLIC_KEYS", "http://127.0.0.1/jwks")];
    let refused = discover(from_variables(&provider, &over), &clock).await;
    let Err(SetupError::Config(errors)) = refused else { panic!("it starts") };
    let paths: Vec<_> = errors.problems().iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["authenticationConfiguration.authority", "authenticationConfiguration.publicKeyUrls[0]"]);

    let off = from_variables(&provider, &[("AUTHORIZER_ENABLE_SECURE_SOCKET", "false")]);
    assert!(discover(off, &clock).await.unwrap().is_ready());
}

#[tokio::test]
async fn enable_secure_socket_connection_refuses_http_in_the_metadata() {
    let (provider, clock) = provider().await;
    provider.set_metadata("issuer", "https://id.company.com");
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint"] {
        provider.set_metadata(name, "https://id.company.com/endpoint");
    }
    for name in ["end_session_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint"] {
        provider.remove_metadata(name);
    }
    let over = [("AUTHENTICATION_AUTHORITY", "https://id.company.com"), ("AUTHORIZER_ENABLE_SECURE_SOCKET", "true")];
    let start = async || Elsewhere::new(&provider).discover(from_variables(&provider, &over), &clock).await;

    let Err(SetupError::Provider { source, .. }) = start().await else { panic!("it starts") };
    assert!(matches!(*source, ProviderError::NotHttps { member: "jwks_uri" }), "{source}");
    provider.set_metadata("jwks_uri", "https://id.company.com/jwks");
    assert!(start().await.unwrap().is_ready());
}

#[tokio::test]
async fn class_name_and_its_kin_are_passed_over_with_a_note() {
    let (provider, clock) = provider().await;
    let text = "
        authenticationConfiguration:
          provider: custom-oidc
          authority: ${ISSUER}
          oidcConfiguration:
            audience: ${AUDIENCE}
        authorizerConfiguration:
          className: org.openmetadata.service.security.DefaultAuthorizer
          containerRequestFilter: org.openmetadata.service.security.JwtFilter
          testPrincipals: [test]
          defaultOAuthRole: DataConsumer
        ";
    let config: Config = from_file(text, &provider, &[]);
    let stand = Stand::of(provider, clock, config).await;
    stand.principal(&stand.provider.token("jane").sign()).await;
    let notices: Vec<_> = stand.auth.settings().notices.iter().map(ToString::to_string).collect();
    for key in ["className", "containerRequestFilter", "testPrincipals", "defaultOAuthRole"] {
        assert!(notices.iter().any(|notice| notice.contains(&format!("authorizerConfiguration.{key}"))), "{notices:?}");
    }
}
