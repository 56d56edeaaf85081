//! The smallest useful program: an API that only bearer tokens open.
//!
//!     AUTHENTICATION_AUTHORITY=https://YOUR-TENANT.auth0.com OIDC_AUDIENCE=https://your.api cargo run --example bearer_api
//!
//! The variable `LISTEN` says where to listen; by default that is 127.0.0.1:3000.

use std::env;

use axum::{Json, Router, routing::get};
use tokio::net::TcpListener;
use tower_oidc::{Auth, Config, Principal, principal::rules::scope};

async fn me(principal: Principal) -> Json<Principal> {
    Json(principal)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().init();
    let auth = Auth::discover(Config::from_env()?).await?;
    let app = Router::new()
        .route("/me", get(me))
        .route("/orders", get("no orders\n").layer(auth.require(scope("read:orders"))))
        .layer(auth.layer());
    let listener = TcpListener::bind(env::var("LISTEN").as_deref().unwrap_or("127.0.0.1:3000")).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
