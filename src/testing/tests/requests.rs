//! Authorization requests that are not good.

use super::flow::{APP, CALLBACK, Flow, answer, error};
use crate::testing::Endpoint;

#[tokio::test]
async fn a_bad_request_is_told_to_the_application_by_its_code() {
    let mut flow = Flow::start().await;
    for (changes, code) in [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("response_type", "id_token")], "invalid_request"),
        (&[("response_type", "id_token"), ("response_mode", "form_post"), ("nonce", "")], "invalid_request"),
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "email openid2")], "invalid_scope"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "create")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("request", "e30.e30.")], "request_not_supported"),
        (&[("request_uri", "https://app.example/r")], "request_uri_not_supported"),
    ] {
        assert_eq!(error(&flow.ask(changes).await), code, "{changes:?}");
        assert_eq!(answer(flow.browser.page().unwrap())["iss"], flow.provider.issuer());
    }
    let twice = format!("{}&scope=openid", flow.request(&[]));
    assert_eq!(error(&flow.browser.navigate(&twice).await), "invalid_request");
}

#[tokio::test]
async fn a_stranger_is_sent_nowhere() {
    let mut flow = Flow::start().await;
    for changes in [
        ("client_id", ""),
        ("client_id", "another"),
        ("redirect_uri", ""),
        ("redirect_uri", "https://app.example/callback/"),
        ("redirect_uri", "https://app.example/callback?x=1"),
        ("redirect_uri", "https://APP.example/callback"),
        ("redirect_uri", "https://attacker.example/callback"),
    ] {
        let visited = flow.ask(&[changes]).await;
        assert_eq!((visited.status.as_u16(), visited.history.len()), (400, 0), "{changes:?}");
        assert!(flow.is_asked("This did not work"), "{changes:?}");
    }
    flow.provider.add_redirect_uri("https://app.example/callback?x=1");
    flow.ask(&[("redirect_uri", "https://app.example/callback?x=1")]).await;
    let visited = flow.browser.log_in_as(&flow.provider, "jane").await;
    assert!(visited.url.as_str().starts_with("https://app.example/callback?x=1&code="));
}

#[tokio::test]
async fn a_public_client_needs_a_challenge_and_a_confidential_one_may_do_without() {
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let mut flow = Flow::start().await;
    let code = flow.log_in(&without).await.remove("code").unwrap();
    assert_eq!(flow.redeem(&code, &[("code_verifier", "")]).await.0, 200);

    let _config = flow.provider.public_login_config(APP);
    assert_eq!(error(&flow.ask(&without).await), "invalid_request");
}

#[tokio::test]
async fn a_request_may_be_posted() {
    let flow = Flow::start().await;
    let request = flow.request(&[("prompt", "none")]);
    let (_, form) = request.split_once('?').unwrap();
    let url = flow.provider.endpoint(Endpoint::Authorize).url();
    let answer = super::client().post(url).body(form.to_owned()).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    assert!(answer.headers()["location"].to_str().unwrap().starts_with(&format!("{CALLBACK}?error=login_required")));
}

#[tokio::test]
async fn the_request_is_checked_again_when_a_form_comes_back() {
    let flow = Flow::start().await;
    let stranger = flow.request(&[("redirect_uri", "https://attacker.example/")]);
    let (_, request) = stranger.split_once('?').unwrap();
    let url = flow.provider.endpoint(Endpoint::Login).url();
    let post = async |form: &[(&str, &str)]| super::client().post(&url).form(form).send().await.unwrap().status();
    assert_eq!(post(&[("request", request), ("name", "jane")]).await, 400);
    assert_eq!(post(&[("name", "jane")]).await, 400);
    assert!(flow.provider.session_ids("jane").is_empty());
}
