//! `trustedIssuers`: further issuers of bearer tokens.

use std::collections::BTreeSet;

use url::Url;

use crate::types::Issuer;

use super::{
    super::{Config, IssuerSettings, ProviderKind, TrustedIssuer, fields::authentication},
    issuer::{TENANT_ID, audiences, discovery_under, issuer, key_urls, kind_by_host, one_tenant, with_tenant},
    report::{Placed, Report, given, items},
    url::{UrlRules, is_plain},
    words,
};

/// The provider of the file first, then the trusted issuers.
pub(super) fn issuers(
    config: &Config,
    primary: IssuerSettings,
    urls: UrlRules,
    report: &mut Report<'_>,
) -> Vec<IssuerSettings> {
    let mut known: BTreeSet<_> = primary.issuer.clone().into_iter().collect();
    let mut issuers = vec![primary];
    for (position, entry) in config.authentication.trusted_issuers.iter().enumerate() {
        let path = authentication(&format!("trustedIssuers[{position}]"));
        let Some(settings) = trusted(entry, path, &issuers[0], urls, report) else { continue };
        if let Some(issuer) = &settings.issuer
            && !known.insert(issuer.clone())
        {
            let what = "this issuer is configured twice";
            report.problem(format!("{}.issuer", settings.path), what, "leave one of the two");
        } else if settings.discovery.is_some() && settings.discovery == issuers[0].discovery {
            let what = "is the provider's own: what is written here, and not there, counts for its bearer tokens";
            report.warning(format!("{}.issuer", settings.path), what);
        }
        issuers.push(settings);
    }
    issuers
}

fn trusted(
    entry: &TrustedIssuer,
    path: String,
    primary: &IssuerSettings,
    urls: UrlRules,
    report: &mut Report<'_>,
) -> Option<IssuerSettings> {
    let key = |name: &str| format!("{path}.{name}");
    let tenant = given(entry.tenant.as_ref()).filter(|tenant| is_plain(&key("tenant"), tenant, report));
    let key_urls = key_urls(&key("publicKeyUrls"), &entry.public_key_urls, urls, report);
    let algorithms = words::algorithms(&key("algorithms"), &entry.algorithms, report);
    let issuer = exact_issuer(entry, &key("issuer"), urls, report);
    let discovery = discovery(entry, issuer.as_ref(), Placed { value: tenant, path: key("tenant") }, urls, report);
    let audiences = audiences(&key("audience"), &entry.audience, report);
    let issuer = issuer?;
    Some(IssuerSettings {
        name: issuer.as_str().to_owned(),
        kind: kind(issuer.as_str(), key_urls.is_empty(), primary.kind),
        discovery,
        issuer: Some(issuer),
        key_urls,
        tenant: one_tenant(tenant),
        client_id: client_id(&audiences, primary),
        audiences: if audiences.is_empty() { primary.audiences.clone() } else { audiences },
        algorithms,
        id_token_algorithm: None,
        path,
        ..primary.clone()
    })
}

fn exact_issuer(entry: &TrustedIssuer, path: &str, urls: UrlRules, report: &mut Report<'_>) -> Option<Issuer> {
    let text = given(entry.issuer.as_ref());
    if text.is_none() {
        report.problem(path, "is required", "write the exact `iss` of its tokens");
    }
    issuer(path, text?, urls, report)
}

/// Told by the issuer's host. Beside a tenant of Auth0, an https issuer that tells its keys by discovery is taken for a
/// custom domain of Auth0's; the service's own tokens, whose keys are named, are not.
fn kind(issuer: &str, discovers_keys: bool, primary: ProviderKind) -> ProviderKind {
    match kind_by_host(issuer) {
        ProviderKind::CustomOidc
            if primary == ProviderKind::Auth0 && discovers_keys && issuer.starts_with("https://") =>
        {
            primary
        }
        kind => kind,
    }
}

/// Whom an ID token of that issuer must be meant for: its own `audience` if it is one, or the client of the provider where
/// none is given. With several nobody can say which is a client, and no ID token counts.
fn client_id(audiences: &[String], primary: &IssuerSettings) -> Option<String> {
    match audiences {
        [] => primary.client_id.clone(),
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// `discoveryUri`, or else under the issuer, unless its keys are named or it has a problem of its own.
fn discovery(
    entry: &TrustedIssuer,
    issuer: Option<&Issuer>,
    tenant: Placed<Option<&str>>,
    urls: UrlRules,
    report: &mut Report<'_>,
) -> Option<Url> {
    let block = tenant.path.trim_end_matches(".tenant").to_owned();
    if let Some(text) = given(entry.discovery_uri.as_ref()) {
        let path = format!("{block}.discoveryUri");
        let text = with_tenant(&path, text, &tenant, report)?;
        return urls.read(&path, &text, report);
    }
    if items(&entry.public_key_urls).next().is_some() {
        return None;
    }
    let issuer = issuer?.as_str();
    let base = match tenant.value {
        Some(tenant) => issuer.replace(TENANT_ID, tenant),
        None => issuer.to_owned(),
    };
    if !base.contains("://") || base.contains(TENANT_ID) {
        let what = "is required: the issuer does not say where its metadata is";
        report.problem(format!("{block}.publicKeyUrls"), what, "name its JWKS documents, or set discoveryUri");
        return None;
    }
    discovery_under(&format!("{block}.issuer"), &base, urls, report)
}
