//! Tokens as the providers write them.

use crate::config::{PrincipalSettings, ProviderKind};

use super::{
    Principal, PrincipalError,
    fixtures::{admins, at, domain, enforcing, settings, strings},
};

fn scopes(principal: &Principal) -> Vec<&str> {
    principal.scopes().iter().collect()
}

const AUTH0_USER: &str = r#"{
    "iss": "https://tenant.eu.auth0.com/", "sub": "auth0|66f0a1b2c3d4e5f6a7b8c9d0",
    "aud": ["https://orders.company.com", "https://tenant.eu.auth0.com/userinfo"],
    "iat": 1763790000, "exp": 1763876400, "azp": "WebAppClientId", "scope": "openid profile email",
    "permissions": ["read:orders"], "org_id": "org_1", "https://company.com/email": "jane@company.com",
    "https://company.com/roles": ["editor"]
}"#;

#[test]
fn auth0_a_user_with_namespaced_claims_and_permissions() {
    let settings = PrincipalSettings {
        username_claim: Some("https://company.com/email".to_owned()),
        email_claims: strings(["https://company.com/email", "email"]),
        roles_claim: Some("https://company.com/roles".to_owned()),
        admins: admins(["jane@company.com"]),
        ..enforcing()
    };
    let jane = at(ProviderKind::Auth0, AUTH0_USER, &settings).unwrap();
    assert_eq!((jane.name(), jane.username()), ("jane@company.com", "jane"));
    assert_eq!((jane.email(), jane.email_verified()), (Some("jane@company.com"), false));
    assert_eq!(scopes(&jane), ["openid", "profile", "email", "read:orders"]);
    assert!(jane.has_role("editor"));
    assert!(!jane.is_machine() && !jane.is_bot() && !jane.is_admin());
}

#[test]
fn auth0_a_user_without_profile_claims_is_named_by_the_subject() {
    let jane = at(ProviderKind::Auth0, AUTH0_USER, &settings()).unwrap();
    assert_eq!(jane.name(), "auth0|66f0a1b2c3d4e5f6a7b8c9d0");
    assert_eq!(jane.email(), None);
    assert!(!jane.is_machine());
}

#[test]
fn auth0_a_machine_in_both_token_profiles() {
    let settings = PrincipalSettings { bots: strings(["OrdersClientId"]), ..enforcing() };
    for json in [
        r#"{"iss":"https://tenant.eu.auth0.com/","sub":"OrdersClientId@clients","aud":"https://orders.company.com",
            "iat":1763790000,"exp":1763876400,"gty":"client-credentials","azp":"OrdersClientId","scope":"read:orders"}"#,
        r#"{"iss":"https://tenant.eu.auth0.com/","sub":"OrdersClientId@clients","aud":"https://orders.company.com",
            "iat":1763790000,"exp":1763876400,"jti":"j","client_id":"OrdersClientId","scope":"read:orders"}"#,
    ] {
        let machine = at(ProviderKind::Auth0, json, &settings).unwrap();
        assert_eq!((machine.name(), machine.username()), ("OrdersClientId@clients", "OrdersClientId"));
        assert!(machine.is_machine() && machine.is_bot() && !machine.is_admin());
        assert_eq!(at(ProviderKind::Auth0, json, &enforcing()).unwrap_err(), PrincipalError::DomainNotAllowed);
    }
}

#[test]
fn entra_a_user_is_named_by_the_preferred_username() {
    let json = r#"{"iss":"https://login.microsoftonline.com/t/v2.0","sub":"pairwise","oid":"o","tid":"t","aud":"api",
        "azp":"web","preferred_username":"Jane@Company.com","name":"Jane Doe","scp":"Orders.Read","roles":["Approver"]}"#;
    let settings = PrincipalSettings {
        roles_claim: Some("roles".to_owned()),
        admins: admins(["jane@company.com"]),
        ..enforcing()
    };
    let jane = at(ProviderKind::Azure, json, &settings).unwrap();
    assert_eq!((jane.name(), jane.display_name()), ("Jane@Company.com", Some("Jane Doe")));
    assert!(jane.is_admin() && jane.has_role("Approver") && !jane.is_machine());
    assert_eq!(scopes(&jane), ["Orders.Read"]);
}

#[test]
fn entra_an_application_is_listed_by_its_client_id() {
    let settings = PrincipalSettings { bots: strings(["0a1b-app"]), ..enforcing() };
    for client in [r#""azp":"0a1b-app""#, r#""appid":"0a1b-app""#] {
        let json =
            format!(r#"{{"sub":"oid-1","oid":"oid-1","tid":"t","idtyp":"app","roles":["Orders.Read.All"],{client}}}"#);
        let app = at(ProviderKind::Azure, &json, &settings).unwrap();
        assert!(app.is_machine() && app.is_bot(), "{client}");
        assert_eq!(app.name(), "oid-1");
    }
}

#[test]
fn keycloak_a_user_and_the_nested_roles_that_are_no_list() {
    let json = r#"{"iss":"https://sso.company.com/realms/main","sub":"f1a2","typ":"Bearer","azp":"web","sid":"s",
        "aud":"account","scope":"openid email profile","realm_access":{"roles":["offline_access"]},"email_verified":false,
        "preferred_username":"jdoe","email":"jdoe@company.com","given_name":"Jane","family_name":"Doe","groups":["/sales"]}"#;
    let by_username = PrincipalSettings {
        claims: strings(["preferred_username", "email", "sub"]),
        team_claim: Some("groups".to_owned()),
        ..enforcing()
    };
    let jane = at(ProviderKind::CustomOidc, json, &by_username).unwrap();
    assert_eq!((jane.name(), jane.display_name()), ("jdoe@company.com", Some("Jane Doe")));
    assert_eq!((jane.email(), jane.email_verified()), (Some("jdoe@company.com"), false));
    assert_eq!(jane.teams().collect::<Vec<_>>(), ["/sales"]);

    assert_eq!(at(ProviderKind::CustomOidc, json, &enforcing()).unwrap_err(), PrincipalError::EmailNotVerified);
    let nested = PrincipalSettings { roles_claim: Some("realm_access".to_owned()), ..settings() };
    assert!(at(ProviderKind::CustomOidc, json, &nested).unwrap_err().is_malformed());
}

