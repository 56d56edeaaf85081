//! What every row stands on: a key with its three ways in, a provider, and applications that differ in that one key.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    body::Body,
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    routing::get,
};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;
use tower::ServiceExt as _;
use tower_oidc::{
    Auth, Config, Principal,
    config::{ConfigErrors, Problem, Source},
    layer::SetupError,
    principal::{MemoryDirectory, Rule, rules::signed_in},
    testing::{Browser, ManualClock, TestProvider, TestProviderBuilder, Visited},
};
use url::Url;

/// Where an application takes itself to be, unless a row says otherwise.
pub(crate) const SERVER: &str = "https://app.example";

/// `sessionSecret`.
pub(crate) const SECRET: &str = "a secret of the tests that has many more than 32 bytes";

/// A key of the configuration: where it stands in a file, and its variable.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    block: &'static [&'static str],
    key: &'static str,
    variable: &'static str,
}

/// A key of `authenticationConfiguration`.
pub(crate) const fn authentication(key: &'static str, variable: &'static str) -> Field {
    Field { block: &["authenticationConfiguration"], key, variable }
}

/// A key of `oidcConfiguration`.
pub(crate) const fn oidc(key: &'static str, variable: &'static str) -> Field {
    Field { block: &["authenticationConfiguration", "oidcConfiguration"], key, variable }
}

/// A key of `authorizerConfiguration`.
pub(crate) const fn authorizer(key: &'static str, variable: &'static str) -> Field {
    Field { block: &["authorizerConfiguration"], key, variable }
}

impl Field {
    fn path(self) -> String {
        format!("{}.{}", self.block.join("."), self.key)
    }

    /// A file that says this key alone. The value is YAML.
    fn file(self, value: &str) -> String {
        let lines = self.block.iter().enumerate().map(|(depth, block)| format!("{}{block}:\n", "  ".repeat(depth)));
        format!("{}{}{}: {value}\n", lines.collect::<String>(), "  ".repeat(self.block.len()), self.key)
    }
}

/// The setting of a text.
pub(crate) fn text(text: impl Into<String>) -> Option<String> {
    Some(text.into())
}

/// The setting of a list.
pub(crate) fn list<const N: usize>(items: [&str; N]) -> Vec<String> {
    items.map(str::to_owned).to_vec()
}

/// A provider and its clock, and what an application there is told besides the key of the row.
pub(crate) struct Stand {
    pub(crate) provider: TestProvider,
    pub(crate) clock: ManualClock,
    variables: BTreeMap<&'static str, String>,
    known: Option<Vec<&'static str>>,
}

impl Stand {
    /// A service that takes bearer tokens alone.
    pub(crate) async fn bearer() -> Self {
        Self::bearer_at(|provider| provider).await
    }

    /// Likewise, with another provider.
    pub(crate) async fn bearer_at(set_up: impl FnOnce(TestProviderBuilder) -> TestProviderBuilder) -> Self {
        let clock = ManualClock::new();
        let provider = set_up(TestProvider::builder().clock(clock.clone())).start().await;
        let stand = Self { provider: provider.clone(), clock, variables: BTreeMap::new(), known: None };
        stand
            .with("AUTHENTICATION_PROVIDER", "custom-oidc")
            .with("AUTHENTICATION_AUTHORITY", provider.issuer())
            .with("OIDC_CLIENT_ID", provider.client_id())
            .with("OIDC_AUDIENCE", provider.audience())
    }

    /// A confidential client that signs people in at [`SERVER`], by the authorization code flow.
    pub(crate) async fn login() -> Self {
        Self::login_at(SERVER).await
    }

    /// Likewise at another address.
    pub(crate) async fn login_at(server_url: &str) -> Self {
        let stand = Self::bearer().await;
        let secret = stand.provider.login_config(server_url).authentication.oidc.secret.expect("the client has one");
        stand
            .with("OIDC_CLIENT_SECRET", secret.expose())
            .with("OIDC_SERVER_URL", server_url)
            .with("OIDC_SESSION_SECRET", SECRET)
    }

    /// A client without a secret that signs people in at [`SERVER`]: registered as a public one, and `clientType` not yet set.
    pub(crate) async fn public() -> Self {
        let stand = Self::login().await.with("OIDC_CLIENT_SECRET", "");
        drop(stand.provider.public_login_config(SERVER));
        stand
    }

    /// Sets another key, whichever way the row's comes in. An empty value unsets it.
    pub(crate) fn with(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.variables.insert(variable, value.into());
        self
    }

