//! What known providers do that a configuration must know of, and nothing else would tell.

use crate::{
    config::{BearerTokenKind, IssuerSettings, ProviderKind, authentication, authorizer, oidc},
    doctor::{
        case::Case,
        report::{Finding, Subject},
    },
};

/// The tenants of Entra that stand for many.
const MANY_TENANTS: [&str; 3] = ["common", "organizations", "consumers"];

pub(in crate::doctor) fn check(case: &Case) -> Vec<Finding> {
    let Some(primary) = case.primary() else { return Vec::new() };
    match primary.settings.kind {
        ProviderKind::Auth0 => auth0(case, &primary.settings),
        ProviderKind::Azure => entra(case, &primary.settings),
        ProviderKind::Google => google(&primary.settings),
        _ => Vec::new(),
    }
}

fn auth0(case: &Case, settings: &IssuerSettings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(login) = &case.settings.login else {
        let seen = "tokens must be signed with a public key: the API's setting cannot be seen from here, and with HS256 every \
                    token is refused (APIs, Settings, Signing Algorithm: RS256)";
        findings.push(Subject::Provider.note("auth0.hs256", authentication("tokenValidationAlgorithm"), seen));
        return findings;
    };
    let client_alone = settings.audiences.iter().all(|audience| settings.client_id.as_ref() == Some(audience));
    if client_alone && !login.custom_params.contains_key("audience") {
        let seen = "is not set: Auth0 gives opaque access tokens then, which no API can check";
        let mend = "name the API's identifier, if this service or another takes access tokens";
        findings.push(Subject::Provider.warning("auth0.audience", oidc("audience"), seen, mend));
    }
    let seen = "ID tokens must be signed with a public key: the application's setting cannot be seen from here, and with \
                HS256 every login is refused (Advanced Settings, OAuth, JSON Web Token Signature Algorithm: RS256)";
    findings.push(Subject::Provider.note("auth0.hs256", oidc("preferredJwsAlgorithm"), seen));
    findings
}

fn entra(case: &Case, settings: &IssuerSettings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(discovery) = &settings.discovery else { return findings };
    let segment = discovery.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    if !MANY_TENANTS.contains(&segment) {
        return findings;
    }
    let pinned = settings.issuer.as_ref().filter(|issuer| !issuer.as_str().contains("{tenantid}"));
    if let Some(issuer) = pinned {
        let seen = format!("is fixed to {issuer}, and the authority is for many tenants ({segment})");
        let mend = "write the tenant's id in the authority, or take the issuer out";
        findings.push(Subject::Provider.error("entra.issuer", oidc("issuer"), seen, mend));
    }
    let principal = &case.settings.principal;
    let anybody =
        settings.tenant.is_none() && principal.enforced_domains.is_empty() && principal.email_domains.is_empty();
    if anybody && pinned.is_none() {
        let seen =
            format!("is not set, and the authority is {segment}: everybody with an account at Microsoft gets in");
        let mend = format!("set it, or {}", authorizer("enforcePrincipalDomain"));
        findings.push(Subject::Provider.warning("entra.tenant", oidc("tenant"), seen, mend));
    }
    findings
}

fn google(settings: &IssuerSettings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if settings.bearer_token_kind == BearerTokenKind::AccessToken {
        let seen = "is access_token, and Google's access tokens are opaque: no bearer token of Google's is accepted";
        findings.push(Subject::Provider.note("google.bearer", oidc("bearerTokenKind"), seen));
    }
    let seen = "a name's domain counts with Google's `hd` alone: accounts without an organisation are refused where domains are \
                enforced";
    findings.push(Subject::Provider.note("google.hd", authentication("provider"), seen));
    findings
}
