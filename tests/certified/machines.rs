//! Machines that call a service, with our layer on both sides.

use http::StatusCode;
use serde_json::json;
use tower_oidc::{
    Config,
    client::{CallError, ServiceAccount},
};

use crate::{
    orders::{KIND, Orders},
    provider::{METHODS, Provider},
};

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_machine_comes_in_as_itself_however_it_proves_itself() {
    let provider = Provider::start().await;
    let orders = Orders::serve(provider.endpoints()).await;
    for method in METHODS {
        let caller = orders.caller(provider.endpoints().account_for(method, KIND));
        assert_eq!(caller.read().await, json!({"sub": method, "machine": true, "bot": false}));
        assert_eq!(caller.get("/write").await.unwrap().status, StatusCode::FORBIDDEN, "{method}");
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_bot_alone_is_exempt_from_the_domain_that_people_must_be_of() {
    let provider = Provider::start().await;
    let enforcing = |config: Config| config.principal_domain("company.com").enforce_principal_domain(true);
    let orders = Orders::serve_with(provider.endpoints(), |config| enforcing(config).bot("private_key_jwt")).await;

    let bot = orders.caller(provider.endpoints().account_for("private_key_jwt", KIND));
    assert_eq!(bot.read().await, json!({"sub": "private_key_jwt", "machine": true, "bot": true}));
    assert_eq!(bot.get("/write").await.unwrap().status, StatusCode::FORBIDDEN, "its scopes are looked at");

    let unlisted = orders.caller(provider.endpoints().account_for("client_secret_post", KIND));
    assert_eq!(unlisted.get("/read").await.unwrap().status, StatusCode::FORBIDDEN);
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn without_a_token_no_request_is_sent() {
    let provider = Provider::start().await;
    let orders = Orders::serve(provider.endpoints()).await;
    let client = provider.endpoints().client("client_secret_basic").client_secret("not the secret");
    let caller = orders.caller(ServiceAccount::from_config(&client).unwrap());
    for _ in 0..10 {
        let error = caller.get("/read").await.unwrap_err();
        assert!(matches!(&error, CallError::Token(reason) if !reason.is_retryable()), "{error:?}");
    }
    assert_eq!(orders.arrived(), 0);
}
