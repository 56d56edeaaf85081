//! Which provider: kinds, where the metadata is, tenants, pins, audiences, and URLs.

use tower_oidc::config::{BearerTokenKind, ProviderKind, TrustedIssuer};

use super::*;

fn discovery(config: &Config) -> String {
    config.check().unwrap().issuers[0].discovery.as_ref().unwrap().to_string()
}

#[test]
fn an_empty_configuration_trusts_nobody() {
    assert_refused(&Config::new(), &[&format!("{AUTHENTICATION}.authority"), &format!("{OIDC}.audience")]);
}

#[test]
fn an_authority_and_an_audience_are_enough_for_bearer_tokens() {
    let settings = bearer().check().unwrap();
    assert!(settings.login.is_none());
    assert_eq!(settings.issuers.len(), 1);
    assert_eq!(settings.issuers[0].path, AUTHENTICATION);
    assert_eq!(settings.issuers[0].bearer_token_kind, BearerTokenKind::AccessToken);
    assert_eq!(notices(&settings), [""; 0]);
}

#[test]
fn a_client_id_stands_for_the_audience() {
    let settings = Config::new().authority("https://tenant.us.auth0.com").client_id("client").check().unwrap();
    assert!(settings.login.is_none(), "a client id alone does not switch login on");
    assert_eq!(settings.issuers[0].audiences, ["client"]);
    assert_eq!(settings.issuers[0].client_id.as_deref(), Some("client"));
}

#[test]
fn id_tokens_as_bearer_tokens_need_the_client_id() {
    let mut config = bearer();
    config.authentication.oidc.bearer_token_kind = Some("id_token".to_owned());
    assert_refused(&config, &[&format!("{OIDC}.id")]);
    assert!(config.client_id("client").check().is_ok());
}

#[test]
fn the_nested_client_id_counts_with_a_warning() {
    let mut config = bearer().client_id("nested");
    config.authentication.client_id = Some("outer".to_owned());
    let settings = config.check().unwrap();
    assert_eq!(settings.issuers[0].client_id.as_deref(), Some("nested"));
    assert_eq!(notices(&settings), [format!("{AUTHENTICATION}.clientId: differs from {OIDC}.id, which counts")]);
    config.authentication.client_id = Some("nested".to_owned());
    assert_eq!(notices(&config.check().unwrap()), [""; 0]);
}

#[test]
fn every_provider_has_its_kind_and_the_old_name_of_the_key_works() {
    for (name, kind) in [
        ("auth0", ProviderKind::Auth0),
        ("azure", ProviderKind::Azure),
        ("google", ProviderKind::Google),
        ("okta", ProviderKind::Okta),
        ("aws-cognito", ProviderKind::AwsCognito),
        ("custom-oidc", ProviderKind::CustomOidc),
    ] {
        assert_eq!(bearer().provider(name).check().unwrap().issuers[0].kind, kind);
        let mut old = bearer();
        old.authentication.oidc.r#type = Some(name.to_owned());
        assert_eq!(old.check().unwrap().issuers[0].kind, kind);
    }
}

#[test]
fn a_provider_that_is_not_named_is_told_by_its_host() {
    for (authority, kind) in [
        ("https://accounts.google.com", ProviderKind::Google),
        ("https://acme.okta.com/oauth2/default", ProviderKind::Okta),
        ("https://cognito-idp.eu-west-1.amazonaws.com/pool", ProviderKind::AwsCognito),
        ("https://login.microsoftonline.com/tid/v2.0", ProviderKind::Azure),
        ("https://tenant.us.auth0.com", ProviderKind::Auth0),
        ("tenant.us.auth0.com", ProviderKind::Auth0),
        ("https://login.company.com", ProviderKind::Auth0),
    ] {
        let config = Config::new().authority(authority).audience("a");
        assert_eq!(config.check().unwrap().issuers[0].kind, kind, "{authority}");
        assert_eq!(config.provider("auth0").check().unwrap().issuers[0].kind, ProviderKind::Auth0, "{authority}");
    }
    let mut config = Config::new().authority("https://proxy.company.com").audience("a");
    config.authentication.oidc.discovery_uri =
        Some("https://accounts.google.com/.well-known/openid-configuration".to_owned());
    assert_eq!(config.check().unwrap().issuers[0].kind, ProviderKind::Google);
    let mut config = Config::new().issuer("https://accounts.google.com").audience("a");
    config.authentication.public_key_urls = vec!["https://www.googleapis.com/oauth2/v3/certs".to_owned()];
    assert_eq!(config.check().unwrap().issuers[0].kind, ProviderKind::Google);
    // A domain alone is Auth0's to have.
    let errors = Config::new().authority("accounts.google.com").audience("a").check().unwrap_err();
    assert_eq!(paths(&errors), [format!("{AUTHENTICATION}.authority")]);
}

