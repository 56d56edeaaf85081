//! The provider of the file: whose quirks, where its metadata is, whose keys, for whom.

use std::{borrow::Cow, time::Duration};

use url::Url;

use super::{
    super::{
        BearerTokenKind, Config, IssuerSettings, ProviderKind,
        fields::{AUTHENTICATION, authentication, oidc},
    },
    client::Client,
    issuer::{
        audiences as listed, discovery_under, issuer as exact_issuer, key_urls, kind_by_host, one_tenant, with_tenant,
    },
    report::{Placed, Report, given, items},
    url::{UrlRules, is_plain},
    words::{self, shown, word},
};

/// What both clocks may be apart by default: what Auth0's own libraries allow.
const DEFAULT_CLOCK_SKEW: u64 = 60;

/// Most that clocks may be apart. A leeway prolongs the life of every stolen token by as much.
const MAX_CLOCK_SKEW: u64 = 300;

/// Providers of OpenMetadata that do not speak OpenID Connect.
const NOT_OIDC: [&str; 5] = ["basic", "ldap", "saml", "openmetadata", "no-auth"];

/// The kind of provider: `provider`, or else its old name `oidcConfiguration.type`, or else what its host tells.
pub(super) fn kind(config: &Config, report: &mut Report<'_>) -> ProviderKind {
    let provider = given(config.authentication.provider.as_ref()).map(|text| (authentication("provider"), text));
    let old = given(config.authentication.oidc.r#type.as_ref()).map(|text| (oidc("type"), text));
    if let (Some((_, provider)), Some((path, old))) = (&provider, &old)
        && !provider.eq_ignore_ascii_case(old)
    {
        report.warning(path, format!("differs from {}, which counts", authentication("provider")));
    }
    let Some((path, name)) = provider.or(old) else { return told_by_host(config) };
    if NOT_OIDC.iter().any(|other| other.eq_ignore_ascii_case(name)) {
        let all: Vec<_> = words::PROVIDERS.iter().map(|(word, _)| *word).collect();
        report.problem(
            path,
            format!("{} is not OpenID Connect", shown(name)),
            format!("write one of {}", all.join(", ")),
        );
        return ProviderKind::Auth0;
    }
    word(&path, Some(name), words::PROVIDERS, report).unwrap_or(ProviderKind::Auth0)
}

/// The kind of a provider that is not named: Auth0's, unless it stands at the host of another one. A domain of somebody's own may well be
/// Auth0's.
fn told_by_host(config: &Config) -> ProviderKind {
    let outer = &config.authentication;
    let texts = [&outer.oidc.discovery_uri, &outer.authority, &outer.oidc.issuer];
    let text = texts.into_iter().find_map(|text| given(text.as_ref()));
    let url = text.map(|text| if text.contains("://") { text.to_owned() } else { format!("https://{text}") });
    match url.as_deref().map(kind_by_host) {
        None | Some(ProviderKind::CustomOidc) => ProviderKind::Auth0,
        Some(kind) => kind,
    }
}

/// `providerName`, or a name for it.
fn name(config: &Config, primary: &IssuerSettings) -> String {
    let host = || {
        let pinned = primary.issuer.as_ref().map(|issuer| issuer.as_str());
        let host = pinned.and_then(|issuer| Url::parse(issuer).ok()).or_else(|| primary.discovery.clone());
        host.and_then(|url| url.host_str().map(str::to_owned)).or(pinned.map(str::to_owned)).unwrap_or_default()
    };
    match given(config.authentication.provider_name.as_ref()) {
        Some(name) => name.to_owned(),
        None if primary.kind == ProviderKind::Auth0 => "Auth0".to_owned(),
        None => host(),
    }
}

/// The provider as an issuer of tokens.
pub(super) fn issuer(
    config: &Config,
    kind: ProviderKind,
    client: &Client,
    urls: UrlRules,
    report: &mut Report<'_>,
) -> IssuerSettings {
    let settings = &config.authentication.oidc;
    let tenant = tenant(config, report);
    let pinned = given(settings.issuer.as_ref());
    let bearer_path = oidc("bearerTokenKind");
    let bearer = word(&bearer_path, given(settings.bearer_token_kind.as_ref()), words::BEARER_TOKEN_KINDS, report);
    let mut primary = IssuerSettings {
        path: AUTHENTICATION.to_owned(),
        name: String::new(),
        kind,
        issuer: pinned.and_then(|text| exact_issuer(&oidc("issuer"), text, urls, report)),
        discovery: discovery(config, kind, tenant, urls, report),
        key_urls: key_urls(&authentication("publicKeyUrls"), &config.authentication.public_key_urls, urls, report),
        tenant: one_tenant(tenant.filter(|_| kind != ProviderKind::Auth0)),
        audiences: audiences(config, client, report),
        client_id: client.id.clone(),
        algorithms: words::algorithms(
            &authentication("tokenValidationAlgorithm"),
            &config.authentication.token_validation_algorithm,
            report,
        ),
        id_token_algorithm: None,
        bearer_token_kind: bearer.unwrap_or(BearerTokenKind::AccessToken),
        clock_skew: clock_skew(settings.max_clock_skew, report),
        token_validity: report
            .seconds(&oidc("tokenValidity"), settings.token_validity)
            .filter(|validity| !validity.is_zero()),
    };
    primary.name = name(config, &primary);
    require_source(config, kind, report);
    primary
}

/// `tenant`, when it can stand in a URL.
fn tenant<'a>(config: &'a Config, report: &mut Report<'_>) -> Option<&'a str> {
    let (path, tenant) = (oidc("tenant"), given(config.authentication.oidc.tenant.as_ref())?);
    if !is_plain(&path, tenant, report) {
        return None;
    }
    if !tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')) {
        report.problem(path, "is not the name, id or domain of a tenant", "write letters, digits, - . and _ alone");
        return None;
    }
    Some(tenant)
}

