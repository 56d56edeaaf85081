//! Microsoft Entra ID, whose metadata name another issuer than the URL they came from.
//!
//! OpenID Connect Discovery 1.0 section 4.3 wants the two to be equal, so that nobody publishes metadata for somebody
//! else's issuer. Entra departs from it in three ways:
//!
//! 1. `common` and `organizations` name the template `https://login.microsoftonline.com/{tenantid}/v2.0`;
//! 2. metadata fetched for a tenant's domain name, and those of `consumers`, name the tenant's GUID;
//! 3. version 1 names `https://sts.windows.net/GUID/`.
//!
//! What section 4.3 guards against needs a host that two parties publish on, or a text that one of them chooses. Here both
//! the discovery URL and the issuer lie on hosts of one Microsoft cloud, and the tenant is pinned by the other half of the
//! URL: the issuer's tenant must be the configured one or the one in the discovery URL. Only a domain name there may become a
//! GUID, for Microsoft alone knows which one it is.

use url::Url;

use crate::types::Issuer;

use super::issuer_rule::{IssuerRule, IssuerTemplate, is_tenant_id};

/// The hosts of each cloud, as Microsoft's instance discovery lists them, with the issuers of version 1.
const CLOUDS: [&[&str]; 3] = [
    &["login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net"],
    &["login.microsoftonline.us", "login.usgovcloudapi.net", "sts.windows.net"],
    &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn", "sts.chinacloudapi.cn"],
];

/// The tenant of all personal accounts, which `consumers` stands for.
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The rule for issuer `found` in metadata from `discovery`, if Entra may say so there.
pub(super) fn issuer_rule(found: &str, discovery: &Url, configured: Option<&str>) -> Option<IssuerRule> {
    let named = Authority::of_issuer(found)?;
    let asked = Authority::of_discovery(discovery)?;
    if !CLOUDS.iter().any(|hosts| hosts.contains(&named.host) && hosts.contains(&asked.host)) {
        return None;
    }
    if named.tenant == "{tenantid}" {
        let tenant = configured.or((!is_shared(asked.tenant)).then_some(asked.tenant));
        return IssuerTemplate::parse(found, tenant).map(IssuerRule::Template);
    }
    is_tenant(named.tenant, asked.tenant, configured).then(|| IssuerRule::Exact(Issuer::new(found)))
}

/// A host and the tenant on it.
struct Authority<'a> {
    host: &'a str,
    tenant: &'a str,
}

impl<'a> Authority<'a> {
    /// `https://HOST/TENANT/v2.0` or `https://HOST/TENANT/`.
    fn of_issuer(issuer: &'a str) -> Option<Self> {
        let (host, path) = issuer.strip_prefix("https://")?.split_once('/')?;
        let tenant = path.strip_suffix("/v2.0").or_else(|| path.strip_suffix('/'))?;
        (tenant == "{tenantid}" || is_tenant_id(tenant)).then_some(Self { host, tenant })
    }

    /// `https://HOST/TENANT/...`.
    fn of_discovery(url: &'a Url) -> Option<Self> {
        let tenant = url.path_segments()?.next()?;
        (url.scheme() == "https" && is_tenant_id(tenant)).then_some(Self { host: url.host_str()?, tenant })
    }
}

fn is_tenant(named: &str, asked: &str, configured: Option<&str>) -> bool {
    match configured {
        Some(tenant) if named.eq_ignore_ascii_case(tenant) => true,
        Some(tenant) if !asked.eq_ignore_ascii_case(tenant) => false,
        _ if asked == "consumers" => named == CONSUMERS,
        _ if is_shared(asked) => false,
        _ => named.eq_ignore_ascii_case(asked) || (asked.contains('.') && !named.contains('.')),
    }
}

