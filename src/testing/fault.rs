//! What can go wrong with an endpoint.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER},
};
use tokio::sync::futures::Notified;

use crate::types::{Clock, unix_seconds};

use super::body::Body;

/// The page that a gateway, a captive portal or a cloud's bot check puts before the provider.
const PAGE: &str = "<!doctype html>\n<html><head><title>Just a moment...</title></head><body></body></html>\n";

const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// A way for an endpoint to fail.
///
/// Where a gateway answers in the provider's place ([`Status`](Self::Status), [`StatusRetryAfter`](Self::StatusRetryAfter),
/// [`RateLimited`](Self::RateLimited), [`Html`](Self::Html), [`RedirectTo`](Self::RedirectTo)), the provider never gets the
/// request: a code or a refresh token in it stays good. With a spoilt answer ([`Truncated`](Self::Truncated),
/// [`Malformed`](Self::Malformed), [`Huge`](Self::Huge), [`Trickle`](Self::Trickle)) it has acted on it, and what it gave is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Answers with that status, from 200 to 599, and without content.
    Status(u16),
    /// Answers with that status and asks to come back after so many whole seconds (`Retry-After`, RFC 9110 section 10.2.3).
    StatusRetryAfter(u16, Duration),
    /// Answers with 429 as Auth0 does, its limit open again at that time (`x-ratelimit-reset`, in seconds since 1970).
    RateLimited(SystemTime),
    /// Answers honestly, but only after so long on the provider's clock.
    Slow(Duration),
    /// Takes the request and does not answer, until the endpoint is healed: then the honest answer comes.
    Hang,
    /// Announces the whole document, sends half of it, and breaks the connection.
    Truncated,
    /// Answers with status 200 and an HTML page.
    Html,
    /// Sends half of the document as if it were all of it: JSON that does not parse.
    Malformed,
    /// Sends the document behind white space, so many bytes in all, their number not announced. It is valid JSON to a
    /// client that reads without a limit.
    Huge(u64),
    /// Sends the honest answer one byte at a time, with that pause on the provider's clock before each: an answer that never
    /// stands still, and takes for ever.
    Trickle(Duration),
    /// Redirects (302) to that URL.
    RedirectTo(String),
    /// Sends the honest document as `text/plain`.
    WrongContentType,
    /// Closes the connection without an answer.
    Close,
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer")]
pub(super) struct Closed;

impl Fault {
    /// Refuses a fault that could not be sent, where the test asks for it and not in a server task that nobody sees.
    pub(super) fn assert_sendable(&self) {
        match self {
            Self::Status(status) | Self::StatusRetryAfter(status, _) => {
                assert!((200..=599).contains(status), "a fault's status is between 200 and 599, not {status}");
            }
            Self::RedirectTo(url) => {
                HeaderValue::from_str(url).expect("a redirect's URL is visible ASCII");
            }
            _ => {}
        }
    }

    /// What happens before there is an answer.
    pub(super) async fn delay(&self, clock: &dyn Clock, healed: Notified<'_>) -> Result<(), Closed> {
        match self {
            Self::Slow(duration) => clock.sleep(*duration).await,
            Self::Hang => healed.await,
            Self::Close => return Err(Closed),
            _ => {}
        }
        Ok(())
    }

    /// What a gateway answers in the provider's place.
    pub(super) fn of_a_gateway(&self) -> Option<Response<Body>> {
        Some(match self {
            Self::Status(code) => status(*code),
            Self::StatusRetryAfter(code, after) => {
                with_header(status(*code), RETRY_AFTER, &after.as_secs().to_string())
            }
            Self::RateLimited(until) => {
                let limited = with_header(status(429), RATE_LIMIT_RESET, &unix_seconds(*until).to_string());
                with_header(limited, RATE_LIMIT_REMAINING, "0")
            }
            Self::RedirectTo(url) => with_header(status(302), LOCATION, url),
            Self::Html => {
                with_header(Response::new(Body::whole(PAGE.into())), CONTENT_TYPE, "text/html; charset=utf-8")
            }
            _ => return None,
        })
    }

    /// Whether the answer itself is spoilt.
    pub(super) fn spoils(&self) -> bool {
        matches!(self, Self::WrongContentType | Self::Malformed | Self::Truncated | Self::Huge(_) | Self::Trickle(_))
    }

    /// What is sent in place of the honest answer.
    pub(super) fn spoil(self, honest: Response<Bytes>, clock: &Arc<dyn Clock>) -> Response<Body> {
        match self {
            Self::WrongContentType => with_header(honest.map(Body::whole), CONTENT_TYPE, "text/plain"),
            Self::Malformed => honest.map(first_half).map(Body::whole),
            Self::Truncated => truncated(honest),
            Self::Huge(bytes) => {
                honest.map(|document| Body::padded(bytes.saturating_sub(document.len() as u64), document))
            }
            Self::Trickle(pause) => honest.map(|document| Body::trickling(document, pause, Arc::clone(clock))),
            _ => honest.map(Body::whole),
        }
    }
}

fn status(code: u16) -> Response<Body> {
    let mut response = Response::new(Body::whole(Bytes::new()));
    *response.status_mut() = StatusCode::from_u16(code).expect("checked when the test asked for it");
    response
}

fn truncated(honest: Response<Bytes>) -> Response<Body> {
    let announced = honest.body().len().to_string();
    with_header(honest.map(first_half).map(Body::broken), CONTENT_LENGTH, &announced)
}

fn first_half(document: Bytes) -> Bytes {
    document.slice(..document.len() / 2)
}

fn with_header(mut response: Response<Body>, name: HeaderName, value: &str) -> Response<Body> {
    let value = HeaderValue::from_str(value).expect("checked when the test asked for it");
    response.headers_mut().insert(name, value);
    response
}
