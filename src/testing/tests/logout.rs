//! Logout.

use std::sync::{Arc, Mutex};

use axum::{Form, Router, extract::State, routing::post};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::flow::{APP, Flow, claims, error};
use crate::{
    testing::{Endpoint, SigningKey, Visited},
    types::Algorithm,
};

type Received = Arc<Mutex<Vec<Value>>>;

/// Somebody who takes logout tokens on a socket and answers 400, and what came.
async fn receiver() -> (String, Received) {
    let received = Received::default();
    let take = async |State(received): State<Received>, Form(form): Form<Vec<(String, String)>>| {
        received.lock().unwrap().extend(form.into_iter().map(|(name, value)| json!([name, value])));
        StatusCode::BAD_REQUEST
    };
    let app = Router::new().route("/backchannel-logout", post(take)).with_state(Arc::clone(&received));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/backchannel-logout", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    (url, received)
}

async fn end_session(flow: &mut Flow, parameters: &[(&str, &str)]) -> Visited {
    let url = flow.provider.endpoint(Endpoint::EndSession).url();
    let url = url::Url::parse_with_params(&url, parameters).unwrap();
    flow.browser.navigate(url.as_str()).await
}

async fn is_signed_in(flow: &mut Flow) -> bool {
    let visited = flow.ask(&[("prompt", "none")]).await;
    !visited.url.query().unwrap().contains("error") || error(&visited) != "login_required"
}

#[tokio::test]
async fn a_logout_ends_the_session_and_goes_back_with_its_state() {
    let mut flow = Flow::start().await;
    let tokens = flow.tokens().await;
    let hint = ("id_token_hint", tokens["id_token"].as_str().unwrap());
    assert!(is_signed_in(&mut flow).await);
    let back = [hint, ("post_logout_redirect_uri", "https://app.example/"), ("state", "a b")];
    let visited = end_session(&mut flow, &back).await;
    assert_eq!(visited.url.as_str(), "https://app.example/?state=a+b");
    assert!(!is_signed_in(&mut flow).await);
    assert!(flow.provider.session_ids("jane").is_empty());
    let again = end_session(&mut flow, &back).await;
    assert_eq!(again.url, visited.url, "there is nothing to end any more");
}

#[tokio::test]
async fn the_hint_names_the_session_when_the_cookie_is_gone_and_may_have_expired() {
    let mut flow = Flow::start().await;
    let tokens = flow.tokens().await;
    flow.browser.clear_cookies();
    flow.clock.advance(std::time::Duration::from_secs(86_400));
    let visited = end_session(&mut flow, &[("id_token_hint", tokens["id_token"].as_str().unwrap())]).await;
    assert!(visited.text().contains("You are signed out"));
    assert!(flow.provider.session_ids("jane").is_empty());
}

#[tokio::test]
async fn a_logout_for_nobody_known_ends_nothing() {
    let mut flow = Flow::start().await;
    flow.log_in(&[]).await;
    let app = ("post_logout_redirect_uri", APP);
    let id = flow.provider.client_id().to_owned();
    let foreign = flow.provider.id_token("jane").key(&SigningKey::generate(Algorithm::Es256)).sign();
    let for_another = flow.provider.id_token("jane").audience("another").sign();
    for parameters in [
        &[app][..],
        &[app, ("client_id", "another")],
        &[app, ("id_token_hint", &foreign)],
        &[app, ("id_token_hint", &for_another)],
        &[("client_id", &id), ("post_logout_redirect_uri", "https://app.example/other")],
        &[("client_id", &id), ("post_logout_redirect_uri", "https://attacker.example/")],
    ] {
        let visited = end_session(&mut flow, parameters).await;
        assert_eq!((visited.status.as_u16(), visited.history.len()), (400, 0), "{parameters:?}");
    }
    assert_eq!(flow.provider.session_ids("jane").len(), 1);
    flow.provider.add_post_logout_redirect_uri("https://app.example/other");
    let other = [("client_id", id.as_str()), ("post_logout_redirect_uri", "https://app.example/other")];
    assert_eq!(end_session(&mut flow, &other).await.url.as_str(), "https://app.example/other");
}

