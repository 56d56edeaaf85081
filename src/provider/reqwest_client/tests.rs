//! The default client against servers on real sockets.

use std::{sync::Arc, time::Instant};

use http::{Request, StatusCode};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::*;

const ROOT: &str = include_str!("fixtures/root.pem");
const LEAF: &str = include_str!("fixtures/leaf.pem");
const LEAF_KEY: &str = include_str!("fixtures/leaf.key.pem");

const LIMIT: usize = 1000;

fn settings() -> HttpSettings {
    HttpSettings::default()
}

/// A client by these settings that goes past any proxy of the machine.
fn client(settings: &HttpSettings, timeout: Duration) -> ReqwestClient {
    ReqwestClient::build(ReqwestClient::builder(settings).unwrap().no_proxy().timeout(timeout)).unwrap()
}

async fn get(client: &ReqwestClient, url: &str) -> Result<http::Response<Bytes>, HttpError> {
    client.send(Request::get(url).body(Bytes::new()).unwrap(), LIMIT).await
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, format!("127.0.0.1:{}", address.port()))
}

/// Reads a request's head.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// Answers one connection with `answer`, keeps it open, and gives back the request's head.
async fn answering(answer: impl Into<Vec<u8>>) -> (JoinHandle<String>, String) {
    let ((listener, address), answer) = (listen().await, answer.into());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = head(&mut stream).await;
        stream.write_all(&answer).await.unwrap();
        let _ = stream.read(&mut [0]).await;
        head
    });
    (server, format!("http://{address}/keys?x=1"))
}

/// What the default client makes of an answer.
async fn after(answer: impl Into<Vec<u8>>) -> Result<http::Response<Bytes>, HttpError> {
    let (_server, url) = answering(answer).await;
    get(&client(&settings(), TOTAL_TIMEOUT), &url).await
}

#[tokio::test]
async fn an_answer_comes_with_its_status_headers_and_body() {
    let (server, url) = answering("HTTP/1.1 404 Not Found\r\nETag: \"x\"\r\nContent-Length: 2\r\n\r\nno").await;
    let client = client(&settings(), TOTAL_TIMEOUT);
    let response = get(&client, &url).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.headers()["etag"], "\"x\"");
    assert_eq!(response.body(), "no");
    drop(client);
    let head = server.await.unwrap().to_lowercase();
    assert!(head.starts_with("get /keys?x=1 http/1.1\r\n"), "{head}");
    assert!(head.contains(concat!("\r\nuser-agent: tower-oidc/", env!("CARGO_PKG_VERSION"), "\r\n")), "{head}");
    assert!(!head.contains("accept-encoding"), "{head}");
}

#[tokio::test]
async fn a_body_is_taken_up_to_the_limit() {
    let of = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{}", "x".repeat(length));
    assert_eq!(after(of(LIMIT)).await.unwrap().body().len(), LIMIT);
    assert!(matches!(after(of(LIMIT + 1)).await, Err(HttpError::TooLarge { limit: LIMIT })));
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_the_body() {
    let refused = after("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n").await;
    assert!(matches!(refused, Err(HttpError::TooLarge { limit: LIMIT })), "{refused:?}");
}

#[tokio::test]
async fn an_endless_body_is_cut_off() {
    let (listener, address) = listen().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
        while stream
            .write_all(b"64\r\n".iter().chain(&[b'x'; 100]).chain(b"\r\n").copied().collect::<Vec<_>>().as_slice())
            .await
            .is_ok()
        {}
    });
    let refused = get(&client(&settings(), TOTAL_TIMEOUT), &format!("http://{address}/")).await;
    assert!(matches!(refused, Err(HttpError::TooLarge { limit: LIMIT })), "{refused:?}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_the_answer() {
    let (target, target_url) = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let redirect = format!("HTTP/1.1 302 Found\r\nLocation: {target_url}\r\nContent-Length: 0\r\n\r\n");
    let response = after(redirect).await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()["location"], target_url);
    assert!(!target.is_finished());
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"] {
        let (_server, url) = answering(answer).await;
        let start = Instant::now();
        let error = get(&client(&settings(), Duration::from_millis(100)), &url).await.unwrap_err();
        assert!(matches!(error, HttpError::Timeout), "{error:?}");
        assert!(start.elapsed() < TOTAL_TIMEOUT);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_answer() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await.unwrap();
    });
    let error = get(&client(&settings(), TOTAL_TIMEOUT), &format!("http://{address}/")).await.unwrap_err();
    assert!(matches!(error, HttpError::Other(_)), "{error:?}");
}

#[tokio::test]
async fn a_closed_port_is_no_connection_and_the_error_holds_no_url() {
    let (listener, address) = listen().await;
    drop(listener);
    let url = format!("http://{address}/keys?code=hunter2");
    let error = get(&client(&settings(), TOTAL_TIMEOUT), &url).await.unwrap_err();
    assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn plain_http_is_refused_when_only_https_may_be() {
    let (server, url) = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let https_only = HttpSettings { https_only: true, ..settings() };
    assert!(get(&client(&https_only, TOTAL_TIMEOUT), &url).await.is_err());
    assert!(!server.is_finished(), "nothing was sent");
}

/// A TLS server with the certificate of the fixtures; it answers one request.
async fn tls_server() -> String {
    let (listener, address) = listen().await;
    let key = PrivateKeyDer::from_pem_slice(LEAF_KEY.as_bytes()).unwrap();
    let leaf = CertificateDer::from_pem_slice(LEAF.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(vec![leaf], key).unwrap()));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        if let Ok(mut stream) = acceptor.accept(stream).await {
            answer_over_tls(&mut stream).await;
        }
    });
    format!("https://{address}/")
}

async fn answer_over_tls(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    head(stream).await;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
    let _ = stream.read(&mut [0]).await;
}

#[tokio::test]
async fn a_root_of_the_operator_vouches_for_the_provider() {
    let with_root = HttpSettings { https_only: true, ca_pem: Some(ROOT.to_owned()) };
    let response = get(&client(&with_root, TOTAL_TIMEOUT), &tls_server().await).await.unwrap();
    assert_eq!(response.body(), "ok");
}

#[tokio::test]
async fn an_unknown_root_is_a_tls_error() {
    let error = get(&client(&settings(), TOTAL_TIMEOUT), &tls_server().await).await.unwrap_err();
    assert!(matches!(error, HttpError::Tls(_)), "{error:?}");
}

#[test]
fn an_unusable_ca_file_is_an_error() {
    let with = |pem: &str| ReqwestClient::new(&HttpSettings { ca_pem: Some(pem.to_owned()), ..settings() });
    assert!(with(&format!("a comment\n{ROOT}\n{LEAF}")).is_ok());
    for pem in ["", "not PEM", LEAF_KEY] {
        assert!(matches!(with(pem), Err(ClientError::NoCertificate)), "{pem}");
    }
    let half = &ROOT[..ROOT.len() / 2];
    assert!(matches!(with(half), Err(ClientError::Certificate(_))));
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(with(no_certificate), Err(ClientError::Tls(_))));
}
