//! A client that answers by script.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use tokio::sync::Notify;

use crate::{
    provider::{HttpClient, HttpError},
    types::BoxFuture,
};

/// Answers each URL with the replies set for it, the last one again and again, and records the requests.
#[derive(Debug, Clone, Default)]
pub(in crate::provider) struct ScriptedClient(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    replies: HashMap<String, VecDeque<Reply>>,
    requests: Vec<Request<Bytes>>,
}

impl Script {
    fn reply(&mut self, url: &str) -> Option<Reply> {
        let replies = self.replies.get_mut(url)?;
        if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }
    }
}

/// What a URL answers.
#[derive(Debug, Clone)]
pub(in crate::provider) enum Reply {
    /// An answer with that status, headers and body.
    Answer(u16, Vec<(&'static str, String)>, Bytes),
    /// No connection.
    Down,
    /// A connection and no answer.
    Silence,
    /// Another reply, once it is let go.
    Held(Arc<Notify>, Box<Reply>),
}

impl Reply {
    pub(in crate::provider) fn ok(body: impl Into<Bytes>) -> Self {
        Self::status(200, body)
    }

    pub(in crate::provider) fn status(status: u16, body: impl Into<Bytes>) -> Self {
        Self::Answer(status, Vec::new(), body.into())
    }

    pub(in crate::provider) fn header(self, name: &'static str, value: &str) -> Self {
        let Self::Answer(status, mut headers, body) = self else { panic!("only an answer has headers") };
        headers.push((name, value.to_owned()));
        Self::Answer(status, headers, body)
    }

    fn send(self) -> Result<Response<Bytes>, HttpError> {
        let Self::Answer(status, headers, body) = self else { return Err(HttpError::Connect("refused".into())) };
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        Ok(response.body(body).unwrap())
    }
}

impl ScriptedClient {
    /// From now on `url` answers with `reply`.
    pub(in crate::provider) fn set(&self, url: &str, reply: Reply) {
        self.set_each(url, [reply]);
    }

    /// From now on `url` answers with each of `replies` once, and then with the last.
    pub(in crate::provider) fn set_each(&self, url: &str, replies: impl IntoIterator<Item = Reply>) {
        self.0.lock().unwrap().replies.insert(url.to_owned(), replies.into_iter().collect());
    }

    /// How many requests were sent to `url`.
    pub(in crate::provider) fn count(&self, url: &str) -> usize {
        self.requests(url).len()
    }

    /// The requests to `url`, in their order.
    pub(in crate::provider) fn requests(&self, url: &str) -> Vec<Request<Bytes>> {
        let script = self.0.lock().unwrap();
        script.requests.iter().filter(|request| *request.uri() == *url).cloned().collect()
    }

    /// The headers of the last request to `url`.
    pub(in crate::provider) fn last_headers(&self, url: &str) -> HeaderMap {
        self.requests(url).pop().unwrap().into_parts().0.headers
    }
}

impl HttpClient for ScriptedClient {
    fn send(&self, request: Request<Bytes>, _limit: usize) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let url = request.uri().to_string();
        let mut script = self.0.lock().unwrap();
        script.requests.push(request);
        let reply = script.reply(&url).unwrap_or(Reply::status(404, ""));
        drop(script);
        Box::pin(async move {
            tokio::task::yield_now().await;
            match reply {
                Reply::Silence => std::future::pending().await,
                Reply::Held(gate, reply) => {
                    gate.notified().await;
                    reply.send()
                }
                reply => reply.send(),
            }
        })
    }
}
