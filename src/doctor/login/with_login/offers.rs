//! Whether the provider offers what a login needs, and what it offers beyond that.

use crate::{
    config::{
        AUTHENTICATION, LoadUserinfo, LoginSettings, ProviderKind, PushedAuthorizationRequests, ResponseType, oidc,
    },
    doctor::{
        case::Examined,
        report::{Finding, Subject},
    },
    login::{LoginPaths, Mismatch, mismatches, pushes},
    provider::Metadata,
};

/// Scopes that a provider lists if it has them (OpenID Connect Core 1.0 sections 5.4 and 11). Those of APIs are often not listed.
const STANDARD_SCOPES: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

pub(super) fn check(settings: &LoginSettings, provider: &Examined) -> Vec<Finding> {
    let Some(metadata) = &provider.metadata else {
        let seen = format!("what the provider offers is {}", super::is_not_trusted(provider));
        return vec![Subject::Login.note("login.offered", AUTHENTICATION, seen)];
    };
    let mut findings = settings_offered(metadata, settings);
    findings.extend(endpoints(metadata, settings));
    findings.extend(scopes(metadata, settings));
    findings.push(end_session(metadata, provider.settings.kind));
    findings.push(back_channel(metadata, settings));
    findings.extend(pushed_requests(metadata, settings));
    findings
}

fn settings_offered(metadata: &Metadata, settings: &LoginSettings) -> Vec<Finding> {
    let mismatches = mismatches(metadata, settings);
    if !mismatches.is_empty() {
        return mismatches.iter().map(not_offered).collect();
    }
    let pkce = if settings.use_pkce { ", PKCE by S256" } else { "" };
    let seen = format!(
        "offered: {}{pkce}, ID tokens signed with {}, client authentication by {}",
        settings.response_type.name(),
        settings.id_token_algorithm,
        settings.client_authentication.method(),
    );
    let mut findings = vec![Subject::Login.ok("login.offered", AUTHENTICATION, seen)];
    if settings.use_pkce && metadata.code_challenge_methods_supported.is_none() {
        let seen = "PKCE is sent, and the provider's metadata do not say whether it looks at it";
        findings.push(Subject::Login.note("login.pkce", oidc("disablePkce"), seen));
    }
    findings
}

/// A setting whose value the provider does not offer.
pub(super) fn not_offered(mismatch: &Mismatch) -> Finding {
    let told = mismatch.to_string();
    let seen = told.strip_prefix(mismatch.setting).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&told);
    let mend = match mismatch.setting {
        "disablePkce" => {
            "let the provider offer PKCE by S256, or write true: an intercepted code is protected by nothing then"
        }
        "preferredJwsAlgorithm" => {
            "write an algorithm that is offered; HS256 is none: let the provider sign with a public key"
        }
        "pushedAuthorizationRequests" => {
            "write ifAvailable, or let the provider's metadata name a pushed_authorization_request_endpoint"
        }
        _ => "write a value that is offered, or let the provider offer this one",
    };
    Subject::Login.error("login.offered", oidc(mismatch.setting), seen, mend)
}

/// An endpoint that a login cannot do without is missing.
pub(super) fn no_endpoint(what: &str) -> Finding {
    let mend = "correct the address of the provider: without it nobody can sign in";
    Subject::Login.error("login.endpoints", AUTHENTICATION, format!("the provider does not offer {what}"), mend)
}

fn endpoints(metadata: &Metadata, settings: &LoginSettings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if metadata.authorization_endpoint.is_none() {
        findings.push(no_endpoint("an authorization endpoint"));
    }
    if settings.response_type == ResponseType::Code && metadata.token_endpoint.is_none() {
        findings.push(no_endpoint("a token endpoint"));
    }
    if findings.is_empty() {
        findings.push(Subject::Login.ok(
            "login.endpoints",
            AUTHENTICATION,
            "every endpoint that a login needs is there",
        ));
    }
    if metadata.userinfo_endpoint.is_none() && settings.response_type == ResponseType::Code {
        match settings.load_userinfo {
            LoadUserinfo::Always => {
                let seen = "is always, and the provider has no userinfo endpoint: every login fails";
                let mend = "write auto or never";
                findings.push(Subject::Login.error("login.userinfo", oidc("loadUserinfo"), seen, mend));
            }
            LoadUserinfo::Auto => {
                let seen = "the provider has no userinfo endpoint: claims come from the ID token alone";
                findings.push(Subject::Login.note("login.userinfo", oidc("loadUserinfo"), seen));
            }
            LoadUserinfo::Never => {}
        }
    }
    findings
}

