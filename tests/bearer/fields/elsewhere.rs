//! A provider under the name of another host: what a configuration with the real addresses of Auth0 or Entra does.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use tower_oidc::{
    Auth, Config,
    config::HttpSettings,
    layer::SetupError,
    provider::{HttpClient, HttpError, ReqwestClient},
    testing::{ManualClock, TestProvider},
    types::BoxFuture,
};

/// Carries every request to the provider in the process, whichever host it names, as if the name resolved there.
#[derive(Debug, Clone)]
pub(super) struct Elsewhere {
    client: ReqwestClient,
    origin: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    pub(super) fn new(provider: &TestProvider) -> Self {
        let path = http::Uri::try_from(provider.issuer()).unwrap().path().to_owned();
        let origin = provider.issuer().strip_suffix(&path).unwrap_or(provider.issuer()).to_owned();
        Self { client: ReqwestClient::new(&HttpSettings::default()).unwrap(), origin, asked: Arc::default() }
    }

    /// The URLs that were asked for, in order.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) async fn discover(&self, config: Config, clock: &ManualClock) -> Result<Auth, SetupError> {
        Auth::builder(config).with_clock(clock.clone()).with_http_client(self.clone()).discover().await
    }
}

impl HttpClient for Elsewhere {
    fn send(&self, mut request: Request<Bytes>, limit: usize) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        self.asked.lock().unwrap().push(request.uri().to_string());
        *request.uri_mut() = format!("{}{}", self.origin, request.uri().path()).parse().unwrap();
        self.client.send(request, limit)
    }
}
