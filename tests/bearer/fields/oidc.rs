//! The block `authenticationConfiguration.oidcConfiguration`.

use std::{io::Write as _, path::Path, time::Duration};

use http::{StatusCode, header::WWW_AUTHENTICATE};
use tower_oidc::{
    config::Config,
    layer::SetupError,
    principal::rules::signed_in,
    provider::ProviderError,
    testing::{Endpoint, TestProvider},
    validator::TokenError,
};

use super::{Elsewhere, tls};
use crate::support::{Stand, ask, discover, from_file, from_variables, now, provider};

#[tokio::test]
async fn id_is_the_audience_where_none_is_named() {
    let stand = Stand::variables(&[("OIDC_CLIENT_ID", "spa"), ("OIDC_AUDIENCE", "")]).await;
    stand.principal(&stand.provider.token("jane").audience("spa").sign()).await;
    assert_eq!(stand.refusal(&stand.provider.token("jane").sign()).await, TokenError::Audience);

    let named = Stand::variables(&[("OIDC_CLIENT_ID", "spa")]).await;
    named.principal(&named.provider.token("jane").sign()).await;
    assert_eq!(named.refusal(&named.provider.token("jane").audience("spa").sign()).await, TokenError::Audience);
}

#[tokio::test]
async fn discovery_uri_counts_before_the_authority() {
    let clock = provider().await.1;
    let provider = TestProvider::builder().clock(clock.clone()).issuer_path("/realms/a").start().await;
    let other = TestProvider::start().await;
    let text = "
        authenticationConfiguration:
          provider: custom-oidc
          authority: ${OTHER}
          oidcConfiguration:
            discoveryUri: ${ISSUER}/.well-known/openid-configuration
            audience: ${AUDIENCE}
        ";
    let config = from_file(text, &provider, &[("OTHER", other.issuer())]);
    let stand = Stand::of(provider, clock, config).await;
    stand.principal(&stand.provider.token("jane").sign()).await;
    assert_eq!(other.requests(Endpoint::Discovery), 0);
    assert!(stand.auth.settings().notices.iter().any(|notice| notice.to_string().contains("another origin")));
}

#[tokio::test]
async fn discovery_uri_stands_for_the_issuer() {
    let (provider, clock) = provider().await;
    for issuer in ["https://evil.example", &format!("{}/", provider.issuer()), &format!("{}/a", provider.issuer())] {
        provider.set_metadata("issuer", issuer);
        let config = Config::new()
            .provider("custom-oidc")
            .discovery_uri(provider.endpoint(Endpoint::Discovery).url())
            .audience(provider.audience());
        let refused = discover(config, &clock).await.unwrap_err();
        let SetupError::Provider { source, .. } = refused else { panic!("{issuer}: {refused}") };
        assert!(matches!(*source, ProviderError::IssuerMismatch { .. }), "{issuer}: {source}");
    }
}

#[tokio::test]
async fn max_clock_skew_is_the_leeway_to_the_second() {
    for (setting, leeway) in [("", 60), ("0", 0), ("5", 5), ("300", 300)] {
        let stand = Stand::variables(&[("OIDC_MAX_CLOCK_SKEW", setting)]).await;
        let now = now(&stand.clock);
        let with = |name: &str, time: u64| stand.provider.token("jane").claim(name, time).sign();
        for (name, within, beyond) in [
            ("exp", now - leeway + 1, now - leeway),
            ("nbf", now + leeway, now + leeway + 1),
            ("iat", now + leeway, now + leeway + 1),
        ] {
            stand.principal(&with(name, within)).await;
            let expected = match name {
                "exp" => TokenError::Expired { ago: leeway },
                "nbf" => TokenError::NotYetValid { ahead: leeway + 1 },
                _ => TokenError::IssuedInTheFuture { ahead: leeway + 1 },
            };
            assert_eq!(stand.refusal(&with(name, beyond)).await, expected, "{setting:?}");
        }
    }
}

#[tokio::test]
async fn token_validity_bounds_the_age_whatever_exp_says() {
    for variable in ["OIDC_TOKEN_VALIDITY", "OIDC_OM_REFRESH_TOKEN_VALIDITY"] {
        let stand = Stand::variables(&[(variable, "600")]).await;
        let token = stand.provider.token("jane").expires_in(Duration::from_secs(86_400)).sign();
        stand.clock.advance(Duration::from_secs(599));
        stand.principal(&token).await;
        stand.clock.advance(Duration::from_secs(1));
        assert_eq!(stand.refusal(&token).await, TokenError::TooOld { limit: 600 });
        let ageless = stand.provider.token("jane").without("iat").sign();
        assert_eq!(stand.refusal(&ageless).await, TokenError::Missing { claim: "iat" });
    }
    for unbounded in ["0", ""] {
        let stand = Stand::variables(&[("OIDC_TOKEN_VALIDITY", unbounded)]).await;
        let token = stand.provider.token("jane").expires_in(Duration::from_secs(86_400)).sign();
        stand.clock.advance(Duration::from_secs(80_000));
        stand.principal(&token).await;
        stand.principal(&stand.provider.token("jane").without("iat").sign()).await;
    }
}

