//! What a client sees of every fault.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::{
    TestProvider, client,
    flow::{CALLBACK, Flow, VERIFIER},
    get,
};
use crate::{
    testing::{Endpoint, EndpointHandle, Fault, ManualClock},
    types::Algorithm,
};

struct Bench {
    provider: TestProvider,
    jwks: EndpointHandle,
    clock: ManualClock,
}

async fn bench() -> Bench {
    let clock = ManualClock::new();
    let provider = TestProvider::builder().algorithm(Algorithm::Es256).clock(clock.clone()).start().await;
    Bench { jwks: provider.endpoint(Endpoint::Jwks), provider, clock }
}

impl Bench {
    async fn ask(&self) -> reqwest::Result<Response> {
        get(self.jwks.url()).await
    }

    async fn ask_with(&self, fault: Fault) -> Response {
        self.jwks.fail_with(fault);
        self.ask().await.unwrap()
    }

    async fn is_honest(&self) -> bool {
        self.ask().await.unwrap().json::<Value>().await.is_ok_and(|keys| keys == self.provider.jwks())
    }

    /// A request on its way, once the endpoint has it.
    async fn begin(&self) -> tokio::task::JoinHandle<reqwest::Result<Response>> {
        let before = self.jwks.requests();
        let asked = tokio::spawn(get(self.jwks.url()));
        self.jwks.wait_for_requests(before + 1).await;
        asked
    }
}

#[tokio::test]
async fn a_status_comes_without_content() {
    let bench = bench().await;
    let response = bench.ask_with(Fault::Status(503)).await;
    assert_eq!((response.status().as_u16(), response.headers().get("retry-after")), (503, None));
    assert_eq!(response.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_status_may_say_when_to_come_back() {
    let response = bench().await.ask_with(Fault::StatusRetryAfter(429, Duration::from_secs(120))).await;
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"120".parse().unwrap()));
}

#[tokio::test]
async fn a_slow_answer_waits_for_the_clock_and_is_honest() {
    let bench = bench().await;
    bench.jwks.fail_with(Fault::Slow(Duration::from_secs(30)));
    let mut asked = bench.begin().await;
    tokio::select! {
        () = bench.clock.wait_for_sleepers(1) => {}
        _ = &mut asked => panic!("it was answered at once"),
    }
    bench.clock.advance(Duration::from_secs(29));
    assert_eq!(bench.clock.sleepers(), 1);
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(asked.await.unwrap().unwrap().json::<Value>().await.unwrap(), bench.provider.jwks());
}

#[tokio::test]
async fn a_hanging_request_is_answered_once_the_endpoint_is_healed() {
    let bench = bench().await;
    bench.jwks.fail_next(1, Fault::Hang);
    let hanging = bench.begin().await;
    assert!(bench.is_honest().await, "the next request does not hang");
    assert!(!hanging.is_finished());
    bench.jwks.heal();
    assert_eq!(hanging.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_hanging_request_breaks_when_the_provider_ends() {
    let bench = bench().await;
    bench.jwks.fail_with(Fault::Hang);
    let hanging = bench.begin().await;
    drop(bench.provider);
    assert!(hanging.await.unwrap().is_err());
}

#[tokio::test]
async fn a_truncated_answer_announces_more_than_it_sends() {
    let bench = bench().await;
    let response = bench.ask_with(Fault::Truncated).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.content_length(), Some(bench.provider.jwks().to_string().len() as u64));
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn half_of_a_truncated_answer_arrives() {
    let bench = bench().await;
    let mut response = bench.ask_with(Fault::Truncated).await;
    let half = response.chunk().await.unwrap().unwrap();
    let whole = bench.provider.jwks().to_string();
    assert_eq!(half, whole[..whole.len() / 2]);
    assert!(response.chunk().await.is_err());
}

#[tokio::test]
async fn an_html_page_comes_with_status_200() {
    let response = bench().await.ask_with(Fault::Html).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(response.text().await.unwrap().starts_with("<!doctype html>"));
}

#[tokio::test]
async fn a_malformed_document_is_complete_by_http_and_not_json() {
    let response = bench().await.ask_with(Fault::Malformed).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let text = response.text().await.unwrap();
    assert!(text.starts_with("{\"keys\"") && serde_json::from_str::<Value>(&text).is_err());
}

#[tokio::test]
async fn a_huge_document_has_the_length_asked_for_unannounced_and_is_valid() {
    let bench = bench().await;
    for bytes in [5_000_001, 100_000, 1] {
        let response = bench.ask_with(Fault::Huge(bytes)).await;
        assert_eq!(response.content_length(), None);
        let body = response.bytes().await.unwrap();
        let document = bench.provider.jwks();
        assert_eq!(body.len(), usize::try_from(bytes).unwrap().max(document.to_string().len()));
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), document);
    }
}

