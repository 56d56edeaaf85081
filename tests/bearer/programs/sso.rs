//! The reference application, route by route.

use reqwest::{
    StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, VARY},
};
use serde_json::json;
use tower_oidc::testing::TestProvider;

use super::{Program, ask, file, get, read_json, status, variables};

const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];

/// The application with a provider inside, and its two callers.
struct Demo {
    _program: Program,
    issuer: String,
    address: String,
    alice: String,
    bob: String,
}

impl Demo {
    async fn start() -> Self {
        let mut program = Program::start("sso", &LISTEN, &[]);
        let address = program.url_after("Listening on").await;
        let inside = program.url_after("A provider runs inside this process").await;
        let issuer = inside[..inside.find(". ").unwrap()].to_owned();
        let alice = token(&program.line_with("/api/admin").await, &address);
        let bob = token(&program.line_with("/api/me").await, &address);
        Self { _program: program, issuer, address, alice, bob }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}

/// The token of a printed line `curl -i -H 'Authorization: Bearer TOKEN' URL`.
fn token(line: &str, address: &str) -> String {
    let (header, url) =
        line.trim().strip_prefix("curl -i -H 'Authorization: Bearer ").unwrap().split_once("' ").unwrap();
    assert!(url.starts_with(address), "{line}");
    header.to_owned()
}

#[tokio::test]
async fn without_a_configuration_there_is_a_provider_inside() {
    let demo = Demo::start().await;
    for (path, nobody, bob, alice) in [
        ("/", 200, 200, 200),
        ("/me", 401, 200, 200),
        ("/api/me", 401, 200, 200),
        ("/admin", 401, 403, 200),
        ("/api/admin", 401, 403, 200),
        ("/healthz", 200, 200, 200),
        ("/.well-known/oauth-protected-resource", 200, 200, 200),
        ("/nowhere", 404, 404, 404),
    ] {
        for (token, expected) in [(None, nobody), (Some(&*demo.bob), bob), (Some(&*demo.alice), alice)] {
            assert_eq!(status(&demo.url(path), token).await, expected, "{path}");
        }
        let bad = status(&demo.url(path), Some("a.b.c")).await;
        let open_to_all = ["/healthz", "/.well-known/oauth-protected-resource"].contains(&path);
        assert_eq!(bad, if open_to_all { 200 } else { 401 }, "{path}");
    }
}

#[tokio::test]
async fn the_principal_is_json_as_documented() {
    let demo = Demo::start().await;
    let bob = json!({
        "iss": demo.issuer, "sub": "bob", "name": "bob@example.com", "username": "bob", "email": "bob@example.com",
        "emailVerified": true, "displayName": null, "admin": false, "bot": false, "roles": [], "teams": [],
        "scopes": ["openid", "profile", "email"], "attributes": {}, "via": "bearer"
    });
    assert_eq!(read_json(&demo.url("/api/me"), Some(&demo.bob)).await, bob);
    let alice = read_json(&demo.url("/api/admin"), Some(&demo.alice)).await;
    assert_eq!((&alice["sub"], &alice["admin"]), (&json!("alice"), &json!(true)));
    assert_eq!(
        read_json(&demo.url("/.well-known/oauth-protected-resource"), None).await,
        json!({
            "resource": demo.address, "authorization_servers": [demo.issuer],
            "bearer_methods_supported": ["header"]
        })
    );
}

#[tokio::test]
async fn pages_and_json_go_to_those_who_ask_for_them() {
    const PAGE: &str = "text/html; charset=utf-8";
    const JSON: &str = "application/json";
    let demo = Demo::start().await;
    for (accept, content_type) in [
        // A browser, curl, nothing at all.
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", PAGE),
        ("*/*", PAGE),
        ("", PAGE),
        ("text/html, application/json", PAGE),
        ("application/json;q=0.5, text/html;q=0.9", PAGE),
        ("application/json;q=0, */*", PAGE),
        ("application/json", JSON),
        ("Application/JSON; charset=utf-8", JSON),
        ("application/json, text/plain, */*", JSON),
        ("application/*", JSON),
        ("text/html;q=0.5, application/json;q=0.9", JSON),
        ("text/html;q=0, */*;q=0.1", JSON),
    ] {
        let request = get(&demo.url("/me")).header(AUTHORIZATION, format!("Bearer {}", demo.bob));
        let response = request.header(ACCEPT, accept).send().await.unwrap();
        assert_eq!(response.headers()[CONTENT_TYPE], content_type, "{accept}");
        assert_eq!(response.headers()[VARY], "accept", "{accept}");
        let text = response.text().await.unwrap();
        assert!(text.contains("bob@example.com"), "{accept}: {text}");
    }
    for (path, token, content) in [("/", None, "Nobody is signed in"), ("/", Some(&*demo.bob), "bob@example.com")] {
        let response = ask(&demo.url(path), token).await;
        assert_eq!(response.headers()[CONTENT_TYPE], PAGE);
        assert!(response.text().await.unwrap().contains(content));
    }
}

#[tokio::test]
async fn with_a_file_it_serves_another_provider() {
    let provider = TestProvider::start().await;
    let file = file("serves_another_provider.json", &provider);
    let mut program = Program::start("sso", &["--config", file.to_str().unwrap(), LISTEN[0], LISTEN[1]], &[]);
    let address = program.url_after("Listening on").await;
    let (root, jane) = (provider.token("root").sign(), provider.token("jane").sign());
    assert_eq!(status(&format!("{address}/healthz"), None).await, StatusCode::OK);
    assert_eq!(status(&format!("{address}/api/admin"), Some(&root)).await, StatusCode::OK);
    assert_eq!(status(&format!("{address}/api/admin"), Some(&jane)).await, StatusCode::FORBIDDEN);
    let principal = read_json(&format!("{address}/api/me"), Some(&jane)).await;
    assert_eq!((&principal["iss"], &principal["name"]), (&json!(provider.issuer()), &json!("jane@company.example")));
}

#[cfg(unix)]
#[tokio::test]
async fn a_hangup_reads_the_file_again() {
    let provider = TestProvider::start().await;
    let file = file("read_again_at_a_hangup.json", &provider);
    let mut program = Program::start("sso", &["--config", file.to_str().unwrap(), LISTEN[0], LISTEN[1]], &[]);
    let address = program.url_after("Listening on").await;
    let (root, admin) = (provider.token("root").sign(), format!("{address}/api/admin"));
    assert_eq!(status(&admin, Some(&root)).await, StatusCode::OK);
    let right = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, right.replace("\"root\"", "\"jane\"")).unwrap();
    program.hang_up();
    program.line_with("Reloaded").await;
    assert_eq!(status(&admin, Some(&root)).await, StatusCode::FORBIDDEN);
    std::fs::write(&file, &right).unwrap();
    program.hang_up();
    program.line_with("Reloaded").await;
    assert_eq!(status(&admin, Some(&root)).await, StatusCode::OK);
}