#[test]
fn provider_wins_over_its_old_name_with_a_warning() {
    let mut config = bearer().provider("okta");
    config.authentication.oidc.r#type = Some("google".to_owned());
    let settings = config.check().unwrap();
    assert_eq!(settings.issuers[0].kind, ProviderKind::Okta);
    assert!(notices(&settings)[0].starts_with(&format!("{OIDC}.type: ")));
}

#[test]
fn the_provider_is_named_after_its_host() {
    let name = |config: Config| config.check().unwrap().provider_name;
    assert_eq!(name(bearer()), "Auth0");
    assert_eq!(name(bearer().provider("okta")), "tenant.us.auth0.com");
    assert_eq!(name(bearer().provider("okta").issuer("https://pinned.example/x")), "pinned.example");
    let pinned = Config::new().provider("custom-oidc").issuer("open-metadata.org").audience("a");
    assert_eq!(name(pinned.public_key_url("https://a.example/jwks")), "open-metadata.org");
}

#[test]
fn a_bare_domain_is_for_auth0_alone() {
    let config = Config::new().authority("dev-abc.us.auth0.com").audience("a");
    assert_eq!(discovery(&config), "https://dev-abc.us.auth0.com/.well-known/openid-configuration");
    assert_refused(&config.provider("okta"), &[&format!("{AUTHENTICATION}.authority")]);
}

#[test]
fn an_authority_may_have_a_path() {
    let config = bearer().provider("custom-oidc").authority("https://id.example/realms/main/");
    assert_eq!(discovery(&config), "https://id.example/realms/main/.well-known/openid-configuration");
}

#[test]
fn a_tenant_of_auth0_stands_for_the_authority() {
    for (tenant, host) in [("dev-abc", "dev-abc.auth0.com"), ("login.company.com", "login.company.com")] {
        let config = Config::new().tenant(tenant).audience("a");
        assert_eq!(discovery(&config), format!("https://{host}/.well-known/openid-configuration"));
        assert_eq!(config.check().unwrap().issuers[0].tenant, None);
    }
    assert_refused(
        &Config::new().provider("azure").tenant("dev-abc").audience("a"),
        &[&format!("{AUTHENTICATION}.authority")],
    );
}

#[test]
fn a_tenant_replaces_its_placeholder() {
    let azure = |tenant: &str| {
        Config::new()
            .provider("azure")
            .authority("https://login.microsoftonline.com/{tenant}/v2.0")
            .audience("a")
            .tenant(tenant)
    };
    assert_eq!(
        discovery(&azure("8a1f")),
        "https://login.microsoftonline.com/8a1f/v2.0/.well-known/openid-configuration"
    );
    assert_eq!(azure("8a1f").check().unwrap().issuers[0].tenant.as_deref(), Some("8a1f"));
    for many in ["common", "organizations", "consumers"] {
        assert_eq!(azure(many).check().unwrap().issuers[0].tenant, None);
    }
    let uri = azure("8a1f").discovery_uri("https://login.microsoftonline.com/{tenant}/x");
    assert_eq!(discovery(&uri), "https://login.microsoftonline.com/8a1f/x");
    for tenant in ["../evil", "a b", "a\u{2011}b", "a/b", "a@b"] {
        assert_refused(&azure(tenant), &[&format!("{OIDC}.tenant"), &format!("{AUTHENTICATION}.authority")]);
    }
    assert_refused(&azure(""), &[&format!("{AUTHENTICATION}.authority")]);
}

