//! Pushed authorization requests (RFC 9126).

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use url::{Url, form_urlencoded::parse};

use super::{
    client,
    flow::{APP, Flow, answer, error},
};
use crate::testing::Endpoint;

/// What the client pushes: the request of [`Flow::request`], with `changes`.
fn form(flow: &Flow, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    Url::parse(&flow.request(changes)).unwrap().query_pairs().into_owned().collect()
}

async fn push(flow: &Flow, changes: &[(&str, &str)]) -> (StatusCode, Value) {
    let form = form(flow, changes);
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    flow.post(Endpoint::PushedAuthorization, &form).await
}

/// Pushes a good request, and gives the address that the browser is sent to.
async fn pushed(flow: &Flow, changes: &[(&str, &str)]) -> Url {
    let (status, taken) = push(flow, changes).await;
    assert_eq!((status, &taken["expires_in"]), (StatusCode::CREATED, &json!(30)), "{taken}");
    let parameters =
        [("client_id", flow.provider.client_id()), ("request_uri", taken["request_uri"].as_str().unwrap())];
    Url::parse_with_params(&flow.provider.endpoint(Endpoint::Authorize).url(), parameters).unwrap()
}

const REFUSED: &str = "This did not work";

#[tokio::test]
async fn a_pushed_request_signs_in_by_its_reference_alone() {
    let mut flow = Flow::start().await;
    let address = pushed(&flow, &[]).await;
    flow.browser.navigate(address.as_str()).await;
    assert!(flow.is_asked("Sign in"));
    let mut answered = answer(&flow.browser.log_in_as(&flow.provider, "jane").await);
    assert_eq!(answered["state"], "s-1");
    let (status, tokens) = flow.redeem(&answered.remove("code").unwrap(), &[]).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!(super::flow::claims(&tokens["id_token"])["nonce"], "n-1");
}

#[tokio::test]
async fn what_stands_beside_the_reference_does_not_count() {
    let mut flow = Flow::start().await;
    let mut address = pushed(&flow, &[("prompt", "none")]).await;
    address.query_pairs_mut().append_pair("prompt", "login").append_pair("redirect_uri", "https://attacker.example/");
    let visited = flow.browser.navigate(address.as_str()).await;
    assert_eq!(error(&visited), "login_required");
}

#[tokio::test]
async fn a_reference_is_good_for_one_browser_and_half_a_minute() {
    let mut flow = Flow::start().await;
    let address = pushed(&flow, &[]).await;
    flow.browser.navigate(address.as_str()).await;
    assert!(flow.is_asked("Sign in"));
    flow.browser.navigate(address.as_str()).await;
    assert!(flow.is_asked(REFUSED), "it was used");
    for (age, title) in [(29, "Sign in"), (30, REFUSED)] {
        let address = pushed(&flow, &[]).await;
        flow.clock.advance(Duration::from_secs(age));
        flow.browser.navigate(address.as_str()).await;
        assert!(flow.is_asked(title), "after {age} s");
    }
}

/// Whoever is shown the page has the time that a person takes.
#[tokio::test]
async fn the_page_that_a_reference_leads_to_stays_good() {
    let mut flow = Flow::start().await;
    let address = pushed(&flow, &[]).await;
    flow.browser.navigate(address.as_str()).await;
    flow.clock.advance(Duration::from_secs(600));
    assert!(answer(&flow.browser.log_in_as(&flow.provider, "jane").await).contains_key("code"));
}

#[tokio::test]
async fn a_form_cannot_bring_a_reference_that_no_browser_has_brought() {
    let flow = Flow::start().await;
    let address = pushed(&flow, &[]).await;
    let form = [("request", address.query().unwrap()), ("name", "jane")];
    let answer = client().post(flow.provider.endpoint(Endpoint::Login).url()).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(flow.provider.session_ids("jane").is_empty());
}

