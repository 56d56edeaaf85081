//! The examples as programs: started as a user starts them, and asked over the network.

#[path = "../../process/mod.rs"]
mod process;
mod service_account;
mod small;
mod sso;
mod starting;

use std::{fs, path::PathBuf};

use reqwest::{Client, RequestBuilder, Response, StatusCode, header::AUTHORIZATION};
use serde_json::{Value, json};
use tower_oidc::testing::TestProvider;

use self::process::Program;

/// The variables of a service that takes the provider's tokens.
fn variables(provider: &TestProvider) -> Vec<(&'static str, String)> {
    vec![
        ("AUTHENTICATION_PROVIDER", "custom-oidc".to_owned()),
        ("AUTHENTICATION_AUTHORITY", provider.issuer().to_owned()),
        ("OIDC_AUDIENCE", provider.audience().to_owned()),
    ]
}

/// The same as a file, under a name of the test's own.
fn file(name: &str, provider: &TestProvider) -> PathBuf {
    let text = json!({
        "authenticationConfiguration": {
            "provider": "custom-oidc",
            "authority": provider.issuer(),
            "oidcConfiguration": {"audience": provider.audience()},
        },
        "authorizerConfiguration": {"principalDomain": "company.example", "adminPrincipals": ["root"]},
    });
    write(name, &text.to_string())
}

fn write(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path
}

fn get(url: &str) -> RequestBuilder {
    Client::builder().no_proxy().build().unwrap().get(url)
}

/// A request with a token, if there is one.
async fn ask(url: &str, token: Option<&str>) -> Response {
    let request = get(url);
    let request = match token {
        Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
        None => request,
    };
    request.send().await.unwrap()
}

async fn status(url: &str, token: Option<&str>) -> StatusCode {
    ask(url, token).await.status()
}

async fn read_json(url: &str, token: Option<&str>) -> Value {
    ask(url, token).await.error_for_status().unwrap().json().await.unwrap()
}
