//! What is not refused, and what the service tells about itself.

use axum::{Router, body::Body, extract::Request, middleware::map_request, response::Response};
use http::{
    HeaderName, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use serde_json::{Value, json};
use tower::{Layer as _, ServiceExt, service_fn};
use tower_oidc::Config;
use tracing::Level;

use crate::{
    events::{self, Logged},
    support::Stand,
};

use super::{
    table::{company, jane, routes},
    text, values,
};

async fn get_with(app: &Router, path: &str, headers: &[(HeaderName, &str)]) -> Response {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn read(response: Response) -> String {
    assert_eq!(response.status(), StatusCode::OK);
    text(response.into_body()).await
}

#[tokio::test]
async fn requests_without_credentials_pass_where_nothing_is_asked() {
    let stand = Stand::with(company).await;
    let app = routes(&stand.auth).layer(stand.auth.layer());
    assert_eq!(read(get_with(&app, "/open", &[]).await).await, "in");
    assert_eq!(read(get_with(&app, "/maybe", &[]).await).await, "nobody");
    assert_eq!(read(get_with(&app, "/maybe", &[(AUTHORIZATION, "Basic YTpi")]).await).await, "nobody");
}

#[tokio::test]
async fn good_credentials_give_a_principal_whatever_the_case_of_the_scheme() {
    let stand = Stand::with(company).await;
    let app = routes(&stand.auth).layer(stand.auth.layer());
    let token = jane(&stand.provider).sign();
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let value = format!("{scheme} {token}");
        for path in ["/me", "/maybe"] {
            let (response, logged) = events::during(get_with(&app, path, &[(AUTHORIZATION, &value)])).await;
            assert_eq!(read(response).await, "jane", "{scheme}");
            assert!(
                logged.iter().all(|event| event.level == Level::DEBUG),
                "an accepted request is no news: {logged:?}"
            );
            assert_accepted(&stand, path, &logged);
        }
    }
}

/// One event at debug level, with nothing of the person.
fn assert_accepted(stand: &Stand, path: &str, logged: &[Logged]) {
    let [event] = logged else { panic!("{logged:?}") };
    let expected = [
        ("admin", "false"),
        ("bot", "false"),
        ("issuer", stand.provider.issuer()),
        ("kind", "accepted"),
        ("message", "request accepted"),
        ("method", "GET"),
        ("path", path),
        ("provider", "Acme \"ID\""),
        ("reason", "good_credentials"),
        ("via", "bearer"),
    ];
    let mut fields = event.fields.clone();
    assert!(fields.remove("reference").is_some());
    assert_eq!(fields, expected.map(|(name, value)| (name, value.to_owned())).into());
}

#[tokio::test]
async fn a_rule_that_is_met_is_told_to_who_looks_closely() {
    let stand = Stand::with(company).await;
    let app = routes(&stand.auth).layer(stand.auth.layer());
    let value = format!("Bearer {}", jane(&stand.provider).scope("read:orders").sign());
    let (response, logged) = events::during(get_with(&app, "/orders", &[(AUTHORIZATION, &value)])).await;
    assert_eq!(response.status(), StatusCode::OK);
    let told = |event: &Logged| (event.level, event.fields["reason"].clone(), event.fields.get("rule").cloned());
    assert_eq!(
        logged.iter().map(told).collect::<Vec<_>>(),
        [
            (Level::DEBUG, "good_credentials".to_owned(), None),
            (Level::DEBUG, "rule_met".to_owned(), Some("scope(read:orders)".to_owned())),
        ]
    );
}

#[tokio::test]
async fn only_grpc_itself_is_answered_in_grpc() {
    let stand = Stand::with(company).await;
    let app = routes(&stand.auth).layer(stand.auth.layer());
    for (content_type, is_grpc) in [
        ("application/grpc", true),
        ("application/grpc+proto", true),
        ("application/grpc;charset=utf-8", true),
        ("application/grpc-web", false),
        ("application/grpc-web+proto", false),
        ("application/grpcx", false),
        ("application/json", false),
    ] {
        let response = get_with(&app, "/me", &[(CONTENT_TYPE, content_type)]).await;
        let status = if is_grpc { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        assert_eq!(response.status(), status, "{content_type}");
        assert_eq!(response.headers().contains_key("grpc-status"), is_grpc, "{content_type}");
    }
}

#[tokio::test]
async fn a_principal_from_an_outer_service_does_not_count() {
    let stand = Stand::with(company).await;
    let planted = stand.auth.validate(&jane(&stand.provider).sign()).await.unwrap();
    let plant = map_request(move |mut request: Request| {
        request.extensions_mut().insert(planted.clone());
        async { request }
    });

    let guarded = routes(&stand.auth).layer(stand.auth.layer()).layer(plant.clone());
    assert_eq!(read(get_with(&guarded, "/maybe", &[]).await).await, "nobody");
    assert_eq!(get_with(&guarded, "/me", &[]).await.status(), StatusCode::UNAUTHORIZED);
    let own = format!("Bearer {}", jane(&stand.provider).claim("email", "john@company.example").sign());
    assert_eq!(read(get_with(&guarded, "/maybe", &[(AUTHORIZATION, &own)]).await).await, "john");

    let unguarded = routes(&stand.auth).layer(plant);
    for path in ["/me", "/maybe", "/tenant", "/admin"] {
        assert_eq!(get_with(&unguarded, path, &[]).await.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
}

#[tokio::test]
async fn clients_find_out_whose_tokens_are_accepted() {
    const PATH: &str = "/.well-known/oauth-protected-resource";
    let stand = Stand::new().await;
    let app = Router::new().layer(stand.auth.layer());
    for credentials in ["", "Bearer a.b.c"] {
        let headers = [(AUTHORIZATION, credentials)];
        let response = get_with(&app, PATH, if credentials.is_empty() { &[] } else { &headers }).await;
        assert_eq!(values(response.headers(), CONTENT_TYPE), ["application/json"]);
        let served = serde_json::from_str::<Value>(&read(response).await).unwrap();
        assert_eq!(served, serde_json::to_value(stand.auth.protected_resource()).unwrap());
        assert_eq!(
            served,
            json!({
                "resource": stand.provider.audience(),
                "authorization_servers": [stand.provider.issuer()],
                "bearer_methods_supported": ["header"],
            })
        );
    }
    let posted = Request::post(PATH).body(Body::empty()).unwrap();
    assert_eq!(app.oneshot(posted).await.unwrap().status(), StatusCode::NOT_FOUND);
}

// RFC 9728 section 3.1: the path of the resource stands behind the well-known one.
#[tokio::test]
async fn a_challenge_says_where_to_find_that_out() {
    const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
    for (path, metadata) in [("", WELL_KNOWN.to_owned()), ("/shop", format!("{WELL_KNOWN}/shop"))] {
        let with_login = |config: Config| {
            let server_url = format!("https://app.example{path}");
            let mut config = config.client_secret("a secret of the client's").server_url(server_url);
            config.authentication.provider_name = Some("Acme".to_owned());
            config
        };
        let stand = Stand::with(with_login).await;
        let app = routes(&stand.auth).layer(stand.auth.layer());
        for (authorization, error) in [(None, ""), (Some("Bearer a.b.c"), r#", error="invalid_token""#)] {
            let headers: Vec<_> = authorization.into_iter().map(|value| (AUTHORIZATION, value)).collect();
            let response = get_with(&app, "/me", &headers).await;
            let resource = format!(r#"resource_metadata="https://app.example{metadata}""#);
            assert_eq!(
                values(response.headers(), WWW_AUTHENTICATE),
                [format!(r#"Bearer realm="Acme"{error}, {resource}"#)]
            );
        }
        for at in [WELL_KNOWN, &metadata] {
            let document: Value = serde_json::from_str(&read(get_with(&app, at, &[]).await).await).unwrap();
            let resource = document["resource"].as_str().unwrap();
            assert_eq!(resource.trim_end_matches('/'), format!("https://app.example{path}"));
        }
        for elsewhere in [format!("{WELL_KNOWN}/other"), format!("{WELL_KNOWN}x"), format!("{metadata}/")] {
            assert_eq!(get_with(&app, &elsewhere, &[]).await.status(), StatusCode::NOT_FOUND, "{elsewhere}");
        }
    }
}

#[tokio::test]
async fn an_error_of_the_service_is_passed_on() {
    let stand = Stand::new().await;
    let broken = service_fn(async |_: Request| Err::<Response, _>("broken"));
    let token = stand.provider.token("jane").sign();
    let request = Request::get("/").header(AUTHORIZATION, format!("Bearer {token}")).body(Body::empty()).unwrap();
    assert_eq!(stand.auth.layer().layer(broken).oneshot(request).await.unwrap_err(), "broken");
}
