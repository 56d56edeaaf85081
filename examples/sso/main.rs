//! The reference application: every route of a service behind `tower-oidc`.
//!
//!     cargo run --example sso                                  # with a provider inside the process
//!     cargo run --example sso -- --config sso.yaml             # against a real one
//!     AUTHENTICATION_AUTHORITY=... OIDC_AUDIENCE=... cargo run --example sso
//!
//! A SIGHUP reads the configuration of `--config` again; its new administrators are known from then on.
//!
//! The layer answers `/login`, the callback, `/logout`, `/refresh` and the provider's own logouts by itself.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its operator")]

mod accept;
mod arguments;
mod demo;
mod hangup;
mod pages;
mod users;

use std::{error::Error, process::ExitCode, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header::VARY},
    response::{IntoResponse, Response},
    routing::get,
};
use clap::Parser;
use maud::Markup;
use tokio::net::TcpListener;
use tower_oidc::{Auth, Config, Principal, layer::SetupError, principal::rules::admin, testing::TestProvider};

use self::{accept::prefers_json, arguments::Arguments, pages::Site, users::Users};

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(if error.is::<SetupError>() { 2 } else { 1 })
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let config = match &arguments.config {
        Some(file) => Config::from_file(file),
        None => Config::from_env(),
    };
    let config = config.map_err(SetupError::from)?;
    // Without any configuration, a provider inside the process, which lives as long as this function.
    let demo = if arguments.config.is_none() && config.is_empty() { Some(TestProvider::start().await) } else { None };
    let listener = TcpListener::bind(arguments.listen).await?;
    let address = listener.local_addr()?;
    let config = demo.as_ref().map_or(config, |provider| demo::config(provider, address));

    let known_users = arguments.known_users(&config);
    let users = Users::default();
    users.name(known_users.clone());
    let auth = Auth::builder(config).with_directory(users.clone()).discover().await?;
    if !auth.is_ready() {
        let reason = auth.status().into_iter().find_map(|status| status.problem);
        let reason = reason.map_or_else(String::new, |problem| format!(": {problem}"));
        if arguments.require_provider {
            return Err(format!("The provider cannot be reached{reason}").into());
        }
        println!("The provider cannot be reached yet{reason}");
        println!("It is tried again in the background; /healthz answers 200 once it is there.");
    }
    if arguments.config.is_some() {
        hangup::reload_at(auth.clone(), users, arguments)?;
    }
    println!("Listening on http://{address}");
    if !known_users.is_empty() {
        println!("Known from the start: {}", known_users.join(", "));
    }
    if let Some(provider) = &demo {
        demo::print(provider, address);
    }
    axum::serve(listener, routes(auth)).await?;
    Ok(())
}

fn routes(auth: Auth) -> Router {
    let site = Arc::new(Site { auth: auth.clone() });
    let for_admins = Router::new()
        .route("/admin", get(admin_page))
        .route("/api/admin", get(api_me))
        .route_layer(auth.require(admin()));
    Router::new()
        .route("/", get(home))
        .route("/me", get(me))
        .route("/api/me", get(api_me))
        .merge(for_admins)
        .layer(auth.layer())
        .with_state(site)
        .route("/healthz", get(healthz).with_state(auth))
}

async fn home(State(site): State<Arc<Site>>, principal: Option<Principal>) -> Markup {
    site.home(principal.as_ref())
}

/// The principal, as JSON for those who ask for it and as a page for everybody else.
async fn me(State(site): State<Arc<Site>>, principal: Principal, headers: HeaderMap) -> Response {
    let by_accept = [(VARY, "accept")];
    if prefers_json(&headers) {
        (by_accept, Json(principal)).into_response()
    } else {
        (by_accept, site.me(&principal)).into_response()
    }
}

async fn api_me(principal: Principal) -> Json<Principal> {
    Json(principal)
}

async fn admin_page(State(site): State<Arc<Site>>, principal: Principal) -> Markup {
    site.admin(&principal)
}

async fn healthz(State(auth): State<Auth>) -> (StatusCode, &'static str) {
    if auth.is_ready() { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "waiting for keys\n") }
}
