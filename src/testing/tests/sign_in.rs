//! People sign in, or do not.

use std::time::Duration;

use serde_json::json;

use super::flow::{APP, CALLBACK, Flow, answer, claims, error};
use crate::{
    testing::{Endpoint, Fault},
    types::{Clock as _, unix_seconds},
};

#[tokio::test]
async fn a_person_signs_in_and_the_code_becomes_tokens() {
    let mut flow = Flow::start().await;
    flow.ask(&[]).await;
    assert!(flow.is_asked("Sign in"));
    let answer = answer(&flow.browser.log_in_as(&flow.provider, "jane").await);
    assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("s-1", flow.provider.issuer()));

    let (status, tokens) = flow.redeem(&answer["code"], &[]).await;
    assert_eq!((status.as_u16(), &tokens["token_type"], &tokens["expires_in"]), (200, &json!("Bearer"), &json!(3600)));
    let id_token = claims(&tokens["id_token"]);
    let now = unix_seconds(flow.clock.now());
    for (name, expected) in [
        ("iss", json!(flow.provider.issuer())),
        ("sub", json!("jane")),
        ("aud", json!(flow.provider.client_id())),
        ("nonce", json!("n-1")),
        ("auth_time", json!(now)),
        ("iat", json!(now)),
        ("sid", json!(flow.provider.session_ids("jane")[0])),
        ("email", json!("jane@example.com")),
        ("name", json!("Jane")),
    ] {
        assert_eq!(id_token[name], expected, "{name}");
    }
    let access_token = tokens["access_token"].as_str().unwrap();
    let expected = claims(&json!(flow.provider.id_token("jane").access_token(access_token).sign()));
    assert_eq!(id_token["at_hash"], expected["at_hash"]);
    assert_eq!(claims(&tokens["access_token"])["aud"], flow.provider.audience());

    let (status, userinfo) = flow.userinfo(&tokens["access_token"]).await;
    assert_eq!((status.as_u16(), &userinfo["sub"], &userinfo["email"]), (200, &json!("jane"), &id_token["email"]));
}

