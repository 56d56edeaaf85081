//! Where the application is, and where the provider sends the browser back to.

use url::{Position, Url};

use super::{
    super::{
        Config,
        fields::{authentication, oidc},
    },
    client::Client,
    report::{Placed, Report, given, nested_over_outer},
    url::UrlRules,
};

/// The server URL and the callback URL, each from the other when it is not set. `None` without login, or with a problem.
pub(super) fn of(config: &Config, client: &Client, urls: UrlRules, report: &mut Report<'_>) -> Option<(Url, Url)> {
    if !client.login {
        return None;
    }
    let callback = nested_over_outer(
        Placed { value: given(config.authentication.oidc.callback_url.as_ref()), path: oidc("callbackUrl") },
        Placed { value: given(config.authentication.callback_url.as_ref()), path: authentication("callbackUrl") },
        report,
    );
    let server = given(config.authentication.oidc.server_url.as_ref());
    let callback_url = callback.as_ref().map(|callback| callback_url(callback, urls, report));
    let server_url = server.map(|text| server_url(text, urls, report));
    let (server, callback_url) = match (server_url, callback_url) {
        (Some(server), Some(callback_url)) => (server?, callback_url?),
        (Some(server), None) => with_callback(server?)?,
        (None, Some(callback_url)) => with_server(callback_url?)?,
        (None, None) => {
            require_one(report);
            return None;
        }
    };
    if let Some(callback) = callback.filter(|_| server.origin() != callback_url.origin()) {
        let what = format!("is not on the origin of {}", oidc("serverUrl"));
        report.problem(callback.path, what, "give both the same scheme, host and port");
    }
    Some((server, callback_url))
}

/// The layer answers on the callback's path and nobody else does.
fn require_path(path: &str, callback: &Url, report: &mut Report<'_>) {
    if callback.path() == "/" {
        report.problem(path, "has no path: nobody would see the start page", "give it one, such as /callback");
    }
}

fn with_callback(server: Url) -> Option<(Url, Url)> {
    let callback = Url::parse(&format!("{}/callback", server.as_str().trim_end_matches('/'))).ok()?;
    Some((server, callback))
}

fn with_server(callback: Url) -> Option<(Url, Url)> {
    Some((callback.join("/").ok()?, callback))
}

fn require_one(report: &mut Report<'_>) {
    if !report.is_failed(oidc("serverUrl")) && !report.is_failed(authentication("callbackUrl")) {
        report.problem(oidc("callbackUrl"), "is required for login", "set callbackUrl or serverUrl");
    }
}

/// It is sent as the URL standard writes it, and providers compare it by its text (RFC 9700 section 2.1).
fn callback_url(callback: &Placed<&str>, urls: UrlRules, report: &mut Report<'_>) -> Option<Url> {
    let url = urls.read(&callback.path, callback.value, report)?;
    if url.as_str() != callback.value {
        let sent = &url[..Position::AfterPath];
        report.warning(&callback.path, format!("is sent as {sent}: register it at the provider in this spelling"));
    }
    require_path(&callback.path, &url, report);
    Some(url)
}

/// The base URL of the application.
pub(super) fn server_url(text: &str, urls: UrlRules, report: &mut Report<'_>) -> Option<Url> {
    let url = urls.read(&oidc("serverUrl"), text, report)?;
    if url.query().is_some() {
        report.problem(oidc("serverUrl"), "holds a query (?)", "write the base URL alone");
        return None;
    }
    Some(url)
}
