//! The way to the provider, watched.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};

use crate::{
    provider::{HttpClient, HttpError},
    types::{BoxFuture, Clock},
};

/// Carries requests and remembers what came back: each document is fetched once, so that everything that looks at it later sees
/// the same; and what clocks showed.
#[derive(Debug)]
pub(super) struct Observer {
    client: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// By URL. `None`: there was no answer.
    documents: HashMap<String, Option<Response<Bytes>>>,
    readings: Vec<Reading>,
}

/// Both clocks at one moment.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// The host that answered.
    pub(super) host: String,
    /// `Date` of its answer (RFC 9110 section 6.6.1): whole seconds.
    pub(super) theirs: SystemTime,
    pub(super) ours: SystemTime,
}

impl Observer {
    pub(super) fn new(client: Arc<dyn HttpClient>, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock, seen: Mutex::default() }
    }

    /// What clocks showed, in the order of the answers.
    pub(super) fn readings(&self) -> Vec<Reading> {
        self.lock().readings.clone()
    }

    fn known(&self, url: &str) -> Option<Option<Response<Bytes>>> {
        self.lock().documents.get(url).cloned()
    }

    fn note(&self, host: Option<&str>, headers: &HeaderMap) {
        let date = headers.get(header::DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        // A cache hands on the `Date` of the origin, and says how long ago that was (RFC 9111 section 5.1).
        let age =
            headers.get(header::AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok()).map_or(0, |age: u32| age);
        let date = date.and_then(|date| date.checked_add(Duration::from_secs(age.into())));
        if let (Some(host), Some(theirs)) = (host, date) {
            let reading = Reading { host: host.to_owned(), theirs, ours: self.clock.now() };
            self.lock().readings.push(reading);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpClient for Observer {
    fn send(&self, request: Request<Bytes>, limit: usize) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move {
            let is_document =
                *request.method() == Method::GET && !request.headers().contains_key(header::AUTHORIZATION);
            let (url, host) = (request.uri().to_string(), request.uri().host().map(str::to_owned));
            if is_document && let Some(known) = self.known(&url) {
                return known.ok_or(HttpError::Timeout);
            }
            let answer = self.client.send(request, limit).await;
            if let Ok(response) = &answer {
                self.note(host.as_deref(), response.headers());
            }
            if is_document {
                self.lock().documents.insert(url, answer.as_ref().ok().cloned());
            }
            answer
        })
    }
}