/// Where the metadata is: `discoveryUri`, or else under the authority.
fn discovery(
    config: &Config,
    kind: ProviderKind,
    tenant: Option<&str>,
    urls: UrlRules,
    report: &mut Report<'_>,
) -> Option<Url> {
    let tenant_key = Placed { value: tenant, path: oidc("tenant") };
    let authority = authority(config, kind, tenant);
    let Some(text) = given(config.authentication.oidc.discovery_uri.as_ref()) else {
        let authority = authority?;
        let base = with_tenant(&authority.path, &authority.value, &tenant_key, report)?;
        return discovery_under(&authority.path, &base, urls, report);
    };
    let mut read = |path: &str, text: &str| {
        let text = with_tenant(path, text, &tenant_key, report)?;
        urls.read(path, &text, report)
    };
    // Both are read before they are compared: each may have a problem of its own.
    let path = oidc("discoveryUri");
    let url = read(&path, text);
    let base = authority.and_then(|Placed { value, path }| Some(Placed { value: read(&path, &value)?, path }));
    if let (Some(url), Some(base)) = (&url, base)
        && base.value.origin() != url.origin()
    {
        report.warning(path, format!("has another origin than {}; discoveryUri counts", base.path));
    }
    url
}

/// `authority`; for Auth0 a bare domain will do, and so will a tenant in its place.
fn authority<'a>(config: &'a Config, kind: ProviderKind, tenant: Option<&'a str>) -> Option<Placed<Cow<'a, str>>> {
    if let Some(text) = given(config.authentication.authority.as_ref()) {
        let bare = kind == ProviderKind::Auth0 && !text.contains("://");
        let value = if bare { format!("https://{text}").into() } else { text.into() };
        return Some(Placed { value, path: authentication("authority") });
    }
    let tenant = tenant.filter(|_| kind == ProviderKind::Auth0)?;
    let host = if tenant.contains('.') { tenant.to_owned() } else { format!("{tenant}.auth0.com") };
    Some(Placed { value: format!("https://{host}").into(), path: oidc("tenant") })
}

/// `audience`, or else the client id.
fn audiences(config: &Config, client: &Client, report: &mut Report<'_>) -> Vec<String> {
    let given = listed(&oidc("audience"), &config.authentication.oidc.audience, report);
    if given.is_empty() { client.id.iter().cloned().collect() } else { given }
}

fn clock_skew(seconds: Option<u64>, report: &mut Report<'_>) -> Duration {
    let seconds = seconds.unwrap_or(DEFAULT_CLOCK_SKEW);
    if seconds > MAX_CLOCK_SKEW {
        let what = format!("{seconds} seconds are more than {MAX_CLOCK_SKEW}");
        report.problem(oidc("maxClockSkew"), what, format!("write at most {MAX_CLOCK_SKEW}, and set the clocks right"));
    }
    Duration::from_secs(seconds.min(MAX_CLOCK_SKEW))
}

/// Something must say who the issuer is; without discovery, its keys must be named too.
fn require_source(config: &Config, kind: ProviderKind, report: &mut Report<'_>) {
    if names_discovery(config, kind, report) || report.is_failed(oidc("issuer")) {
        return;
    }
    if given(config.authentication.oidc.issuer.as_ref()).is_none() {
        let mend = "set authority, or oidcConfiguration.discoveryUri or .issuer";
        report.problem(authentication("authority"), "is required: no provider is named", mend);
    } else if items(&config.authentication.public_key_urls).next().is_none() {
        let what = "is required: an issuer is pinned without discovery";
        report.problem(authentication("publicKeyUrls"), what, "name the issuer's JWKS documents, or set authority");
    }
}

/// Whether the configuration says where the metadata is, rightly or wrongly.
pub(super) fn names_discovery(config: &Config, kind: ProviderKind, report: &Report<'_>) -> bool {
    let outer = &config.authentication;
    let unread = [authentication("authority"), oidc("discoveryUri"), oidc("tenant")];
    given(outer.authority.as_ref()).is_some()
        || given(outer.oidc.discovery_uri.as_ref()).is_some()
        || kind == ProviderKind::Auth0 && given(outer.oidc.tenant.as_ref()).is_some()
        || unread.iter().any(|path| report.is_failed(path))
}

/// Without an audience every token of the provider would do, whoever it was made for.
pub(super) fn require_audience(primary: &IssuerSettings, client: &Client, report: &mut Report<'_>) {
    let unknown = [oidc("audience"), oidc("id"), authentication("clientId")].iter().any(|path| report.is_failed(path));
    if unknown || client.login {
        return;
    }
    if primary.audiences.is_empty() {
        report.problem(
            oidc("audience"),
            "is required: bearer tokens must be meant for someone",
            "name the API, or set id",
        );
    }
    if primary.bearer_token_kind != BearerTokenKind::AccessToken && primary.client_id.is_none() {
        let what = "is required: an ID token is meant for the client";
        report.problem(oidc("id"), what, "set the client id, or bearerTokenKind: access_token");
    }
}
