//! ID tokens of each algorithm, and keys that change in the middle of a login.

use http::StatusCode;
use serde_json::json;
use tower_oidc::Config;

use crate::{
    app::{APP, App, PAGE, assert_in, comes_in, config, public_config},
    provider::{Endpoints, Provider},
};

/// What the provider signs ID tokens with.
const ALGORITHMS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn an_id_token_of_each_algorithm_is_accepted_by_the_code_flow() {
    let mut provider = Provider::start().await;
    for algorithm in ALGORITHMS {
        provider.register(&json!({"client_id": algorithm, "id_token_signed_response_alg": algorithm})).await;
        let app = App::serve(preferring(algorithm, provider.endpoints(), algorithm, "code")).await;
        comes_in(&mut app.browser(), "jane").await;
    }
}

/// Here the signature is all that there is (OpenID Connect Core 1.0 section 3.2.2.11).
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn an_id_token_of_each_algorithm_is_accepted_by_the_implicit_flow() {
    let mut provider = Provider::start().await;
    for algorithm in ALGORITHMS {
        provider
            .register(&json!({
                "client_id": algorithm,
                "id_token_signed_response_alg": algorithm,
                "response_types": ["id_token"],
                "grant_types": ["implicit"],
                "redirect_uris": [format!("{APP}/callback")],
            }))
            .await;
        let app = App::serve(preferring(algorithm, provider.endpoints(), algorithm, "id_token")).await;
        comes_in(&mut app.browser(), "jane").await;
    }
}

/// RFC 8725 section 3.1: the one algorithm that was agreed on, though the keys of the other are known and good for bearer tokens.
#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn an_id_token_of_another_algorithm_than_the_preferred_is_refused() {
    let mut provider = Provider::start().await;
    provider.register(&json!({"client_id": "es256", "id_token_signed_response_alg": "ES256"})).await;
    for preferred in ["RS256", "PS256", "EdDSA"] {
        let config = preferring(preferred, provider.endpoints(), "es256", "code").token_algorithm("ES256");
        let mut browser = App::serve(config).await.browser();
        browser.open(PAGE).await;
        let page = browser.sign_in("jane").await;
        assert_eq!((page.status, page.code()), (StatusCode::BAD_REQUEST, Some("id_token_refused")), "{preferred}");
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn keys_that_change_in_the_middle_of_a_login_do_not_break_it() {
    let mut provider = Provider::start().await;
    let app = App::serve(config(provider.endpoints(), "private_key_jwt")).await;
    let mut browser = app.browser();
    browser.open(PAGE).await;
    provider.rotate_keys().await;
    assert_in(&browser.sign_in("jane").await, "jane");

    // Who has a session keeps it, though the key of its ID token is gone.
    let mut another = app.browser();
    another.open(PAGE).await;
    provider.replace_keys().await;
    assert_in(&another.sign_in("joe").await, "joe");
    assert_in(&browser.open(PAGE).await, "jane");
}

fn preferring(algorithm: &str, provider: &Endpoints, client_id: &str, response_type: &str) -> Config {
    let mut config = public_config(provider, client_id, response_type);
    config.authentication.oidc.preferred_jws_algorithm = Some(algorithm.to_owned());
    config
}