fn is_shared(tenant: &str) -> bool {
    matches!(tenant, "common" | "organizations" | "consumers")
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaa-86f1-41af-91ab-2d7cd011db47";
    const B: &str = "bbbbbbbb-86f1-41af-91ab-2d7cd011db47";

    fn rule(found: &str, asked: &str, configured: Option<&str>) -> Option<IssuerRule> {
        let url = format!("https://login.microsoftonline.com/{asked}/v2.0/.well-known/openid-configuration");
        issuer_rule(found, &Url::parse(&url).unwrap(), configured)
    }

    fn v2(tenant: &str) -> String {
        format!("https://login.microsoftonline.com/{tenant}/v2.0")
    }

    fn v1(tenant: &str) -> String {
        format!("https://sts.windows.net/{tenant}/")
    }

    #[test]
    fn shared_endpoints_give_a_template_for_the_configured_tenant_or_all() {
        let all = rule(&v2("{tenantid}"), "common", None).unwrap();
        assert!(all.matches(&v2(A), Some(A)).is_some() && all.matches(&v2(B), Some(B)).is_some());
        let one = rule(&v2("{tenantid}"), "organizations", Some(A)).unwrap();
        assert!(one.matches(&v2(A), Some(A)).is_some());
        assert_eq!(one.matches(&v2(B), Some(B)), None);
        assert!(rule(&v1("{tenantid}"), "common", None).unwrap().matches(&v1(A), Some(A)).is_some());
    }

    #[test]
    fn a_template_from_the_url_of_one_tenant_is_for_that_tenant() {
        let rule = rule(&v2("{tenantid}"), A, None).unwrap();
        assert!(rule.matches(&v2(A), Some(A)).is_some());
        assert_eq!(rule.matches(&v2(B), Some(B)), None);
    }

    #[test]
    fn a_concrete_issuer_has_the_tenant_asked_for() {
        let exact = |issuer: &str| Some(IssuerRule::Exact(Issuer::new(issuer)));
        assert_eq!(rule(&v1(A), A, None), exact(&v1(A)));
        assert_eq!(rule(&v2(A), "contoso.onmicrosoft.com", None), exact(&v2(A)));
        assert_eq!(rule(&v2(A), "contoso.onmicrosoft.com", Some("contoso.onmicrosoft.com")), exact(&v2(A)));
        assert_eq!(rule(&v2(A), "contoso.onmicrosoft.com", Some(A)), exact(&v2(A)));
        assert_eq!(rule(&v2(CONSUMERS), "consumers", None), exact(&v2(CONSUMERS)));
        assert_eq!(rule(&v1(B), A, None), None);
        assert_eq!(rule(&v2(B), "contoso.onmicrosoft.com", Some(A)), None);
        assert_eq!(rule(&v2("fabrikam.com"), "contoso.onmicrosoft.com", None), None);
        assert_eq!(rule(&v2(A), "common", None), None);
        assert_eq!(rule(&v2(A), "consumers", None), None);
    }

    #[test]
    fn other_hosts_schemes_and_shapes_are_refused() {
        for found in [
            format!("http://sts.windows.net/{A}/"),
            format!("https://evil.example/{A}/v2.0"),
            format!("https://login.microsoftonline.com.evil.example/{A}/v2.0"),
            format!("https://login.microsoftonline.com@evil.example/{A}/v2.0"),
            format!("https://login.partner.microsoftonline.cn/{A}/v2.0"),
            format!("https://sts.windows.net/{A}"),
            format!("https://sts.windows.net/{A}/x/v2.0"),
            format!("https://sts.windows.net/{A}/?x/"),
            "https://sts.windows.net/".to_owned(),
        ] {
            assert_eq!(rule(&found, A, None), None, "{found}");
        }
        let elsewhere = Url::parse(&format!("https://evil.example/{A}/v2.0/.well-known/openid-configuration")).unwrap();
        assert_eq!(issuer_rule(&v2(A), &elsewhere, None), None);
        let plain = Url::parse(&format!("http://login.microsoftonline.com/{A}/.well-known/openid-configuration"));
        assert_eq!(issuer_rule(&v2(A), &plain.unwrap(), None), None);
    }
}