#[test]
fn a_discovery_uri_wins_and_another_origin_is_a_warning() {
    let same = bearer().discovery_uri("https://tenant.us.auth0.com/.well-known/openid-configuration");
    assert_eq!(notices(&same.check().unwrap()), [""; 0]);
    let other = bearer().discovery_uri("https://login.company.com/.well-known/openid-configuration");
    assert_eq!(discovery(&other), "https://login.company.com/.well-known/openid-configuration");
    assert!(notices(&other.check().unwrap())[0].starts_with(&format!("{OIDC}.discoveryUri: has another origin")));
}

#[test]
fn a_pinned_issuer_without_discovery_needs_its_keys_and_serves_no_login() {
    let pinned = Config::new().issuer("https://id.example/").audience("a");
    assert_refused(&pinned, &[&format!("{AUTHENTICATION}.publicKeyUrls")]);

    let with_keys = pinned.public_key_url("https://id.example/jwks");
    let settings = with_keys.check().unwrap();
    assert_eq!(settings.issuers[0].issuer.as_ref().map(|issuer| issuer.as_str()), Some("https://id.example/"));
    assert!(settings.issuers[0].discovery.is_none());

    let login = with_keys.client_id("c").client_secret(SECRET).callback_url("https://app.example/callback");
    assert_refused(&login, &[&format!("{OIDC}.issuer")]);
}

#[test]
fn the_issuer_of_many_tenants_may_be_pinned() {
    let issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let settings = bearer().provider("azure").issuer(issuer).check().unwrap();
    assert_eq!(settings.issuers[0].issuer.as_ref().map(|issuer| issuer.as_str()), Some(issuer));
}

#[test]
fn a_typographic_hyphen_is_named_wherever_a_url_or_a_domain_stands() {
    for hyphen in ['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}', '\u{2212}'] {
        let errors = bearer().authority(format!("https://dev{hyphen}abc.us.auth0.com")).check().unwrap_err();
        let problem = &errors.problems()[0];
        assert_eq!(problem.path, format!("{AUTHENTICATION}.authority"));
        assert!(problem.what.contains(&format!("U+{:04X}", u32::from(hyphen))), "{problem}");
        assert!(problem.what.starts_with("character 12 "), "{problem}");
        assert_refused(
            &bearer().principal_domain(format!("a{hyphen}b.com")),
            &[&format!("{AUTHORIZER}.principalDomain")],
        );
    }
}

/// Every token would be refused, and nobody could see why.
#[test]
fn what_nobody_sees_in_an_audience_is_named() {
    let configured = |audience: &str| {
        let pair = bearer().custom_param("customParamKey1", "audience").custom_param("customParamValue1", audience);
        pair.audience(audience).trusted_issuer(TrustedIssuer::new("https://other.example/").audience(audience))
    };
    let places = [
        format!("{OIDC}.audience[1]"),
        format!("{OIDC}.customParams.customParamValue1"),
        format!("{AUTHENTICATION}.trustedIssuers[0].audience[0]"),
    ];
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    for url in ["https://my\u{2011}api.example.com", "https://api.example.com/\u{a0}x", "urn://a b"] {
        assert_refused(&configured(url), &places);
        let direct = bearer().custom_param("audience", url);
        assert_refused(&direct, &[&format!("{OIDC}.customParams.audience")]);
    }
    for text in ["my\u{2013}api", "my\u{a0}api"] {
        let lines = notices(&configured(text).check().unwrap());
        assert_eq!(lines.len(), 3, "{lines:?}");
        for place in &places {
            assert!(lines.iter().any(|line| line.starts_with(&format!("{place}: "))), "{place} in {lines:?}");
        }
    }
    for right in ["my-api", "my api", "\u{fc}ber-api", "api://8a1f", "urn:my:api"] {
        assert_eq!(notices(&configured(right).check().unwrap()), [""; 0], "{right}");
    }
}

