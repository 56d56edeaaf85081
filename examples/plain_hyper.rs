//! The layer without a framework: hyper serves, and the handler reads the principal from the request's extensions.
//!
//!     AUTHENTICATION_AUTHORITY=https://YOUR-TENANT.auth0.com OIDC_AUDIENCE=https://your.api cargo run --example plain_hyper
//!
//! The variable `LISTEN` says where to listen; by default that is 127.0.0.1:3000.

use std::{convert::Infallible, env};

use http_body_util::Full;
use hyper::{Request, Response, body::Bytes, body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, service_fn};
use tower_oidc::{Auth, Config, Principal, principal::rules::signed_in};

async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let name = request.extensions().get::<Principal>().map_or("nobody", Principal::name);
    Ok(Response::new(Full::from(format!("hello, {name}\n"))))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().init();
    let auth = Auth::discover(Config::from_env()?).await?;
    let service = ServiceBuilder::new().layer(auth.layer()).layer(auth.require(signed_in())).service(service_fn(hello));

    let listener = TcpListener::bind(env::var("LISTEN").as_deref().unwrap_or("127.0.0.1:3000")).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
                tracing::debug!(%error, "connection ended");
            }
        });
    }
}
