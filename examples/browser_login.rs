//! The smallest useful program with a login: a page that only people who are signed in see.
//!
//!     AUTHENTICATION_AUTHORITY=https://YOUR-TENANT.auth0.com OIDC_CLIENT_ID=... OIDC_CLIENT_SECRET=... \
//!         OIDC_SERVER_URL=http://127.0.0.1:3000 cargo run --example browser_login
//!
//! Register `http://127.0.0.1:3000/callback` as a callback URL and `http://127.0.0.1:3000` as a logout URL at the provider. The
//! variable `LISTEN` says where to listen, by default 127.0.0.1:3000; `OIDC_SERVER_URL` goes with it. Without `OIDC_SESSION_SECRET`
//! everybody is signed out when the program ends.

use std::env;

use axum::{Router, routing::get};
use maud::{Markup, html};
use tokio::net::TcpListener;
use tower_oidc::{Auth, Config, Principal};

async fn home(principal: Principal) -> Markup {
    html! {
        p { "You are " (principal.username()) "." }
        form method="post" action="/logout" { button { "Sign out" } }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().init();
    let auth = Auth::discover(Config::from_env()?).await?;
    let app = Router::new().route("/", get(home)).layer(auth.layer());
    let listener = TcpListener::bind(env::var("LISTEN").as_deref().unwrap_or("127.0.0.1:3000")).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