fn scopes(metadata: &Metadata, settings: &LoginSettings) -> Option<Finding> {
    let offered = metadata.scopes_supported.as_ref()?;
    let asked = settings.scope.split(' ').filter(|scope| !scope.is_empty());
    let missing: Vec<_> = asked.filter(|scope| !offered.iter().any(|own| own == scope)).collect();
    let path = oidc("scope");
    if missing.is_empty() {
        return Some(Subject::Login.ok("login.scopes", path, format!("every scope is offered: {}", settings.scope)));
    }
    let seen = format!("asks for {}, which the provider does not list", missing.join(", "));
    Some(if missing.iter().any(|scope| STANDARD_SCOPES.contains(scope)) {
        let mend =
            "take it out, or let the provider offer it: some refuse the login, others give less than was asked for";
        Subject::Login.warning("login.scopes", path, seen, mend)
    } else {
        Subject::Login.note("login.scopes", path, seen)
    })
}

fn end_session(metadata: &Metadata, kind: ProviderKind) -> Finding {
    const CHECK: &str = "login.end_session";
    match (&metadata.end_session_endpoint, kind) {
        (Some(_), _) => Subject::Login.ok(CHECK, AUTHENTICATION, "signing out ends the session at the provider too"),
        (None, ProviderKind::Auth0) => {
            let seen = "no end_session_endpoint: signing out goes by /v2/logout (Tenant Settings, Advanced, RP-Initiated Logout \
                        End Session Endpoint Discovery)";
            Subject::Login.note(CHECK, AUTHENTICATION, seen)
        }
        (None, ProviderKind::AwsCognito) => {
            Subject::Login.note(CHECK, AUTHENTICATION, "no end_session_endpoint: signing out goes by Cognito's /logout")
        }
        (None, _) => {
            let seen = "no end_session_endpoint: who signs out here stays signed in at the provider";
            let mend = "let the provider offer RP-initiated logout, or tell people to sign out there too";
            Subject::Login.warning(CHECK, AUTHENTICATION, seen, mend)
        }
    }
}

fn back_channel(metadata: &Metadata, settings: &LoginSettings) -> Finding {
    const CHECK: &str = "login.back_channel";
    if !metadata.backchannel_logout_supported {
        let seen = "no back-channel logout: who signs out at the provider stays signed in here until the session ends";
        return Subject::Login.note(CHECK, AUTHENTICATION, seen);
    }
    let mut url = settings.server_url.clone();
    url.set_path(&LoginPaths::new(settings).back_channel_logout);
    url.set_query(None);
    Subject::Login.ok(CHECK, AUTHENTICATION, format!("back-channel logout is offered: register {url} for it"))
}

/// Pushed authorization requests (RFC 9126). Where they must be pushed and cannot be, that is told among the settings.
fn pushed_requests(metadata: &Metadata, settings: &LoginSettings) -> Option<Finding> {
    use PushedAuthorizationRequests as Setting;
    const CHECK: &str = "login.pushed_requests";
    let is_offered = metadata.pushed_authorization_request_endpoint.is_some();
    let is_wanted = metadata.require_pushed_authorization_requests;
    let path = oidc("pushedAuthorizationRequests");
    Some(match settings.pushed_authorization_requests {
        Setting::Required if !is_offered => return None,
        _ if pushes(metadata, settings) => {
            let seen = "authorization requests are pushed (PAR): the browser carries their references alone";
            Subject::Login.ok(CHECK, path, seen)
        }
        Setting::Off if is_wanted => {
            let seen = "is off, and the provider takes pushed authorization requests alone";
            Subject::Login.error(CHECK, path, seen, "take it out, or write required")
        }
        _ if is_wanted => {
            let seen = "the provider takes pushed authorization requests alone, and does not say where to push them";
            let mend = "let its metadata name a pushed_authorization_request_endpoint, or take other requests of this client too";
            Subject::Login.error(CHECK, AUTHENTICATION, seen, mend)
        }
        _ => {
            let offered = if is_offered { "offered" } else { "not offered" };
            let seen = format!("pushed authorization requests (PAR) are {offered}; the login does without");
            Subject::Login.note(CHECK, AUTHENTICATION, seen)
        }
    })
}
