//! What every test stands on: a provider, a clock that stands still, an application behind the layer, and browsers.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::{any, get, post},
};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;
use tower::{
    ServiceExt as _, service_fn,
    util::{MapRequestLayer, MapResponseLayer},
};
use tower_oidc::{
    Auth, Config, Principal,
    layer::{AuthBuilder, AuthError, DecisionRecord, SetupError},
    login::LoginError,
    principal::rules::{MULTI_FACTOR, acr, admin, all, amr, max_age},
    testing::{Browser, Endpoint, ManualClock, TestProvider, Visited},
    types::Clock as _,
    validator::TokenError,
};
use url::Url;

/// Where the application takes itself to be, unless a test says otherwise.
pub(crate) const SERVER: &str = "https://app.example";

/// `sessionSecret` of every application: it is started again with the same.
pub(crate) const SECRET: &str = "a secret of the tests that has many more than 32 bytes";

/// How long ago somebody may have signed in for `/recent`.
pub(crate) const RECENT: Duration = Duration::from_secs(300);

/// A provider, and an application that signs people in there, on one fixed clock.
pub(crate) struct Stand {
    pub(crate) provider: TestProvider,
    pub(crate) clock: ManualClock,
    pub(crate) auth: Auth,
    server_url: String,
    running: Arc<Mutex<Router>>,
    refusals: Arc<Mutex<Vec<AuthError>>>,
    principals: Arc<AtomicUsize>,
}

impl Stand {
    /// A confidential client at [`SERVER`], by the authorization code flow.
    pub(crate) async fn new() -> Self {
        Self::with(|config| config).await
    }

    /// Likewise, with a changed configuration.
    pub(crate) async fn with(change: impl FnOnce(Config) -> Config) -> Self {
        Self::at(SERVER, change).await
    }

    /// Likewise at another address.
    pub(crate) async fn at(server_url: &str, change: impl FnOnce(Config) -> Config) -> Self {
        let (provider, clock) = provider().await;
        let config = change(login_config(&provider, server_url));
        Self::built(provider, clock, config, |builder| builder).await
    }

    /// A public client, by the implicit flow: the ID token comes by `form_post`.
    pub(crate) async fn implicit(change: impl FnOnce(Config) -> Config) -> Self {
        let (provider, clock) = provider().await;
        let config = change(provider.public_login_config(SERVER).session_secret(SECRET));
        Self::built(provider, clock, config, |builder| builder).await
    }

    /// A confidential client, with parts of the test's own.
    pub(crate) async fn parts(
        change: impl FnOnce(Config) -> Config,
        parts: impl FnOnce(AuthBuilder) -> AuthBuilder,
    ) -> Self {
        let (provider, clock) = provider().await;
        let config = change(login_config(&provider, SERVER));
        Self::built(provider, clock, config, parts).await
    }

    /// An application of that configuration, and with those parts.
    pub(crate) async fn built(
        provider: TestProvider,
        clock: ManualClock,
        config: Config,
        parts: impl FnOnce(AuthBuilder) -> AuthBuilder,
    ) -> Self {
        let server_url = config.authentication.oidc.server_url.clone().unwrap_or_else(|| SERVER.to_owned());
        let auth = discover(config, &clock, parts).await.expect("the configuration is right");
        let (refusals, principals) = (Arc::default(), Arc::default());
        let running = Arc::new(Mutex::new(application(&auth, &refusals, &principals)));
        Self { provider, clock, auth, server_url, running, refusals, principals }
    }

    /// Starts the application again with that configuration. Its browsers go on with the new one.
    pub(crate) async fn restart(&mut self, config: Config) {
        self.restart_with(config, |builder| builder).await;
    }

    /// Likewise, with parts of the test's own.
    pub(crate) async fn restart_with(&mut self, config: Config, parts: impl FnOnce(AuthBuilder) -> AuthBuilder) {
        self.auth = discover(config, &self.clock, parts).await.expect("the configuration is right");
        *self.running.lock().unwrap() = application(&self.auth, &self.refusals, &self.principals);
    }

    /// The configuration that [`new`](Self::new) starts with.
    pub(crate) fn config(&self) -> Config {
        login_config(&self.provider, &self.server_url)
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        self.browser_that_sees(|_| ())
    }

    /// A browser that takes no cookie of the application's.
    pub(crate) fn browser_that_keeps_no_cookies(&self) -> Browser {
        self.browser_that_sees(|headers| drop(headers.remove(header::SET_COOKIE)))
    }

