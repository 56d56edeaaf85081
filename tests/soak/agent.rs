//! Somebody's way to an application: requests over a socket, cookies, and the count.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderMap, StatusCode, header};
use reqwest::Method;
use serde_json::Value;

use crate::{
    tally::Verdict,
    timeline::{Span, Timeline},
    world::{Application, World},
};

/// What a page of a gateway's says. Nobody is shown it.
const PAGE: &str = "Just a moment";

/// Names and values, each with its end.
pub(crate) type Jar = BTreeMap<String, (String, Instant)>;

/// Somebody at an application.
pub(crate) struct Agent {
    pub(crate) world: Arc<World>,
    application: usize,
    pub(crate) jar: Jar,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    text: String,
    pub(crate) span: Span,
}

impl Agent {
    pub(crate) fn new(number: usize, world: &Arc<World>) -> Self {
        Self { world: Arc::clone(world), application: number % world.applications.len(), jar: Jar::new() }
    }

    pub(crate) fn application(&self) -> &Application {
        &self.world.applications[self.application]
    }

    pub(crate) fn timeline(&self) -> &Timeline {
        &self.world.timeline
    }

    pub(crate) async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, &[]).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, &[], form).await
    }

    async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Answer {
        let answer = self.send_as_it_is(method, path, headers, form, &self.cookies()).await;
        self.receive(&answer);
        answer
    }

    /// Several requests at once, as those of one page.
    pub(crate) async fn get_side_by_side(&mut self, path: &str, count: usize) -> Vec<Answer> {
        let cookies = self.cookies();
        let requests = (0..count).map(|_| self.send_as_it_is(Method::GET, path, &[], &[], &cookies));
        let answers = futures_util::future::join_all(requests).await;
        answers.iter().for_each(|answer| self.receive(answer));
        answers
    }

    /// A request with these cookies, whose answer changes none.
    pub(crate) async fn send_as_it_is(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        form: &[(&str, &str)],
        cookies: &str,
    ) -> Answer {
        let url = format!("{}{path}", self.application().origin);
        let mut request = self.world.client.request(method.clone(), url).header(header::ACCEPT, "application/json");
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies);
        }
        if method == Method::POST {
            request = request.form(form);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.world.tally.sent();
        let from = Instant::now();
        let response = request.send().await.expect("an application always answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("an application's answers have an end");
        Answer { status, headers, text, span: Span { from, until: Instant::now() } }
    }

    /// Counts the answer. Whatever it was to be, none that asks to come back says not when, and none shows what a gateway said.
    pub(crate) fn judge(&self, who: &str, answer: &Answer, verdict: Verdict) {
        let unavailable = answer.status == StatusCode::SERVICE_UNAVAILABLE;
        let verdict = match verdict {
            _ if unavailable && !answer.headers.contains_key(header::RETRY_AFTER) => Verdict::Wrong("Retry-After"),
            _ if answer.text.contains(PAGE) => Verdict::Wrong("nothing of the provider's"),
            verdict => verdict,
        };
        let told = || format!("{who} at {}: {} {}", self.application().origin, answer.status, answer.text);
        self.world.tally.judge(&verdict, told);
    }

    /// The value of a `Cookie` header.
    pub(crate) fn cookies(&self) -> String {
        let alive = self.jar.iter().filter(|(_, (_, end))| Instant::now() < *end);
        alive.map(|(name, (value, _))| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn receive(&mut self, answer: &Answer) {
        for line in answer.headers.get_all(header::SET_COOKIE) {
            let mut parts = line.to_str().unwrap().split("; ");
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            let seconds = parts.find_map(|part| part.strip_prefix("Max-Age=")).map(|seconds| seconds.parse().unwrap());
            match seconds {
                Some(0) => drop(self.jar.remove(name)),
                seconds => {
                    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(86_400));
                    self.jar.insert(name.to_owned(), (value.to_owned(), end));
                }
            }
        }
    }
}

impl Answer {
    /// Whose name the answer tells.
    pub(crate) fn subject(&self) -> Option<String> {
        let answer: Value = serde_json::from_str(&self.text).ok()?;
        answer["sub"].as_str().map(str::to_owned)
    }

    /// Where it leads.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |location| location.to_str().unwrap())
    }
}
