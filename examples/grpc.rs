//! The layer in front of a gRPC server: refusals are gRPC statuses.
//!
//!     AUTHENTICATION_AUTHORITY=https://YOUR-TENANT.auth0.com OIDC_AUDIENCE=https://your.api cargo run --example grpc
//!
//! The variable `LISTEN` says where to listen; by default that is 127.0.0.1:3000.
//!
//! The one service here is tonic's health service, and it is guarded: it stands in for a service of yours, whose code would have to be
//! generated. In a real server it is public, since probes bring no credentials, and the guard stands around the other services alone:
//!
//!     Server::builder()
//!         .layer(auth.layer())
//!         .add_service(health)
//!         .add_service(auth.require(scope("read:orders")).named_layer(OrdersServer::new(orders)))
//!
//! `named_layer` is of `tonic::service::LayerExt`. A handler finds the principal in `request.extensions().get::<Principal>()`.

use std::env;

use tokio::net::TcpListener;
use tonic::transport::{Server, server::TcpIncoming};
use tower_oidc::{Auth, Config, principal::rules::signed_in};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().init();
    let auth = Auth::discover(Config::from_env()?).await?;
    let (_reporter, health) = tonic_health::server::health_reporter();
    let listener = TcpListener::bind(env::var("LISTEN").as_deref().unwrap_or("127.0.0.1:3000")).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    Server::builder()
        .layer(auth.layer())
        .layer(auth.require(signed_in()))
        .add_service(health)
        .serve_with_incoming(TcpIncoming::from(listener))
        .await?;
    Ok(())
}
