//! The block `authorizerConfiguration`.

use http::StatusCode;
use serde_json::{Value, json};
use tower_oidc::{
    Config,
    principal::rules::{admin, role},
};

use crate::support::{Stand, authorizer, list, set_cookies, text};

const NOT_A_SWITCH: &str = ": expected true or false, found another text; mend: write true or false";
const ADDRESS: &str = "mend: write an address, such as jane@company.com";
const DOMAIN: &str = "mend: write a domain, such as company.com";

/// A token of subject `auth0|1` with these claims besides.
fn token(stand: &Stand, claims: &Value) -> String {
    let claims = claims.as_object().unwrap();
    claims.iter().fold(stand.provider.token("auth0|1"), |token, (name, value)| token.claim(name, value)).sign()
}

/// A token of somebody with that address, which the provider has verified.
fn verified(stand: &Stand, email: &str) -> String {
    token(stand, &json!({"email": email, "email_verified": true}))
}

#[tokio::test]
async fn admin_principals() {
    let field = authorizer("adminPrincipals", "AUTHORIZER_ADMIN_PRINCIPALS");
    let stand = Stand::bearer().await.with("AUTHORIZER_PRINCIPAL_DOMAIN", "company.com");
    let claimed = token(&stand, &json!({"email": "Jane@company.com"}));
    let set = |c: &mut Config| c.authorizer.admin_principals = list(["ops", "jane@company.com"]);
    for app in stand.three_ways(field, "[ops, jane@company.com]", set).await {
        for good in [verified(&stand, "Jane@company.com"), token(&stand, &json!({"sub": "ops"}))] {
            assert_eq!(app.ask(admin(), good).await.status, StatusCode::OK);
        }
        // An address that nobody verified, and a namesake at another domain.
        for bad in [claimed.clone(), verified(&stand, "ops@elsewhere.com")] {
            assert_eq!(app.ask(admin(), bad).await.status, StatusCode::FORBIDDEN);
        }
    }
    let unset = stand.unset(field).await;
    assert_eq!(unset.ask(admin(), verified(&stand, "jane@company.com")).await.status, StatusCode::FORBIDDEN);
    stand.refuses(field, "[ops, a@b@c.com]", &format!("[1]: does not hold exactly one @; {ADDRESS}"));
    let mend = "mend: write a user name or an e-mail address";
    stand.refuses(field, "[two words]", &format!("[0]: holds white space or a control character; {mend}"));
}

#[tokio::test]
async fn admin_emails() {
    let field = authorizer("adminEmails", "AUTHORIZER_ADMIN_EMAILS");
    let stand = Stand::bearer().await;
    let set = |c: &mut Config| c.authorizer.admin_emails = list(["jane@company.com"]);
    for app in stand.three_ways(field, "[jane@company.com]", set).await {
        assert_eq!(app.ask(admin(), verified(&stand, "jane@company.com")).await.status, StatusCode::OK);
        let claimed = token(&stand, &json!({"email": "jane@company.com"}));
        assert_eq!(app.ask(admin(), claimed).await.status, StatusCode::FORBIDDEN);
    }
    stand.refuses(field, "[jane]", &format!("[0]: does not hold exactly one @; {ADDRESS}"));
}

#[tokio::test]
async fn bot_principals() {
    let field = authorizer("botPrincipals", "AUTHORIZER_BOT_PRINCIPALS");
    let stand = Stand::bearer().await.with("AUTHORIZER_PRINCIPAL_DOMAIN", "company.com");
    let stand = stand.with("AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN", "true");
    let machine = |name: &str| stand.provider.machine_token(name).sign();
    for app in stand.three_ways(field, "[ingestion]", |c| c.authorizer.bot_principals = list(["ingestion"])).await {
        let bot = app.principal(machine("ingestion")).await;
        assert_eq!((&bot["bot"], &bot["admin"]), (&json!(true), &json!(false)));
        assert_eq!(app.get(machine("billing")).await.status, StatusCode::FORBIDDEN, "of no domain that gets in");
    }
    assert_eq!(stand.unset(field).await.get(machine("ingestion")).await.status, StatusCode::FORBIDDEN);
    let wanted = "a list of texts, such as [a, b]";
    stand.refuses_in_file(field, "{ a: b }", &format!(": expected {wanted}, found a map; mend: write {wanted}"));
}

