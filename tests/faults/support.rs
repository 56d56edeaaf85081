//! What every test stands on: a provider, an application that signs people in there and takes its tokens, and bystanders,
//! whom no trouble of the provider's may touch.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Json, Router, extract::Request as AxumRequest, routing::get};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use serde_json::Value;
use tower::{ServiceExt as _, service_fn};
use tower_oidc::{
    Auth, Config, Principal,
    layer::AuthError,
    provider::{HttpClient, HttpError, MAX_BACK_OFF, PAUSE, Status},
    testing::{Browser, Endpoint, ManualClock, TestProvider, Visited},
    types::BoxFuture,
};

use crate::trouble::Trouble;

/// Where the application takes itself to be.
pub(crate) const SERVER: &str = "https://app.example";

/// `sessionSecret` of every application: it is started again with the same.
pub(crate) const SECRET: &str = "a secret of the tests that has many more than 32 bytes";

/// Scopes that bring a refresh token.
pub(crate) const OFFLINE: &str = "openid email profile offline_access";

/// When tokens of an hour are renewed, in seconds after they came.
pub(crate) const RENEWAL: u64 = 3540;

/// Longest real time that anything may take on a busy machine that the clock has nothing to do with.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Names and values of cookies.
pub(crate) type Cookies = Vec<(String, String)>;

/// A provider, and an application that knows it, on one clock.
pub(crate) struct Stand {
    pub(crate) provider: TestProvider,
    pub(crate) clock: ManualClock,
    pub(crate) auth: Auth,
    running: Arc<Mutex<Router>>,
    /// What the token endpoint gave: nobody is to see it.
    issued: Arc<Mutex<Vec<String>>>,
}

impl Stand {
    /// A confidential client with refresh tokens, its sessions in cookies.
    pub(crate) async fn new() -> Self {
        Self::with(|config| config).await
    }

    /// Likewise, with a changed configuration.
    pub(crate) async fn with(change: impl FnOnce(Config) -> Config) -> Self {
        let clock = ManualClock::new();
        let provider = TestProvider::builder().clock(clock.clone()).start().await;
        let config = change(login_config(&provider));
        Self::of(provider, clock, config).await
    }

    /// For that trouble: where it is to wait, only the clock ends it.
    pub(crate) async fn for_trouble(trouble: Trouble, change: impl FnOnce(Config) -> Config) -> Self {
        Self::for_trouble_of(trouble, |_| (), change).await
    }

    /// Likewise, at a provider that is changed before the application first looks at it.
    pub(crate) async fn for_trouble_of(
        trouble: Trouble,
        change_provider: impl FnOnce(&TestProvider),
        change: impl FnOnce(Config) -> Config,
    ) -> Self {
        let clock = ManualClock::new();
        let provider = TestProvider::builder().clock(clock.clone()).start().await;
        change_provider(&provider);
        let config = change(login_config(&provider));
        let auth = discover_for(trouble, config, &clock).await;
        Self::built(provider, clock, auth)
    }

    /// An application of that configuration.
    pub(crate) async fn of(provider: TestProvider, clock: ManualClock, config: Config) -> Self {
        let auth = discover(config, &clock).await;
        Self::built(provider, clock, auth)
    }

    fn built(provider: TestProvider, clock: ManualClock, auth: Auth) -> Self {
        let issued = Arc::<Mutex<Vec<String>>>::default();
        let keep = Arc::clone(&issued);
        provider.change_token_response(move |members, _| {
            let tokens = ["access_token", "id_token", "refresh_token"].map(|name| members.get(name));
            let tokens = tokens.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
            keep.lock().unwrap().extend(tokens);
        });
        Self { running: Arc::new(Mutex::new(application(&auth))), provider, clock, auth, issued }
    }

    /// Serves with `auth` from now on, as an application that was started again. Its browsers go on with it.
    pub(crate) fn restarted(&mut self, auth: Auth) {
        *self.running.lock().unwrap() = application(&auth);
        self.auth = auth;
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        let running = Arc::clone(&self.running);
        let service = service_fn(move |request: Request<Full<Bytes>>| {
            let router = running.lock().unwrap().clone();
            router.oneshot(request)
        });
        Browser::new(service, SERVER).with_clock(self.clock.clone())
    }

