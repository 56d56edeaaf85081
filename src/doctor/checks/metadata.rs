//! What a provider says of itself: that it can be had, and that it is of the issuer that the configuration means.

use crate::{
    config::{AUTHENTICATION, IssuerSettings, ProviderKind, is_loopback, oidc},
    doctor::{
        case::{Case, Examined},
        report::{Finding, Subject},
    },
    provider::{Causes, HttpError, Metadata, ProviderError, ShownUrl},
    types::Issuer,
};

pub(in crate::doctor) fn check(case: &Case) -> Vec<Finding> {
    case.issuers.iter().flat_map(|issuer| of_issuer(issuer, case)).collect()
}

fn of_issuer(issuer: &Examined, case: &Case) -> Vec<Finding> {
    let path = &issuer.settings.path;
    let Some(url) = &issuer.settings.discovery else { return vec![without_discovery(&issuer.settings, case)] };
    let mut findings = Vec::new();
    if issuer.problems.is_empty() {
        findings.push(Subject::Provider.ok("metadata", path, format!("{} answers", ShownUrl::new(url))));
    }
    findings.extend(issuer.problems.iter().map(|problem| refused(problem, &issuer.settings)));
    if let Some(metadata) = issuer.accepted() {
        findings.push(Subject::Provider.ok("metadata.issuer", path, issuer_told(&metadata.issuer)));
    }
    if let Some(metadata) = &issuer.metadata {
        findings.extend(plain_http(metadata, path, case.settings.http.https_only));
    }
    findings
}

fn without_discovery(settings: &IssuerSettings, case: &Case) -> Finding {
    let pinned = settings.issuer.is_some() && !settings.key_urls.is_empty();
    let seen = if pinned && !case.has_problems {
        "not asked for: issuer and key URLs are configured"
    } else {
        "not checked: the configuration does not tell where they are"
    };
    Subject::Provider.note("metadata", &settings.path, format!("metadata {seen}"))
}

fn issuer_told(issuer: &Issuer) -> String {
    let slash = if issuer.as_str().ends_with('/') { ", with the slash at its end" } else { "" };
    format!("the issuer is {issuer}{slash}")
}

/// Metadata, or keys, that the service does not take.
pub(in crate::doctor) fn refused(problem: &ProviderError, settings: &IssuerSettings) -> Finding {
    let check = match problem {
        ProviderError::IssuerMismatch { .. } | ProviderError::UnknownIssuer { .. } => "metadata.issuer",
        ProviderError::NotHttps { .. } => "metadata.https",
        _ => "metadata",
    };
    Subject::Provider.error(check, &settings.path, Causes(problem).to_string(), remedy(problem, settings))
}

/// How to mend what is wrong with metadata or with keys.
pub(in crate::doctor) fn remedy(problem: &ProviderError, settings: &IssuerSettings) -> String {
    match problem {
        ProviderError::Unreachable { source, .. } => unreachable(source).to_owned(),
        ProviderError::Status { status, .. } if status.as_u16() == 404 => {
            "there is nothing at that address: correct it; a realm, tenant or server id belongs into it".to_owned()
        }
        ProviderError::Status { .. } => "ask the provider why, or try again later".to_owned(),
        ProviderError::Redirect { to: Some(to), .. } => format!("configure {to}, if that is who you mean"),
        ProviderError::Redirect { .. } => "configure the address it leads to".to_owned(),
        ProviderError::Html { .. } => "that is a page for people: correct the address".to_owned(),
        ProviderError::NotJson { .. } => "correct the address: it leads to something else than metadata".to_owned(),
        ProviderError::Missing { member: "jwks_uri", .. } => "name the keys by publicKeyUrls".to_owned(),
        ProviderError::Missing { .. } | ProviderError::Metadata { .. } => {
            "mend the metadata at the provider, or correct the address".to_owned()
        }
        ProviderError::IssuerMismatch { expected, found } => other_issuer(expected, found, settings),
        ProviderError::UnknownIssuer { .. } => format!("set {} to the exact `iss` of its tokens", oidc("issuer")),
        ProviderError::NotHttps { .. } => {
            "let the provider publish https, or turn enableSecureSocketConnection off".to_owned()
        }
        ProviderError::KeyDocument { .. } => "name a JWK Set (RFC 7517): a JSON object with an array `keys`".to_owned(),
        ProviderError::NoKeys { .. } => {
            format!(
                "the algorithms {} are configured: let the provider sign with one of them",
                settings.key_algorithms()
            )
        }
        ProviderError::Stopped => "start it inside a tokio runtime that lives on".to_owned(),
    }
}

fn unreachable(source: &HttpError) -> &'static str {
    match source {
        HttpError::Connect(_) => {
            "check the host's name, and whether this machine may reach it (DNS, firewall, HTTPS_PROXY)"
        }
        HttpError::Tls(_) => "its certificate is not trusted here: name the root by caFile, if it is a private one",
        HttpError::Timeout => "check whether this machine may reach it (firewall, HTTPS_PROXY), and whether it is up",
        HttpError::TooLarge { .. } => "correct the address: no such document is so long",
        HttpError::Other(_) => {
            "check whether this machine may reach it by https (enableSecureSocketConnection, HTTPS_PROXY)"
        }
    }
}

fn other_issuer(expected: &Issuer, found: &Issuer, settings: &IssuerSettings) -> String {
    let (expected, found) = (expected.as_str(), found.as_str());
    let key = if settings.id_token_algorithm.is_some() || settings.path == AUTHENTICATION {
        oidc("issuer")
    } else {
        format!("{}.issuer", settings.path)
    };
    if found.strip_suffix('/') == Some(expected) || expected.strip_suffix('/') == Some(found) {
        return format!("they differ in the slash at the end alone: set {key} to {found:?}, exactly");
    }
    if settings.kind == ProviderKind::Azure {
        return format!("write the tenant's id in the authority, or set {key} to {found:?}, exactly");
    }
    format!("if {found:?} is who you mean, correct the address, or set {key} to it, exactly")
}

fn plain_http(metadata: &Metadata, path: &str, https_only: bool) -> Vec<Finding> {
    let plain: Vec<_> = metadata
        .urls()
        .filter(|(_, url)| url.scheme() != "https" && !is_loopback(url))
        .map(|(member, _)| member)
        .collect();
    if plain.is_empty() {
        return vec![Subject::Provider.ok("metadata.https", path, "every endpoint is https, or on this machine")];
    }
    if https_only {
        // Told as a contradiction already.
        return Vec::new();
    }
    let seen = format!("plain http for {}: what is sent there can be read and changed on the way", plain.join(", "));
    vec![Subject::Provider.warning("metadata.https", path, seen, "let the provider publish https")]
}
