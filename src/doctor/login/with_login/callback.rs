//! Whether the callback URL is registered, as far as the authorization endpoint tells without a person.
//!
//! A provider must not send a browser to an address that it does not know (RFC 6749 section 3.1.2.4): it shows an error of its own.
//! The request is the one of a real login, pushed if that is (RFC 9126): then the provider says no already there. Because some providers show their sign-in page to every request and look at the address
//! later, an address that nobody can have registered is asked for too: only where that is refused does the first answer tell.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use url::{Position, Url};

use crate::{
    config::{LoginSettings, ProviderKind, oidc},
    doctor::{
        case::{Case, Examined},
        report::{Finding, Subject},
    },
    login::{DefaultPages, Login, LoginError, LoginParts, LoginPaths, LoginState, Route, pushes},
    provider::{Causes, FETCH_LIMIT, HttpClient, HttpError, OAuthErrorCode, TokenEndpointError},
    session::MemoryStore,
    types::SystemRandom,
};

const CHECK: &str = "callback";

/// Longest page that is read, in bytes. Sign-in pages carry their scripts along.
const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;

/// An address that nobody has registered: the name never resolves (RFC 6761 section 6.4).
const UNREGISTERED: &str = "https://not-registered.invalid/callback";

/// Where a login that is started now sends the browser.
enum Departure {
    To(Url),
    /// Nowhere: its request could not be pushed.
    NotPushed(Arc<TokenEndpointError>),
}

/// What the authorization endpoint makes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// It goes on: with its sign-in page, or on the way there.
    Taken,
    /// It sends the browser back to the callback, with an error or without.
    Back(Option<String>),
    /// It says no, in a page of its own.
    Refused(String),
    /// It does not say.
    Silent(String),
}

pub(super) async fn check(
    settings: &LoginSettings,
    provider: &Examined,
    case: &Case,
    client_is_proved: bool,
) -> Finding {
    let path = oidc("callbackUrl");
    if provider.accepted().is_none() {
        return Subject::Callback.note(CHECK, path, format!("callback {}", super::is_not_trusted(provider)));
    }
    let request = match departure(settings, provider, case).await {
        Some(Departure::To(request)) => request,
        Some(Departure::NotPushed(error)) => return not_pushed(&error, settings, client_is_proved),
        None => return Subject::Callback.note(CHECK, path, "not checked: no login can be started with these settings"),
    };
    let kind = provider.settings.kind;
    match ask(&request, settings, kind, case).await {
        Answer::Back(error) => back(error, settings),
        Answer::Refused(how) => refused(&how, settings, client_is_proved),
        Answer::Silent(why) => Subject::Callback.note(CHECK, path, format!("not told by the provider: {why}")),
        Answer::Taken => {
            let other = other_callback(&request, settings, provider, case).await;
            taken(other, settings, kind, case).await
        }
    }
}

async fn departure(settings: &LoginSettings, provider: &Examined, case: &Case) -> Option<Departure> {
    let paths = LoginPaths::new(settings);
    let request = Request::get(&paths.login).header(header::ACCEPT, "text/html").body(Bytes::new()).ok()?;
    let login = Login::new(LoginParts {
        paths,
        settings: settings.clone(),
        principal: case.settings.principal.clone(),
        provider_name: case.settings.provider_name.clone(),
        provider: provider.provider.clone(),
        http_client: case.http_client(),
        store: Some(Arc::new(MemoryStore::new(Arc::clone(&case.clock)))),
        pages: Arc::new(DefaultPages),
        directory: None,
        clock: Arc::clone(&case.clock),
        random: Arc::new(SystemRandom),
        state: LoginState::new(Arc::clone(&case.clock)),
    });
    let answer = Arc::new(login.ok()?).answer(Route::Login, request).await;
    if let Some(LoginError::Push(error)) = answer.extensions().get() {
        return Some(Departure::NotPushed(Arc::clone(error)));
    }
    Url::parse(answer.headers().get(header::LOCATION)?.to_str().ok()?).ok().map(Departure::To)
}

/// The same request with an address that nobody has registered. `None`: the address does not stand in it, and it was not pushed.
async fn other_callback(
    request: &Url,
    settings: &LoginSettings,
    provider: &Examined,
    case: &Case,
) -> Option<Departure> {
    let is_pushed = provider.accepted().is_some_and(|metadata| pushes(metadata, settings));
    if is_pushed {
        let other = LoginSettings { callback_url: Url::parse(UNREGISTERED).ok()?, ..settings.clone() };
        return departure(&other, provider, case).await;
    }
    let is_there = request.query_pairs().any(|(name, _)| name == "redirect_uri");
    let changed = request.query_pairs().map(|(name, value)| match &*name {
        "redirect_uri" => (name, UNREGISTERED.into()),
        _ => (name, value),
    });
    let mut other = request.clone();
    other.query_pairs_mut().clear().extend_pairs(changed);
    is_there.then_some(Departure::To(other))
}

async fn ask(request: &Url, settings: &LoginSettings, kind: ProviderKind, case: &Case) -> Answer {
    match get(request, case).await {
        Ok(response) => read(&response, request, settings, kind),
        Err(error) => Answer::Silent(Causes(&error).to_string()),
    }
}

