//! Sessions.

use std::time::Duration;

use url::Url;

use crate::types::{Issuer, Secret};

use super::{
    super::{
        Config, IssuerSettings, SessionSettings, SessionStoreKind,
        fields::{authentication, oidc},
        source::secrets_of,
    },
    Service,
    client::Client,
    report::{Placed, Report, nested_over_outer},
    url::{is_loopback, is_plain},
};

/// Seven days, in seconds: what OpenMetadata ships.
const DEFAULT_EXPIRY: u64 = 604_800;

/// Fewest bytes of a secret that seals cookies: a key of 256 bits is derived from it.
const MIN_SECRET_BYTES: usize = 32;

/// The session settings; `None` goes with a problem.
pub(super) fn settings(
    config: &Config,
    service: Service,
    client: &Client,
    primary: &IssuerSettings,
    secure_cookie: bool,
    report: &mut Report<'_>,
) -> Option<SessionSettings> {
    let nested = &config.authentication.oidc;
    let store = store(config, report);
    let secrets = secrets(config, report);
    if client.login && secrets.as_ref().is_some_and(Vec::is_empty) {
        require_secret(service, store.as_ref(), report);
    }
    let expiry = expiry(config, report);
    let idle_timeout = at_least_one(&oidc("sessionIdleTimeout"), nested.session_idle_timeout, report);
    let max_per_user = max_per_user(config, service, store.as_ref(), report);
    Some(SessionSettings {
        expiry,
        idle_timeout,
        secrets: secrets?,
        secret_file: nested.session_secret_file.clone(),
        owner: owner(client, primary),
        store: store?,
        secure_cookie,
        max_per_user,
    })
}

/// Client and provider, each behind its length, so that no two pairs make the same text.
fn owner(client: &Client, primary: &IssuerSettings) -> String {
    let issuer = primary.issuer.as_ref().map(Issuer::as_str);
    let provider = issuer.or(primary.discovery.as_ref().map(Url::as_str)).unwrap_or_default();
    let client = client.id.as_deref().unwrap_or_default();
    format!("{}:{client}{}:{provider}", client.len(), provider.len())
}

fn expiry(config: &Config, report: &mut Report<'_>) -> Duration {
    let chosen = nested_over_outer(
        Placed { value: config.authentication.oidc.session_expiry, path: oidc("sessionExpiry") },
        Placed { value: config.authentication.session_expiry, path: authentication("sessionExpiry") },
        report,
    );
    let given = chosen.and_then(|chosen| at_least_one(&chosen.path, Some(chosen.value), report));
    given.unwrap_or(Duration::from_secs(DEFAULT_EXPIRY))
}

fn at_least_one(path: &str, seconds: Option<u64>, report: &mut Report<'_>) -> Option<Duration> {
    if seconds == Some(0) {
        report.problem(path, "is 0: no session could live", "write a number of seconds, at least 1");
    }
    report.seconds(path, seconds)
}

/// `sessionStore`. The text may hold a password: it is in no message.
fn store(config: &Config, report: &mut Report<'_>) -> Option<SessionStoreKind> {
    let path = oidc("sessionStore");
    let text = config.authentication.oidc.session_store.as_ref().map(|store| store.expose().trim());
    match text {
        None | Some("" | "cookie") => Some(SessionStoreKind::Cookie),
        Some("memory") => Some(SessionStoreKind::Memory),
        Some(url) if url.starts_with("redis://") || url.starts_with("rediss://") => {
            if !is_plain(&path, url, report) {
                return None;
            }
            let Some(url) = Url::parse(url).ok().filter(Url::has_host) else {
                report.problem(path, "is not a valid redis:// URL", "write redis://[:PASSWORD@]HOST[:PORT][/DB]");
                return None;
            };
            if url.scheme() == "redis" && !is_loopback(&url) {
                let what =
                    "is redis:// without TLS: passwords can be read on the way, and sessions deleted or put back";
                report.warning(path, what);
            }
            config.authentication.oidc.session_store.clone().map(SessionStoreKind::Redis)
        }
        Some(_) => {
            report.problem(path, "is not a known store", "write cookie, memory or a redis:// URL");
            None
        }
    }
}

/// The secrets as they are given, or as their file holds them. `None` goes with a problem.
fn secrets(config: &Config, report: &mut Report<'_>) -> Option<Vec<Secret>> {
    let settings = &config.authentication.oidc;
    let secrets = match &settings.session_secret_file {
        Some(file) if settings.session_secret.is_empty() => secrets_of(file).map_err(|what| {
            let what = format!("the file {} {what}", file.display());
            report.problem(
                oidc("sessionSecret"),
                what,
                "name a readable file that holds the secret, or a list of them, alone",
            );
        }),
        _ => Ok(settings.session_secret.clone()),
    };
    let secrets = secrets.ok()?;
    for (position, _) in secrets.iter().enumerate().filter(|(_, secret)| is_short(secret)) {
        let path = oidc(&format!("sessionSecret[{position}]"));
        report.problem(path, too_short(), "make one by `openssl rand -base64 32`");
    }
    Some(secrets)
}

fn is_short(secret: &Secret) -> bool {
    secret.expose().len() < MIN_SECRET_BYTES
}

fn too_short() -> String {
    format!("has fewer than {MIN_SECRET_BYTES} bytes")
}

#[cfg(feature = "login")]
impl SessionSettings {
    /// The secrets that `file` holds now, read and checked as they are at start.
    ///
    /// # Errors
    /// What is wrong with the file, without what it holds.
    pub(crate) fn read_secrets(file: &std::path::Path) -> Result<Vec<Secret>, String> {
        let secrets = secrets_of(file)?;
        if secrets.iter().any(is_short) { Err(too_short()) } else { Ok(secrets) }
    }
}

/// A random secret does for one process alone. What the service brings is taken for a store of many: memory needs none brought.
fn require_secret(service: Service, store: Option<&SessionStoreKind>, report: &mut Report<'_>) {
    let path = oidc("sessionSecret");
    if report.is_failed(&path) {
        return;
    }
    if service.brings_store || matches!(store, Some(SessionStoreKind::Redis(_))) {
        let what = "is required: the session store is shared, and so must be what opens the cookies";
        report.problem(path, what, "make one by `openssl rand -base64 32`");
    } else {
        report.warning(path, "is not set: a random one is made, and all logins end with this process");
    }
}

fn max_per_user(
    config: &Config,
    service: Service,
    store: Option<&SessionStoreKind>,
    report: &mut Report<'_>,
) -> Option<u32> {
    let path = authentication("maxActiveSessionsPerUser");
    let most = config.authentication.max_active_sessions_per_user?;
    if !service.brings_store && matches!(store, Some(SessionStoreKind::Cookie)) {
        let what = "needs sessions on the server, and the session store is cookie";
        report.problem(&path, what, "take it out, or set sessionStore to memory or a redis:// URL");
    }
    let count = u32::try_from(most).ok().filter(|count| *count > 0);
    if count.is_none() {
        report.problem(path, "is out of range", format!("write a count from 1 to {}", u32::MAX));
    }
    count
}
