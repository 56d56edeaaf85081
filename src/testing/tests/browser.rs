//! The browser, at an application that tells what it was sent.

use axum::{
    Json, Router,
    http::{HeaderMap, Uri, header::SET_COOKIE},
    response::{AppendHeaders, Html, IntoResponse as _, Redirect},
    routing::{any, get},
};
use serde_json::{Value, json};

use super::TestProvider;
use crate::{
    testing::{Browser, Endpoint, Visited},
    types::Algorithm,
};

const APP: &str = "https://app.example";

async fn echo(uri: Uri, headers: HeaderMap, body: String) -> Json<Value> {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()));
    Json(json!({ "uri": uri.to_string(), "headers": Value::Object(headers.collect()), "body": body }))
}

fn browser() -> Browser {
    let set = async || AppendHeaders([(SET_COOKIE, "a=1; Path=/"), (SET_COOKIE, "b=2; Path=/b")]).into_response();
    let framed = r#"<iframe src="/frame"></iframe><meta http-equiv="refresh" content="0; url=/echo?framed">"#;
    let frame = async |headers: HeaderMap| {
        let destination = headers["sec-fetch-dest"].to_str().unwrap().to_owned();
        AppendHeaders([(SET_COOKIE, format!("frame={destination}; Path=/"))])
    };
    let app = Router::new()
        .route("/set", get(set))
        .route("/frame", get(frame))
        .route("/framed", get(async move || Html(framed)))
        .route("/away", get(async || Redirect::to("https://elsewhere.example/x")))
        .route("/there", any(async || Redirect::temporary("/echo?there")))
        .route("/see", any(async || Redirect::to("/echo?see")))
        .route("/round", get(async || Redirect::to("/round")))
        .fallback(any(echo));
    Browser::new(app, APP)
}

fn sent<'v>(echo: &'v Value, name: &str) -> &'v str {
    echo["headers"][name].as_str().unwrap_or("-")
}

fn fetch_metadata(visited: &Visited) -> String {
    let echo: Value = visited.json();
    ["mode", "dest", "site"].map(|name| sent(&echo, &format!("sec-fetch-{name}")).to_owned()).join(" ")
}

#[tokio::test]
async fn requests_look_like_a_browsers() {
    let mut browser = browser();
    let typed = browser.navigate("/me?x=1").await;
    let echo: Value = typed.json();
    assert_eq!((&echo["uri"], sent(&echo, "host"), sent(&echo, "origin")), (&json!("/me?x=1"), "app.example", "-"));
    assert!(sent(&echo, "accept").starts_with("text/html,"));
    assert_eq!(fetch_metadata(&typed), "navigate document none");

    let asked = browser.fetch("/api/me").await;
    assert_eq!(fetch_metadata(&asked), "cors empty same-origin");
    assert_eq!(sent(&asked.json(), "accept"), "*/*");
    assert_eq!(browser.page().unwrap().url.path(), "/me", "what is shown stays");

    let posted = browser.post("/logout", &[("a b", "ä")]).await;
    let echo: Value = posted.json();
    assert_eq!((&echo["body"], sent(&echo, "origin")), (&json!("a+b=%C3%A4"), APP));
    assert_eq!(sent(&echo, "content-type"), "application/x-www-form-urlencoded");
    assert_eq!(fetch_metadata(&posted), "navigate document same-origin");
}

#[tokio::test]
async fn a_script_chooses_its_method_and_headers_and_sees_redirects() {
    let browser = browser();
    let request = http::Request::put("/x").header("accept", "application/json").body("text").unwrap();
    let visited = browser.fetch_with(request).await;
    let echo: Value = visited.json();
    assert_eq!(
        (&echo["body"], sent(&echo, "accept"), sent(&echo, "origin")),
        (&json!("text"), "application/json", APP)
    );
    let redirect = browser.fetch("/see").await;
    assert_eq!((redirect.status.as_u16(), redirect.header("location")), (303, Some("/echo?see")));
}