#[cfg(unix)]
#[tokio::test]
async fn an_administrator_whom_a_hangup_brings_may_sign_in() {
    let (provider, port) = (TestProvider::start().await, free_port());
    let address = format!("http://localhost:{port}");
    let _registered = provider.login_config(&address);
    let text = json!({
        "authenticationConfiguration": {
            "provider": "custom-oidc",
            "authority": provider.issuer(),
            "oidcConfiguration": {
                "id": provider.client_id(), "secret": provider.client_secret(), "serverUrl": address,
            },
        },
        "authorizerConfiguration": {"adminPrincipals": ["root@company.example"]},
    });
    let file = super::write("brings_an_administrator.json", &text.to_string());
    let arguments = [
        "--config",
        file.to_str().unwrap(),
        "--user",
        "kate@company.example",
        "--listen",
        &format!("127.0.0.1:{port}"),
    ];
    let mut program = Program::start("sso", &arguments, &[]);
    program.line_with("Listening on").await;
    // The application is none of the browser's own: it goes there as it goes to the provider.
    let sign_in = async |name: &str| {
        let mut browser = tower_oidc::testing::Browser::new(axum::Router::new(), "http://nowhere.localhost");
        browser.navigate(&format!("{address}/login?return_to=/api/me")).await;
        let claims = json!({"email": format!("{name}@company.example"), "email_verified": true}).to_string();
        browser.log_in_with(&provider, name, &claims).await.status
    };
    for (root, jane) in [(StatusCode::OK, StatusCode::FORBIDDEN), (StatusCode::FORBIDDEN, StatusCode::OK)] {
        assert_eq!((sign_in("root").await, sign_in("jane").await), (root, jane));
        assert_eq!(sign_in("kate").await, StatusCode::OK);
        std::fs::write(&file, text.to_string().replace("root@", "jane@")).unwrap();
        program.hang_up();
        program.line_with("Reloaded").await;
    }
}

/// The provider must know the application's address before that is started.
#[cfg(unix)]
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn variables_are_a_configuration_and_go_over_the_file() {
    let (provider, of_the_file) = (TestProvider::start().await, TestProvider::start().await);
    let file = file("variables_go_over_it.json", &of_the_file);
    let token = provider.token("root").sign();
    for (arguments, admin) in [
        (&LISTEN[..], StatusCode::FORBIDDEN),
        (&["--config", file.to_str().unwrap(), LISTEN[0], LISTEN[1]], StatusCode::OK),
    ] {
        let mut program = Program::start("sso", arguments, &variables(&provider));
        let address = program.url_after("Listening on").await;
        assert_eq!(status(&format!("{address}/api/me"), Some(&token)).await, StatusCode::OK);
        assert_eq!(status(&format!("{address}/api/admin"), Some(&token)).await, admin);
        let stranger = of_the_file.token("root").sign();
        assert_eq!(status(&format!("{address}/api/me"), Some(&stranger)).await, StatusCode::UNAUTHORIZED);
    }
}