#[tokio::test]
async fn an_account_is_chosen_by_its_button() {
    let mut flow = Flow::start().await;
    flow.provider.add_user("carol").email("carol@company.com").claim("team", "red").without("name");
    let page = flow.ask(&[]).await.text();
    for name in ["alice", "bob", "carol"] {
        assert!(page.contains(&format!(r#"<button name="name" value="{name}">{name}</button>"#)), "{name}");
    }
    let code = {
        flow.browser.log_in_as(&flow.provider, "carol").await;
        answer(flow.browser.page().unwrap()).remove("code").unwrap()
    };
    let id_token = claims(&flow.redeem(&code, &[]).await.1["id_token"]);
    assert_eq!((&id_token["email"], &id_token["team"]), (&json!("carol@company.com"), &json!("red")));
    assert_eq!(id_token.get("name"), None);
}

#[tokio::test]
async fn any_name_may_be_typed_with_any_claims() {
    let mut flow = Flow::start().await;
    flow.ask(&[]).await;
    for wrong in ["{", "[]", "7"] {
        let page = flow.browser.log_in_with(&flow.provider, "zoe", wrong).await;
        assert_eq!(page.status, 400);
        assert!(flow.is_asked("Sign in") && page.text().contains("not a JSON object"), "{wrong}");
    }
    let visited =
        flow.browser.log_in_with(&flow.provider, "zoe", r#"{"sub": "auth0|7", "email_verified": false}"#).await;
    let tokens = flow.redeem(&answer(&visited)["code"], &[]).await.1;
    let id_token = claims(&tokens["id_token"]);
    assert_eq!((&id_token["sub"], &id_token["email_verified"]), (&json!("auth0|7"), &json!(false)));
    assert_eq!(flow.userinfo(&tokens["access_token"]).await.1["email_verified"], false);
}

#[tokio::test]
async fn who_is_signed_in_is_not_asked_again() {
    let mut flow = Flow::start().await;
    flow.log_in(&[]).await;
    for prompt in ["", "none"] {
        let visited = flow.ask(&[("prompt", prompt)]).await;
        assert!(answer(&visited).contains_key("code"), "prompt={prompt}");
    }
    assert_eq!(flow.provider.requests(Endpoint::Login), 1);
    flow.browser.clear_cookies();
    assert_eq!(error(&flow.ask(&[("prompt", "none")]).await), "login_required");
}

#[tokio::test]
async fn a_prompt_or_an_old_login_asks_again_and_keeps_the_session() {
    let mut flow = Flow::start().await;
    let first = flow.tokens().await;
    assert_eq!(error(&flow.ask(&[("prompt", "none"), ("max_age", "0")]).await), "login_required", "in the same second");
    flow.clock.advance(Duration::from_secs(100));
    assert!(answer(&flow.ask(&[("max_age", "100")]).await).contains_key("code"));
    for again in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "99"), ("max_age", "0")] {
        flow.ask(&[again]).await;
        assert!(flow.is_asked("Sign in"), "{again:?}");
    }
    for old in ["99", "0"] {
        assert_eq!(error(&flow.ask(&[("prompt", "none"), ("max_age", old)]).await), "login_required");
    }
    let code = flow.log_in(&[("prompt", "login")]).await.remove("code").unwrap();
    let (before, after) = (claims(&first["id_token"]), claims(&flow.redeem(&code, &[]).await.1["id_token"]));
    assert_eq!(before["sid"], after["sid"]);
    assert_eq!(before["auth_time"].as_u64().unwrap() + 100, after["auth_time"].as_u64().unwrap());
}

#[tokio::test]
async fn the_application_is_let_in_or_not() {
    let mut flow = Flow::start().await;
    flow.provider.ask_for_consent(true);
    flow.browser.navigate(&flow.request(&[])).await;
    flow.browser.refuse(&flow.provider).await;
    assert_eq!(error(flow.browser.page().unwrap()), "access_denied", "cancelled on the first page");

    assert!(flow.log_in(&[]).await.contains_key("code"), "log_in_as allows");
    assert!(answer(&flow.ask(&[]).await).contains_key("code"), "once in a session");
    flow.ask(&[("prompt", "consent")]).await;
    assert!(flow.is_asked("Allow access?") && flow.browser.page().unwrap().text().contains("offline_access"));
    assert_eq!(error(&flow.browser.refuse(&flow.provider).await), "access_denied");

    flow.browser.clear_cookies();
    flow.provider.ask_for_consent(false);
    flow.log_in(&[]).await;
    flow.provider.ask_for_consent(true);
    assert_eq!(error(&flow.ask(&[("prompt", "none")]).await), "consent_required");
}

#[tokio::test]
async fn the_implicit_flow_posts_an_id_token() {
    let mut flow = Flow::start().await;
    let _config = flow.provider.public_login_config(APP);
    let implicit = [
        ("response_type", "id_token"),
        ("response_mode", "form_post"),
        ("code_challenge", ""),
        ("code_challenge_method", ""),
    ];
    let mut answer = flow.log_in(&implicit).await;
    assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("s-1", flow.provider.issuer()));
    assert_eq!(answer.get("code"), None);
    let id_token = claims(&answer.remove("id_token").into());
    assert_eq!((&id_token["sub"], &id_token["nonce"], id_token.get("at_hash")), (&json!("jane"), &json!("n-1"), None));

    let page = page_without_scripts(&flow, &implicit).await;
    assert!(page.contains(&format!(r#"<form method="post" action="{CALLBACK}">"#)), "{page}");
    assert!(
        page.contains("document.forms[0].submit()") && page.contains("Continue</button>"),
        "works by script and by hand"
    );
}

/// The page that a browser without scripts would stop at: an error, since nobody is signed in.
async fn page_without_scripts(flow: &Flow, implicit: &[(&str, &str)]) -> String {
    let request = flow.request(&[implicit, &[("prompt", "none")]].concat());
    super::get(request).await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn what_an_application_sends_is_text_on_a_page() {
    let mut flow = Flow::start().await;
    let page = flow.ask(&[("login_hint", r#""><script>alert(1)</script>"#), ("state", "</form>")]).await.text();
    assert!(!page.contains("<script>") && page.contains("&quot;&gt;&lt;script&gt;"), "{page}");
    let visited = flow.browser.log_in_as(&flow.provider, "jane").await;
    assert_eq!(answer(&visited)["state"], "</form>");
}

#[tokio::test]
async fn every_page_of_a_login_may_meet_a_fault() {
    let mut flow = Flow::start().await;
    flow.provider.endpoint(Endpoint::Authorize).fail_next(1, Fault::Status(503));
    assert_eq!(flow.ask(&[]).await.status, 503);
    flow.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Html);
    let code = flow.log_in(&[]).await.remove("code").unwrap();
    assert_eq!(super::get(flow.request(&[])).await.unwrap().status(), 200);
    let login = flow.provider.last_request(Endpoint::Login).unwrap();
    assert!(String::from_utf8_lossy(login.body()).contains("name=jane"));
    assert_eq!(flow.provider.requests(Endpoint::Authorize), 3);

    let url = flow.provider.endpoint(Endpoint::Token).url();
    let broken = super::client().post(url).send().await.unwrap();
    assert_eq!(broken.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(flow.redeem(&code, &[]).await.0, 200, "the fault did not reach the code");
}
