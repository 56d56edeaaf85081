//! The row `provider`: what each known provider does in its own way.

use http::StatusCode;
use serde_json::json;
use tower_oidc::{
    layer::SetupError,
    principal::{PrincipalError, rules::scope},
    provider::ProviderError,
    testing::{Endpoint, SigningKey, TestProvider},
    validator::TokenError,
};

use super::Elsewhere;
use crate::support::{Stand, discover, from_variables, provider};

#[tokio::test]
async fn provider_auth0_has_an_issuer_with_a_slash_and_no_other_provider_has() {
    let clock = provider().await.1;
    let provider = TestProvider::builder().clock(clock.clone()).issuer_slash(true).start().await;
    for kind in ["azure", "google", "okta", "aws-cognito", "custom-oidc"] {
        let refused = discover(provider.config().provider(kind), &clock).await.unwrap_err();
        let SetupError::Provider { path, source } = refused else { panic!("{kind}: {refused}") };
        assert_eq!(path, "authenticationConfiguration");
        assert!(matches!(*source, ProviderError::IssuerMismatch { .. }), "{kind}: {source}");
    }

    let config = provider.config().provider("auth0");
    let stand = Stand::of(provider, clock, config).await;
    stand.principal(&stand.provider.token("jane").sign()).await;
    let without = stand.provider.issuer().trim_end_matches('/');
    assert_eq!(stand.refusal(&stand.provider.token("jane").issuer(without).sign()).await, TokenError::UnknownIssuer);
}

#[tokio::test]
async fn provider_auth0_grants_permissions_as_scopes() {
    for (kind, expected) in [("auth0", StatusCode::OK), ("okta", StatusCode::FORBIDDEN)] {
        let stand = Stand::variables(&[("AUTHENTICATION_PROVIDER", kind)]).await;
        let token = stand.provider.token("jane").scope("openid").claim("permissions", ["read:orders"]).sign();
        assert_eq!(stand.ask(scope("read:orders"), &token).await.status, expected, "{kind}");
    }
}

/// An API of a tenant is open to all of its organizations.
#[tokio::test]
async fn provider_auth0_asks_people_for_the_organization_of_the_login() {
    for (asked, claim, other) in [("org_1a", "org_id", "org_2b"), ("acme", "org_name", "evil")] {
        // As OpenMetadata writes it, too.
        let params = match claim {
            "org_id" => format!("{{organization: {asked}}}"),
            _ => format!("{{customParamKey1: organization, customParamValue1: {asked}}}"),
        };
        let over = [("AUTHENTICATION_PROVIDER", "auth0"), ("OIDC_CUSTOM_PARAMS", &*params)];
        let stand = Stand::variables(&over).await;
        let jane = || stand.provider.token("jane");
        stand.principal(&jane().claim(claim, asked).sign()).await;
        stand.principal(&stand.provider.machine_token("reports").sign()).await;
        for token in [jane(), jane().claim(claim, other)] {
            assert_eq!(stand.get(&token.sign()).await.not_admitted(), PrincipalError::Organization, "{asked}");
        }
        let elsewhere = Stand::variables(&[("AUTHENTICATION_PROVIDER", "okta"), over[1]]).await;
        elsewhere.principal(&elsewhere.provider.token("jane").sign()).await;
    }
}

#[tokio::test]
async fn provider_google_asks_for_the_hosted_domain_where_the_domain_is_enforced() {
    let over = [
        ("AUTHENTICATION_PROVIDER", "google"),
        ("AUTHORIZER_PRINCIPAL_DOMAIN", "company.com"),
        ("AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN", "true"),
    ];
    let token =
        |stand: &Stand| stand.provider.token("1").claim("email", "jane@company.com").claim("email_verified", true);
    let stand = Stand::variables(&over).await;
    stand.principal(&token(&stand).claim("hd", "Company.com").sign()).await;
    for token in [token(&stand), token(&stand).claim("hd", "evil.example"), token(&stand).claim("hd", "")] {
        assert_eq!(stand.get(&token.sign()).await.not_admitted(), PrincipalError::HostedDomainNotAllowed);
    }

    let unenforced = Stand::variables(&over[..2]).await;
    unenforced.principal(&token(&unenforced).sign()).await;
}

#[tokio::test]
async fn provider_aws_cognito_names_the_client_in_place_of_the_audience() {
    let cognito = |stand: &Stand| {
        let token = stand.provider.token("jane").type_("JWT").without("aud").without("scope");
        token.claim("token_use", "access")
    };
    let over = [("AUTHENTICATION_PROVIDER", "aws-cognito"), ("OIDC_CLIENT_ID", "pool-client"), ("OIDC_AUDIENCE", "")];
    let stand = Stand::variables(&over).await;
    stand.principal(&cognito(&stand).claim("client_id", "pool-client").sign()).await;
    let others = cognito(&stand).claim("client_id", "another-client").sign();
    assert_eq!(stand.refusal(&others).await, TokenError::Audience);

    let elsewhere = Stand::variables(&[("OIDC_CLIENT_ID", "pool-client"), ("OIDC_AUDIENCE", "")]).await;
    let token = cognito(&elsewhere).claim("client_id", "pool-client").sign();
    assert_eq!(elsewhere.refusal(&token).await, TokenError::Missing { claim: "aud" });
}