    /// A browser in which somebody has signed in.
    pub(crate) async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let me = self.sign_in(&mut browser, name).await;
        assert_eq!((me.status, me.url.path()), (StatusCode::OK, "/me"), "{}", me.text());
        browser
    }

    /// Opens `/me`, and signs in at the provider's page, or comes back by itself where somebody is signed in there.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, name: &str) -> Visited {
        let shown = browser.navigate("/me").await;
        if shown.url.as_str().starts_with(SERVER) { shown } else { browser.log_in_as(&self.provider, name).await }
    }

    /// Somebody has signed in at the provider, and is about to come back: the request for the callback.
    pub(crate) async fn on_the_way_back(&self, name: &str) -> Request<Bytes> {
        let mut browser = self.browser();
        let page = browser.navigate("/me").await;
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let form = [("request", page.url.query().unwrap()), ("name", name)];
        let answer = client.post(self.provider.endpoint(Endpoint::Login).url()).form(&form).send().await.unwrap();
        let address = answer.headers()["location"].to_str().unwrap();
        navigation(address.strip_prefix(SERVER).unwrap(), &browser.cookies())
    }

    /// The answer to one request, as it is.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Answer {
        let router = self.running.lock().unwrap().clone();
        let response = router.oneshot(request.map(Full::new).map(axum::body::Body::new)).await.unwrap();
        let (mut parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&body).into_owned(),
            reason: parts.extensions.remove(),
        }
    }

    /// The answer to a request that waits for nothing and nobody.
    #[track_caller]
    pub(crate) fn at_once(&self, request: Request<Bytes>) -> Answer {
        self.send(request).now_or_never().expect("it waits for nobody")
    }

    /// Whether these cookies hold a live session, asked without waiting.
    #[track_caller]
    pub(crate) fn is_alive(&self, cookies: &Cookies) -> bool {
        let answer = self.at_once(api("/me", cookies));
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::UNAUTHORIZED), "{answer:?}");
        answer.status == StatusCode::OK
    }

    /// Somebody with a session, and somebody with a token whose key is known.
    pub(crate) async fn bystanders(&self) -> Bystanders {
        let session = session_of(&self.signed_in("bob").await);
        let token = self.provider.token("carol").expires_in(Duration::from_secs(24 * 3600)).sign();
        let bystanders = Bystanders { session, token };
        bystanders.assert_served_at_once(self);
        bystanders
    }

    /// What comes of a request that waits: for so long by the clock, and not a moment longer. Nobody else waits meanwhile.
    /// `reached` ends when the provider has got what it does not answer.
    pub(crate) async fn held_up<T>(
        &self,
        bystanders: &Bystanders,
        request: impl Future<Output = T>,
        reached: impl Future<Output = ()>,
        limit: Duration,
    ) -> T {
        let moment = Duration::from_millis(1);
        let mut request = std::pin::pin!(request);
        tokio::select! {
            biased;
            _ = &mut request => panic!("it does not wait"),
            () = reached => {}
        }
        bystanders.assert_served_at_once(self);
        self.clock.advance(limit - moment);
        assert!((&mut request).now_or_never().is_none(), "it does not wait so long");
        bystanders.assert_served_at_once(self);
        self.clock.advance(moment);
        in_time(request).await
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// How the provider's keys stand.
    pub(crate) fn status(&self) -> Status {
        self.auth.status().swap_remove(0)
    }

    /// Waits until so many attempts at the provider's documents have ended. Time stands still.
    pub(crate) async fn attempts(&self, ended: u64) {
        in_time(async {
            while self.status().attempts < ended {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }

    /// Lets so much time pass that an attempt at the provider's documents is due, and waits until it has ended.
    pub(crate) async fn attempt_within(&self, time: Duration) {
        let before = self.status().attempts;
        self.clock.advance(time);
        self.attempts(before + 1).await;
    }

    /// Waits until nothing is wrong any more with the provider's documents, with no more than the longest back-off between
    /// two attempts.
    pub(crate) async fn recovery(&self) {
        while self.status().problem.is_some() || !self.auth.is_ready() {
            assert!(self.status().next_attempt <= MAX_BACK_OFF);
            self.attempt_within(self.status().next_attempt.max(PAUSE)).await;
        }
    }

    /// Everything that only the provider and the application may know.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = self.issued.lock().unwrap().clone();
        secrets.extend([self.provider.client_secret(), SECRET].map(str::to_owned));
        secrets
    }
}

/// People whom the trouble has nothing to do with.
pub(crate) struct Bystanders {
    pub(crate) session: Cookies,
    pub(crate) token: String,
}

impl Bystanders {
    /// Both are answered without any waiting: no time passes, and nothing is asked of the provider.
    #[track_caller]
    pub(crate) fn assert_served_at_once(&self, stand: &Stand) {
        for (request, name) in [(api("/me", &self.session), "bob"), (bearer(&self.token), "carol")] {
            let answer = stand.at_once(request);
            assert_eq!((answer.status, answer.subject()), (StatusCode::OK, name.to_owned()), "{answer:?}");
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
}

impl Answer {
    /// Whose `sub` the answer tells.
    pub(crate) fn subject(&self) -> String {
        let answer: Value = serde_json::from_str(&self.text).unwrap_or_default();
        answer["sub"].as_str().unwrap_or_default().to_owned()
    }

    /// The header of that name; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// `Retry-After`, in whole seconds.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.headers.get(header::RETRY_AFTER).map(|seconds| seconds.to_str().unwrap().parse().unwrap())
    }

    /// The session cookies that the answer sets.
    pub(crate) fn session(&self) -> Cookies {
        let lines = self.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        let pairs = lines.filter_map(|line| line.split(';').next()?.split_once('='));
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        pairs.filter(|(name, _)| name.contains("oidc_session")).collect()
    }
}

/// The session cookies that a browser has.
pub(crate) fn session_of(browser: &Browser) -> Cookies {
    browser.cookies().into_iter().filter(|(name, _)| name.contains("oidc_session")).collect()
}

/// A script's GET.
pub(crate) fn api(path: &str, cookies: &Cookies) -> Request<Bytes> {
    with_cookies(Request::get(path).header("accept", "application/json"), cookies).body(Bytes::new()).unwrap()
}

/// A script's POST of a form.
pub(crate) fn post(path: &str, cookies: &Cookies, form: &[(&str, &str)]) -> Request<Bytes> {
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    with_cookies(request, cookies).body(form.into()).unwrap()
}

/// Somebody opens a page.
pub(crate) fn navigation(path: &str, cookies: &Cookies) -> Request<Bytes> {
    let request = Request::get(path).header("accept", "text/html").header("sec-fetch-mode", "navigate");
    let request = request.header("sec-fetch-dest", "document").header("sec-fetch-site", "none");
    with_cookies(request, cookies).body(Bytes::new()).unwrap()
}

/// A program's GET of `/me`.
pub(crate) fn bearer(token: &str) -> Request<Bytes> {
    Request::get("/me").header("authorization", format!("Bearer {token}")).body(Bytes::new()).unwrap()
}

fn with_cookies(request: http::request::Builder, cookies: &Cookies) -> http::request::Builder {
    if cookies.is_empty() {
        return request;
    }
    let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    request.header("cookie", pairs.join("; "))
}

/// Somebody has signed in at the provider, whose page is about to post its answer.
pub(crate) async fn form_posted(stand: &Stand, name: &str) -> Request<Bytes> {
    let mut browser = stand.browser();
    let page = browser.navigate("/me").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = [("request", page.url.query().unwrap()), ("name", name)];
    let answer = client.post(stand.provider.endpoint(Endpoint::Login).url()).form(&form).send().await.unwrap();
    let page = answer.text().await.unwrap();
    let field = |name: &str| {
        let (_, rest) =
            page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {page}"));
        rest.split_once('"').unwrap().0.to_owned()
    };
    let fields = ["id_token", "state", "iss"].map(|name| (name, field(name)));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    post("/callback", &browser.cookies(), &fields)
}

/// What comes of `future`, which no clock has to move for.
pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it ends without anybody's moving the clock")
}

/// A confidential client with refresh tokens.
pub(crate) fn login_config(provider: &TestProvider) -> Config {
    provider.login_config(SERVER).session_secret(SECRET).scope(OFFLINE)
}

/// The one asynchronous step of start-up, on that clock.
pub(crate) async fn discover(config: Config, clock: &ManualClock) -> Auth {
    Auth::builder(config).with_clock(clock.clone()).discover().await.expect("the configuration is right")
}

/// The same for an application that meets that trouble.
pub(crate) async fn discover_for(trouble: Trouble, config: Config, clock: &ManualClock) -> Auth {
    let builder = Auth::builder(config).with_clock(clock.clone());
    let builder = if trouble.holds_up() { builder.with_http_client(Patient::default()) } else { builder };
    builder.discover().await.expect("the configuration is right")
}

/// A client that waits for ever: it has no time-outs of its own.
#[derive(Debug)]
struct Patient(reqwest::Client);

impl Default for Patient {
    fn default() -> Self {
        Self(reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap())
    }
}

impl HttpClient for Patient {
    fn send(&self, request: Request<Bytes>, limit: usize) -> BoxFuture<'_, Result<http::Response<Bytes>, HttpError>> {
        let other = |error: reqwest::Error| HttpError::Other(error.into());
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(other)?;
            let answer: http::Response<reqwest::Body> = self.0.execute(request).await.map_err(other)?.into();
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, limit).collect().await.map_err(HttpError::Other)?;
            Ok(http::Response::from_parts(parts, body.to_bytes()))
        })
    }
}

fn application(auth: &Auth) -> Router {
    let me = async |principal: Principal, _: AxumRequest| Json(principal);
    Router::new().route("/me", get(me)).layer(auth.layer())
}