    /// Gives every application a user directory that knows these.
    pub(crate) fn knowing<const N: usize>(self, names: [&'static str; N]) -> Self {
        Self { known: Some(names.to_vec()), ..self }
    }

    /// Three applications that were told one value: in Rust, by a file, and by the variable. Their settings are the same.
    pub(crate) async fn three_ways(&self, field: Field, value: &str, set: impl FnOnce(&mut Config)) -> Vec<App> {
        self.three_ways_written(field, value, value, set).await
    }

    /// Likewise for a value that a file writes in other words than a variable.
    pub(crate) async fn three_ways_written(
        &self,
        field: Field,
        in_file: &str,
        in_variable: &str,
        set: impl FnOnce(&mut Config),
    ) -> Vec<App> {
        let mut in_rust = self.load(field, Source::Environment, "").expect("the base can be read");
        set(&mut in_rust);
        let by_file = self.load(field, Source::Text(&field.file(in_file)), "").expect("the file can be read");
        let by_variable = self.load(field, Source::Environment, in_variable).expect("the variable can be read");
        let settings = |config: &Config| format!("{:?}", config.check().expect("the configuration is right"));
        assert_eq!(settings(&by_file), settings(&in_rust), "{}: the file and Rust", field.path());
        assert_eq!(settings(&by_variable), settings(&in_rust), "{}: the variable and Rust", field.path());
        let mut apps = Vec::new();
        for config in [in_rust, by_file, by_variable] {
            apps.push(self.app(config).await.expect("it starts"));
        }
        apps
    }

    /// An application that was told that value by the variable.
    pub(crate) async fn variable(&self, field: Field, value: &str) -> App {
        self.start(field, value).await.expect("it starts")
    }

    /// An application that was told nothing.
    pub(crate) async fn unset(&self, field: Field) -> App {
        self.variable(field, "").await
    }

    /// What comes of the start with that value of the variable.
    pub(crate) async fn start(&self, field: Field, value: &str) -> Result<App, SetupError> {
        self.app(self.load(field, Source::Environment, value).map_err(SetupError::from)?).await
    }

    /// An application of a file, with the other keys besides.
    pub(crate) async fn file(&self, text: &str) -> App {
        let config = Config::load(Source::Text(text), &|name| self.variables.get(name).cloned());
        self.app(config.expect("the file can be read")).await.expect("it starts")
    }

    /// An application of that configuration.
    pub(crate) async fn app(&self, config: Config) -> Result<App, SetupError> {
        let server_url = config.authentication.oidc.server_url.clone().unwrap_or_else(|| SERVER.to_owned());
        let builder = Auth::builder(config).with_clock(self.clock.clone());
        let auth = match &self.known {
            Some(known) => builder.with_directory(MemoryDirectory::knowing(known.iter().copied())),
            None => builder,
        };
        let auth = auth.discover().await?;
        Ok(App { auth, provider: self.provider.clone(), clock: self.clock.clone(), server_url })
    }

    /// What everything but the row's key says, in Rust.
    pub(crate) fn base(&self, field: Field) -> Config {
        self.load(field, Source::Environment, "").expect("the base can be read")
    }

    /// Asserts that a file and the variable are refused with that value, in that line: the key's path, and `message`.
    #[track_caller]
    pub(crate) fn refuses(&self, field: Field, value: &str, message: &str) {
        self.refuses_in_file(field, value, message);
        let problem = self.problem(field, Source::Environment, value, &format!("{}{message}", field.path()));
        assert_eq!(problem.variable.as_deref(), Some(field.variable), "{problem}");
    }

    /// Likewise for a value that only a file can have.
    #[track_caller]
    pub(crate) fn refuses_in_file(&self, field: Field, value: &str, message: &str) {
        let file = field.file(value);
        self.problem(field, Source::Text(&file), "", &format!("{}{message}", field.path()));
    }

    /// Likewise for another line than one of the key itself.
    #[track_caller]
    pub(crate) fn refuses_in_file_besides(&self, field: Field, value: &str, line: &str) {
        self.problem(field, Source::Text(&field.file(value)), "", line);
    }

    /// Asserts that with that value, or with none, something else is wrong: that line.
    #[track_caller]
    pub(crate) fn refuses_besides(&self, field: Field, value: &str, line: &str) {
        self.problem(field, Source::Environment, value, line);
    }

    /// The problem of that line.
    #[track_caller]
    fn problem(&self, field: Field, source: Source<'_>, variable: &str, line: &str) -> Problem {
        let checked = self.load(field, source, variable).and_then(|config| config.check());
        let Err(errors) = checked else { panic!("{} is not refused", field.path()) };
        let is_meant =
            |problem: &&Problem| format!("{}: {}; mend: {}", problem.path, problem.what, problem.mend) == line;
        match errors.problems().iter().find(is_meant) {
            Some(problem) => problem.clone(),
            None => panic!("wanted\n{line}\nand got\n{errors}"),
        }
    }

    fn load(&self, field: Field, source: Source<'_>, value: &str) -> Result<Config, ConfigErrors> {
        let variable = |name: &str| {
            if name == field.variable { Some(value.to_owned()) } else { self.variables.get(name).cloned() }
        };
        Config::load(source, &variable)
    }
}

/// An application behind the layer, whose every path asks for somebody.
pub(crate) struct App {
    pub(crate) auth: Auth,
    provider: TestProvider,
    clock: ManualClock,
    server_url: String,
}

impl App {
    fn router(&self, rule: Rule) -> Router {
        let me = get(async |principal: Principal| Json(principal)).layer(self.auth.require(rule));
        let access_token = get(async |principal: Principal| {
            principal.access_token().map(|token| token.expose().to_owned()).unwrap_or_default()
        });
        Router::new().route("/access-token", access_token).fallback_service(me).layer(self.auth.layer())
    }