async fn get(url: &Url, case: &Case) -> Result<Response<Bytes>, HttpError> {
    let request = Request::builder()
        .method(Method::GET)
        .uri(url.as_str())
        .header(header::ACCEPT, HeaderValue::from_static("text/html"))
        .body(Bytes::new())
        .map_err(|error| HttpError::Other(error.into()))?;
    tokio::select! {
        response = case.http.send(request, MAX_PAGE_BYTES) => response,
        () = case.clock.sleep(FETCH_LIMIT) => Err(HttpError::Timeout),
    }
}

fn read(response: &Response<Bytes>, request: &Url, settings: &LoginSettings, kind: ProviderKind) -> Answer {
    let status = response.status();
    let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    match location.and_then(|location| request.join(location).ok()) {
        Some(target) if status.is_redirection() => redirected(&target, settings),
        _ if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            Answer::Silent(format!("status {status}"))
        }
        _ if status.is_client_error() => Answer::Refused(format!("with status {status}")),
        _ if status.is_success() => match error_of_entra(response.body(), kind) {
            Some(code) => Answer::Refused(format!("with {code}")),
            None => Answer::Taken,
        },
        _ => Answer::Silent(format!("status {status}")),
    }
}

fn redirected(target: &Url, settings: &LoginSettings) -> Answer {
    if target[..Position::AfterPath] == settings.callback_url[..Position::AfterPath] {
        let error = target.query_pairs().find(|(name, _)| name == "error").map(|(_, value)| code(&value));
        return Answer::Back(error);
    }
    let is_error_page =
        target.path().to_ascii_lowercase().contains("error") || target.query_pairs().any(|(name, _)| name == "error");
    if is_error_page { Answer::Refused("by a redirect to an error page".to_owned()) } else { Answer::Taken }
}

/// An error code, if it can be one; its text may be anything.
fn code(text: &str) -> String {
    let is_code = text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_code { text.to_owned() } else { "an error".to_owned() }
}

/// Microsoft Entra shows its errors with status 200: the address is not registered, or there is no such client.
fn error_of_entra(page: &[u8], kind: ProviderKind) -> Option<&'static str> {
    let shows = |code: &&str| memchr::memmem::find(page, code.as_bytes()).is_some();
    ["AADSTS50011", "AADSTS700016"].into_iter().find(|code| kind == ProviderKind::Azure && shows(code))
}

/// The provider says no before there is a browser: to the address as a rule, for a wrong secret is told by the check of the client.
fn not_pushed(error: &TokenEndpointError, settings: &LoginSettings, client_is_proved: bool) -> Finding {
    let path = oidc("callbackUrl");
    match error {
        TokenEndpointError::OAuth { code: OAuthErrorCode::InvalidRequest, .. } => {
            refused("with invalid_request, when it is pushed,", settings, client_is_proved)
        }
        error if error.is_unavailable() => {
            Subject::Callback.note(CHECK, path, format!("not told by the provider: {}", Causes(error)))
        }
        error => {
            let seen = format!("the request of a login cannot be pushed: {}", Causes(error));
            let mend = if error.is_invalid_client() {
                "compare the client's id, its credential and the method with the provider's"
            } else {
                "allow pushed authorization requests for this client at the provider, or write off"
            };
            Subject::Callback.error("login.pushed_requests", oidc("pushedAuthorizationRequests"), seen, mend)
        }
    }
}

fn refused(how: &str, settings: &LoginSettings, client_is_proved: bool) -> Finding {
    let callback = &settings.callback_url;
    let seen =
        format!("the authorization endpoint refuses the login {how}, as it does where {callback} is not registered");
    let mend = if client_is_proved {
        format!("register {callback} at the provider, letter for letter")
    } else {
        format!("register {callback} at the provider, letter for letter, and compare the client id")
    };
    Subject::Callback.error(CHECK, oidc("callbackUrl"), seen, mend)
}

/// The provider knows the address: it sends browsers nowhere else.
fn back(error: Option<String>, settings: &LoginSettings) -> Finding {
    let known = format!("{} is registered", settings.callback_url);
    let Some(error) = error else { return Subject::Callback.ok(CHECK, oidc("callbackUrl"), known) };
    let key = match error.as_str() {
        // What `prompt=none` gets where nobody is signed in.
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            return Subject::Callback.ok(CHECK, oidc("callbackUrl"), known);
        }
        "invalid_scope" => "scope",
        "unsupported_response_type" => "responseType",
        "unauthorized_client" => "id",
        _ => "customParams",
    };
    let seen = format!("{known}, and the provider refuses the login with {error}");
    let mend = "allow at the provider what the login asks for, or ask for something else";
    Subject::Callback.error("callback.refused", oidc(key), seen, mend)
}

async fn taken(other: Option<Departure>, settings: &LoginSettings, kind: ProviderKind, case: &Case) -> Finding {
    let (path, callback) = (oidc("callbackUrl"), &settings.callback_url);
    let other = match &other {
        Some(Departure::To(other)) => ask(other, settings, kind, case).await,
        Some(Departure::NotPushed(error)) => match &**error {
            TokenEndpointError::OAuth { code, .. } => Answer::Refused(format!("with {code}")),
            error => Answer::Silent(Causes(error).to_string()),
        },
        None => Answer::Silent("the request does not show it".to_owned()),
    };
    if matches!(other, Answer::Refused(_)) {
        let seen = format!("{callback} is registered, as far as the authorization endpoint tells");
        return Subject::Callback.ok(CHECK, path, seen);
    }
    let seen =
        format!("not told by the provider: it shows its sign-in page for any address; register {callback} there");
    Subject::Callback.note(CHECK, path, seen)
}
