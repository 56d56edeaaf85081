//! TLS before the provider.
//!
//! The endpoints that the application asks are behind TLS; the pages that a browser sees are not, since nothing is wrong with
//! them here. The certificates of `fixtures` are for 127.0.0.1 and of a root that the application trusts (`caFile`), but for
//! what each is named after.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::TlsAcceptor;
use tower_oidc::testing::{Endpoint, TestProvider};

/// The root that the application is to trust.
pub(crate) const ROOT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/fixtures/root.pem");
const KEY: &str = include_str!("fixtures/leaf.key.pem");

/// What stands before the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Front {
    /// TLS with a certificate.
    Certificate(&'static str),
    /// Plain HTTP on the port of https.
    PlainHttp,
    /// Somebody who hangs up in the middle of the handshake.
    HangsUp,
    /// Somebody who never answers to the handshake.
    Silent,
}

pub(crate) const GOOD: Front = Front::Certificate(include_str!("fixtures/good.pem"));
pub(crate) const EXPIRED: Front = Front::Certificate(include_str!("fixtures/expired.pem"));
pub(crate) const NOT_YET_VALID: Front = Front::Certificate(include_str!("fixtures/not_yet_valid.pem"));
pub(crate) const STRANGER: Front = Front::Certificate(include_str!("fixtures/stranger.pem"));
pub(crate) const WRONG_NAME: Front = Front::Certificate(include_str!("fixtures/wrong_name.pem"));

/// The endpoints behind TLS, by their names in the metadata.
pub(crate) const BEHIND: [(&str, Endpoint); 4] = [
    ("jwks_uri", Endpoint::Jwks),
    ("token_endpoint", Endpoint::Token),
    ("userinfo_endpoint", Endpoint::Userinfo),
    ("revocation_endpoint", Endpoint::Revoke),
];

/// Puts TLS before the endpoints that an application asks, by the metadata from now on. Gives what changes what stands there, which
/// breaks the connections that are open, and the address of the metadata.
pub(crate) async fn put_before(provider: &TestProvider) -> (watch::Sender<Front>, String) {
    let behind = provider.issuer().trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let (front, now) = watch::channel(GOOD);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (mut now, behind) = (now.clone(), behind.clone());
            now.mark_unchanged();
            let front = *now.borrow();
            tokio::spawn(async move {
                tokio::select! {
                    () = serve(front, stream, behind) => {}
                    _ = now.changed() => {}
                }
            });
        }
    });
    for (name, endpoint) in BEHIND {
        provider.set_metadata(name, format!("{origin}{}", endpoint.path()));
    }
    (front, format!("{origin}{}", Endpoint::Discovery.path()))
}

async fn serve(front: Front, mut stream: TcpStream, behind: String) {
    // A provider that is down is not there behind TLS either.
    let Ok(mut inner) = TcpStream::connect(behind).await else { return };
    match front {
        Front::Certificate(certificate) => {
            // Whoever does not trust the certificate goes away.
            let Ok(mut stream) = acceptor(certificate).accept(stream).await else { return };
            let _ = copy_bidirectional(&mut stream, &mut inner).await;
        }
        Front::PlainHttp => drop(copy_bidirectional(&mut stream, &mut inner).await),
        Front::HangsUp => drop(stream.readable().await),
        Front::Silent => std::future::pending().await,
    }
}

fn acceptor(certificate: &str) -> TlsAcceptor {
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(crypto).with_safe_default_protocol_versions().unwrap();
    let leaf = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(vec![leaf], key).unwrap()))
}