    fn browser_that_sees(&self, change: fn(&mut HeaderMap)) -> Browser {
        let running = Arc::clone(&self.running);
        let service = service_fn(move |request: Request<Full<Bytes>>| {
            let router = running.lock().unwrap().clone();
            async move {
                let mut response = router.oneshot(request).await?;
                change(response.headers_mut());
                Ok::<_, Infallible>(response)
            }
        });
        Browser::new(service, &self.server_url).with_clock(self.clock.clone())
    }

    /// A browser in which somebody has signed in at `/me`.
    pub(crate) async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let me = self.sign_in(&mut browser, name).await;
        assert_eq!((me.status, me.url.path()), (StatusCode::OK, "/me"), "{:?}", self.refusals());
        browser
    }

    /// Opens `/me`, and signs in at the provider's page.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, name: &str) -> Visited {
        browser.navigate("/me").await;
        browser.log_in_as(&self.provider, name).await
    }

    /// The answer to one request, as it is: no browser adds anything or follows anywhere.
    pub(crate) async fn send(&self, request: Request<impl Into<Bytes>>) -> Answer {
        let router = self.running.lock().unwrap().clone();
        let response = router.oneshot(request.map(|body| Full::new(body.into()))).await.unwrap();
        let (mut parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&body).into_owned(),
            reason: parts.extensions.remove(),
            record: parts.extensions.remove(),
        }
    }

    /// Why requests were refused since the last call, in their order.
    pub(crate) fn refusals(&self) -> Vec<AuthError> {
        std::mem::take(&mut *self.refusals.lock().unwrap())
    }

    /// How many requests have reached the application with a principal.
    pub(crate) fn principals(&self) -> usize {
        self.principals.load(Ordering::Relaxed)
    }

    /// Why the login failed that was refused last.
    #[track_caller]
    pub(crate) fn login_error(&self) -> LoginError {
        match self.refusals().pop() {
            Some(AuthError::Login(error)) => error,
            other => panic!("expected a login that failed, got {other:?}"),
        }
    }

    /// Why the ID token was refused.
    #[track_caller]
    pub(crate) fn token_error(&self) -> TokenError {
        match self.login_error() {
            LoginError::IdToken(error) => error,
            other => panic!("expected a refused ID token, got {other:?}"),
        }
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The time, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        tower_oidc::types::unix_seconds(self.clock.now())
    }

    /// What comes of `future`, while the clock goes on where somebody waits for it: slowly enough that a busy machine is not taken
    /// for a provider that does not answer.
    pub(crate) async fn eventually<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        loop {
            tokio::select! {
                biased;
                output = &mut future => return output,
                () = tokio::time::sleep(Duration::from_millis(100)) => self.clock.advance(Duration::from_millis(250)),
            }
        }
    }
}

/// What the application answered to one request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// Why it was refused.
    pub(crate) reason: Option<AuthError>,
    /// What was noted down of that.
    pub(crate) record: Option<DecisionRecord>,
}

impl Answer {
    /// The header of that name, as text; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The `Set-Cookie` headers.
    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        set_cookies(&self.headers)
    }

    /// Where the answer leads.
    #[track_caller]
    pub(crate) fn location(&self) -> Url {
        location(&self.headers)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Why a login failed.
    #[track_caller]
    pub(crate) fn login_error(&self) -> &LoginError {
        match &self.reason {
            Some(AuthError::Login(error)) => error,
            other => panic!("expected a login that failed, got {other:?}: {}", self.text),
        }
    }
}

/// The `Set-Cookie` headers.
pub(crate) fn set_cookies(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
}

/// Where an answer leads; a path is taken to be of [`SERVER`].
#[track_caller]
pub(crate) fn location(headers: &HeaderMap) -> Url {
    let location = headers.get(header::LOCATION).expect("the answer leads somewhere").to_str().unwrap();
    Url::parse(SERVER).unwrap().join(location).unwrap()
}

/// A parameter of a URL.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find_map(|(own, value)| (own == name).then(|| value.into_owned()))
}

/// A navigation, as somebody types it: `Sec-Fetch-Mode` and its kin.
pub(crate) fn navigation(path: &str) -> Request<Bytes> {
    let request = Request::get(path).header("accept", "text/html").header("sec-fetch-mode", "navigate");
    request.header("sec-fetch-dest", "document").header("sec-fetch-site", "none").body(Bytes::new()).unwrap()
}

