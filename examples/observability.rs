//! What an operator sees: metrics in Prometheus' format at `/metrics`, and the log, where the reference on an error page is found.
//!
//!     cargo run --example observability --features metrics,testing
//!     RUST_LOG=info,tower_oidc::decision=debug cargo run --example observability --features metrics,testing
//!
//! Without a configuration in the environment a provider runs inside the process. The variable `LISTEN` says where to listen; by
//! default that is 127.0.0.1:3000.

use std::{env, net::SocketAddr};

use axum::{Json, Router, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tower_oidc::{
    Auth, Config, Principal,
    principal::rules::{admin, scope},
    testing::TestProvider,
};
use tracing_subscriber::EnvFilter;

/// A remembered token takes a microsecond or less, a signature some tens, a busy machine milliseconds.
const VALIDATION_BUCKETS: [f64; 8] = [1e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 1e-2, 1e-1];

/// The recorder of the whole process. It must be there before `Auth::discover`.
fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &VALIDATION_BUCKETS)?
        .install_recorder()
}

async fn me(principal: Principal) -> Json<Principal> {
    Json(principal)
}

fn with_provider_inside(provider: &TestProvider, address: SocketAddr) -> Config {
    let mut config = provider.login_config(&format!("http://{address}"));
    config.authentication.provider_name = Some("the test provider".to_owned());
    config
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let metrics = install_metrics()?;

    let listener = TcpListener::bind(env::var("LISTEN").as_deref().unwrap_or("127.0.0.1:3000")).await?;
    let address = listener.local_addr()?;
    let (config, provider) = match Config::from_env()? {
        config if config.is_empty() => {
            let provider = TestProvider::start().await;
            (with_provider_inside(&provider, address), Some(provider))
        }
        config => (config, None),
    };
    let auth = Auth::discover(config).await?;
    let app = Router::new()
        .route("/me", get(me))
        .route("/admin", get("administration\n").layer(auth.require(admin())))
        .route("/orders", get("no orders\n").layer(auth.require(scope("read:orders"))))
        .layer(auth.layer())
        // Outside of the layer, and for the operator's network alone.
        .route("/metrics", get(async move || metrics.render()));

    tracing::info!("listening on http://{address}");
    if let Some(provider) = &provider {
        let token = provider.token("bob").sign();
        tracing::info!("good: curl -i -H 'Authorization: Bearer {token}' http://{address}/me");
        tracing::info!("bad: curl -i -H 'Authorization: Bearer {token}x' http://{address}/me");
        tracing::info!("metrics: curl http://{address}/metrics");
    }
    axum::serve(listener, app).await?;
    Ok(())
}