#[tokio::test]
async fn the_way_back_from_a_logout_is_changed() {
    let mut flow = Flow::start().await;
    flow.provider.change_logout_response(Vec::clear);
    let id = flow.provider.client_id().to_owned();
    let back = [("client_id", id.as_str()), ("post_logout_redirect_uri", APP), ("state", "x")];
    assert_eq!(end_session(&mut flow, &back).await.url.query(), None);
}

#[tokio::test]
async fn a_logout_is_told_to_the_application_behind_the_browser() {
    let mut flow = Flow::start().await;
    let (url, received) = receiver().await;
    flow.provider.set_back_channel_logout_uri(Some(&url));
    let id_token = claims(&flow.tokens().await["id_token"]);
    end_session(&mut flow, &[]).await;
    let token = received.lock().unwrap().remove(0);
    assert_eq!(token[0], "logout_token");
    let token = claims(&token[1]);
    assert_eq!((&token["sub"], &token["sid"], &token["aud"]), (&json!("jane"), &id_token["sid"], &id_token["aud"]));

    end_session(&mut flow, &[]).await;
    assert!(received.lock().unwrap().is_empty(), "no session, no token");
}

#[tokio::test]
async fn everybody_is_told_when_a_person_is_logged_out_everywhere() {
    let mut flow = Flow::start().await;
    let (url, received) = receiver().await;
    flow.provider.set_back_channel_logout_uri(Some(&url));
    flow.log_in(&[]).await;
    flow.provider.change_logout_token(|token| token.claim("nonce", "forbidden"));
    assert_eq!(flow.provider.log_out_everywhere("jane").await, StatusCode::BAD_REQUEST);
    assert!(!is_signed_in(&mut flow).await);
    let token = claims(&received.lock().unwrap()[0][1]);
    assert_eq!((&token["sub"], token.get("sid"), &token["nonce"]), (&json!("jane"), None, &json!("forbidden")));
}

#[tokio::test]
#[should_panic = "a back-channel logout URI is registered"]
async fn nobody_can_be_told_where_no_address_is_registered() {
    Flow::start().await.provider.log_out_everywhere("jane").await;
}

#[tokio::test]
async fn a_logout_token_is_one_by_its_specification() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let flow = Flow::start().await;
    flow.provider.set_id_token_algorithm(Algorithm::EdDsa);
    let token = flow.provider.logout_token("jane").sign();
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((&header["typ"], &header["alg"]), (&json!("logout+jwt"), &json!("EdDSA")));
    let mut claims = claims(&json!(token));
    assert!(claims["jti"].take().is_string());
    let events = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    let (issuer, client) = (flow.provider.issuer(), flow.provider.client_id());
    assert_eq!(
        claims,
        json!({
            "iss": issuer, "aud": client, "sub": "jane", "events": events,
            "iat": 1_767_225_600, "exp": 1_767_225_720, "jti": null,
        })
    );
}

#[tokio::test]
async fn a_logout_is_told_to_the_application_in_a_frame() {
    let mut flow = Flow::start().await;
    flow.provider.set_front_channel_logout_uri(Some("https://app.example/frontchannel-logout?a=1"));
    flow.log_in(&[]).await;
    let session = flow.provider.session_ids("jane").remove(0);
    let id = flow.provider.client_id().to_owned();
    let visited = end_session(&mut flow, &[("client_id", &id), ("post_logout_redirect_uri", APP)]).await;
    assert_eq!(visited.url.as_str(), "https://app.example/");
    assert_eq!(visited.history.len(), 1, "a page that goes on by itself");

    flow.log_in(&[]).await;
    let page = end_session(&mut flow, &[]).await.text();
    let session_now = page.split("sid=").nth(1).unwrap().split('"').next().unwrap();
    assert_ne!(session_now, session);
    assert!(
        page.contains("<iframe src=\"https://app.example/frontchannel-logout?a=1&amp;iss=http%3A%2F%2F127.0.0.1%3A"),
        "{page}"
    );
}