#[tokio::test]
async fn principal_domain() {
    let field = authorizer("principalDomain", "AUTHORIZER_PRINCIPAL_DOMAIN");
    let stand = Stand::bearer().await;
    let jdoe = stand.provider.token("jdoe").sign();
    for app in stand.three_ways(field, "company.com", |c| c.authorizer.principal_domain = text("company.com")).await {
        let principal = app.principal(&jdoe).await;
        assert_eq!((&principal["name"], &principal["username"]), (&json!("jdoe@company.com"), &json!("jdoe")));
    }
    assert_eq!(stand.unset(field).await.principal(&jdoe).await["name"], "jdoe");
    stand.refuses(field, "\"@company.com\"", &format!(": is not a domain name; {DOMAIN}"));
}

#[tokio::test]
async fn enforce_principal_domain() {
    let field = authorizer("enforcePrincipalDomain", "AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN");
    let stand = Stand::bearer().await.with("AUTHORIZER_PRINCIPAL_DOMAIN", "Company.com");
    for app in stand.three_ways(field, "true", |c| c.authorizer.enforce_principal_domain = Some(true)).await {
        app.principal(verified(&stand, "jane@COMPANY.com")).await;
        let unverified = token(&stand, &json!({"email": "jane@company.com", "email_verified": false}));
        for bad in [verified(&stand, "jane@elsewhere.com"), verified(&stand, "jane@sub.company.com"), unverified] {
            assert_eq!(app.get(bad).await.status, StatusCode::FORBIDDEN);
        }
    }
    stand.unset(field).await.principal(verified(&stand, "jane@elsewhere.com")).await;
    stand.refuses(field, "maybe", NOT_A_SWITCH);
    let message = ": is true, and no domain is set; mend: set principalDomain or allowedDomains";
    Stand::bearer().await.refuses(field, "true", message);
}

#[tokio::test]
async fn allowed_domains() {
    let field = authorizer("allowedDomains", "AUTHORIZER_ALLOWED_DOMAINS");
    let stand = Stand::bearer().await.with("AUTHORIZER_PRINCIPAL_DOMAIN", "company.com");
    let stand = stand.with("AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN", "true");
    for app in stand.three_ways(field, "[partner.org]", |c| c.authorizer.allowed_domains = list(["partner.org"])).await
    {
        app.principal(verified(&stand, "jane@partner.org")).await;
        let own = app.get(verified(&stand, "jane@company.com")).await;
        assert_eq!(own.status, StatusCode::FORBIDDEN, "they stand in its place");
    }
    assert_eq!(stand.unset(field).await.get(verified(&stand, "jane@partner.org")).await.status, StatusCode::FORBIDDEN);
    stand.refuses(field, "[a.com, a_b.com]", &format!("[1]: is not a domain name; {DOMAIN}"));
}

#[tokio::test]
async fn allowed_email_domains() {
    let field = authorizer("allowedEmailDomains", "AUTHORIZER_ALLOWED_EMAIL_DOMAINS");
    let stand = Stand::bearer().await;
    let set = |c: &mut Config| c.authorizer.allowed_email_domains = list(["company.com"]);
    for app in stand.three_ways(field, "[company.com]", set).await {
        app.principal(verified(&stand, "jane@company.com")).await;
        for bad in [verified(&stand, "jane@elsewhere.com"), token(&stand, &json!({"email": "jane@company.com"}))] {
            assert_eq!(app.get(bad).await.status, StatusCode::FORBIDDEN);
        }
    }
    stand.unset(field).await.principal(verified(&stand, "jane@elsewhere.com")).await;
    stand.refuses(field, "[a_b.com]", &format!("[0]: is not a domain name; {DOMAIN}"));
}

#[tokio::test]
async fn allowed_email_registration_domains() {
    let field = authorizer("allowedEmailRegistrationDomains", "AUTHORIZER_ALLOWED_REGISTRATION_DOMAIN");
    let stand = Stand::login().await.knowing(["old@elsewhere.com"]).with("AUTHENTICATION_ENABLE_SELF_SIGNUP", "true");
    let set = |c: &mut Config| c.authorizer.allowed_email_registration_domains = list(["company.com"]);
    for app in stand.three_ways(field, "[company.com]", set).await {
        assert!(app.lets_in("new@company.com").await && app.lets_in("old@elsewhere.com").await);
        assert!(!app.lets_in("new@elsewhere.com").await);
    }
    for all in ["", "[all]"] {
        assert!(stand.variable(field, all).await.lets_in("new@elsewhere.com").await);
    }
    stand.refuses(field, "[a_b.com]", &format!("[0]: is not a domain name; {DOMAIN}"));
}

