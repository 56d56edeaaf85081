//! TLS to Redis: rustls on aws-lc-rs, with the platform's roots.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::RedisStoreError;

/// What makes TLS of connections. The roots are read once.
pub(super) fn connector() -> Result<TlsConnector, RedisStoreError> {
    let mut roots = RootCertStore::empty();
    // A platform's list may hold what no reader takes; what is left must not be nothing.
    let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        return Err(RedisStoreError::Roots);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| RedisStoreError::Roots)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

pub(super) async fn handshake(
    connector: &TlsConnector,
    host: &str,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, RedisStoreError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| RedisStoreError::Url)?;
    connector.connect(name, stream).await.map_err(|error| RedisStoreError::Tls(Arc::new(error)))
}