#[tokio::test]
async fn redirects_are_followed_and_told() {
    let mut browser = browser();
    let visited = browser.post("/see", &[("a", "1")]).await;
    assert_eq!(
        (visited.url.as_str(), visited.json::<Value>()["body"].as_str()),
        ("https://app.example/echo?see", Some(""))
    );
    assert_eq!((visited.history[0].url.path(), visited.history[0].status.as_u16()), ("/see", 303));
    let visited = browser.post("/there", &[("a", "1")]).await;
    assert_eq!(visited.json::<Value>()["body"], "a=1", "a 307 keeps method and body");
}

#[tokio::test]
async fn nothing_leaves_the_machine() {
    let visited = browser().navigate("/away").await;
    assert_eq!((visited.status.as_u16(), visited.header("location")), (303, Some("https://elsewhere.example/x")));
}

#[tokio::test]
#[should_panic = "this leads nowhere"]
async fn redirects_that_do_not_end_are_a_panic() {
    browser().navigate("/round").await;
}

#[tokio::test]
async fn frames_are_filled_and_a_page_goes_on_by_itself() {
    let mut browser = browser();
    let visited = browser.navigate("/framed").await;
    assert_eq!(visited.url.query(), Some("framed"));
    assert_eq!(sent(&visited.json(), "cookie"), "frame=iframe");
}

#[tokio::test]
async fn tabs_share_their_cookies_and_no_other_browser_does() {
    let mut first = browser();
    first.navigate("/set").await;
    let mut second = first.tab();
    assert!(second.page().is_none());
    assert_eq!(sent(&second.navigate("/b").await.json(), "cookie"), "b=2; a=1");
    assert_eq!(second.cookies(), [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
    second.set_cookie("a", "3");
    assert_eq!(sent(&first.fetch("/").await.json(), "cookie"), "a=3");
    second.clear_cookies();
    assert_eq!(sent(&first.navigate("/").await.json(), "cookie"), "-");
    assert!(browser().cookies().is_empty());
}

/// A provider that knows the application, and a request of its.
async fn provider() -> (TestProvider, String) {
    let provider = TestProvider::builder().algorithm(Algorithm::Es256).start().await;
    provider.add_redirect_uri("https://app.example/callback");
    let request = format!(
        "{}?client_id=test-client&redirect_uri=https://app.example/callback&response_type=code&scope=openid",
        provider.endpoint(Endpoint::Authorize).url()
    );
    (provider, request)
}

#[tokio::test]
async fn a_login_begins_at_the_applications_own_path() {
    let (provider, request) = provider().await;
    let login = get(async move || Redirect::to(&request));
    for (path, server_url) in [("/login", APP), ("/app/login", "https://app.example/app/")] {
        let app = Router::new().route(path, login.clone()).fallback(any(echo));
        let back = provider.log_in(&mut Browser::new(app, server_url), "jane").await;
        assert!(back.url.as_str().starts_with("https://app.example/callback?code="), "{}", back.url);
    }
}

#[tokio::test]
#[should_panic = "the provider asks who it is"]
async fn nobody_signs_in_where_no_provider_asks() {
    let (provider, _) = provider().await;
    provider.log_in(&mut browser(), "jane").await;
}

#[tokio::test]
async fn the_provider_is_another_site() {
    let (provider, request) = provider().await;
    let mut browser = browser();
    browser.navigate(&request).await;
    let back = browser.log_in_as(&provider, "jane").await;
    assert_eq!(fetch_metadata(&back), "navigate document cross-site");
    assert_eq!(provider.last_request(Endpoint::Login).unwrap().headers()["sec-fetch-site"], "same-origin");
    assert!(browser.cookies().is_empty(), "the provider's cookie is its own");
    assert_eq!(fetch_metadata(&browser.navigate(&request).await), "navigate document none");
}

#[tokio::test]
async fn debug_shows_where_a_browser_is_and_no_cookie() {
    let mut browser = browser();
    browser.set_cookie("oidc_session", "SECRET");
    browser.navigate("/echo?code=SECRET").await;
    let shown = format!("{browser:?}");
    assert!(shown.contains("app.example") && shown.contains("/echo") && !shown.contains("SECRET"), "{shown}");
}