/// A provider and the clock it goes by.
pub(crate) async fn provider() -> (TestProvider, ManualClock) {
    let clock = ManualClock::new();
    (TestProvider::builder().clock(clock.clone()).start().await, clock)
}

/// A confidential client at that address.
pub(crate) fn login_config(provider: &TestProvider, server_url: &str) -> Config {
    provider.login_config(server_url).session_secret(SECRET)
}

/// The one asynchronous step of start-up, on that clock.
pub(crate) async fn discover(
    config: Config,
    clock: &ManualClock,
    parts: impl FnOnce(AuthBuilder) -> AuthBuilder,
) -> Result<Auth, SetupError> {
    parts(Auth::builder(config).with_clock(clock.clone())).discover().await
}

/// Signs in at the provider's page that is shown, and stops before the callback: the address that the provider sends to.
pub(crate) async fn callback_of(stand: &Stand, browser: &mut Browser, name: &str) -> String {
    browser.navigate("/me").await;
    let callback = callback_address(stand, browser.page().unwrap(), name).await;
    assert!(callback.starts_with("https://app.example/callback?code="), "{callback}");
    callback
}

/// What the provider answers to a form with that name on its page.
async fn callback_address(stand: &Stand, page: &Visited, name: &str) -> String {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = page.url.query().unwrap();
    let form = [("request", request), ("name", name)];
    let answer = client.post(stand.provider.endpoint(Endpoint::Login).url()).form(&form).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// The routes that tests ask for:
///
/// | route | guard | answer |
/// |---|---|---|
/// | `/` | none | the principal or `null` |
/// | `/me` by any method, `/deep/me` | somebody | the principal |
/// | `/admin` | an administrator | the principal |
/// | `/recent` | signed in within [`RECENT`] | the principal |
/// | `/strong` | signed in by a login of one of two classes | the principal |
/// | `/mfa` | signed in with more than one factor | the principal |
/// | `/mfa/recent` | signed in with more than one factor within [`RECENT`] | the principal |
/// | `/both` | as `/strong` and as `/mfa` | the principal |
/// | `/endless` | signed in by a login of a class whose name is too long to ask for | the principal |
/// | POST `/form` | somebody | the body |
/// | `/answer/{status}` | none | that status, `Cache-Control: public` |
fn application(auth: &Auth, refusals: &Arc<Mutex<Vec<AuthError>>>, principals: &Arc<AtomicUsize>) -> Router {
    let me = async |principal: Principal| Json(principal);
    let (refusals, principals) = (Arc::clone(refusals), Arc::clone(principals));
    Router::new()
        .route("/", get(async |principal: Option<Principal>| Json(principal)))
        .route("/me", any(me))
        .route("/deep/me", get(me))
        .route("/admin", get(me).layer(auth.require(admin())))
        .route("/recent", get(me).layer(auth.require(max_age(RECENT))))
        .route("/strong", get(me).layer(auth.require(acr(["phrh", "phr"]))))
        .route("/mfa", get(me).layer(auth.require(amr("mfa", [MULTI_FACTOR]))))
        .route("/mfa/recent", get(me).layer(auth.require(all([amr("mfa", [MULTI_FACTOR]), max_age(RECENT)]))))
        .route("/both", get(me).layer(auth.require(all([amr("mfa", [MULTI_FACTOR]), acr(["phrh", "phr"])]))))
        .route("/endless", get(me).layer(auth.require(acr([&*"a".repeat(300)]))))
        .route("/access-token", get(access_token))
        .route("/form", post(async |_: Principal, body: String| body))
        .route("/answer/{status}", get(answer))
        .layer(MapRequestLayer::new(move |request: axum::extract::Request| {
            principals.fetch_add(request.extensions().get::<Principal>().iter().len(), Ordering::Relaxed);
            request
        }))
        .layer(auth.layer())
        .layer(MapResponseLayer::new(move |response: Response| {
            refusals.lock().unwrap().extend(response.extensions().get::<AuthError>().cloned());
            response
        }))
}

/// The token that it would call an API with.
async fn access_token(principal: Principal) -> String {
    principal.access_token().map(|token| token.expose().to_owned()).unwrap_or_default()
}

async fn answer(Path(status): Path<u16>) -> Response {
    let response = Response::builder().status(status).header(header::CACHE_CONTROL, "public, max-age=60");
    response.body(Body::empty()).unwrap()
}
