//! Requests within time and size; one document fetched, and the answer looked at before anybody reads its body.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use tracing::Instrument as _;
use url::Url;

use crate::types::Clock;

use super::{
    error::{ProviderError, ShownUrl},
    freshness,
    http::{HttpClient, HttpError},
    propagation,
    reqwest_client::TOTAL_TIMEOUT,
    span,
};

/// Longest time for one request, whatever client carries it: the default client's own time-out and a second of grace.
pub const FETCH_LIMIT: Duration = Duration::from_secs(TOTAL_TIMEOUT.as_secs() + 1);

/// Sends requests and fetches documents within [`FETCH_LIMIT`], counts its requests, and has a span for each.
#[derive(Debug)]
pub(super) struct Fetcher {
    /// What spans call the provider.
    provider: Box<str>,
    client: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    requests: AtomicU64,
}

/// A good answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    /// Absent: status 304 to a request with an `ETag` (RFC 9110 section 15.4.5).
    pub(super) document: Option<Bytes>,
}

impl Fetcher {
    pub(super) fn new(provider: &str, client: Arc<dyn HttpClient>, clock: Arc<dyn Clock>) -> Self {
        Self { provider: provider.into(), client, clock, requests: AtomicU64::new(0) }
    }

    /// The same for a provider that spans call by another name.
    pub(super) fn named(self, provider: &str) -> Self {
        Self { provider: provider.into(), ..self }
    }

    /// How many requests were sent.
    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Fetches `url`; with an `etag`, only if the document is another one than that.
    pub(super) async fn get(
        &self,
        url: &Url,
        etag: Option<&HeaderValue>,
        limit: usize,
    ) -> Result<Answer, ProviderError> {
        let response = self
            .send(request(url, etag)?, limit)
            .await
            .map_err(|source| ProviderError::Unreachable { url: ShownUrl::new(url), source })?;
        match response.status() {
            StatusCode::OK => document(url, response),
            StatusCode::NOT_MODIFIED if etag.is_some() => {
                Ok(Answer { headers: response.into_parts().0.headers, document: None })
            }
            status if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
                Err(ProviderError::Redirect { url: ShownUrl::new(url), to: target(url, response.headers()) })
            }
            status => Err(ProviderError::Status {
                url: ShownUrl::new(url),
                status,
                retry_after: freshness::pause(status, response.headers(), self.clock.now()),
            }),
        }
    }

    /// Sends `request`, once; an answer longer than `limit` bytes is none, whatever the client made of the limit.
    pub(super) async fn send(&self, mut request: Request<Bytes>, limit: usize) -> Result<Response<Bytes>, HttpError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let span = span::of(&request, &self.provider);
        propagation::inject(&span, request.headers_mut());
        let outcome = self.carry(request, limit).instrument(span.clone()).await;
        span::end(&span, &outcome);
        outcome
    }

    async fn carry(&self, request: Request<Bytes>, limit: usize) -> Result<Response<Bytes>, HttpError> {
        let response = tokio::select! {
            response = self.client.send(request, limit) => response?,
            () = self.clock.sleep(FETCH_LIMIT) => return Err(HttpError::Timeout),
        };
        if response.body().len() > limit { Err(HttpError::TooLarge { limit }) } else { Ok(response) }
    }
}

fn request(url: &Url, etag: Option<&HeaderValue>) -> Result<Request<Bytes>, ProviderError> {
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(url.as_str())
        .header(header::ACCEPT, HeaderValue::from_static("application/json"))
        .body(Bytes::new())
        .map_err(|error| ProviderError::Unreachable {
            url: ShownUrl::new(url),
            source: HttpError::Other(error.into()),
        })?;
    if let Some(etag) = etag {
        request.headers_mut().insert(header::IF_NONE_MATCH, etag.clone());
    }
    Ok(request)
}

/// The media type is not looked at: providers and file servers send `text/plain` and worse. A page is told by its start.
fn document(url: &Url, response: Response<Bytes>) -> Result<Answer, ProviderError> {
    let (head, body) = response.into_parts();
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
    if text.trim_ascii_start().starts_with(b"<") {
        return Err(ProviderError::Html { url: ShownUrl::new(url) });
    }
    Ok(Answer { headers: head.headers, document: Some(body) })
}

/// A header's value that no `Debug` shows, and that HTTP/2 does not index.
pub(super) fn hidden(value: String) -> Result<HeaderValue, HttpError> {
    let mut value = HeaderValue::try_from(value).map_err(|error| HttpError::Other(error.into()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Where a redirect points to, if it says so in a way that can be read.
pub(super) fn target(url: &Url, headers: &HeaderMap) -> Option<ShownUrl> {
    let location = headers.get(header::LOCATION)?.to_str().ok()?;
    url.join(location).ok().filter(Url::has_host).map(|to| ShownUrl::new(&to))
}
