//! Where a visit ended.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header::LOCATION};
use serde::de::DeserializeOwned;
use url::Url;

use super::html;

/// What a browser got in the end.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Visited {
    /// Where it is from.
    pub url: Url,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The answers before this one: redirects, and pages that went on by themselves. Oldest first.
    pub history: Vec<Hop>,
}

/// An answer on the way.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Hop {
    /// Where it is from.
    pub url: Url,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
}

impl Visited {
    pub(super) fn new(url: Url, response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self { url, status: parts.status, headers: parts.headers, body, history: Vec::new() }
    }

    /// The body as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON, or not of that type.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).expect("the body is JSON of that type")
    }

    /// The header of that name, as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn redirect(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION).filter(|_| self.status.is_redirection())?;
        self.url.join(location.to_str().ok()?).ok()
    }

    pub(super) fn keeps_method(&self) -> bool {
        matches!(self.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT)
    }

    /// The tags of a page; none of any other document.
    pub(super) fn tags(&self) -> Vec<html::Tag> {
        let is_page = self.header("content-type").is_some_and(|type_| type_.starts_with("text/html"));
        if is_page { html::tags(&self.text()) } else { Vec::new() }
    }

    /// What comes before the next answer: this one, and all before it.
    pub(super) fn into_history(mut self) -> Vec<Hop> {
        self.history.push(Hop { url: self.url, status: self.status, headers: self.headers });
        self.history
    }

    pub(super) fn after(mut self, mut before: Vec<Hop>) -> Self {
        before.append(&mut self.history);
        Self { history: before, ..self }
    }
}
