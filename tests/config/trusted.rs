//! `trustedIssuers`: from the file and from Rust.

use tower_oidc::config::{IssuerSettings, ProviderKind, TrustedIssuer};

use super::*;

fn path(at: usize, key: &str) -> String {
    format!("{AUTHENTICATION}.trustedIssuers[{at}].{key}")
}

fn second(config: &Config) -> IssuerSettings {
    config.check().unwrap_or_else(|errors| panic!("{errors}")).issuers.swap_remove(1)
}

#[test]
fn a_trusted_issuer_has_its_own_keys_audience_and_algorithms() {
    let text = r#"
        authenticationConfiguration:
          authority: https://tenant.us.auth0.com
          oidcConfiguration: { audience: https://api.example.com }
          trustedIssuers:
            - issuer: open-metadata.org
              publicKeyUrls: ${OM_KEYS:-[http://localhost:8585/api/v1/system/config/jwks]}
              audience: om
              algorithms: [RS512]
            - issuer: https://login.company.com/
    "#;
    let settings = load(text).unwrap().check().unwrap();
    let [_, first, second] = settings.issuers.as_slice() else { panic!() };
    assert_eq!(first.path, format!("{AUTHENTICATION}.trustedIssuers[0]"));
    assert_eq!(first.issuer.as_ref().map(|issuer| issuer.as_str()), Some("open-metadata.org"));
    assert_eq!(first.key_urls[0].as_str(), "http://localhost:8585/api/v1/system/config/jwks");
    assert!(first.discovery.is_none());
    assert_eq!((first.kind, &first.audiences[..]), (ProviderKind::CustomOidc, &["om".to_owned()][..]));
    assert_eq!(format!("{:?}", first.algorithms), "{Rs512}");

    assert_eq!((&*first.name, first.client_id.as_deref()), ("open-metadata.org", Some("om")));

    let discovery = second.discovery.as_ref().unwrap();
    assert_eq!(discovery.as_str(), "https://login.company.com/.well-known/openid-configuration");
    assert_eq!(second.audiences, ["https://api.example.com"]);
    assert_eq!(format!("{:?}", second.algorithms), "{Rs256}");
}

#[test]
fn the_provider_once_more_is_a_warning() {
    for (issuer, warned) in [
        ("https://tenant.us.auth0.com/", true),
        ("https://tenant.us.auth0.com", true),
        ("https://other.us.auth0.com/", false),
    ] {
        let settings = bearer().trusted_issuer(TrustedIssuer::new(issuer)).check().unwrap();
        let lines = notices(&settings);
        assert_eq!(lines.iter().any(|line| line.starts_with(&path(0, "issuer"))), warned, "{issuer}: {lines:?}");
    }
}

#[test]
fn its_discovery_is_its_own_or_derived_unless_keys_are_named() {
    let issuer = || TrustedIssuer::new("https://other.example/");
    let keys = second(&bearer().trusted_issuer(issuer().public_key_url("https://other.example/jwks")));
    assert!(keys.discovery.is_none());
    let both = issuer().public_key_url("https://other.example/jwks").discovery_uri("https://other.example/meta");
    let both = second(&bearer().trusted_issuer(both));
    assert_eq!(both.discovery.as_ref().unwrap().as_str(), "https://other.example/meta");
    assert_eq!(both.key_urls.len(), 1);
    let signs_by = second(&bearer().trusted_issuer(issuer().algorithm("ES256").algorithm("EdDSA")));
    assert_eq!(format!("{:?}", signs_by.algorithms), "{Es256, EdDsa}");
}

#[test]
fn an_issuer_for_many_tenants_is_resolved_by_its_tenant() {
    let issuer = || TrustedIssuer::new("https://login.microsoftonline.com/{tenantid}/v2.0");
    assert_refused(&bearer().trusted_issuer(issuer()), &[&path(0, "publicKeyUrls")]);
    let azure = second(&bearer().trusted_issuer(issuer().tenant("8a1f")));
    assert_eq!((azure.kind, azure.tenant.as_deref()), (ProviderKind::Azure, Some("8a1f")));
    assert_eq!(
        azure.discovery.unwrap().as_str(),
        "https://login.microsoftonline.com/8a1f/v2.0/.well-known/openid-configuration"
    );
    let common = issuer().discovery_uri("https://login.microsoftonline.com/{tenant}/x").tenant("common");
    let common = second(&bearer().trusted_issuer(common));
    assert_eq!((common.tenant, common.discovery.unwrap().path()), (None, "/common/x"));
}

#[test]
fn an_issuer_is_named_once() {
    let other = || TrustedIssuer::new("https://other.example/");
    assert_refused(&bearer().trusted_issuer(other()).trusted_issuer(other()), &[&path(1, "issuer")]);
    let pinned = bearer().issuer("https://other.example/");
    assert_refused(&pinned.clone().trusted_issuer(other()), &[&path(0, "issuer")]);
    pinned.trusted_issuer(TrustedIssuer::new("https://other.example")).check().unwrap();
}

#[test]
fn every_problem_of_an_entry_is_told() {
    let text = r#"
        authenticationConfiguration:
          authority: https://tenant.us.auth0.com
          oidcConfiguration: { audience: a }
          trustedIssuers:
            - publicKeyUrls: [jwks]
              algorithms: HS256
              discoveryUri: meta
            - issuer: { a: b }
              discoveryUri: "https://a.example/{tenant}"
            - issuer: https://a.example
              audiences: [a]
              tenant: "a b"
            - issuer: https://dev‑x.example
              discoveryUri: https://dev‑x.example/meta
            - issuer: open-metadata.org
            - text
    "#;
    let errors = load(text).unwrap_err();
    assert_eq!(
        paths(&errors),
        [
            path(1, "issuer"),
            path(2, "audiences"),
            format!("{AUTHENTICATION}.trustedIssuers[5]"),
            path(0, "publicKeyUrls[0]"),
            path(0, "algorithms[0]"),
            path(0, "issuer"),
            path(0, "discoveryUri"),
            path(1, "discoveryUri"),
            path(2, "tenant"),
            path(3, "issuer"),
            path(3, "discoveryUri"),
            path(4, "publicKeyUrls"),
        ],
        "{errors}"
    );
    assert!(errors.problems()[1].mend.contains("trustedIssuers[2].audience?"), "{errors}");
    let errors = load("authenticationConfiguration: { trustedIssuers: { issuer: a } }").unwrap_err();
    assert_eq!(paths(&errors)[0], format!("{AUTHENTICATION}.trustedIssuers"));
}
