//! `examples/observability.rs`, by requests to it.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use reqwest::{Client, StatusCode, redirect::Policy};
use tower::service_fn;
use tower_oidc::testing::Browser;

use crate::process::Program;

fn client() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

/// A browser at a program that runs elsewhere.
fn browser(address: &str) -> Browser {
    let origin = address.to_owned();
    let forward = service_fn(move |request: Request<Full<Bytes>>| {
        let url = format!("{origin}{}", request.uri().path_and_query().unwrap());
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let sent = client().request(parts.method, url).headers(parts.headers).body(body).send().await.unwrap();
            let mut response = Response::new(Full::new(Bytes::new()));
            *response.status_mut() = sent.status();
            *response.headers_mut() = sent.headers().clone();
            *response.body_mut() = Full::new(sent.bytes().await.unwrap());
            Ok::<_, Infallible>(response)
        }
    });
    Browser::new(forward, address)
}

/// The text between two others.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let rest = text.split_once(start).unwrap_or_else(|| panic!("{start:?} in {text}")).1;
    rest.split_once(end).unwrap().0
}

/// Signs in at the page of the provider inside the program.
async fn sign_in(browser: &mut Browser) {
    let page = browser.navigate("/login?return_to=/me").await.text();
    let action = between(&page, "action=\"", "\"").to_owned();
    let request = between(&page, "name=\"request\" value=\"", "\"").replace("&amp;", "&");
    let me = browser.post(&action, &[("request", &request), ("name", "alice"), ("claims", "")]).await;
    assert_eq!((me.status, me.url.path()), (StatusCode::OK, "/me"), "{}", me.text());
}

#[tokio::test]
async fn metrics_are_served_and_a_persons_report_is_found_in_the_log() {
    let mut program = Program::start::<&str>("observability", &[], &[("LISTEN", "127.0.0.1:0".to_owned())]);
    let address = program.url_after("listening on").await;
    let line = program.line_with("good: curl").await;
    let token = between(&line, "Bearer ", "'").to_owned();
    let me = |token: &str| client().get(format!("{address}/me")).bearer_auth(token).send();

    for _ in 0..2 {
        assert_eq!(me(&token).await.unwrap().status(), StatusCode::OK);
    }
    let refused = me(&format!("{token}x")).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let problem: serde_json::Value = refused.json().await.unwrap();
    let reference = problem["reference"].as_str().unwrap();
    let logged = program.line_with(reference).await;
    assert!(logged.contains("request refused") && logged.contains("invalid_token"), "{logged}");

    let mut alice = browser(&address);
    sign_in(&mut alice).await;
    let page = alice.navigate("/callback?error=access_denied&state=x").await;
    let reference = between(&page.text(), "Reference</dt><dd><code>", "<").to_owned();
    let logged = program.line_with(&reference).await;
    assert!(logged.contains("request refused") && logged.contains("/callback"), "{logged}");
    let page = alice.navigate("/admin").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let reference = between(&page.text(), "Reference</dt><dd><code>", "<").to_owned();
    let logged = program.line_with(&reference).await;
    assert!(logged.contains("rule_not_met") && logged.contains("/admin"), "{logged}");

    let text = client().get(format!("{address}/metrics")).send().await.unwrap().text().await.unwrap();
    let provider = "provider=\"the test provider\"";
    for line in [
        "# TYPE tower_oidc_decisions_total counter".to_owned(),
        "# HELP tower_oidc_decisions_total Requests that were accepted or refused".to_owned(),
        format!(
            "tower_oidc_decisions_total{{{provider},kind=\"accepted\",reason=\"good_credentials\",via=\"bearer\"}} 2"
        ),
        format!(
            "tower_oidc_decisions_total{{{provider},kind=\"forbidden\",reason=\"rule_not_met\",via=\"session\"}} 1"
        ),
        format!("tower_oidc_token_cache_lookups_total{{{provider},result=\"hit\"}} 1"),
        format!("tower_oidc_token_validation_duration_seconds_count{{{provider},cache=\"hit\"}} 1"),
        format!("tower_oidc_key_cache_fetches_total{{{provider},document=\"keys\"}} 1"),
        format!("tower_oidc_logins_finished_total{{{provider}}} 1"),
        format!("tower_oidc_logins_failed_total{{{provider},reason=\"response_of_another_issuer\"}} 1"),
        format!("tower_oidc_sessions_opened_total{{{provider}}} 1"),
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }
}