#[test]
fn keycloak_a_service_account_is_not_taken_for_a_machine_by_its_user_name() {
    let json = r#"{"sub":"b1f0","typ":"Bearer","azp":"orders","client_id":"orders","scope":"email profile",
        "email_verified":false,"preferred_username":"service-account-orders"}"#;
    let bots = strings(["orders", "service-account-orders"]);
    let settings = PrincipalSettings { bots, domain: Some(domain("company.com")), ..settings() };
    let account = at(ProviderKind::CustomOidc, json, &settings).unwrap();
    assert_eq!(account.name(), "service-account-orders@company.com");
    assert!(!account.is_machine() && !account.is_bot());
    assert_eq!(at(ProviderKind::CustomOidc, json, &enforcing()).unwrap_err(), PrincipalError::DomainUnstated);
}

#[test]
fn cognito_writes_email_verified_as_a_string() {
    let settings = PrincipalSettings { admins: admins(["jane@company.com"]), ..enforcing() };
    for (value, verified) in [(r#""true""#, true), ("true", true), (r#""false""#, false)] {
        let json = format!(
            r#"{{"sub":"aaaa-bbbb","token_use":"id","aud":"client","cognito:username":"jane","auth_time":1763790000,
                "email":"jane@company.com","email_verified":{value}}}"#
        );
        match at(ProviderKind::AwsCognito, &json, &settings) {
            Ok(jane) => assert!(verified && jane.email_verified() && jane.is_admin(), "{value}"),
            Err(error) => assert!(!verified && error == PrincipalError::EmailNotVerified, "{value}: {error}"),
        }
    }
}

#[test]
fn cognito_access_tokens_of_a_user_and_of_a_machine() {
    let user = r#"{"sub":"aaaa-bbbb","token_use":"access","client_id":"web","username":"jane","scope":"openid api/read",
        "auth_time":1763790000}"#;
    let settings = PrincipalSettings { username_claim: Some("username".to_owned()), ..enforcing() };
    let jane = at(ProviderKind::AwsCognito, user, &settings).unwrap();
    assert_eq!((jane.name(), jane.authenticated_at()), ("jane@company.com", Some(1_763_790_000)));
    assert!(!jane.is_machine());

    let machine =
        r#"{"sub":"7jobs","token_use":"access","client_id":"7jobs","scope":"api/read","auth_time":1763790000}"#;
    let listing = PrincipalSettings { bots: strings(["7jobs"]), ..settings };
    assert!(at(ProviderKind::AwsCognito, machine, &listing).unwrap().is_bot());
}

#[test]
fn okta_a_user_and_a_service() {
    let user = r#"{"ver":1,"sub":"jane@company.com","uid":"00u1","cid":"0oaweb","scp":["openid","orders"],"auth_time":1763790000}"#;
    let service = r#"{"ver":1,"sub":"0oajobs","cid":"0oajobs","scp":["orders"]}"#;
    let settings = PrincipalSettings { bots: strings(["0oajobs", "0oaweb"]), ..enforcing() };
    let jane = at(ProviderKind::Okta, user, &settings).unwrap();
    assert_eq!(jane.name(), "jane@company.com");
    assert_eq!(scopes(&jane), ["openid", "orders"]);
    assert!(!jane.is_machine() && !jane.is_bot());
    assert!(at(ProviderKind::Okta, service, &settings).unwrap().is_bot());
}

#[test]
fn google_a_workspace_account_and_a_consumer_account_with_the_same_address() {
    let workspace = r#"{"iss":"https://accounts.google.com","azp":"c","aud":"c","sub":"1","email":"jane@company.com",
        "email_verified":true,"hd":"company.com","name":"Jane Doe"}"#;
    let consumer = r#"{"iss":"https://accounts.google.com","azp":"c","aud":"c","sub":"2","email":"jane@company.com",
        "email_verified":true,"name":"Jane Doe"}"#;
    assert!(at(ProviderKind::Google, workspace, &enforcing()).is_ok());
    assert_eq!(at(ProviderKind::Google, consumer, &enforcing()).unwrap_err(), PrincipalError::HostedDomainNotAllowed);
}

#[test]
fn openmetadata_a_bot_with_a_token_of_its_own() {
    let json = r#"{"iss":"open-metadata.org","sub":"ingestion-bot","email":"ingestion-bot@open-metadata.org","roles":[],
        "isBot":true,"tokenType":"BOT","iat":1763790000}"#;
    let settings = PrincipalSettings {
        bots: strings(["ingestion-bot"]),
        email_domains: vec![domain("company.com")],
        ..enforcing()
    };
    let bot = at(ProviderKind::CustomOidc, json, &settings).unwrap();
    assert!(bot.is_bot() && !bot.is_admin());
    assert_eq!(bot.name(), "ingestion-bot@open-metadata.org");
}