#[tokio::test]
async fn tenant_fills_the_authority_and_the_discovery_uri() {
    let clock = provider().await.1;
    let provider = TestProvider::builder().clock(clock.clone()).issuer_path("/contoso/v2.0").start().await;
    let templated = provider.issuer().replace("contoso", "{tenant}");
    let discovery = format!("{templated}/.well-known/openid-configuration");
    for over in [
        [("AUTHENTICATION_AUTHORITY", &*templated), ("OIDC_TENANT", "contoso")],
        [("OIDC_DISCOVERY_URI", &*discovery), ("OIDC_TENANT", "contoso")],
    ] {
        let stand = Stand::of(provider.clone(), clock.clone(), from_variables(&provider, &over)).await;
        stand.principal(&provider.token("jane").sign()).await;
    }
}

#[tokio::test]
async fn tenant_of_auth0_stands_for_the_authority() {
    for (tenant, host) in [("dev-abc", "dev-abc.auth0.com"), ("login.company.com", "login.company.com")] {
        let (provider, clock) = provider().await;
        let issuer = format!("https://{host}/");
        provider.set_metadata("issuer", &issuer);
        let elsewhere = Elsewhere::new(&provider);
        let over = [("AUTHENTICATION_PROVIDER", "auth0"), ("AUTHENTICATION_AUTHORITY", ""), ("OIDC_TENANT", tenant)];
        let auth = elsewhere.discover(from_variables(&provider, &over), &clock).await.unwrap();
        assert_eq!(elsewhere.asked()[0], format!("https://{host}/.well-known/openid-configuration"));
        auth.validate(&provider.token("jane").issuer(&issuer).sign()).await.unwrap();
    }
}

#[tokio::test]
async fn server_url_is_where_a_challenge_points_to() {
    let stand = Stand::variables(&[
        ("OIDC_SERVER_URL", "https://app.company.com"),
        ("OIDC_CLIENT_SECRET", "a secret of the client"),
        ("OIDC_SESSION_SECRET", "a secret of at least thirty-two bytes"),
    ])
    .await;
    let challenge = ask(&stand.auth, signed_in(), None).await.headers[WWW_AUTHENTICATE].clone();
    let expected = "resource_metadata=\"https://app.company.com/.well-known/oauth-protected-resource\"";
    assert!(challenge.to_str().unwrap().ends_with(expected), "{challenge:?}");
}

