//! A service that calls another one with a token of its own: here, the routes of `examples/sso.rs`.
//!
//!     cargo run --example service_account                          # provider, service and caller in one process
//!     cargo run --example service_account -- --config ingestion.yaml [--audience https://your.api] [--url URL]
//!
//! The file is that of an OpenMetadata ingestion job; without `--url`, its `hostPort` is called.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its operator")]

use std::{error::Error, path::PathBuf, process::ExitCode};

use axum::{Json, Router, routing::get};
use clap::Parser;
use http::{Request, Response, Uri};
use http_body_util::BodyExt as _;
use reqwest::{Body, redirect::Policy};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};
use tower_oidc::{
    Auth, Principal,
    client::{ServiceAccount, TokenSource},
    principal::rules::{admin, scope},
    testing::TestProvider,
};

/// Calls a service as a service account.
#[derive(Parser)]
struct Arguments {
    /// The file of an ingestion job: who the service account is, and at which provider.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The API that the token is for. By default Auth0's management API, as OpenMetadata asks for it.
    #[arg(long)]
    audience: Option<String>,
    /// What to call. By default the file's `hostPort`.
    #[arg(long)]
    url: Option<Uri>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let called = match Arguments::parse() {
        Arguments { config: Some(file), audience, url } => call_with_file(file, audience, url).await,
        _ => call_ourselves().await,
    };
    match called {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn call_with_file(file: PathBuf, audience: Option<String>, url: Option<Uri>) -> Result<(), Box<dyn Error>> {
    let account = ServiceAccount::from_file(file)?;
    let account = audience.into_iter().fold(account, ServiceAccount::audience);
    let host_port = || account.server().ok_or("the file has no hostPort: give --url").map(|url| url.as_str().parse());
    let url = url.map_or_else(|| Ok::<_, Box<dyn Error>>(host_port()??), Ok)?;
    call(&TokenSource::start(account)?, url).await
}

/// A provider, a service that trusts it, and a service account: all in this process.
async fn call_ourselves() -> Result<(), Box<dyn Error>> {
    let provider = TestProvider::start().await;
    provider.add_service_account("ingestion", "the-secret-of-the-service-account");
    let auth = Auth::discover(provider.config().bot("ingestion")).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let service = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, routes(&auth)).await });

    let account = ServiceAccount::auth0(provider.issuer(), "ingestion", "the-secret-of-the-service-account")?;
    let tokens = TokenSource::start(account.audience(provider.audience()))?;
    for path in ["/api/me", "/orders", "/api/admin"] {
        call(&tokens, format!("{service}{path}").parse()?).await?;
    }
    Ok(())
}

fn routes(auth: &Auth) -> Router {
    Router::new()
        .route("/api/me", get(me))
        .route("/api/admin", get(me).layer(auth.require(admin())))
        .route("/orders", get("no orders").layer(auth.require(scope("read:orders"))))
        .layer(auth.layer())
}

async fn me(principal: Principal) -> Json<Principal> {
    Json(principal)
}

/// One GET with the token, which goes to the origin of `url` and nowhere else.
async fn call(tokens: &TokenSource, url: Uri) -> Result<(), Box<dyn Error>> {
    let client = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let send = move |request: Request<Body>| {
        let client = client.clone();
        async move { client.execute(request.try_into()?).await.map(Response::<Body>::from) }
    };
    let service = ServiceBuilder::new().layer(tokens.layer(url.to_string().parse()?)).service(service_fn(send));
    let response = service.oneshot(Request::get(&url).body(Body::default())?).await?;
    println!("GET {url}: {}", response.status());
    println!("{}\n", String::from_utf8_lossy(&response.into_body().collect().await?.to_bytes()));
    Ok(())
}
