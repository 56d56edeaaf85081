//! A provider that misbehaves.

use serde_json::{Value, json};

use super::flow::{Flow, claims};
use crate::testing::GrantType;

#[tokio::test]
async fn an_id_token_is_changed_by_the_way_it_comes() {
    let mut flow = Flow::start().await;
    flow.provider.change_id_token(|token, _| token.claim("never", true));
    flow.provider.change_id_token(|token, grant| match grant {
        GrantType::AuthorizationCode => token.nonce("another").without("iat"),
        GrantType::RefreshToken => token.claim("sub", "somebody else"),
        GrantType::Implicit => token.audience("another"),
    });
    let tokens = flow.tokens().await;
    let id_token = claims(&tokens["id_token"]);
    assert_eq!((&id_token["nonce"], id_token.get("iat"), id_token.get("never")), (&json!("another"), None, None));
    let (_, renewed) = flow.refresh(&tokens).await;
    assert_eq!(claims(&renewed["id_token"])["sub"], "somebody else");

    let implicit = [("response_type", "id_token"), ("response_mode", "form_post"), ("prompt", "login")];
    let id_token = flow.log_in(&implicit).await.remove("id_token");
    assert_eq!(claims(&id_token.into())["aud"], "another");

    flow.provider.behave();
    let (_, renewed) = flow.refresh(&renewed).await;
    assert_eq!(claims(&renewed["id_token"])["sub"], "jane");
}

#[tokio::test]
async fn a_token_response_is_changed() {
    let mut flow = Flow::start().await;
    flow.provider.change_token_response(|members, grant| {
        assert_eq!(grant, GrantType::AuthorizationCode);
        members.remove("expires_in");
        members.insert("token_type".to_owned(), "bEARER".into());
    });
    let tokens = flow.tokens().await;
    assert_eq!((tokens.get("expires_in"), &tokens["token_type"]), (None, &json!("bEARER")));
}

#[tokio::test]
async fn userinfo_is_changed() {
    let flow = Flow::start().await;
    flow.provider.change_userinfo(|claims| {
        claims.insert("sub".to_owned(), "somebody else".into());
    });
    let token = json!(flow.provider.token("jane").sign());
    assert_eq!(flow.userinfo(&token).await.1["sub"], "somebody else");
}

#[tokio::test]
async fn an_authorization_response_is_changed() {
    let mut flow = Flow::start().await;
    flow.provider.change_authorization_response(|parameters| {
        parameters.retain(|(name, _)| name != "iss");
        parameters.push(("state".to_owned(), "twice".to_owned()));
    });
    flow.ask(&[]).await;
    let visited = flow.browser.log_in_as(&flow.provider, "jane").await;
    let query = visited.url.query().unwrap();
    assert!(query.ends_with("&state=s-1&state=twice"), "{query}");
}

/// A hook may ask the provider itself.
#[tokio::test]
async fn a_hook_is_called_while_nothing_is_locked() {
    let mut flow = Flow::start().await;
    let (sender, receiver) = std::sync::mpsc::channel();
    let provider = flow.provider.clone();
    flow.provider.change_id_token(move |token, _| {
        provider.add_user("dave");
        sender.send(provider.session_ids("jane")).unwrap();
        token.algorithm(crate::types::Algorithm::EdDsa)
    });
    let tokens = flow.tokens().await;
    let id_token: Value = claims(&tokens["id_token"]);
    assert_eq!(receiver.recv().unwrap(), [id_token["sid"].as_str().unwrap()]);
    flow.provider.behave();
}