#[tokio::test]
async fn audience_is_whom_a_token_must_be_meant_for() {
    let one = Stand::variables(&[("OIDC_AUDIENCE", "https://one.example")]).await;
    one.principal(&one.provider.token("jane").audience(["https://t.example/userinfo", "https://one.example"]).sign())
        .await;
    for other in ["https://two.example", "https://one.example/", ""] {
        assert_eq!(one.refusal(&one.provider.token("jane").audience(other).sign()).await, TokenError::Audience);
    }

    let list = Stand::file(
        "
        authenticationConfiguration:
          provider: custom-oidc
          authority: ${ISSUER}
          oidcConfiguration:
            id: spa
            audience: [https://one.example, https://two.example]
        ",
    )
    .await;
    for audience in ["https://one.example", "https://two.example"] {
        list.principal(&list.provider.token("jane").audience(audience).sign()).await;
    }
    assert_eq!(list.refusal(&list.provider.token("jane").audience("spa").sign()).await, TokenError::Audience);
}

#[tokio::test]
async fn bearer_token_kind_says_which_tokens_count() {
    let kinds = [
        ("", [Ok(()), Ok(()), Err(TokenError::IdToken), Err(TokenError::Unmarked)]),
        ("access_token", [Ok(()), Ok(()), Err(TokenError::IdToken), Err(TokenError::Unmarked)]),
        ("id_token", [Err(TokenError::AccessToken), Err(TokenError::AccessToken), Ok(()), Ok(())]),
        ("any", [Ok(()), Ok(()), Ok(()), Ok(())]),
    ];
    for (kind, expected) in kinds {
        let stand = Stand::variables(&[("OIDC_BEARER_TOKEN_KIND", kind)]).await;
        let provider = &stand.provider;
        let tokens = [
            provider.token("jane"),
            provider.token("jane").type_("JWT"),
            provider.id_token("jane").nonce("n"),
            provider.id_token("jane"),
        ];
        for (token, expected) in tokens.into_iter().zip(expected) {
            match expected {
                Ok(()) => drop(stand.principal(&token.sign()).await),
                Err(error) => assert_eq!(stand.refusal(&token.sign()).await, error, "{kind}"),
            }
        }
    }
}

#[tokio::test]
async fn bearer_token_kind_of_id_tokens_wants_those_of_this_client() {
    for kind in ["id_token", "any"] {
        let stand = Stand::variables(&[("OIDC_BEARER_TOKEN_KIND", kind)]).await;
        let token = || stand.provider.id_token("jane").nonce("n");
        for other in ["another-client", stand.provider.audience()] {
            assert_eq!(stand.refusal(&token().audience(other).sign()).await, TokenError::Audience, "{kind}");
        }
        let shared = token().audience([stand.provider.client_id(), "another-client"]);
        assert_eq!(stand.refusal(&shared.clone().sign()).await, TokenError::AuthorizedParty, "{kind}");
        stand.principal(&shared.claim("azp", stand.provider.client_id()).sign()).await;
    }
}

#[tokio::test]
async fn ca_file_vouches_for_a_provider_of_a_private_ca() {
    let (provider, clock) = provider().await;
    let origin = tls::front(&provider).await;
    provider.set_metadata("issuer", &origin);
    provider.set_metadata("jwks_uri", format!("{origin}{}", Endpoint::Jwks.path()));
    let over = [("AUTHENTICATION_AUTHORITY", &*origin), ("OIDC_CA_FILE", tls::ROOT_FILE)];

    let stand = Stand::of(provider.clone(), clock.clone(), from_variables(&provider, &over)).await;
    stand.principal(&provider.token("jane").issuer(&origin).sign()).await;

    let auth = discover(from_variables(&provider, &over[..1]), &clock).await.unwrap();
    assert!(!auth.is_ready(), "nobody else vouches for the provider");
    let answer = ask(&auth, signed_in(), Some(&provider.token("jane").issuer(&origin).sign())).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn ca_file_that_cannot_be_used_stops_the_start() {
    let (provider, clock) = provider().await;
    let mut malformed = Temporary::new("tower-oidc-malformed-ca.pem");
    malformed.write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let mut empty = Temporary::new("tower-oidc-empty-ca.pem");
    empty.write("no certificate at all\n");

    let start = async |file: &str| discover(from_variables(&provider, &[("OIDC_CA_FILE", file)]), &clock).await;
    assert!(matches!(start(&malformed.path).await, Err(SetupError::Client(_))));
    for file in [&*empty.path, "/nonexistent/ca.pem"] {
        let Err(SetupError::Config(errors)) = start(file).await else { panic!("{file}") };
        assert_eq!(errors.problems()[0].path, "authenticationConfiguration.oidcConfiguration.caFile");
    }
}

#[tokio::test]
async fn issuer_pins_what_the_metadata_must_say() {
    let (provider, clock) = provider().await;
    let pinned = from_variables(&provider, &[("OIDC_ISSUER", provider.issuer())]);
    let stand = Stand::of(provider, clock, pinned).await;
    stand.principal(&stand.provider.token("jane").sign()).await;

    for pin in ["https://login.company.com", &format!("{}/", stand.provider.issuer())] {
        for kind in ["auth0", "custom-oidc"] {
            let over = [("OIDC_ISSUER", pin), ("AUTHENTICATION_PROVIDER", kind)];
            let refused = discover(from_variables(&stand.provider, &over), &stand.clock).await.unwrap_err();
            let SetupError::Provider { source, .. } = refused else { panic!("{pin}: {refused}") };
            assert!(matches!(*source, ProviderError::IssuerMismatch { .. }), "{pin}: {source}");
        }
    }
}

#[tokio::test]
async fn issuer_without_discovery_is_taken_at_its_word() {
    let (provider, clock) = provider().await;
    let text = "
        authenticationConfiguration:
          provider: custom-oidc
          publicKeyUrls: ['${ISSUER}/jwks']
          oidcConfiguration:
            issuer: urn:acme:login
            audience: ${AUDIENCE}
        ";
    let config = from_file(text, &provider, &[]);
    let stand = Stand::of(provider, clock, config).await;
    stand.principal(&stand.provider.token("jane").issuer("urn:acme:login").sign()).await;
    assert_eq!(stand.refusal(&stand.provider.token("jane").sign()).await, TokenError::UnknownIssuer);
    assert_eq!(stand.provider.requests(Endpoint::Discovery), 0);
}

#[tokio::test]
async fn type_is_the_old_name_of_provider() {
    let clock = provider().await.1;
    let provider = TestProvider::builder().clock(clock.clone()).issuer_slash(true).start().await;
    let text = "
        authenticationConfiguration:
          authority: ${ISSUER}
          oidcConfiguration:
            type: ${TYPE}
            audience: ${AUDIENCE}
        ";
    let start = async |kind: &str| discover(from_file(text, &provider, &[("TYPE", kind)]), &clock).await;
    assert!(start("auth0").await.unwrap().is_ready());
    assert!(matches!(start("custom-oidc").await, Err(SetupError::Provider { .. })));
}

/// A file for as long as it is held.
struct Temporary {
    path: String,
    file: std::fs::File,
}

impl Temporary {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{}-{name}", std::process::id()));
        Self { file: std::fs::File::create(&path).unwrap(), path: path.to_str().unwrap().to_owned() }
    }

    fn write(&mut self, text: &str) {
        self.file.write_all(text.as_bytes()).unwrap();
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(Path::new(&self.path));
    }
}
