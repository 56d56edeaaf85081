//! What every test stands on: a provider, a clock that stands still, an application behind the layer, and browsers.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::{Json, Router, routing::any};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use tower::ServiceExt as _;
use tower_oidc::{
    Auth, Config, Principal,
    layer::{AuthBuilder, AuthError},
    principal::rules::admin,
    testing::{Browser, ManualClock, TestProvider},
};

/// Where the application takes itself to be.
pub(crate) const SERVER: &str = "https://app.example";

/// `sessionSecret`, unless a test says otherwise.
pub(crate) const SECRET: &str = "a secret of the tests that has many more than 32 bytes";

/// Scopes that bring a refresh token.
pub(crate) const OFFLINE: &str = "openid email profile offline_access";

/// Names and values.
pub(crate) type Cookies = Vec<(String, String)>;

/// A provider, and an application that signs people in there and takes its bearer tokens.
pub(crate) struct Stand {
    pub(crate) provider: TestProvider,
    pub(crate) clock: ManualClock,
    pub(crate) auth: Auth,
    router: Router,
}

/// What the application answered to one request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Why it was refused.
    pub(crate) reason: Option<AuthError>,
}

impl Stand {
    /// A confidential client at [`SERVER`], with refresh tokens.
    pub(crate) async fn new() -> Self {
        Self::with(|_, config| config).await
    }

    /// Likewise, with a changed configuration.
    pub(crate) async fn with(change: impl FnOnce(&TestProvider, Config) -> Config) -> Self {
        Self::built(change, |builder| builder).await
    }

    /// Likewise, with parts of the test's own.
    pub(crate) async fn built(
        change: impl FnOnce(&TestProvider, Config) -> Config,
        parts: impl FnOnce(AuthBuilder) -> AuthBuilder,
    ) -> Self {
        let clock = ManualClock::new();
        let provider = TestProvider::builder().clock(clock.clone()).start().await;
        let config = change(&provider, config(&provider).session_secret(SECRET));
        let auth = parts(Auth::builder(config).with_clock(clock.clone())).discover().await.unwrap();
        assert!(auth.is_ready());
        let router = application(&auth);
        Self { provider, clock, auth, router }
    }

    /// Another process at the same provider.
    pub(crate) fn other(&self, auth: &Auth) -> Self {
        let (provider, clock) = (self.provider.clone(), self.clock.clone());
        Self { provider, clock, auth: auth.clone(), router: application(auth) }
    }

    /// The configuration without a session secret.
    pub(crate) fn config(&self) -> Config {
        config(&self.provider)
    }

    /// The configuration that [`new`](Self::new) starts with, changed, in the place of the one in use.
    pub(crate) async fn reload(&self, change: impl FnOnce(Config) -> Config) {
        self.auth.reload(change(self.config().session_secret(SECRET))).await.unwrap();
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.router.clone(), SERVER).with_clock(self.clock.clone())
    }

    /// A browser in which somebody has signed in at `/me`.
    pub(crate) async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        browser.navigate("/me").await;
        let me = browser.log_in_as(&self.provider, name).await;
        assert_eq!((me.status, me.url.path()), (StatusCode::OK, "/me"), "{}", me.text());
        browser
    }

    /// The answer to one request.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Answer {
        let response = self.router.clone().oneshot(request.map(Full::new)).await.unwrap();
        let (mut head, body) = response.into_parts();
        body.collect().await.unwrap();
        Answer { status: head.status, reason: head.extensions.remove() }
    }

    /// The answer to a request with that bearer token.
    pub(crate) async fn bearer(&self, path: &str, token: &str) -> Answer {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Bytes::new()).unwrap()).await
    }

    /// Whether these cookies hold a live session. Any answer but yes and no fails the test.
    pub(crate) async fn is_alive(&self, cookies: &Cookies) -> bool {
        let request =
            Request::get("/me").header(header::COOKIE, cookie_line(cookies)).header(header::ACCEPT, "application/json");
        let answer = self.send(request.body(Bytes::new()).unwrap()).await;
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::UNAUTHORIZED), "{answer:?}");
        answer.status == StatusCode::OK
    }

    /// The bearer token of somebody with a verified e-mail address at that domain.
    pub(crate) fn token(&self, name: &str, domain: &str) -> String {
        let token = self.provider.token(name).claim("email", format!("{name}@{domain}"));
        token.claim("email_verified", true).sign()
    }
}

/// A confidential client at [`SERVER`], with refresh tokens and without a session secret.
fn config(provider: &TestProvider) -> Config {
    provider.login_config(SERVER).scope(OFFLINE)
}

/// `/me` is for everybody who is somebody, `/admin` for administrators.
fn application(auth: &Auth) -> Router {
    let me = async |principal: Principal| Json(principal);
    Router::new().route("/me", any(me)).route("/admin", any(me).layer(auth.require(admin()))).layer(auth.layer())
}

/// The session cookies that a browser has now.
pub(crate) fn copy(browser: &Browser) -> Cookies {
    browser.cookies().into_iter().filter(|(name, _)| name.contains("oidc_session")).collect()
}

/// As a browser sends them.
pub(crate) fn cookie_line(cookies: &Cookies) -> String {
    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// `POST` by a script of the application.
pub(crate) async fn post(browser: &Browser, path: &str) -> StatusCode {
    browser.fetch_with(Request::post(path).body(Vec::new()).unwrap()).await.status
}

/// Lets other tasks run until that is so.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    waited.await.expect("it comes to that within a minute");
}

/// A file with a secret, removed at the end.
pub(crate) struct SecretFile(PathBuf);

impl SecretFile {
    pub(crate) fn new(text: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("tower-oidc-reload-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let file = Self(std::env::temp_dir().join(name));
        file.replace(text);
        file
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Puts another file in its place, as those do who rotate secrets: nobody sees half of it.
    pub(crate) fn replace(&self, text: &str) {
        let new = self.0.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, &self.0).unwrap();
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
