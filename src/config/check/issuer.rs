//! What the provider of the file and the trusted issuers have in common.

use std::borrow::Cow;

use url::Url;

use crate::types::Issuer;

use super::{
    super::ProviderKind,
    report::{Placed, Report, items},
    url::{UrlRules, is_plain, typographic_hyphen},
};

/// Where the metadata of an issuer is (OpenID Connect Discovery 1.0 section 4).
pub(super) const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// What stands for the tenant in the issuer of Entra's metadata when it serves many.
pub(super) const TENANT_ID: &str = "{tenantid}";

/// The tenants of Entra that stand for many: a token of any tenant resolves them.
const MANY_TENANTS: [&str; 3] = ["common", "organizations", "consumers"];

/// Reads an issuer, whose exact text is kept. It need not be a URL: OpenMetadata signs as `open-metadata.org`.
pub(super) fn issuer(path: &str, text: &str, urls: UrlRules, report: &mut Report<'_>) -> Option<Issuer> {
    if !is_plain(path, text, report) {
        return None;
    }
    if text.contains("://") {
        urls.read(path, &text.replace(TENANT_ID, "tenantid"), report)?;
    }
    Some(Issuer::new(text))
}

/// Reads a list of JWKS documents.
pub(super) fn key_urls(path: &str, list: &[String], urls: UrlRules, report: &mut Report<'_>) -> Vec<Url> {
    items(list).filter_map(|(at, text)| urls.read(&format!("{path}[{at}]"), text, report)).collect()
}

/// Reads a list of audiences.
pub(super) fn audiences(path: &str, list: &[String], report: &mut Report<'_>) -> Vec<String> {
    let read = |(at, text): (usize, &str)| {
        audience(&format!("{path}[{at}]"), text, report);
        text.to_owned()
    };
    items(list).map(read).collect()
}

/// Looks for what nobody sees in an audience, and what would have every token refused. An audience may be any text, and one with a colon
/// is a URI (RFC 7519 sections 2 and 4.1.3): what is a problem in a URL is a warning elsewhere.
pub(super) fn audience(path: &str, text: &str, report: &mut Report<'_>) {
    if text.contains("://") {
        is_plain(path, text, report);
    } else if let Some(what) = typographic_hyphen(text) {
        report.warning(path, format!("{what}, which likely came in by copying from a page; tokens must have the same"));
    } else if text.chars().any(|char| char.is_whitespace() && !char.is_ascii()) {
        report.warning(path, "holds white space that is none of the keyboard's; tokens must have the same");
    }
}

/// The metadata under a base URL, any trailing slash handled.
pub(super) fn discovery_under(path: &str, base: &str, urls: UrlRules, report: &mut Report<'_>) -> Option<Url> {
    let base = base.trim_end_matches('/');
    if base.ends_with(WELL_KNOWN) {
        let mend = format!("leave out {WELL_KNOWN}, or write the whole as discoveryUri");
        report.problem(path, "is the URL of the metadata, not the base URL", mend);
        return None;
    }
    let url = urls.read(path, base, report)?;
    if url.query().is_some() {
        report.problem(path, "holds a query (?), and the metadata lies under it", "write the whole as discoveryUri");
        return None;
    }
    Url::parse(&format!("{}{WELL_KNOWN}", url.as_str().trim_end_matches('/'))).ok()
}

/// Puts the tenant in the place of `{tenant}`.
pub(super) fn with_tenant<'a>(
    path: &str,
    text: &'a str,
    tenant: &Placed<Option<&str>>,
    report: &mut Report<'_>,
) -> Option<Cow<'a, str>> {
    if !text.contains("{tenant}") {
        return Some(Cow::Borrowed(text));
    }
    if tenant.value.is_none() && !report.is_failed(&tenant.path) {
        report.problem(path, "holds {tenant}, and no tenant is set", format!("set {}", tenant.path));
    }
    Some(Cow::Owned(text.replace("{tenant}", tenant.value?)))
}

/// What a templated issuer must resolve to.
pub(super) fn one_tenant(tenant: Option<&str>) -> Option<String> {
    tenant.filter(|tenant| !MANY_TENANTS.contains(tenant)).map(str::to_owned)
}

/// The kind of provider that an issuer is by its host.
pub(super) fn kind_by_host(issuer: &str) -> ProviderKind {
    let Some(host) = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned)) else {
        return ProviderKind::CustomOidc;
    };
    let under = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    match host.as_str() {
        "login.microsoftonline.com" | "sts.windows.net" => ProviderKind::Azure,
        "accounts.google.com" => ProviderKind::Google,
        _ if under("auth0.com") => ProviderKind::Auth0,
        _ if under("okta.com") || under("oktapreview.com") => ProviderKind::Okta,
        _ if under("amazonaws.com") && host.starts_with("cognito-idp.") => ProviderKind::AwsCognito,
        _ => ProviderKind::CustomOidc,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_an_issuer_is_told_by_its_whole_host() {
        for (issuer, kind) in [
            ("https://tenant.us.auth0.com/", ProviderKind::Auth0),
            ("https://login.microsoftonline.com/tid/v2.0", ProviderKind::Azure),
            ("https://sts.windows.net/tid/", ProviderKind::Azure),
            ("https://accounts.google.com", ProviderKind::Google),
            ("https://dev.okta.com/oauth2/default", ProviderKind::Okta),
            ("https://dev.oktapreview.com", ProviderKind::Okta),
            ("https://cognito-idp.eu-west-1.amazonaws.com/pool", ProviderKind::AwsCognito),
            ("https://auth0.com.evil.com/", ProviderKind::CustomOidc),
            ("https://evilauth0.com/", ProviderKind::CustomOidc),
            ("https://evil.com/login.microsoftonline.com", ProviderKind::CustomOidc),
            ("https://s3.amazonaws.com/", ProviderKind::CustomOidc),
            ("open-metadata.org", ProviderKind::CustomOidc),
        ] {
            assert_eq!(kind_by_host(issuer), kind, "{issuer}");
        }
    }
}