#[test]
fn http_is_a_warning_outside_loopback_and_an_error_when_https_is_demanded() {
    for loopback in ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:1", "http://id.localhost"] {
        assert_eq!(notices(&bearer().authority(loopback).check().unwrap()), [""; 0], "{loopback}");
    }
    for plain in ["http://id.example", "http://localhost.example", "http://10.0.0.1"] {
        let config = bearer().authority(plain).public_key_url(plain);
        let mut lines = notices(&config.check().unwrap()).into_iter();
        assert!(lines.next().unwrap().starts_with(&format!("{AUTHENTICATION}.authority: is http")));
        assert!(lines.next().unwrap().starts_with(&format!("{AUTHENTICATION}.publicKeyUrls[0]: is http")));
        assert_eq!(lines.next(), None);
    }
    let mut strict = bearer().authority("http://localhost").public_key_url("https://id.example/jwks");
    strict.authorizer.enable_secure_socket_connection = Some(true);
    assert_refused(&strict, &[&format!("{AUTHENTICATION}.authority")]);
}

#[test]
fn every_problem_is_told_at_once() {
    let mut config = Config::new().authority("tenant\u{2011}x").audience("a").principal_domain("a b");
    config.authentication.token_validation_algorithm = vec!["none".to_owned(), "RS256".to_owned(), "HS256".to_owned()];
    config.authentication.oidc.max_clock_skew = Some(3600);
    config.authentication.oidc.scope = Some("email".to_owned());
    let errors = assert_refused(
        &config,
        &[
            &format!("{AUTHENTICATION}.authority"),
            &format!("{AUTHENTICATION}.tokenValidationAlgorithm[0]"),
            &format!("{AUTHENTICATION}.tokenValidationAlgorithm[2]"),
            &format!("{OIDC}.maxClockSkew"),
            &format!("{OIDC}.scope"),
            &format!("{AUTHORIZER}.principalDomain"),
        ],
    );
    assert_eq!(errors.to_string().lines().count(), 6);
    assert_eq!(
        errors.problems()[4].to_string(),
        format!("{OIDC}.scope: lacks openid; mend: add openid, with a space between scopes")
    );
}

#[test]
fn one_problem_hides_no_other_beside_it() {
    let outer = |key: &str| format!("{AUTHENTICATION}.{key}");
    let nested = |key: &str| format!("{OIDC}.{key}");
    let refused = |config: &Config, expected: &[String]| {
        assert_refused(config, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    };
    let hyphens = bearer().discovery_uri("https://dev\u{2011}a.example/meta").authority("https://dev\u{2011}a.example");
    refused(&hyphens, &[nested("discoveryUri"), outer("authority")]);
    let tenants = bearer().discovery_uri("https://id.example/{tenant}").authority("https://id.example/{tenant}/");
    refused(&tenants, &[nested("discoveryUri"), outer("authority")]);

    let unknown = |mut config: Config| {
        config.authentication.oidc.client_authentication_method = Some("client_secret_pots".to_owned());
        config
    };
    let method = nested("clientAuthenticationMethod");
    let login = || bearer().client_id("client").callback_url("https://app.example.com/callback").session_secret(SECRET);
    refused(&unknown(login()), &[method.clone(), nested("secret")]);
    refused(&unknown(login().client_secret_file("/nowhere")), &[method.clone(), nested("secret")]);
    refused(&unknown(login().private_key_file("/nowhere")), &[method.clone(), nested("privateKey")]);
    refused(&unknown(login().client_secret(SECRET)), std::slice::from_ref(&method));
    let mut public = unknown(login().client_secret(SECRET).public_client());
    public.authentication.oidc.response_type = Some("code".to_owned());
    refused(&public, &[method, nested("secret")]);
    public.authentication.oidc.secret = None;
    public.authentication.oidc.client_authentication_method = None;
    assert_eq!(notices(&public.check().unwrap()), [""; 0]);

    let addresses = login().client_secret(SECRET).callback_url("https://app.example.com").server_url("app.example.com");
    refused(&addresses, &[nested("callbackUrl"), nested("serverUrl")]);
}
