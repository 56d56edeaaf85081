//! The browser flow.

use std::collections::BTreeMap;

use url::Url;

use crate::types::Algorithm;

use super::{
    super::{
        Config, IssuerSettings, LoadUserinfo, LoginSettings, Oidc, ProviderKind, PushedAuthorizationRequests,
        ResponseMode, ResponseType, SessionSettings,
        fields::{authentication, oidc},
    },
    Service, addresses,
    client::{Client, client_authentication},
    params,
    provider::names_discovery,
    report::{Placed, Report, given, items, nested_over_outer},
    session,
    url::UrlRules,
    words::{self, algorithm, word},
};

const DEFAULT_SCOPE: &str = "openid email profile";

/// Values of `prompt` (OpenID Connect Core 1.0 section 3.1.2.1).
const PROMPTS: [&str; 4] = ["none", "login", "consent", "select_account"];

/// The settings of the browser flow, when login is on. Their words are checked either way.
pub(super) fn settings(
    config: &Config,
    service: Service,
    primary: &IssuerSettings,
    client: &Client,
    custom_params: BTreeMap<String, String>,
    urls: UrlRules,
    report: &mut Report<'_>,
) -> Option<LoginSettings> {
    let nested = &config.authentication.oidc;
    let response_type = response_type(config, client, report);
    let response_mode = response_mode(nested, response_type, report);
    let scope = scope(nested, report);
    let prompt = prompt(nested, report);
    let max_age = report.seconds(&oidc("maxAge"), nested.max_age);
    let login_params = params::of_a_login(config, report);
    let id_token_algorithm =
        algorithm(&oidc("preferredJwsAlgorithm"), given(nested.preferred_jws_algorithm.as_ref()), report);
    let load_userinfo = word(&oidc("loadUserinfo"), given(nested.load_userinfo.as_ref()), words::LOAD_USERINFO, report);
    let pushed_authorization_requests = pushed_authorization_requests(nested, report);
    let trusted_redirects = trusted_redirects(config, urls, report);
    let use_nonce = use_nonce(nested, response_type, report);
    let use_pkce = use_pkce(nested, response_type, client, report);
    let (server_url, callback_url) = addresses::of(config, client, urls, report).unzip();
    let secure_cookie = urls.https_only
        || config.authentication.force_secure_session_cookie.unwrap_or(false)
        || server_url.as_ref().is_some_and(|url: &Url| url.scheme() == "https");
    let session = session::settings(config, service, client, primary, secure_cookie, report);
    if !client.login {
        return None;
    }

    require_discovery(config, primary, report);
    if nested.max_age == Some(0) {
        report.warning(oidc("maxAge"), "is 0: users must give their password at every login");
    }
    let is_pushed = pushed_authorization_requests == PushedAuthorizationRequests::Required;
    if response_type == ResponseType::IdToken && !client.public && !is_pushed {
        report.warning(oidc("responseType"), "is id_token: the client secret is not used at login");
    }
    if response_type == ResponseType::IdToken && load_userinfo == Some(LoadUserinfo::Always) {
        report.warning(
            oidc("loadUserinfo"),
            "is always, and with the response type id_token there is no access token to ask with",
        );
    }
    let keep_access_token = nested.keep_access_token.unwrap_or(false);
    if response_type == ResponseType::IdToken && keep_access_token {
        report.warning(oidc("keepAccessToken"), "is true, and with the response type id_token there is none to keep");
    }
    warn_of_an_early_end(&scope, primary, session.as_ref(), report);
    let federated_logout = nested.federated_logout.unwrap_or(false);
    if federated_logout && primary.kind != ProviderKind::Auth0 {
        report.warning(oidc("federatedLogout"), "is true, and only auth0 knows it: nothing comes of it");
    }
    let client_authentication = client_authentication(nested, client, report);
    Some(LoginSettings {
        client_id: client_id(client, report)?,
        client_authentication: client_authentication?,
        scope,
        response_type,
        response_mode,
        use_nonce,
        use_pkce,
        id_token_algorithm: id_token_algorithm.unwrap_or(Algorithm::Rs256),
        callback_url: callback_url?,
        post_logout_url: post_logout_url(nested, server_url.as_ref()?),
        server_url: server_url?,
        trusted_redirects,
        max_age,
        prompt,
        custom_params,
        login_params,
        load_userinfo: load_userinfo.unwrap_or(LoadUserinfo::Auto),
        keep_access_token,
        pushed_authorization_requests,
        federated_logout,
        auto_redirect: config.authentication.enable_auto_redirect.unwrap_or(true),
        session: session?,
    })
}

/// Without a `serverUrl` it is the origin of `callbackUrl`, as operators write an origin.
fn post_logout_url(nested: &Oidc, server_url: &Url) -> String {
    let written = given(nested.server_url.as_ref()).unwrap_or(server_url.as_str().trim_end_matches('/'));
    written.to_owned()
}

fn client_id(client: &Client, report: &mut Report<'_>) -> Option<String> {
    if client.id.is_none() && !report.is_failed(authentication("clientId")) {
        report.problem(oidc("id"), "is required for login", "set the client id that the provider gave");
    }
    client.id.clone()
}

fn require_discovery(config: &Config, primary: &IssuerSettings, report: &mut Report<'_>) {
    if given(config.authentication.oidc.issuer.as_ref()).is_some() && !names_discovery(config, primary.kind, report) {
        let what = "is pinned without discovery, and login is on";
        report.problem(oidc("issuer"), what, "set authority or discoveryUri: login needs the provider's endpoints");
    }
}

