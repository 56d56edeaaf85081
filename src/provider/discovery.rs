//! Metadata fetched and held against the configuration (OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3).

use std::sync::Arc;

use bytes::Bytes;
use url::{Position, Url};

use crate::{
    config::{HttpSettings, IssuerSettings, ProviderKind, is_loopback},
    types::{Algorithm, Clock, Issuer},
};

use super::{
    entra,
    error::{ProviderError, ShownUrl},
    fetch::Fetcher,
    http::HttpClient,
    issuer_rule::{IssuerRule, IssuerTemplate},
    metadata::{MAX_METADATA_BYTES, Metadata},
};

/// Where metadata live: OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3.
const WELL_KNOWN: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

/// Metadata that agree with the configuration, and the issuers they stand for.
#[derive(Debug)]
pub(super) struct Discovered {
    pub(super) metadata: Metadata,
    pub(super) rule: IssuerRule,
}

/// Fetches the metadata at `url` and checks them.
pub(super) async fn discover(
    fetcher: &Fetcher,
    url: &Url,
    settings: &IssuerSettings,
    https_only: bool,
) -> Result<Discovered, ProviderError> {
    check(fetch(fetcher, url).await?, url, settings, https_only)
}

impl Metadata {
    /// Fetches the metadata at `url` once, for a client that needs the endpoints and not the keys, and holds them against `settings`.
    ///
    /// # Errors
    /// Why there are none, or what in them contradicts the settings.
    pub async fn discover(
        url: &Url,
        settings: &IssuerSettings,
        http: &HttpSettings,
        client: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ProviderError> {
        let metadata = fetch(&Fetcher::new(&settings.name, client, clock), url).await?;
        issuer_rule(&metadata.issuer, url, settings)?;
        require_https(&metadata, http.https_only)?;
        Ok(metadata)
    }

    /// The same for whoever wants to know every problem, and to look at metadata that have some.
    pub(crate) async fn inspect(
        url: &Url,
        settings: &IssuerSettings,
        http: &HttpSettings,
        client: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> (Option<Self>, Vec<ProviderError>) {
        let read = match document(&Fetcher::new(&settings.name, client, clock), url).await {
            Ok(document) => Self::read(&document, url),
            Err(error) => Err(error),
        };
        match read {
            Err(error) => (None, vec![error]),
            Ok((metadata, mut problems)) => {
                let found =
                    metadata.iter().flat_map(|metadata| contradictions(metadata, url, settings, http.https_only));
                problems.extend(found);
                (metadata, problems)
            }
        }
    }
}

async fn fetch(fetcher: &Fetcher, url: &Url) -> Result<Metadata, ProviderError> {
    Metadata::parse(&document(fetcher, url).await?, url)
}

async fn document(fetcher: &Fetcher, url: &Url) -> Result<Bytes, ProviderError> {
    Ok(fetcher.get(url, None, MAX_METADATA_BYTES).await?.document.unwrap_or_default())
}

/// All that [`check`] refuses.
fn contradictions(metadata: &Metadata, url: &Url, settings: &IssuerSettings, https_only: bool) -> Vec<ProviderError> {
    let issuer = issuer_rule(&metadata.issuer, url, settings).err();
    let keys = require_keys(metadata, url, settings).err();
    let plain = metadata.urls().filter(|(_, url)| https_only && url.scheme() != "https");
    let plain = plain.map(|(member, _)| ProviderError::NotHttps { member });
    issuer.into_iter().chain(keys).chain(plain).collect()
}

fn check(
    metadata: Metadata,
    url: &Url,
    settings: &IssuerSettings,
    https_only: bool,
) -> Result<Discovered, ProviderError> {
    let rule = issuer_rule(&metadata.issuer, url, settings)?;
    require_keys(&metadata, url, settings)?;
    require_https(&metadata, https_only)?;
    Ok(Discovered { metadata, rule })
}

fn require_keys(metadata: &Metadata, url: &Url, settings: &IssuerSettings) -> Result<(), ProviderError> {
    let missing = metadata.jwks_uri.is_none() && settings.key_urls.is_empty();
    if missing { Err(ProviderError::Missing { url: ShownUrl::new(url), member: "jwks_uri" }) } else { Ok(()) }
}

fn require_https(metadata: &Metadata, https_only: bool) -> Result<(), ProviderError> {
    match metadata.urls().find(|(_, url)| https_only && url.scheme() != "https") {
        Some((member, _)) => Err(ProviderError::NotHttps { member }),
        None => Ok(()),
    }
}

/// OpenID Connect Discovery 1.0 section 4.3: the issuer must be the one that the metadata were asked for.
///
/// A configured `issuer` must be equal exactly. Otherwise the discovery URL tells the issuer, with two departures that known
/// providers make: Auth0's has one more slash at its end, and Microsoft Entra's names the tenant in its own way.
fn issuer_rule(found: &Issuer, url: &Url, settings: &IssuerSettings) -> Result<IssuerRule, ProviderError> {
    let expected = match &settings.issuer {
        Some(pinned) => pinned.clone(),
        None => issuer_of(url).ok_or_else(|| ProviderError::UnknownIssuer { url: ShownUrl::new(url) })?,
    };
    if *found == expected {
        return Ok(rule_of(found, settings));
    }
    let quirk = match settings.kind {
        _ if settings.issuer.is_some() => None,
        ProviderKind::Auth0 => {
            (found.as_str().strip_suffix('/') == Some(expected.as_str())).then(|| IssuerRule::Exact(found.clone()))
        }
        ProviderKind::Azure => entra::issuer_rule(found.as_str(), url, settings.tenant.as_deref()),
        _ => None,
    };
    quirk.ok_or_else(|| ProviderError::IssuerMismatch { expected, found: found.clone() })
}

/// The rule for an issuer that is known word for word. Entra's may be a template in the operator's own words.
pub(super) fn rule_of(issuer: &Issuer, settings: &IssuerSettings) -> IssuerRule {
    let template = match settings.kind {
        ProviderKind::Azure => IssuerTemplate::parse(issuer.as_str(), settings.tenant.as_deref()),
        _ => None,
    };
    template.map_or_else(|| IssuerRule::Exact(issuer.clone()), IssuerRule::Template)
}

/// The issuer whose metadata a URL stands for: the URL without the well-known part, which OpenID Connect appends to the
/// issuer's path and RFC 8414 section 3.1 puts before it. The query is no part of it.
fn issuer_of(url: &Url) -> Option<Issuer> {
    let path = WELL_KNOWN.iter().find_map(|well_known| {
        let path = url.path();
        let inserted = || path.strip_prefix(well_known).filter(|rest| rest.starts_with('/'));
        path.strip_suffix(well_known).or_else(inserted)
    })?;
    Some(Issuer::new(&format!("{}{path}", &url[..Position::BeforePath])))
}

/// Tells the operator what is odd about new metadata, but no reason to refuse them.
pub(super) fn warn_about(metadata: &Metadata, settings: &IssuerSettings) {
    let (provider, issuer) = (settings.name.as_str(), metadata.issuer.as_str());
    for (member, url) in metadata.urls().filter(|(_, url)| url.scheme() != "https" && !is_loopback(url)) {
        tracing::warn!(provider, issuer, member, url = %ShownUrl::new(url), "the provider's metadata hold a plain http URL");
    }
    if let Some(offered) = &metadata.id_token_signing_alg_values_supported
        && !offered
            .iter()
            .filter_map(|name| Algorithm::from_name(name))
            .any(|name| settings.key_algorithms().contains(name))
    {
        tracing::warn!(
            provider,
            issuer,
            configured = %settings.key_algorithms(),
            "the provider signs ID tokens with none of the configured algorithms; its access tokens may differ"
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::provider::test_support::settings;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn checked(kind: ProviderKind, discovery: &str, issuer: &str) -> Result<IssuerRule, ProviderError> {
        issuer_rule(&Issuer::new(issuer), &url(discovery), &settings(kind))
    }

    fn is_taken(kind: ProviderKind, discovery: &str, issuer: &str) -> bool {
        match checked(kind, discovery, issuer) {
            Ok(rule) => rule == IssuerRule::Exact(Issuer::new(issuer)),
            Err(error) => {
                assert!(error.is_contradiction());
                false
            }
        }
    }

    #[test]
    fn the_issuer_is_the_discovery_url_without_the_well_known_part() {
        let custom = |discovery, issuer| is_taken(ProviderKind::CustomOidc, discovery, issuer);
        let plain = "https://id.example/.well-known/openid-configuration";
        assert!(custom(plain, "https://id.example"));
        assert!(custom(
            "https://id.example:8443/realms/a/.well-known/openid-configuration?p=1",
            "https://id.example:8443/realms/a"
        ));
        assert!(custom(
            "https://id.example/.well-known/oauth-authorization-server/realms/a",
            "https://id.example/realms/a"
        ));
        assert!(custom("https://id.example/a/.well-known/oauth-authorization-server", "https://id.example/a"));
        for issuer in [
            "https://id.example/",
            "https://ID.example",
            "http://id.example",
            "https://evil.example",
            "",
            "https://id.example//",
        ] {
            assert!(!custom(plain, issuer), "{issuer}");
        }
    }

    #[test]
    fn one_extra_slash_is_right_for_auth0_alone() {
        let discovery = "https://dev-abc.us.auth0.com/.well-known/openid-configuration";
        let slash = "https://dev-abc.us.auth0.com/";
        assert!(is_taken(ProviderKind::Auth0, discovery, slash));
        assert!(is_taken(ProviderKind::Auth0, discovery, "https://dev-abc.us.auth0.com"));
        assert!(!is_taken(ProviderKind::Auth0, discovery, "https://dev-abc.us.auth0.com//"));
        for kind in [ProviderKind::Okta, ProviderKind::Google, ProviderKind::Azure, ProviderKind::AwsCognito] {
            assert!(!is_taken(kind, discovery, slash), "{kind:?}");
        }
    }

    #[test]
    fn a_pinned_issuer_must_be_equal_exactly() {
        let mut settings = settings(ProviderKind::Auth0);
        settings.issuer = Some(Issuer::new("https://login.company.com"));
        let discovery = url("https://elsewhere.example/any/path");
        assert!(issuer_rule(&Issuer::new("https://login.company.com"), &discovery, &settings).is_ok());
        assert!(matches!(
            issuer_rule(&Issuer::new("https://login.company.com/"), &discovery, &settings),
            Err(ProviderError::IssuerMismatch { .. })
        ));
    }

    #[test]
    fn a_url_without_the_well_known_part_needs_a_pinned_issuer() {
        for discovery in ["https://id.example/metadata.json", "https://id.example/.well-known/openid-configurationx"] {
            assert!(matches!(
                checked(ProviderKind::CustomOidc, discovery, "https://id.example"),
                Err(ProviderError::UnknownIssuer { .. })
            ));
        }
    }

    #[test]
    fn only_entra_has_templates() {
        let discovery = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration";
        let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
        assert!(matches!(checked(ProviderKind::Azure, discovery, template), Ok(IssuerRule::Template(_))));
        assert!(checked(ProviderKind::CustomOidc, discovery, template).is_err());
    }

    #[test]
    fn plain_http_is_refused_only_if_the_operator_asks_for_https() {
        let discovery = url("https://id.example/.well-known/openid-configuration");
        let checked = |https_only| {
            let json = br#"{"issuer":"https://id.example","jwks_uri":"http://id.example/keys"}"#;
            let metadata = Metadata::parse(json, &discovery).unwrap();
            check(metadata, &discovery, &settings(ProviderKind::CustomOidc), https_only)
        };
        assert!(matches!(checked(true), Err(ProviderError::NotHttps { member: "jwks_uri" })));
        assert!(checked(false).is_ok());
    }

    #[test]
    fn whoever_inspects_sees_every_contradiction_and_first_the_one_that_stops_the_check() {
        let discovery = url("https://id.example/.well-known/openid-configuration");
        let json = br#"{"issuer":"https://evil.example","token_endpoint":"http://id.example/t","scopes_supported":1,
                        "userinfo_endpoint":"http://id.example/u","jwks_uri":"keys"}"#;
        let (metadata, malformed) = Metadata::read(json, &discovery).unwrap();
        let members = malformed.iter().map(|error| match error {
            ProviderError::Metadata { member, .. } => *member,
            other => panic!("{other}"),
        });
        assert_eq!(members.collect::<Vec<_>>(), ["jwks_uri", "scopes_supported"]);
        let (metadata, settings) = (metadata.unwrap(), settings(ProviderKind::CustomOidc));
        let found = contradictions(&metadata, &discovery, &settings, true);
        assert!(matches!(
            &*found,
            [
                ProviderError::IssuerMismatch { .. },
                ProviderError::Missing { member: "jwks_uri", .. },
                ProviderError::NotHttps { member: "token_endpoint" },
                ProviderError::NotHttps { member: "userinfo_endpoint" },
            ]
        ));
        let refused = check(metadata, &discovery, &settings, true).unwrap_err();
        assert_eq!(refused.to_string(), found[0].to_string());
    }

    #[test]
    fn metadata_without_keys_are_enough_when_key_urls_are_configured() {
        let discovery = url("https://id.example/.well-known/openid-configuration");
        let metadata = || Metadata::parse(br#"{"issuer":"https://id.example"}"#, &discovery).unwrap();
        let mut settings = settings(ProviderKind::CustomOidc);
        let missing = check(metadata(), &discovery, &settings, false);
        assert!(matches!(missing, Err(ProviderError::Missing { member: "jwks_uri", .. })));
        settings.key_urls = vec![url("https://id.example/keys")];
        assert!(check(metadata(), &discovery, &settings, false).is_ok());
    }
}
