//! What somebody sends is not repeated: not in an error, not in an answer, not in a debug text.

use std::{convert::Infallible, sync::Arc};

use http::{Request, Response, header::AUTHORIZATION};
use http_body_util::BodyExt;
use serde_json::json;
use tower::{Layer, ServiceExt, service_fn};
use tower_oidc::{
    layer::AuthError,
    provider::{Provider, ReqwestClient},
    types::SystemClock,
    validator::{Unfinished, Validator},
};

use crate::support::Stand;

/// What stands in every token, in the place that it is refused for. It is not a word of ours.
const MARK: &str = "zq7Marked";

/// Tokens that are refused for what they hold in one place, from the header to the principal.
fn marked(stand: &Stand) -> Vec<String> {
    let token = || stand.provider.token("jane");
    let mut tokens = vec![
        token().header("kid", MARK).sign(),
        token().header("alg", MARK).sign(),
        token().type_(MARK).sign(),
        token().header("crit", [MARK]).sign(),
        token().header("jku", MARK).sign(),
        token().issuer(MARK).sign(),
        token().audience(MARK).sign(),
        token().raw_claims(MARK).sign(),
        token().raw_claims(format!(r#"{{"{MARK}":1,"{MARK}":2}}"#)).sign(),
        token().claim("sub", format!("{MARK}@evil.example@company.com")).sign(),
        token().claim("email", format!("{MARK} of company.com")).sign(),
        format!("{}{MARK}", token().sign()),
        MARK.to_owned(),
        format!("{MARK}.{MARK}.{MARK}"),
        format!("{MARK}.{MARK}.{MARK}.{MARK}.{MARK}"),
    ];
    for claim in ["iss", "sub", "aud", "exp", "nbf", "iat", "scope", "client_id", "auth_time"] {
        tokens.push(token().claim(claim, json!({ MARK: MARK })).sign());
    }
    tokens
}

#[tokio::test]
async fn a_refusal_repeats_nothing_of_the_token() {
    let stand = Stand::new().await;
    let handler = service_fn(|_: Request<String>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    for token in marked(&stand) {
        let error = stand.eventually(stand.auth.validate(&token)).await.expect_err(&token);
        assert_unmarked(&format!("{error} {error:?}"));

        let request = Request::get("/").header(AUTHORIZATION, format!("Bearer {token}")).body(String::new()).unwrap();
        let refused = stand.eventually(stand.auth.layer().layer(handler).oneshot(request)).await.unwrap();
        assert!(refused.extensions().get::<AuthError>().is_some());
        assert_unmarked(&format!("{:?}", refused.headers()));
        let body = refused.into_body().collect().await.unwrap().to_bytes();
        assert_unmarked(std::str::from_utf8(&body).unwrap());
    }
}

#[tokio::test]
async fn a_token_that_waits_for_keys_is_not_shown() {
    let stand = Stand::with(|config| config).await;
    let (settings, clock) = (stand.auth.settings(), Arc::new(SystemClock::new()));
    let client = Arc::new(ReqwestClient::new(&settings.http).unwrap());
    let provider = Provider::start(settings.issuers[0].clone(), &settings.http, client, clock);
    provider.first_attempt().await.unwrap();
    let validator = Validator::new(vec![provider], Arc::new(stand.clock.clone()));

    let token = stand.provider.token("jane").header("kid", MARK).sign();
    let unfinished = validator.try_access_token(&token).unwrap_err();
    assert!(matches!(unfinished, Unfinished::Renewal(_)));
    assert_unmarked(&format!("{unfinished:?}"));
}

#[track_caller]
fn assert_unmarked(text: &str) {
    assert!(!text.contains(MARK), "{text}");
}
