//! TLS before a provider, with a certificate of a private CA.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;
use tower_oidc::testing::TestProvider;

/// The root of the private CA.
pub(super) const ROOT_FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/src/provider/reqwest_client/fixtures/root.pem");

const LEAF: &str = include_str!("../../../src/provider/reqwest_client/fixtures/leaf.pem");
const LEAF_KEY: &str = include_str!("../../../src/provider/reqwest_client/fixtures/leaf.key.pem");

/// Listens with TLS, passes everything on to the provider, and gives the origin.
pub(super) async fn front(provider: &TestProvider) -> String {
    let behind = provider.issuer().trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let acceptor = acceptor();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                // Whoever does not trust the certificate goes away.
                let Ok(mut outer) = acceptor.accept(stream).await else { return };
                let mut inner = TcpStream::connect(behind).await.unwrap();
                let _ = copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    origin
}

fn acceptor() -> TlsAcceptor {
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(crypto).with_safe_default_protocol_versions().unwrap();
    let leaf = CertificateDer::from_pem_slice(LEAF.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(LEAF_KEY.as_bytes()).unwrap();
    TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(vec![leaf], key).unwrap()))
}
