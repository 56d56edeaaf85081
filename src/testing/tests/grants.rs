//! Codes and refresh tokens.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    client,
    flow::{APP, CHALLENGE, Flow, claims},
};
use crate::testing::Endpoint;

const REFUSED: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "invalid_grant");

fn refusal(answer: &(StatusCode, Value)) -> (StatusCode, &str) {
    (answer.0, answer.1["error"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_code_that_comes_twice_revokes_what_came_of_it() {
    let mut flow = Flow::start().await;
    let code = flow.log_in(&[]).await.remove("code").unwrap();
    let (_, tokens) = flow.redeem(&code, &[]).await;
    assert_eq!(flow.userinfo(&tokens["access_token"]).await.0, 200);
    assert_eq!(refusal(&flow.redeem(&code, &[]).await), REFUSED);
    assert_eq!(flow.userinfo(&tokens["access_token"]).await.0, 401);
    assert_eq!(refusal(&flow.refresh(&tokens).await), REFUSED);
}

#[tokio::test]
async fn a_code_is_bound_to_its_redirect_uri_and_verifier_and_spoilt_by_another() {
    let mut flow = Flow::start().await;
    for change in [
        ("code_verifier", "another-verifier-that-is-long-enough-for-the-grammar"),
        ("code_verifier", CHALLENGE),
        ("code_verifier", ""),
        ("redirect_uri", "https://app.example/other"),
        ("redirect_uri", ""),
    ] {
        let code = flow.log_in(&[("prompt", "login")]).await.remove("code").unwrap();
        assert_eq!(refusal(&flow.redeem(&code, &[change]).await), REFUSED, "{change:?}");
        assert_eq!(refusal(&flow.redeem(&code, &[]).await), REFUSED, "spoilt by {change:?}");
    }
    assert_eq!(refusal(&flow.redeem("no code", &[]).await), REFUSED);
    assert_eq!(flow.redeem("", &[]).await.1["error"], "invalid_request");
}

#[tokio::test]
async fn a_code_lives_for_a_minute() {
    let mut flow = Flow::start().await;
    for (age, status) in [(59, 200), (60, 400)] {
        let code = flow.log_in(&[("prompt", "login")]).await.remove("code").unwrap();
        flow.clock.advance(Duration::from_secs(age));
        assert_eq!(flow.redeem(&code, &[]).await.0, status, "after {age} s");
    }
}

#[tokio::test]
async fn a_code_is_for_the_client_that_signs_people_in() {
    let mut flow = Flow::start().await;
    flow.provider.add_service_account("billing", "secret");
    let code = flow.log_in(&[]).await.remove("code").unwrap();
    let form = [("grant_type", "authorization_code"), ("code", &code)];
    let url = flow.provider.endpoint(Endpoint::Token).url();
    let answer = client().post(url).form(&form).basic_auth("billing", Some("secret")).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_public_client_proves_itself_by_its_verifier_alone() {
    let mut flow = Flow::start().await;
    let _config = flow.provider.public_login_config(APP);
    let code = flow.log_in(&[]).await.remove("code").unwrap();
    let url = flow.provider.endpoint(Endpoint::Token).url();
    let grant = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", super::flow::CALLBACK)];
    let client_id = ("client_id", flow.provider.client_id());
    let verifier = ("code_verifier", super::flow::VERIFIER);
    let post = async |form: &[(&str, &str)]| client().post(&url).form(form).send().await.unwrap().status();
    assert_eq!(post(&[&grant[..], &[verifier]].concat()).await, 401, "it does not say who it is");
    assert_eq!(post(&[&grant[..], &[verifier, client_id]].concat()).await, 200);
    assert_eq!(post(&[("grant_type", "client_credentials"), client_id]).await, 400);
    assert_eq!(flow.redeem("any", &[]).await.0, 401, "it has no secret any more");
    let _config = flow.provider.login_config(APP);
    assert_eq!(post(&[("grant_type", "client_credentials"), client_id]).await, 401, "it has one again");
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_for_the_same_login() {
    let mut flow = Flow::start().await;
    let first = flow.tokens().await;
    flow.clock.advance(Duration::from_secs(600));
    let (status, second) = flow.refresh(&first).await;
    assert_eq!(status, 200);
    for name in ["access_token", "refresh_token", "id_token"] {
        assert_ne!(first[name], second[name], "{name}");
    }
    let (before, after) = (claims(&first["id_token"]), claims(&second["id_token"]));
    for kept in ["iss", "sub", "aud", "auth_time", "sid"] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
    assert_eq!(before["iat"].as_u64().unwrap() + 600, after["iat"].as_u64().unwrap());
    assert_eq!((after.get("nonce"), after["at_hash"].is_string()), (None, true));
}

#[tokio::test]
async fn a_refresh_token_that_was_used_up_kills_the_whole_family() {
    let mut flow = Flow::start().await;
    let first = flow.tokens().await;
    let (_, second) = flow.refresh(&first).await;
    assert_eq!(refusal(&flow.refresh(&first).await), REFUSED);
    assert_eq!(refusal(&flow.refresh(&second).await), REFUSED);
    assert_eq!(flow.userinfo(&second["access_token"]).await.0, 401);
}

#[tokio::test]
async fn without_rotation_a_refresh_token_stays_good() {
    let mut flow = Flow::start().await;
    flow.provider.rotate_refresh_tokens(false);
    let tokens = flow.tokens().await;
    for _ in 0..2 {
        let (status, again) = flow.refresh(&tokens).await;
        assert_eq!((status.as_u16(), again.get("refresh_token")), (200, None));
    }
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_not_for_more() {
    let mut flow = Flow::start().await;
    let tokens = flow.tokens().await;
    let mut token = tokens["refresh_token"].clone();
    for (scope, granted) in [("openid", true), ("openid admin", false)] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap()), ("scope", scope)];
        let (status, answer) = flow.post(Endpoint::Token, &form).await;
        if granted {
            assert_eq!(claims(&answer["access_token"])["scope"], scope);
            token = answer["refresh_token"].clone();
        } else {
            assert_eq!((status.as_u16(), &answer["error"]), (400, &json!("invalid_scope")));
        }
    }
}

#[tokio::test]
async fn offline_access_is_what_gets_a_refresh_token() {
    let mut flow = Flow::start().await;
    let code = flow.log_in(&[("scope", "openid")]).await.remove("code").unwrap();
    assert_eq!(flow.redeem(&code, &[]).await.1.get("refresh_token"), None);
}

#[tokio::test]
async fn a_token_that_is_revoked_takes_what_is_right_with_it() {
    let mut flow = Flow::start().await;
    let tokens = flow.tokens().await;
    let revoke = async |token: &Value| flow.post(Endpoint::Revoke, &[("token", token.as_str().unwrap())]).await.0;
    assert_eq!(revoke(&json!("unknown")).await, 200);
    assert_eq!(flow.userinfo(&tokens["access_token"]).await.0, 200);
    assert_eq!(revoke(&tokens["access_token"]).await, 200);
    assert_eq!(flow.userinfo(&tokens["access_token"]).await.0, 401);
    let (status, tokens) = flow.refresh(&tokens).await;
    assert_eq!(status, 200, "the access token went alone");
    assert_eq!(revoke(&tokens["refresh_token"]).await, 200);
    assert_eq!(refusal(&flow.refresh(&tokens).await), REFUSED);
    assert_eq!(flow.userinfo(&tokens["access_token"]).await.0, 401);

    let stranger = client().post(flow.provider.endpoint(Endpoint::Revoke).url()).form(&[("token", "x")]);
    assert_eq!(stranger.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn an_account_that_is_closed_gets_no_more_tokens() {
    let mut flow = Flow::start().await;
    let tokens = flow.tokens().await;
    flow.provider.revoke_grants("jane");
    assert_eq!(refusal(&flow.refresh(&tokens).await), REFUSED);
}