/// `code` for a confidential client, `id_token` for a public one, unless said otherwise.
fn response_type(config: &Config, client: &Client, report: &mut Report<'_>) -> ResponseType {
    let chosen = nested_over_outer(
        Placed { value: given(config.authentication.oidc.response_type.as_ref()), path: oidc("responseType") },
        Placed { value: given(config.authentication.response_type.as_ref()), path: authentication("responseType") },
        report,
    );
    let default = if client.public { ResponseType::IdToken } else { ResponseType::Code };
    chosen.and_then(|chosen| word(&chosen.path, Some(chosen.value), words::RESPONSE_TYPES, report)).unwrap_or(default)
}

/// An ID token never goes by the query or the fragment: both end up in histories and logs.
fn response_mode(nested: &Oidc, response_type: ResponseType, report: &mut Report<'_>) -> ResponseMode {
    let path = oidc("responseMode");
    let given = word(&path, given(nested.response_mode.as_ref()), words::RESPONSE_MODES, report);
    match (response_type, given) {
        (ResponseType::IdToken, Some(ResponseMode::Query)) => {
            report.problem(path, "is query, and the response type is id_token", "write form_post");
            ResponseMode::FormPost
        }
        (ResponseType::IdToken, _) => ResponseMode::FormPost,
        (ResponseType::Code, given) => given.unwrap_or(ResponseMode::Query),
    }
}

/// `tokenValidity` counts for sessions as it does for tokens, and OpenMetadata's default is an hour of it.
fn warn_of_an_early_end(
    scope: &str,
    primary: &IssuerSettings,
    session: Option<&SessionSettings>,
    report: &mut Report<'_>,
) {
    let Some((validity, session)) = primary.token_validity.zip(session) else { return };
    // These give refresh tokens in a way of their own, and know no such scope.
    let knows_scope = !matches!(primary.kind, ProviderKind::AwsCognito | ProviderKind::Google);
    if knows_scope && validity < session.expiry && !scope.split(' ').any(|word| word == "offline_access") {
        let what = format!(
            "ends sessions after {} seconds where the provider gives no refresh token to renew them: add offline_access to scope, or \
             write 0",
            validity.as_secs()
        );
        report.warning(oidc("tokenValidity"), what);
    }
}

fn pushed_authorization_requests(nested: &Oidc, report: &mut Report<'_>) -> PushedAuthorizationRequests {
    let given = given(nested.pushed_authorization_requests.as_ref());
    let meaning = word(&oidc("pushedAuthorizationRequests"), given, words::PUSHED_AUTHORIZATION_REQUESTS, report);
    meaning.unwrap_or(PushedAuthorizationRequests::Auto)
}

fn scope(nested: &Oidc, report: &mut Report<'_>) -> String {
    let scope = given(nested.scope.as_ref()).unwrap_or(DEFAULT_SCOPE);
    let is_scope_text = |byte| matches!(byte, b' ' | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if !scope.bytes().all(is_scope_text) {
        let what = "holds a character that no scope has (RFC 6749 section 3.3)";
        report.problem(oidc("scope"), what, "write words of plain ASCII with a space between");
    } else if !scope.split(' ').any(|word| word == "openid") {
        report.problem(oidc("scope"), "lacks openid", "add openid, with a space between scopes");
    }
    scope.to_owned()
}

fn prompt(nested: &Oidc, report: &mut Report<'_>) -> Option<String> {
    let words: Vec<&str> = given(nested.prompt.as_ref())?.split_whitespace().collect();
    for word in words.iter().filter(|word| !PROMPTS.contains(word)) {
        let what = format!("{} is not a value of prompt", words::shown(word));
        report.problem(oidc("prompt"), what, format!("write some of {}, with a space between", PROMPTS.join(", ")));
    }
    if words.contains(&"none") && words.len() > 1 {
        report.problem(oidc("prompt"), "has none beside other values", "leave none alone, or take it out");
    }
    Some(words.join(" "))
}

fn use_nonce(nested: &Oidc, response_type: ResponseType, report: &mut Report<'_>) -> bool {
    let use_nonce = nested.use_nonce.unwrap_or(true);
    if !use_nonce && response_type == ResponseType::IdToken {
        let what = "is false, and the response type is id_token (OpenID Connect Core 1.0 section 3.2.2.1)";
        report.problem(oidc("useNonce"), what, "write true");
    } else if !use_nonce {
        report.warning(oidc("useNonce"), "is false: an ID token that was stolen can be replayed into another login");
    }
    use_nonce
}

/// PKCE (RFC 7636) protects a code: the implicit flow has none.
fn use_pkce(nested: &Oidc, response_type: ResponseType, client: &Client, report: &mut Report<'_>) -> bool {
    let disabled = nested.disable_pkce.unwrap_or(false);
    if disabled && client.public && response_type == ResponseType::Code {
        let what = "is true, and the client is public: nothing would protect the code";
        report.problem(oidc("disablePkce"), what, "write false");
    } else if disabled && response_type == ResponseType::Code {
        report.warning(oidc("disablePkce"), "is true: a code that was intercepted can be redeemed in another login");
    }
    !disabled && response_type == ResponseType::Code
}

fn trusted_redirects(config: &Config, urls: UrlRules, report: &mut Report<'_>) -> Vec<Url> {
    let path = authentication("additionalTrustedRedirectUris");
    items(&config.authentication.additional_trusted_redirect_uris)
        .filter_map(|(at, text)| urls.read(&format!("{path}[{at}]"), text, report))
        .collect()
}