#[tokio::test]
async fn a_reference_is_of_the_client_that_pushed() {
    let mut flow = Flow::start().await;
    for client_id in ["another", ""] {
        let address = pushed(&flow, &[]).await;
        let changed = parse(address.query().unwrap().as_bytes())
            .map(|(name, value)| if name == "client_id" { (name, client_id.into()) } else { (name, value) });
        let url = Url::parse_with_params(&flow.provider.endpoint(Endpoint::Authorize).url(), changed).unwrap();
        flow.browser.navigate(url.as_str()).await;
        assert!(flow.is_asked(REFUSED), "{client_id}");
    }
    let made_up = "client_id=test-client&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Amade-up";
    flow.browser.navigate(&format!("{}?{made_up}", flow.provider.endpoint(Endpoint::Authorize).url())).await;
    assert!(flow.is_asked(REFUSED));
}

#[tokio::test]
async fn the_client_proves_itself_as_at_the_token_endpoint() {
    let flow = Flow::start().await;
    flow.provider.add_service_account("billing", "secret");
    let (url, form) = (flow.provider.endpoint(Endpoint::PushedAuthorization).url(), form(&flow, &[]));
    let post = async |id: Option<(&str, &str)>, more: &[(&str, &str)]| {
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = client().post(&url).form(&[&form, more].concat());
        let request = match id {
            Some((id, secret)) => request.basic_auth(id, Some(secret)),
            None => request,
        };
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap()["error"].clone())
    };
    let secret = flow.provider.client_secret();
    assert_eq!(post(Some((flow.provider.client_id(), secret)), &[]).await, (201, Value::Null));
    assert_eq!(post(None, &[("client_secret", secret)]).await, (201, Value::Null));
    assert_eq!(post(None, &[]).await, (401, json!("invalid_client")));
    assert_eq!(post(None, &[("client_secret", "wrong")]).await, (401, json!("invalid_client")));
    assert_eq!(post(Some((flow.provider.client_id(), "wrong")), &[]).await, (401, json!("invalid_client")));
    assert_eq!(post(Some(("billing", "secret")), &[]).await, (400, json!("unauthorized_client")));
    let _config = flow.provider.public_login_config(APP);
    assert_eq!(post(None, &[]).await, (201, Value::Null), "a public client has nothing to prove itself with");
}

#[tokio::test]
async fn a_request_is_checked_when_it_is_pushed() {
    let flow = Flow::start().await;
    for (changes, code) in [
        (("client_id", "another"), "invalid_request"),
        (("client_id", ""), "invalid_request"),
        (("redirect_uri", "https://attacker.example/callback"), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "email"), "invalid_scope"),
        (("code_challenge", "short"), "invalid_request"),
        (("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
        (("request", "e30.e30."), "request_not_supported"),
    ] {
        assert_eq!(push(&flow, &[changes]).await, (StatusCode::BAD_REQUEST, json!({ "error": code })), "{changes:?}");
    }
    let form = form(&flow, &[]);
    let mut form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    form.push(("state", "s-2"));
    let twice = flow.post(Endpoint::PushedAuthorization, &form).await;
    assert_eq!(twice, (StatusCode::BAD_REQUEST, json!({ "error": "invalid_request" })));
}

#[tokio::test]
async fn a_provider_that_wants_requests_pushed_takes_no_other() {
    let mut flow = Flow::start().await;
    assert_eq!(flow.provider.metadata()["require_pushed_authorization_requests"], false);
    flow.provider.require_pushed_requests(true);
    assert_eq!(flow.provider.metadata()["require_pushed_authorization_requests"], true);
    assert_eq!(error(&flow.ask(&[]).await), "invalid_request");
    let plain = flow.request(&[]);
    let form = [("request", plain.split_once('?').unwrap().1), ("name", "jane")];
    let answer = client().post(flow.provider.endpoint(Endpoint::Login).url()).form(&form).send().await.unwrap();
    assert!(answer.headers()["location"].to_str().unwrap().contains("error=invalid_request"));
    let address = pushed(&flow, &[]).await;
    flow.browser.navigate(address.as_str()).await;
    assert!(flow.is_asked("Sign in"));
    flow.provider.require_pushed_requests(false);
    flow.ask(&[]).await;
    assert!(flow.is_asked("Sign in"));
}
