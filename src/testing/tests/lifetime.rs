//! Starting, ending, going down and coming up.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use super::{TestProvider, client, get};
use crate::{testing::Endpoint, types::Algorithm};

async fn fast() -> TestProvider {
    TestProvider::builder().algorithm(Algorithm::Es256).start().await
}

fn is_refused(answer: reqwest::Result<reqwest::Response>) -> bool {
    answer.is_err_and(|error| error.is_connect())
}

#[tokio::test]
async fn the_provider_lives_as_long_as_one_of_its_clones() {
    let provider = fast().await;
    let jwks = provider.endpoint(Endpoint::Jwks);
    let clone = provider.clone();
    drop(provider);
    assert_eq!(get(jwks.url()).await.unwrap().status(), 200);
    drop(clone);
    assert!(is_refused(get(jwks.url()).await), "an endpoint's handle does not keep it alive");
}

#[tokio::test]
async fn a_connection_that_is_kept_ends_with_the_provider() {
    let (provider, client) = (fast().await, client());
    let url = provider.endpoint(Endpoint::Jwks).url();
    client.get(&url).send().await.unwrap().bytes().await.unwrap();
    drop(provider);
    assert!(client.get(&url).send().await.is_err());
}

#[tokio::test]
async fn a_provider_that_is_down_refuses_and_comes_back_on_its_port() {
    let (provider, client) = (fast().await, client());
    let jwks = provider.endpoint(Endpoint::Jwks);
    let keys = client.get(jwks.url()).send().await.unwrap().text().await.unwrap();
    for _ in 0..3 {
        provider.go_down();
        assert!(client.get(jwks.url()).send().await.is_err(), "a connection that is kept breaks");
        assert!(is_refused(get(jwks.url()).await), "a new one is refused");
        provider.come_up().await;
        assert_eq!(client.get(jwks.url()).send().await.unwrap().text().await.unwrap(), keys);
    }
    assert_eq!(jwks.requests(), 4);
}

#[tokio::test]
async fn a_client_that_keeps_connections_finds_the_provider_again() {
    let (provider, client) = (fast().await, client());
    let jwks = provider.endpoint(Endpoint::Jwks);
    for _ in 0..10 {
        client.get(jwks.url()).send().await.unwrap().bytes().await.unwrap();
        provider.go_down();
        provider.come_up().await;
    }
    assert_eq!(jwks.requests(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_answered_once_the_provider_went_down() {
    const REQUEST: &[u8] = b"GET /jwks HTTP/1.1\r\nhost: x\r\n\r\n";
    let provider = fast().await;
    let address = provider.issuer().trim_start_matches("http://");
    for _ in 0..50 {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(REQUEST).await.unwrap();
        while connection.read_u8().await.unwrap() != b'}' {}
        provider.go_down();
        let _broken = connection.write_all(REQUEST).await;
        let mut answer = String::new();
        let _broken = connection.read_to_string(&mut answer).await;
        assert!(!answer.contains("HTTP"), "{answer}");
        assert!(TcpStream::connect(address).await.is_err());
        provider.come_up().await;
    }
    assert_eq!(provider.requests(Endpoint::Jwks), 50);
}

#[tokio::test]
async fn going_down_and_coming_up_twice_is_the_same_as_once() {
    let provider = fast().await;
    let url = provider.endpoint(Endpoint::Jwks).url();
    provider.come_up().await;
    assert_eq!(get(&url).await.unwrap().status(), 200);
    provider.go_down();
    provider.go_down();
    assert!(is_refused(get(&url).await));
    provider.come_up().await;
    assert_eq!(get(&url).await.unwrap().status(), 200);
}

#[tokio::test]
async fn nobody_is_given_the_port_of_a_provider_that_is_down() {
    let provider = fast().await;
    let address = provider.issuer().trim_start_matches("http://").parse().unwrap();
    provider.go_down();
    assert!(TcpSocket::new_v4().unwrap().bind(address).is_err());
    provider.come_up().await;
    drop(provider);
    assert!(TcpSocket::new_v4().unwrap().bind(address).is_ok());
}

#[tokio::test]
async fn another_provider_takes_the_port_of_one_that_ended() {
    let first = fast().await;
    let (issuer, key) = (first.issuer().to_owned(), first.signing_key());
    get(first.endpoint(Endpoint::Jwks).url()).await.unwrap();
    drop(first);
    let port = issuer.rsplit(':').next().unwrap().parse().unwrap();
    let second = TestProvider::builder().port(port).algorithm(Algorithm::Es256).start().await;
    assert_eq!(second.issuer(), issuer);
    assert_ne!(second.signing_key().key_id(), key.key_id());
}

#[tokio::test]
async fn a_provider_goes_between_threads_and_shows_no_secret() {
    fn shared<T: Send + Sync + Clone + std::fmt::Debug + 'static>(_: &T) {}
    let provider = fast().await;
    shared(&provider);
    let shown = format!("{provider:?}");
    assert!(shown.contains(provider.issuer()) && shown.contains("is_listening: true"), "{shown}");
    let token = format!("{:?}", provider.token("jane").claim("email", "jane@company.com"));
    assert!(!token.contains("jane"), "{token}");
}