#[tokio::test]
async fn a_client_may_stop_reading_an_endless_document() {
    let bench = bench().await;
    let mut response = bench.ask_with(Fault::Huge(u64::MAX)).await;
    assert!(response.chunk().await.unwrap().is_some());
    drop(response);
    bench.jwks.heal();
    assert!(bench.is_honest().await);
}

#[tokio::test]
async fn a_trickling_answer_comes_byte_by_byte_by_the_clock_and_is_honest() {
    let bench = bench().await;
    let mut response = bench.ask_with(Fault::Trickle(Duration::from_secs(1))).await;
    let whole = bench.provider.jwks().to_string();
    assert_eq!(response.content_length(), Some(whole.len() as u64));
    for byte in whole.as_bytes() {
        bench.clock.wait_for_sleepers(1).await;
        bench.clock.advance(Duration::from_secs(1));
        assert_eq!(*response.chunk().await.unwrap().unwrap(), [*byte]);
    }
    assert_eq!(response.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_redirect_goes_where_it_was_told() {
    let response = bench().await.ask_with(Fault::RedirectTo("http://127.0.0.1:1/keys".into())).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (302, &"http://127.0.0.1:1/keys".parse().unwrap())
    );
}

/// What the token endpoint makes of a code that was sent once before, while it had that fault.
async fn redeemed_again_after(fault: Fault) -> StatusCode {
    let mut flow = Flow::start().await;
    let code = flow.log_in(&[]).await.remove("code").unwrap();
    let token = flow.provider.endpoint(Endpoint::Token);
    token.fail_next(1, fault);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let first = client()
        .post(token.url())
        .form(&form)
        .basic_auth(flow.provider.client_id(), Some(flow.provider.client_secret()));
    let _unread = first.send().await;
    flow.redeem(&code, &[]).await.0
}

#[tokio::test]
async fn a_gateway_leaves_a_code_good_and_an_answer_that_is_lost_does_not() {
    for fault in [
        Fault::Status(500),
        Fault::StatusRetryAfter(503, Duration::from_secs(1)),
        Fault::RateLimited(std::time::UNIX_EPOCH),
        Fault::Html,
        Fault::RedirectTo("http://127.0.0.1:1/".into()),
        Fault::Close,
    ] {
        assert_eq!(redeemed_again_after(fault.clone()).await, 200, "{fault:?}");
    }
    for fault in [Fault::Truncated, Fault::Malformed, Fault::Huge(10_000), Fault::Trickle(Duration::from_secs(1))] {
        assert_eq!(redeemed_again_after(fault.clone()).await, 400, "{fault:?}");
    }
}

#[tokio::test]
async fn a_wrong_content_type_comes_with_the_right_document() {
    let bench = bench().await;
    let response = bench.ask_with(Fault::WrongContentType).await;
    assert_eq!(response.headers()["content-type"], "text/plain");
    assert_eq!(response.json::<Value>().await.unwrap(), bench.provider.jwks());
}

#[tokio::test]
async fn a_closed_connection_has_no_answer() {
    let bench = bench().await;
    bench.jwks.fail_with(Fault::Close);
    assert!(bench.ask().await.is_err());
    assert!(bench.jwks.requests() >= 1);
}

#[tokio::test]
async fn a_spoilt_document_is_sent_to_a_client_that_has_it() {
    let bench = bench().await;
    let tag = bench.ask().await.unwrap().headers()["etag"].clone();
    bench.jwks.fail_with(Fault::WrongContentType);
    let response = client().get(bench.jwks.url()).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn faults_for_the_next_requests_come_first_and_in_order_then_the_lasting_one() {
    let bench = bench().await;
    bench.jwks.fail_with(Fault::Status(500));
    bench.jwks.fail_next(2, Fault::Status(503));
    bench.jwks.fail_next(1, Fault::Status(429));
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(bench.ask().await.unwrap().status().as_u16());
    }
    assert_eq!(seen, [503, 503, 429, 500, 500]);

    bench.jwks.fail_next(1, Fault::Status(503));
    bench.jwks.heal();
    assert!(bench.is_honest().await);
}

#[tokio::test]
async fn a_fault_is_that_of_one_endpoint() {
    let bench = bench().await;
    bench.jwks.fail_with(Fault::Status(500));
    let discovery = bench.provider.endpoint(Endpoint::Discovery);
    assert_eq!(get(discovery.url()).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_fault_that_cannot_be_sent_is_refused_where_it_is_asked_for() {
    let bench = bench().await;
    for fault in [Fault::Status(99), Fault::Status(100), Fault::Status(600), Fault::RedirectTo("a\nb".into())] {
        let jwks = bench.jwks.clone();
        let asked = tokio::spawn(async move { jwks.fail_next(1, fault) });
        assert!(asked.await.unwrap_err().is_panic());
    }
    assert!(bench.is_honest().await);
}
