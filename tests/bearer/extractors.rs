//! What the extractors give, and when their refusals are told.

use std::error::Error as _;

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header::AUTHORIZATION};
use serde::Deserialize;
use tower::ServiceExt as _;
use tower_oidc::{
    Principal,
    axum::{AuthRejection, ClaimsAs},
    layer::{AuthError, AuthErrorKind as Kind, DecisionRecord},
};

use crate::{
    events::{self, Logged},
    support::Stand,
};

#[derive(Deserialize)]
struct Tenant {
    tenant: u64,
}

fn routes() -> Router {
    Router::new()
        .route("/greeting", get(greeting))
        .route("/careful", get(careful))
        .route("/tenant", get(tenant))
        .route("/any-tenant", get(any_tenant))
}

/// Goes on without a principal.
async fn greeting(principal: Result<Principal, AuthRejection>) -> String {
    principal.map_or_else(|rejection| format!("hello: {rejection}"), |principal| principal.name().to_owned())
}

/// Looks at the refusal, and answers with it.
async fn careful(principal: Result<Principal, AuthRejection>) -> Response {
    match principal {
        Ok(_) => "in".into_response(),
        Err(rejection) => {
            assert_eq!(rejection.error().kind(), Kind::NoCredentials);
            assert!(rejection.source().is_none());
            rejection.into_response()
        }
    }
}

async fn tenant(ClaimsAs(claims): ClaimsAs<Tenant>) -> String {
    claims.tenant.to_string()
}

async fn any_tenant(claims: Option<ClaimsAs<Tenant>>) -> String {
    claims.map_or_else(|| "nobody".to_owned(), |ClaimsAs(claims)| claims.tenant.to_string())
}

/// The answer, and the refusals that were told of meanwhile.
async fn ask(app: Router, path: &str, token: Option<&str>) -> (Response, Vec<Logged>) {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    if let Some(token) = token {
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    }
    let (response, logged) = events::during(app.oneshot(request)).await;
    (response.unwrap(), logged.into_iter().filter(|event| event.fields.contains_key("reference")).collect())
}

async fn text(response: Response) -> String {
    String::from_utf8(axum::body::to_bytes(response.into_body(), 1024).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_refusal_that_the_handler_passes_over_is_not_told_of() {
    let stand = Stand::new().await;
    let (response, refusals) = ask(routes().layer(stand.auth.layer()), "/greeting", None).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(text(response).await, "hello: the request brings no credentials");
    assert!(refusals.is_empty(), "{refusals:?}");
}

#[tokio::test]
async fn a_refusal_that_becomes_the_answer_is_told_of_once() {
    let stand = Stand::new().await;
    let (response, refusals) = ask(routes().layer(stand.auth.layer()), "/careful", None).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(response.headers().contains_key("www-authenticate"));
    assert!(matches!(response.extensions().get(), Some(AuthError::NoCredentials)));
    let record: &DecisionRecord = response.extensions().get().unwrap();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert_eq!(refusals[0].fields["reference"], record.reference().to_string());
}

#[tokio::test]
async fn typed_claims_may_be_those_of_nobody_and_must_fit() {
    let stand = Stand::new().await;
    let fits = stand.provider.token("jane").claim("tenant", 7).sign();
    let does_not = stand.provider.token("jane").claim("tenant", "seven").sign();
    for (path, token, status, answer) in [
        ("/any-tenant", None, 200, Some("nobody")),
        ("/any-tenant", Some(&fits), 200, Some("7")),
        ("/any-tenant", Some(&does_not), 403, None),
        ("/tenant", None, 401, None),
        ("/tenant", Some(&fits), 200, Some("7")),
        ("/tenant", Some(&does_not), 403, None),
    ] {
        let app = routes().layer(stand.auth.layer());
        let (response, _) = ask(app, path, token.map(String::as_str)).await;
        assert_eq!(response.status(), status, "{path}");
        if let Some(answer) = answer {
            assert_eq!(text(response).await, answer, "{path}");
        }
    }
}

#[tokio::test]
async fn without_the_layer_nobody_is_let_through_as_nobody() {
    for path in ["/any-tenant", "/tenant"] {
        let (response, refusals) = ask(routes(), path, None).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(matches!(response.extensions().get(), Some(AuthError::NotLayered)), "{path}");
        assert_eq!(refusals.len(), 1, "{path}");
    }
}
