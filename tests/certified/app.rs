//! An application that people sign in to: our layer in an axum server, on a socket, and what an operator writes for it.

use std::{net::SocketAddr, time::Duration};

use axum::{Json, Router, routing::get};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_oidc::{Auth, Config, Principal, layer::AuthBuilder, principal::rules::max_age};

use crate::{
    browser::{Browser, Page},
    provider::Endpoints,
};

/// Where the application takes itself to be, and how it is registered at the provider.
pub(crate) const APP: &str = "https://app.example";

/// The host of it.
pub(crate) const HOST: &str = "app.example";

/// A page of it that needs somebody.
pub(crate) const PAGE: &str = "https://app.example/page?a=1";

/// How old a login may be for `/payment`.
pub(crate) const FRESH: Duration = Duration::from_secs(2);

const SESSION_SECRET: &str = "a secret for sessions, of 32 bytes or more";

/// A running application. Every page says who somebody is, and `/payment` to those whose login is [fresh](FRESH).
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) address: SocketAddr,
}

impl App {
    /// Serves what is configured.
    pub(crate) async fn serve(config: Config) -> Self {
        Self::serve_with(Auth::builder(config), bind().await).await
    }

    /// The same, with parts of one's own, on a port that was [bound](bind) before.
    pub(crate) async fn serve_with(auth: AuthBuilder, listener: TcpListener) -> Self {
        let auth = auth.discover().await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new()
            .route("/payment", get(who).layer(auth.require(max_age(FRESH))))
            .route("/", get(who))
            .route("/page", get(who))
            .layer(auth.layer());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address }
    }

    /// A browser that nobody used before.
    pub(crate) fn browser(&self) -> Browser {
        let mut browser = Browser::new();
        browser.knows(HOST, self.address);
        browser
    }
}

/// A port.
pub(crate) async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// The operator's settings for the client that proves itself by `method`.
pub(crate) fn config(provider: &Endpoints, method: &str) -> Config {
    provider.client(method).server_url(APP).session_secret(SESSION_SECRET)
}

/// The operator's settings for a public client.
pub(crate) fn public_config(provider: &Endpoints, client_id: &str, response_type: &str) -> Config {
    let mut config = config(provider, "none").client_id(client_id).public_client();
    config.authentication.oidc.response_type = Some(response_type.to_owned());
    config
}

async fn who(principal: Principal) -> Json<Value> {
    Json(json!({"sub": principal.subject(), "name": principal.display_name(), "email": principal.email()}))
}

/// Opens a page that needs somebody, and signs in.
pub(crate) async fn comes_in(browser: &mut Browser, name: &str) {
    let asked = browser.open(PAGE).await;
    assert_eq!(asked.question(), Some("login"), "{asked:?}");
    assert_in(&browser.sign_in(name).await, name);
}

/// The page shows that person, with what the provider says of everybody.
pub(crate) fn assert_in(page: &Page, name: &str) {
    assert_eq!((page.status, page.url.as_str()), (StatusCode::OK, PAGE), "{page:?}");
    assert_eq!(page.json(), json!({"sub": name, "name": name, "email": format!("{name}@company.com")}));
}
