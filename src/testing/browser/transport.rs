//! Who gets a request: the application, or whoever listens on a loopback address.

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use reqwest::{Client, redirect::Policy};
use url::{Origin, Position, Url};

use super::{
    application::Application,
    request::{Going, is_loopback},
};

/// Carries requests.
#[derive(Clone)]
pub(super) struct Transport {
    application: Application,
    origin: Origin,
    client: Client,
}

impl Transport {
    pub(super) fn new(application: Application, origin: Origin) -> Self {
        let client = Client::builder().no_proxy().redirect(Policy::none()).build();
        Self { application, origin, client: client.expect("an HTTP client needs nothing") }
    }

    /// Whether it is the application's own, or of this machine.
    pub(super) fn reaches(&self, url: &Url) -> bool {
        self.is_own(url) || is_loopback(url)
    }

    pub(super) async fn send(&self, going: &Going, headers: HeaderMap) -> Response<Bytes> {
        if self.is_own(&going.url) {
            self.application.call(request(going, headers)).await
        } else {
            self.send_over_socket(going, headers).await.expect("somebody answers on the loopback interface")
        }
    }

    async fn send_over_socket(&self, going: &Going, headers: HeaderMap) -> reqwest::Result<Response<Bytes>> {
        assert!(is_loopback(&going.url), "nothing leaves the machine: {}", going.url.origin().ascii_serialization());
        let request = self.client.request(going.method.clone(), going.url.clone()).headers(headers);
        let answer = request.body(going.body.clone()).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = Response::new(answer.bytes().await?);
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Ok(response)
    }

    fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.origin
    }
}

/// As a server hands it on: with the path alone.
fn request(going: &Going, headers: HeaderMap) -> Request<Bytes> {
    let target = &going.url[Position::BeforePath..Position::AfterQuery];
    let request = Request::builder().method(going.method.clone()).uri(target).body(going.body.clone());
    let mut request = request.expect("a URL's path and query are a request target");
    *request.headers_mut() = headers;
    request
}
