//! What every test stands on: a provider, a clock that stands still, and an `Auth` that trusts the provider.

use std::{convert::Infallible, time::Duration};

use http::{HeaderMap, Request, Response, StatusCode, header::AUTHORIZATION};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_oidc::{
    Auth, Config, Principal,
    config::Source,
    layer::{AuthError, AuthErrorKind, SetupError},
    principal::{PrincipalError, Rule, rules::signed_in},
    provider::Status,
    testing::{ManualClock, TestProvider},
    types::Clock as _,
    validator::TokenError,
};

/// A provider and an `Auth` for it, on one fixed clock.
pub(crate) struct Stand {
    pub(crate) provider: TestProvider,
    pub(crate) clock: ManualClock,
    pub(crate) auth: Auth,
}

impl Stand {
    /// The smallest bearer configuration.
    pub(crate) async fn new() -> Self {
        Self::with(|config| config).await
    }

    /// The smallest bearer configuration, changed.
    pub(crate) async fn with(change: impl FnOnce(Config) -> Config) -> Self {
        let (provider, clock) = provider().await;
        let config = change(provider.config());
        Self::of(provider, clock, config).await
    }

    /// The configuration of a file, in which `${ISSUER}` and its kin stand for the provider: see [`variables`].
    pub(crate) async fn file(text: &str) -> Self {
        let (provider, clock) = provider().await;
        let config = from_file(text, &provider, &[]);
        Self::of(provider, clock, config).await
    }

    /// The smallest bearer configuration by variables, and these over it.
    pub(crate) async fn variables(list: &[(&str, &str)]) -> Self {
        let (provider, clock) = provider().await;
        let config = from_variables(&provider, list);
        Self::of(provider, clock, config).await
    }

    /// An `Auth` of that configuration, its keys loaded.
    pub(crate) async fn of(provider: TestProvider, clock: ManualClock, config: Config) -> Self {
        let auth = discover(config, &clock).await.expect("the configuration is right");
        assert!(auth.is_ready());
        Self { provider, clock, auth }
    }

    /// What comes of `future`, while the clock goes on where somebody waits for it.
    pub(crate) async fn eventually<T>(&self, future: impl Future<Output = T>) -> T {
        eventually(&self.clock, future).await
    }

    /// The answer to a request with that token, on a route that asks for no more than a principal.
    pub(crate) async fn get(&self, token: &str) -> Answer {
        self.ask(signed_in(), token).await
    }

    /// The answer to a request with that token, on a route with that rule.
    pub(crate) async fn ask(&self, rule: impl Into<Rule>, token: &str) -> Answer {
        self.eventually(ask(&self.auth, rule.into(), Some(token))).await
    }

    /// The principal that a token is accepted for, as JSON.
    pub(crate) async fn principal(&self, token: &str) -> Value {
        let answer = self.get(token).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.reason);
        answer.body
    }

    /// Why a token is refused.
    pub(crate) async fn refusal(&self, token: &str) -> TokenError {
        match self.eventually(self.auth.validate(token)).await {
            Err(AuthError::Token(error)) => error,
            other => panic!("expected a refused token, got {other:?}"),
        }
    }

    /// How the provider's keys stand.
    pub(crate) fn status(&self) -> Status {
        self.auth.status().swap_remove(0)
    }
}

/// What the layer, the guard and the handler made of a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The principal, or the problem document.
    pub(crate) body: Value,
    /// Why it was refused.
    pub(crate) reason: Option<AuthError>,
}

impl Answer {
    pub(crate) fn kind(&self) -> Option<AuthErrorKind> {
        self.reason.as_ref().map(AuthError::kind)
    }

    /// Why the principal may not come in: the token is good, the answer a bare 403.
    #[track_caller]
    pub(crate) fn not_admitted(self) -> PrincipalError {
        assert_eq!(self.status, StatusCode::FORBIDDEN, "{self:?}");
        assert_eq!(self.kind(), Some(AuthErrorKind::Forbidden));
        match self.reason {
            Some(AuthError::Principal(error)) => error,
            other => panic!("expected a refused principal, got {other:?}"),
        }
    }
}

/// A request through the layer and a guard to a handler that answers with the principal as JSON.
pub(crate) async fn ask(auth: &Auth, rule: Rule, token: Option<&str>) -> Answer {
    let handler = service_fn(|request: Request<String>| async move {
        let principal = request.extensions().get::<Principal>().expect("the guard lets nobody through without one");
        Ok::<_, Infallible>(Response::new(serde_json::to_string(principal).unwrap()))
    });
    let mut request = Request::new(String::new());
    if let Some(token) = token {
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    }
    let response = auth.layer().layer(auth.require(rule).layer(handler)).oneshot(request).await.unwrap();
    let (mut parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&body).unwrap(),
        reason: parts.extensions.remove(),
    }
}

/// A provider and the clock it goes by.
pub(crate) async fn provider() -> (TestProvider, ManualClock) {
    let clock = ManualClock::new();
    (TestProvider::builder().clock(clock.clone()).start().await, clock)
}

/// The one asynchronous step of start-up, on that clock.
pub(crate) async fn discover(config: Config, clock: &ManualClock) -> Result<Auth, SetupError> {
    Auth::builder(config).with_clock(clock.clone()).discover().await
}

/// The configuration of a file's text, with these variables for its references.
pub(crate) fn from_file(text: &str, provider: &TestProvider, more: &[(&str, &str)]) -> Config {
    let references = [("ISSUER", provider.issuer()), ("AUDIENCE", provider.audience())];
    load(Source::Text(text), &[more, &references].concat())
}

/// The smallest bearer configuration by variables, and these over it. An empty one unsets.
pub(crate) fn from_variables(provider: &TestProvider, over: &[(&str, &str)]) -> Config {
    let smallest = [
        ("AUTHENTICATION_PROVIDER", "custom-oidc"),
        ("AUTHENTICATION_AUTHORITY", provider.issuer()),
        ("OIDC_CLIENT_ID", provider.client_id()),
        ("OIDC_AUDIENCE", provider.audience()),
    ];
    load(Source::Environment, &[over, &smallest].concat())
}

fn load(source: Source<'_>, variables: &[(&str, &str)]) -> Config {
    let variable =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Config::load(source, &variable).expect("the configuration can be read")
}

/// What comes of `future`, while the clock goes on where somebody waits for it.
pub(crate) async fn eventually<T>(clock: &ManualClock, future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    loop {
        tokio::select! {
            biased;
            output = &mut future => return output,
            () = tokio::time::sleep(Duration::from_millis(50)) => clock.advance(Duration::from_millis(500)),
        }
    }
}

/// The time on the clock, in seconds since 1970.
pub(crate) fn now(clock: &ManualClock) -> u64 {
    tower_oidc::types::unix_seconds(clock.now())
}
