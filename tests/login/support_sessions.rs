//! Requests that bring sessions along, beside any browser: copies of cookies, as a thief or a second connection has them.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::Response, routing::any};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tower_oidc::{
    Config,
    config::Oidc,
    testing::{Browser, Endpoint, Visited},
};

use crate::support::{Answer, Stand, navigation, set_cookies};

/// The first session cookie of an application that is served over https.
pub(crate) const SESSION: &str = "__Host-oidc_session";

/// Where sessions live without anything to install.
pub(crate) const STORES: [&str; 2] = ["cookie", "memory"];

/// Scopes that bring a refresh token.
pub(crate) const OFFLINE: &str = "openid email profile offline_access";

/// When tokens of an hour are renewed, in seconds after they came.
pub(crate) const RENEWAL: u64 = 3540;

/// Names and values.
pub(crate) type Cookies = Vec<(String, String)>;

/// The session cookies that a browser has now.
pub(crate) fn copy(browser: &Browser) -> Cookies {
    browser.cookies().into_iter().filter(|(name, _)| name.contains("oidc_session")).collect()
}

/// A cookie of that name and value.
pub(crate) fn cookie(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The value of a `Cookie` header.
pub(crate) fn header_of(cookies: &[(String, String)]) -> String {
    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// A script's GET, with these cookies.
pub(crate) fn api(path: &str, cookies: &[(String, String)]) -> Request<Bytes> {
    request(Method::GET, path, cookies, &[("accept", "application/json")], "")
}

/// A person opens a page, with these cookies.
pub(crate) fn page(path: &str, cookies: &[(String, String)]) -> Request<Bytes> {
    let mut request = navigation(path);
    if !cookies.is_empty() {
        request.headers_mut().insert(header::COOKIE, header_of(cookies).parse().unwrap());
    }
    request
}

/// A form without a word on who sent it, with these cookies.
pub(crate) fn form(path: &str, cookies: &[(String, String)], body: &str) -> Request<Bytes> {
    request(Method::POST, path, cookies, &[("content-type", "application/x-www-form-urlencoded")], body)
}

/// A request with these cookies and headers.
pub(crate) fn request(
    method: Method,
    path: &str,
    cookies: &[(String, String)],
    headers: &[(&str, &str)],
    body: &str,
) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(path);
    if !cookies.is_empty() {
        request = request.header(header::COOKIE, header_of(cookies));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

/// A configuration with a changed block `oidcConfiguration`.
pub(crate) fn oidc(change: impl FnOnce(&mut Oidc)) -> impl FnOnce(Config) -> Config {
    |mut config| {
        change(&mut config.authentication.oidc);
        config
    }
}

/// Names of the cookies that an answer sets to a value.
pub(crate) fn set(headers: &http::HeaderMap) -> Vec<&str> {
    names(headers, |value| !value.is_empty())
}

/// Names of the cookies that an answer removes.
pub(crate) fn removed(headers: &http::HeaderMap) -> Vec<&str> {
    names(headers, str::is_empty)
}

fn names(headers: &http::HeaderMap, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
    let pairs = set_cookies(headers).into_iter().filter_map(|line| line.split(';').next()?.split_once('='));
    pairs.filter(|(_, value)| wanted(value)).map(|(name, _)| name).collect()
}

/// The headers of the callback's answer on a way that led through it.
pub(crate) fn of_callback(visited: &Visited) -> &http::HeaderMap {
    let callback = |url: &url::Url| url.path().ends_with("/callback");
    if callback(&visited.url) {
        return &visited.headers;
    }
    &visited.history.iter().find(|hop| callback(&hop.url)).expect("the way led through the callback").headers
}

/// Says of every answer that no cache keeps it, and that it depends on cookies.
#[track_caller]
pub(crate) fn assert_kept_by_no_cache(headers: &http::HeaderMap, what: &str) {
    let lines = |name| headers.get_all(name).iter().map(|line| line.to_str().unwrap()).collect::<Vec<_>>().join(", ");
    assert_eq!(lines(header::CACHE_CONTROL), "no-store", "{what}");
    assert!(varies_by_cookie(headers), "{what}: {}", lines(header::VARY));
}

/// Whether `Vary` names `Cookie`.
pub(crate) fn varies_by_cookie(headers: &http::HeaderMap) -> bool {
    headers.get_all(header::VARY).iter().any(|line| line.to_str().unwrap().contains("Cookie"))
}

impl Stand {
    /// Puts the application on a socket, for the provider to reach, and gives the URL that logout tokens are posted to.
    pub(crate) async fn serve(self: &Arc<Self>) -> String {
        let stand = Arc::downgrade(self);
        let forward = move |request: axum::extract::Request| {
            let stand = stand.upgrade().expect("the test goes on");
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                let answer = stand.send(Request::from_parts(parts, body)).await;
                Response::builder().status(answer.status).body(Body::from(answer.text)).unwrap()
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/backchannel-logout", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(any(forward))).await });
        url
    }

    /// The answer to a script that asks who is signed in.
    pub(crate) async fn me(&self, cookies: &[(String, String)]) -> Answer {
        self.send(api("/me", cookies)).await
    }

    /// Whether these cookies hold a live session. Any answer but yes and no fails the test.
    pub(crate) async fn is_alive(&self, cookies: &[(String, String)]) -> bool {
        let answer = self.me(cookies).await;
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::UNAUTHORIZED), "{answer:?}");
        answer.status == StatusCode::OK
    }

    /// How often the token endpoint was asked.
    pub(crate) fn token_requests(&self) -> usize {
        self.provider.requests(Endpoint::Token)
    }

    /// What comes of a request that waits for the provider: for so many seconds, and not a moment longer. `reached` ends
    /// when the provider has got what it does not answer.
    pub(crate) async fn held_up<T>(
        &self,
        request: impl Future<Output = T>,
        reached: impl Future<Output = ()>,
        seconds: u64,
    ) -> T {
        let moment = Duration::from_millis(1);
        let mut request = pin!(request);
        tokio::select! {
            biased;
            _ = &mut request => panic!("it does not wait"),
            () = reached => {}
        }
        self.clock.advance(Duration::from_secs(seconds) - moment);
        assert!((&mut request).now_or_never().is_none(), "it does not wait so long");
        self.clock.advance(moment);
        request.await
    }
}
