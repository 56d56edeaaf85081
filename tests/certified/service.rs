//! The service: what an operator would write, and the layer that it gives.

use std::convert::Infallible;

use http::{
    Request, Response, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use tower::{Layer, ServiceExt, service_fn};
use tower_oidc::{
    Auth, Config, Principal, config::Source, layer::AuthError, principal::rules::scope, types::Clock,
    validator::TokenError,
};

use crate::provider::{Endpoints, api};

/// A service behind the layer. Every request to it needs the scope `read:orders`.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) auth: Auth,
}

/// What a request was answered with.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) challenge: Option<String>,
    pub(crate) reason: Option<AuthError>,
}

impl Service {
    /// The service of the API that takes tokens signed with `algorithm`.
    pub(crate) async fn of(provider: &Endpoints, algorithm: &str) -> Self {
        Self::discover(config(provider, algorithm, &api(algorithm), "access_token")).await
    }

    pub(crate) async fn discover(config: Config) -> Self {
        Self { auth: Auth::discover(config).await.unwrap() }
    }

    /// The same, at another time.
    pub(crate) async fn discover_at(config: Config, clock: impl Clock) -> Self {
        Self { auth: Auth::builder(config).with_clock(clock).discover().await.unwrap() }
    }

    /// Sends a request with that token.
    pub(crate) async fn ask(&self, token: &str) -> Answer {
        let handler = service_fn(|_: Request<String>| async { Ok::<_, Infallible>(Response::new(String::new())) });
        let guarded = self.auth.layer().layer(self.auth.require(scope("read:orders")).layer(handler));
        let request = Request::builder().header(AUTHORIZATION, format!("Bearer {token}")).body(String::new()).unwrap();
        let response = guarded.oneshot(request).await.unwrap();
        let challenge = response.headers().get(WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned());
        Answer { status: response.status(), challenge, reason: response.extensions().get().cloned() }
    }

    /// Sends a request with a token that must be accepted. Whose it is.
    pub(crate) async fn accepts(&self, token: &str) -> Principal {
        let answer = self.ask(token).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.reason);
        self.auth.validate(token).await.unwrap()
    }

    /// Sends a request with a token that must not be accepted. Why it is refused.
    pub(crate) async fn refuses(&self, token: &str) -> TokenError {
        let Answer { status, challenge, reason } = self.ask(token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{reason:?}");
        assert!(challenge.unwrap().ends_with("error=\"invalid_token\""));
        match reason {
            Some(AuthError::Token(error)) => error,
            other => panic!("expected a refused token, got {other:?}"),
        }
    }
}

/// The operator's file.
pub(crate) fn config(provider: &Endpoints, algorithm: &str, audience: &str, bearer_token_kind: &str) -> Config {
    let file = format!(
        "authenticationConfiguration:
           provider: custom-oidc
           authority: {issuer}
           tokenValidationAlgorithm: {algorithm}
           oidcConfiguration:
             id: {client_id}
             audience: {audience}
             bearerTokenKind: {bearer_token_kind}",
        issuer = provider.issuer,
        client_id = crate::tokens::CLIENT_ID,
    );
    Config::load(Source::Text(&file), &|_| None).unwrap()
}
