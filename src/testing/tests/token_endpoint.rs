//! The token endpoint, as a client meets it.

use http::StatusCode;
use serde_json::Value;

use super::{TestProvider, client};
use crate::{
    testing::{Endpoint, TokenProfile},
    types::Algorithm,
};

async fn provider() -> TestProvider {
    let provider = TestProvider::builder().algorithm(Algorithm::Es256).start().await;
    provider.add_service_account("billing", "s3cret:&=");
    provider
}

/// Posts a form, with `basic` in the header if it is given.
async fn post(provider: &TestProvider, basic: Option<(&str, &str)>, form: &str) -> (StatusCode, Value) {
    let mut request = client().post(provider.endpoint(Endpoint::Token).url()).body(form.to_owned());
    if let Some((client_id, secret)) = basic {
        request = request.basic_auth(client_id, Some(secret));
    }
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

fn payload(answer: &Value) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = answer["access_token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_registered_client_gets_a_token_for_what_it_asks() {
    let provider = provider().await;
    let form = "grant_type=client_credentials&audience=https%3A%2F%2Fa.example&scope=read+write";
    let (status, answer) = post(&provider, Some(("billing", "s3cret%3A%26%3D")), form).await;
    assert_eq!(
        (status, &answer["token_type"], &answer["expires_in"]),
        (StatusCode::OK, &"Bearer".into(), &3600.into())
    );
    let claims = payload(&answer);
    assert_eq!((&claims["sub"], &claims["gty"]), (&"billing@clients".into(), &"client-credentials".into()));
    assert_eq!((&claims["aud"], &claims["scope"]), (&"https://a.example".into(), &"read write".into()));

    provider.set_token_profile(TokenProfile::Rfc9068);
    let form = "grant_type=client_credentials&client_id=billing&client_secret=s3cret%3A%26%3D";
    let claims = payload(&post(&provider, None, form).await.1);
    assert_eq!((&claims["sub"], &claims["client_id"]), (&"billing".into(), &"billing".into()));
    assert_eq!((&claims["aud"], &claims["gty"]), (&provider.audience().into(), &Value::Null));
}

#[tokio::test]
async fn every_other_request_is_refused_by_the_code_of_the_specification() {
    let provider = provider().await;
    let billing = Some(("billing", "s3cret%3A%26%3D"));
    for (basic, form, status, error) in [
        (None, "grant_type=client_credentials", 401, "invalid_client"),
        (Some(("billing", "wrong")), "grant_type=client_credentials", 401, "invalid_client"),
        (Some(("nobody", "s3cret%3A%26%3D")), "grant_type=client_credentials", 401, "invalid_client"),
        (None, "grant_type=client_credentials&client_id=billing&client_secret=wrong", 401, "invalid_client"),
        (billing, "grant_type=client_credentials&client_secret=s3cret", 400, "invalid_request"),
        (billing, "grant_type=password", 400, "unsupported_grant_type"),
        (billing, "scope=read", 400, "invalid_request"),
        (billing, "grant_type=client_credentials&grant_type=password", 400, "invalid_request"),
    ] {
        let (found, answer) = post(&provider, basic, form).await;
        assert_eq!((found.as_u16(), &answer["error"]), (status, &error.into()), "{form}");
    }
}

#[tokio::test]
async fn a_secret_changes_while_the_provider_runs() {
    let provider = provider().await;
    provider.add_service_account("billing", "new");
    let form = |secret| format!("grant_type=client_credentials&client_id=billing&client_secret={secret}");
    assert_eq!(post(&provider, None, &form("new")).await.0, StatusCode::OK);
    assert_eq!(post(&provider, None, &form("s3cret%3A%26%3D")).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_assertion_is_good_for_one_request_and_for_this_provider() {
    use aws_lc_rs::hmac;
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let provider = provider().await;
    let assertion = |audience: &str, id: &str| {
        let claims = serde_json::json!({"iss": "billing", "sub": "billing", "aud": audience, "jti": id, "exp": 4_000_000_000_u64});
        let [header, payload] =
            [r#"{"alg":"HS256"}"#.to_owned(), claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
        let input = format!("{header}.{payload}");
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"s3cret:&="), input.as_bytes());
        let assertion = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
        format!(
            "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
        )
    };
    let good = assertion(provider.issuer(), "1");
    assert_eq!(post(&provider, None, &good).await.0, StatusCode::OK);
    assert_eq!(post(&provider, None, &good).await.0, StatusCode::UNAUTHORIZED, "it was sent before");
    let other = assertion("https://elsewhere.example", "2");
    assert_eq!(post(&provider, None, &other).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_metadata_names_the_endpoint_and_it_takes_posts_alone() {
    let provider = provider().await;
    let url = provider.endpoint(Endpoint::Token).url();
    assert_eq!(provider.metadata()["token_endpoint"], url);
    assert_eq!(client().get(url).send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
}