    /// The answer to one request, on a route that asks for somebody.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Answer {
        Answer::to(self.router(signed_in()), request).await
    }

    /// The answer to a bearer token.
    pub(crate) async fn get(&self, token: impl AsRef<str>) -> Answer {
        self.ask(signed_in(), token).await
    }

    /// The answer to a bearer token on a route with that rule.
    pub(crate) async fn ask(&self, rule: impl Into<Rule>, token: impl AsRef<str>) -> Answer {
        let request = Request::get("/me").header("authorization", format!("Bearer {}", token.as_ref()));
        Answer::to(self.router(rule.into()), request.body(Bytes::new()).unwrap()).await
    }

    /// The principal that a bearer token is accepted for.
    pub(crate) async fn principal(&self, token: impl AsRef<str>) -> Value {
        let answer = self.get(token).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    /// The answer to somebody who opens a page.
    pub(crate) async fn open(&self, path: &str) -> Answer {
        let request = Request::get(path).header("accept", "text/html").header("sec-fetch-mode", "navigate");
        self.send(request.header("sec-fetch-dest", "document").body(Bytes::new()).unwrap()).await
    }

    /// What the provider is asked for somebody who opens a page.
    pub(crate) async fn asked(&self) -> BTreeMap<String, String> {
        self.open("/me").await.location().query_pairs().into_owned().collect()
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.router(signed_in()), &self.server_url).with_clock(self.clock.clone())
    }

    /// Where a login of that person, who opens `/me`, ends.
    pub(crate) async fn sign_in(&self, name: &str) -> (Browser, Visited) {
        let mut browser = self.browser();
        browser.navigate("/me").await;
        let end = browser.log_in_as(&self.provider, name).await;
        (browser, end)
    }

    /// A browser in which that person has signed in.
    pub(crate) async fn signed_in(&self, name: &str) -> Browser {
        let (browser, end) = self.sign_in(name).await;
        assert_eq!(end.status, StatusCode::OK, "{}", end.text());
        browser
    }

    /// Whether the login of that person succeeds.
    pub(crate) async fn lets_in(&self, name: &str) -> bool {
        self.sign_in(name).await.1.status == StatusCode::OK
    }
}

/// Whether somebody is signed in there.
pub(crate) async fn is_alive(browser: &Browser) -> bool {
    browser.fetch("/me").await.status == StatusCode::OK
}

/// What an application answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    async fn to(router: Router, request: Request<Bytes>) -> Self {
        let response = router.oneshot(request.map(|body| Body::new(Full::new(body)))).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        Self { status: parts.status, headers: parts.headers, text }
    }

    /// Where the answer leads.
    #[track_caller]
    pub(crate) fn location(&self) -> Url {
        let location = self.headers.get("location").unwrap_or_else(|| panic!("{}: {}", self.status, self.text));
        Url::parse(SERVER).unwrap().join(location.to_str().unwrap()).unwrap()
    }
}

/// The `Set-Cookie` headers.
pub(crate) fn set_cookies(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
}