#[tokio::test]
async fn provider_azure_resolves_its_issuer_by_the_tenant_of_the_token() {
    const A: &str = "aaaaaaaa-86f1-41af-91ab-2d7cd011db47";
    const B: &str = "bbbbbbbb-86f1-41af-91ab-2d7cd011db47";
    let issuer = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let clock = provider().await.1;
    for (tenant, b_comes_in) in [("common", true), ("organizations", true), (A, false)] {
        let path = format!("/{tenant}/v2.0");
        let provider = TestProvider::builder().clock(clock.clone()).issuer_path(&path).start().await;
        provider.set_metadata("issuer", issuer("{tenantid}"));
        let over = [
            ("AUTHENTICATION_PROVIDER", "azure"),
            ("AUTHENTICATION_AUTHORITY", "https://login.microsoftonline.com/{tenant}/v2.0"),
            ("OIDC_TENANT", tenant),
        ];
        let auth = Elsewhere::new(&provider).discover(from_variables(&provider, &over), &clock).await.unwrap();
        let token = |named: &str, tid: &str| provider.token("jane").issuer(&issuer(named)).claim("tid", tid).sign();

        assert_eq!(auth.validate(&token(A, A)).await.unwrap().issuer().as_str(), issuer(A));
        assert_eq!(auth.validate(&token(B, B)).await.is_ok(), b_comes_in, "{tenant}");
        for token in [token(A, B), token("{tenantid}", "{tenantid}"), token("common", "organizations"), token("", "")] {
            let refused = auth.validate(&token).await.unwrap_err();
            assert_eq!(refused.to_string(), TokenError::UnknownIssuer.to_string(), "{tenant}");
        }
        let no_tenant = provider.token("jane").issuer(&issuer(A)).sign();
        assert!(auth.validate(&no_tenant).await.is_err());
        let published = serde_json::to_value(auth.protected_resource()).unwrap();
        assert!(!published.to_string().contains("microsoftonline"), "a template is nobody's issuer: {published}");
    }
}

/// Microsoft publishes the keys of all tenants in one document, and says of each whose tokens it signs.
#[tokio::test]
async fn provider_azure_lets_a_key_sign_for_its_own_issuer_alone() {
    const TENANT: &str = "aaaaaaaa-86f1-41af-91ab-2d7cd011db47";
    const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let issuer = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let clock = provider().await.1;
    let provider = TestProvider::builder().clock(clock.clone()).issuer_path("/common/v2.0").start().await;
    provider.set_metadata("issuer", issuer("{tenantid}"));
    let of_consumers = SigningKey::generate(provider.signing_key().algorithm());
    provider.add_key(&of_consumers);
    let mut keys = provider.jwks();
    for key in keys["keys"].as_array_mut().unwrap() {
        let tenant = if key["kid"] == of_consumers.key_id() { CONSUMERS } else { "{tenantid}" };
        key["issuer"] = issuer(tenant).into();
    }
    provider.publish_raw_jwks(keys.to_string());
    let over = [
        ("AUTHENTICATION_PROVIDER", "azure"),
        ("AUTHENTICATION_AUTHORITY", "https://login.microsoftonline.com/common/v2.0"),
        ("OIDC_TENANT", "common"),
    ];
    let auth = Elsewhere::new(&provider).discover(from_variables(&provider, &over), &clock).await.unwrap();
    let token = |tenant: &str| provider.token("jane").issuer(&issuer(tenant)).claim("tid", tenant);

    for tenant in [TENANT, CONSUMERS] {
        assert_eq!(auth.validate(&token(tenant).sign()).await.unwrap().issuer().as_str(), issuer(tenant));
    }
    assert_eq!(auth.validate(&token(CONSUMERS).key(&of_consumers).sign()).await.unwrap().name(), "jane");
    let refused = auth.validate(&token(TENANT).key(&of_consumers).sign()).await.unwrap_err();
    assert_eq!(refused.to_string(), TokenError::KeyIssuer.to_string());
    assert_eq!(provider.requests(Endpoint::Jwks), 1, "no keys are asked for");
}

#[tokio::test]
async fn provider_azure_takes_the_token_of_an_application() {
    let over = [("AUTHENTICATION_PROVIDER", "azure"), ("AUTHORIZER_BOT_PRINCIPALS", "[0a1b-app]")];
    let stand = Stand::variables(&over).await;
    let token = |client: &str, how: &str| {
        let token = stand.provider.token("oid-1").type_("JWT").without("scope").without("client_id");
        token.claim(client, "0a1b-app").claim(how, "1").claim("roles", ["Orders.Read.All"]).sign()
    };
    for token in [token("azp", "azpacr"), token("appid", "appidacr")] {
        assert_eq!(stand.principal(&token).await["bot"], true);
    }
    assert_eq!(stand.refusal(&token("azp", "other")).await, TokenError::Unmarked);
}

#[tokio::test]
async fn provider_custom_oidc_is_taken_at_its_word_for_what_a_token_is() {
    let stand = Stand::variables(&[("AUTHENTICATION_PROVIDER", "custom-oidc")]).await;
    // As Keycloak writes them; before its version 25 with the login's nonce.
    let keycloak = |typ: &str| stand.provider.token("jane").type_("JWT").claim("typ", typ).claim("nonce", "n").sign();
    stand.principal(&keycloak("Bearer")).await;
    assert_eq!(stand.refusal(&keycloak("ID")).await, TokenError::IdToken);
    // Nobody's tenant.
    stand.principal(&stand.provider.token("jane").claim("tid", 42).sign()).await;
}

#[tokio::test]
async fn provider_auth0_tells_a_machine_by_its_grant() {
    let stand = Stand::variables(&[
        ("AUTHENTICATION_PROVIDER", "auth0"),
        ("AUTHORIZER_PRINCIPAL_DOMAIN", "company.com"),
        ("AUTHORIZER_BOT_PRINCIPALS", "[billing]"),
    ])
    .await;
    let principal = stand.principal(&stand.provider.machine_token("billing").sign()).await;
    assert_eq!(principal["name"], "billing@clients", "a machine is nobody's colleague");
    assert_eq!((&principal["bot"], &principal["scopes"]), (&json!(true), &json!(["read:orders"])));
}