#[tokio::test]
async fn use_roles_from_provider() {
    let field = authorizer("useRolesFromProvider", "AUTHORIZER_USE_ROLES_FROM_PROVIDER");
    let stand = Stand::bearer().await;
    let editor = token(&stand, &json!({"roles": ["editor"]}));
    for app in stand.three_ways(field, "true", |c| c.authorizer.use_roles_from_provider = Some(true)).await {
        assert_eq!(app.ask(role("editor"), &editor).await.status, StatusCode::OK);
    }
    let unset = stand.unset(field).await;
    assert_eq!(unset.ask(role("editor"), &editor).await.status, StatusCode::FORBIDDEN);
    assert_eq!(unset.principal(&editor).await["roles"], json!([]));
    stand.refuses(field, "always", NOT_A_SWITCH);
}

#[tokio::test]
async fn roles_claim() {
    let field = authorizer("rolesClaim", "AUTHORIZER_ROLES_CLAIM");
    let stand = Stand::bearer().await.with("AUTHORIZER_USE_ROLES_FROM_PROVIDER", "true");
    let claim = "https://acme.example/roles";
    let auditor = token(&stand, &json!({"roles": ["editor"], claim: ["auditor"]}));
    for app in stand.three_ways(field, claim, |c| c.authorizer.roles_claim = text(claim)).await {
        assert_eq!(app.principal(&auditor).await["roles"], json!(["auditor"]));
    }
    assert_eq!(stand.unset(field).await.principal(&auditor).await["roles"], json!(["editor"]));
    let wanted = "a text (in quotes if it looks like a number or a boolean)";
    stand.refuses_in_file(field, "[roles]", &format!(": expected {wanted}, found a list; mend: write {wanted}"));
}

/// The provider inside the process speaks http, so that what is seen is the refusal.
#[tokio::test]
async fn enable_secure_socket_connection() {
    let field = authorizer("enableSecureSocketConnection", "AUTHORIZER_ENABLE_SECURE_SOCKET");
    let stand = Stand::login_at("http://localhost:3000").await;
    let http = "is http, and enableSecureSocketConnection is on; mend: write an https URL";
    let refused = [
        format!("authenticationConfiguration.authority: {http}"),
        format!("authenticationConfiguration.oidcConfiguration.serverUrl: {http}"),
    ];
    let mut in_rust = stand.base(field);
    in_rust.authorizer.enable_secure_socket_connection = Some(true);
    let in_rust = in_rust.check().unwrap_err();
    for line in refused {
        stand.refuses_besides(field, "true", &line);
        stand.refuses_in_file_besides(field, "true", &line);
        let lines = in_rust.problems().iter().map(|it| format!("{}: {}; mend: {}", it.path, it.what, it.mend));
        assert!(lines.into_iter().any(|own| own == line), "{in_rust}");
    }
    let cookie = |headers| set_cookies(headers)[0].contains("Secure");
    assert!(!cookie(&stand.unset(field).await.open("/me").await.headers), "http is allowed");
    stand.refuses(field, "tls", NOT_A_SWITCH);
}

#[tokio::test]
async fn class_name() {
    passed_over("className", "org.openmetadata.service.security.DefaultAuthorizer").await;
}

#[tokio::test]
async fn container_request_filter() {
    passed_over("containerRequestFilter", "org.openmetadata.service.security.JwtFilter").await;
}

#[tokio::test]
async fn test_principals() {
    passed_over("testPrincipals", "[test]").await;
}

#[tokio::test]
async fn default_o_auth_role() {
    passed_over("defaultOAuthRole", "DataConsumer").await;
}

/// It is a key of the Java server's alone: noted, and without effect.
async fn passed_over(key: &str, value: &str) {
    let stand = Stand::bearer().await;
    let app = stand.file(&format!("authorizerConfiguration:\n  {key}: {value}\n")).await;
    let notices: Vec<_> = app.auth.settings().notices.iter().map(ToString::to_string).collect();
    assert_eq!(notices, [format!("authorizerConfiguration.{key}: has no meaning here and is passed over")]);
    assert_eq!(app.principal(stand.provider.token("jane").sign()).await["name"], "jane");
}
