//! Tokens that are bound to a key.

use url::Url;

use super::{
    super::{Config, DpopPolicy, DpopSettings, IssuerSettings, LoginSettings, fields::oidc},
    addresses,
    client::Client,
    report::{Report, given},
    url::UrlRules,
    words::{self, word},
};

/// Which tokens are taken, as far as it can be read; a wrong word is told of.
pub(super) fn policy(config: &Config, report: &mut Report<'_>) -> Option<DpopPolicy> {
    word(&oidc("dpop"), given(config.authentication.oidc.dpop.as_ref()), words::DPOP, report).flatten()
}

/// The settings of bound tokens, when they are taken.
pub(super) fn settings(
    config: &Config,
    primary: &IssuerSettings,
    client: &Client,
    login: Option<&LoginSettings>,
    urls: UrlRules,
    report: &mut Report<'_>,
) -> Option<DpopSettings> {
    let policy = policy(config, report)?;
    let server_url = match login {
        Some(login) => login.server_url.clone(),
        // Its own problems are told of already.
        None if client.login => return None,
        None => server_url(config, client, urls, report)?,
    };
    Some(DpopSettings { policy, server_url, clock_skew: primary.clock_skew })
}

/// Without a login nobody else asks for it. A client id is what a login needs, and bearer tokens do not: its credential may have been
/// forgotten.
fn server_url(config: &Config, client: &Client, urls: UrlRules, report: &mut Report<'_>) -> Option<Url> {
    let Some(text) = given(config.authentication.oidc.server_url.as_ref()) else {
        let what = "is required by dpop: a proof is for an address of this service, and no request is asked for it";
        report.problem(oidc("serverUrl"), what, "set the URL that clients use, or write dpop: off");
        return None;
    };
    if client.id.is_some() {
        report.note(oidc("serverUrl"), "is for dpop alone: without a callbackUrl or a credential nobody signs in here");
    }
    addresses::server_url(text, urls, report)
}
