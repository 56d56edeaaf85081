//! The userinfo endpoint.

use http::StatusCode;
use serde_json::{Value, json};

use super::{client, flow::Flow, get};
use crate::{
    testing::{Endpoint, SigningKey},
    types::Algorithm,
};

#[tokio::test]
async fn claims_come_by_scope_for_any_access_token_of_the_provider() {
    let flow = Flow::start().await;
    flow.provider.add_user("jane").claim("https://company.com/roles", ["editor"]);
    for (scope, expected) in [
        ("openid", json!({ "sub": "jane", "https://company.com/roles": ["editor"] })),
        (
            "openid email",
            json!({ "sub": "jane", "email": "jane@example.com", "email_verified": true, "https://company.com/roles": ["editor"] }),
        ),
    ] {
        let token = json!(flow.provider.token("jane").scope(scope).sign());
        assert_eq!(flow.userinfo(&token).await, (StatusCode::OK, expected), "{scope}");
    }
    let stranger = json!(flow.provider.token("nobody").sign());
    assert_eq!(flow.userinfo(&stranger).await.1, json!({ "sub": "nobody" }));
}

#[tokio::test]
async fn every_other_token_is_refused() {
    let flow = Flow::start().await;
    let (provider, url) = (&flow.provider, flow.provider.endpoint(Endpoint::Userinfo).url());
    for (reason, token, status) in [
        ("not a token", "x".to_owned(), 401),
        ("an ID token", provider.id_token("jane").sign(), 401),
        ("expired", provider.token("jane").claim("exp", 1).sign(), 401),
        ("forged", provider.token("jane").key(&SigningKey::generate(Algorithm::Es256)).sign(), 401),
        ("a machine's", provider.machine_token("billing").sign(), 403),
    ] {
        let answer = client().get(&url).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), status, "{reason}");
        assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer error="), "{reason}");
    }
    let without = get(&url).await.unwrap();
    assert_eq!((without.status().as_u16(), &without.headers()["www-authenticate"]), (401, &"Bearer".parse().unwrap()));
}

#[tokio::test]
async fn the_token_may_come_in_a_form() {
    let flow = Flow::start().await;
    let token = flow.provider.token("jane").sign();
    let request = client().post(flow.provider.endpoint(Endpoint::Userinfo).url()).form(&[("access_token", token)]);
    assert_eq!(request.send().await.unwrap().json::<Value>().await.unwrap()["sub"], "jane");
}
