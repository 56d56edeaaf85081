//! The layer over a service that writes down what reaches it.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{StreamExt as _, future, stream};
use http::{HeaderValue, Request, Response, StatusCode, header::AUTHORIZATION};
use http_body::Frame;
use http_body_util::{Full, StreamBody, combinators::UnsyncBoxBody};
use tower::{Layer as _, Service, ServiceExt as _};
use tower_oidc::{
    client::{BearerLayer, BearerService, BearerToken, CallError, CopyBody},
    testing::Fault,
};

use super::support::Stand;

const ORIGIN: &str = "https://api.example";

/// Answers 401 to the tokens it is told to, and 200 to all others.
#[derive(Clone, Default)]
struct Api {
    requests: Arc<Mutex<Vec<HeaderValue>>>,
    refused: Arc<Mutex<Vec<HeaderValue>>>,
    ready: bool,
}

impl Api {
    fn refuse(&self, token: &BearerToken) {
        self.refused.lock().unwrap().push(token.authorization().clone());
    }

    fn requests(&self) -> Vec<HeaderValue> {
        self.requests.lock().unwrap().clone()
    }
}

impl<A> Service<Request<A>> for Api {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = future::Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "a service is called after it was polled ready, and once");
        let authorization = request.headers()[AUTHORIZATION].clone();
        assert!(authorization.is_sensitive());
        self.requests.lock().unwrap().push(authorization.clone());
        let mut response = Response::new(());
        if self.refused.lock().unwrap().contains(&authorization) {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
        }
        future::ready(Ok(response))
    }
}

fn layer(stand: &Stand) -> BearerLayer {
    stand.tokens.layer(ORIGIN.parse().unwrap())
}

fn to(uri: &str) -> Request<Full<Bytes>> {
    Request::get(uri).body(Full::default()).unwrap()
}

async fn call<A, C>(mut service: BearerService<Api, C>, request: Request<A>) -> Result<StatusCode, CallError>
where
    A: Send + 'static,
    C: CopyBody<A>,
{
    Ok(service.ready().await?.call(request).await?.status())
}

#[tokio::test]
async fn a_request_for_the_origin_gets_the_token() {
    let (stand, api) = (Stand::new().await, Api::default());
    let status = call(layer(&stand).layer(api.clone()), to("https://api.example/orders")).await.unwrap();
    assert_eq!(status, StatusCode::OK);
    assert_eq!(api.requests(), [stand.token().await.authorization()]);
}

#[tokio::test]
async fn a_request_for_another_origin_is_not_sent() {
    let (stand, api) = (Stand::new().await, Api::default());
    for uri in ["https://evil.example/", "http://api.example/", "https://api.example:8443/", "/orders"] {
        let error = call(layer(&stand).layer(api.clone()), to(uri)).await.unwrap_err();
        assert!(matches!(error, CallError::OtherOrigin { .. }), "{uri}: {error}");
        assert!(error.to_string().contains("https://api.example:443"), "{error}");
    }
    assert_eq!((api.requests().len(), stand.requests()), (0, 0));
}

#[tokio::test]
async fn a_request_with_credentials_of_its_own_is_not_sent() {
    let (stand, api) = (Stand::new().await, Api::default());
    let mut request = to("https://api.example/");
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
    let error = call(layer(&stand).layer(api.clone()), request).await.unwrap_err();
    assert!(matches!(error, CallError::AlreadyAuthorized));
    assert_eq!(api.requests().len(), 0);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let (stand, api) = (Stand::new().await, Api::default());
    stand.provider.go_down();
    let service = layer(&stand).layer(api.clone());
    let error = stand.eventually(call(service, to("https://api.example/"))).await.unwrap_err();
    assert!(matches!(error, CallError::Token(_)));
    assert_eq!(api.requests().len(), 0);
}

#[tokio::test]
async fn a_refused_request_is_sent_once_more_with_a_new_token() {
    let (stand, api) = (Stand::new().await, Api::default());
    let first = stand.token().await;
    stand.clock.advance(std::time::Duration::from_secs(1));
    api.refuse(&first);
    let status = call(layer(&stand).layer(api.clone()), to("https://api.example/")).await.unwrap();
    assert_eq!(status, StatusCode::OK);
    assert_eq!(api.requests(), [first.authorization(), stand.token().await.authorization()]);
    assert_eq!(stand.requests(), 2);
}

#[tokio::test]
async fn a_service_that_refuses_every_token_costs_one_new_token_in_a_while() {
    let (stand, api) = (Stand::new().await, Api::default());
    for _ in 0..10 {
        api.refuse(&stand.token().await);
        let _ = call(layer(&stand).layer(api.clone()), to("https://api.example/")).await.unwrap();
        api.refuse(&stand.token().await);
    }
    assert_eq!(stand.requests(), 2);
}

#[tokio::test]
async fn without_a_new_token_the_refusal_is_the_answer() {
    let (stand, api) = (Stand::new().await, Api::default());
    api.refuse(&stand.token().await);
    stand.endpoint().fail_with(Fault::Status(500));
    let status = call(layer(&stand).layer(api.clone()), to("https://api.example/")).await.unwrap();
    assert_eq!((status, api.requests().len()), (StatusCode::UNAUTHORIZED, 1));
}

#[tokio::test]
async fn a_body_is_sent_again_only_where_it_can_be() {
    let (stand, api) = (Stand::new().await, Api::default());
    api.refuse(&stand.token().await);
    let content = || Request::post("https://api.example/").body(Full::new(Bytes::from_static(b"order"))).unwrap();

    let status = call(layer(&stand).layer(api.clone()), content()).await.unwrap();
    assert_eq!((status, api.requests().len()), (StatusCode::UNAUTHORIZED, 1));

    let frames = stream::iter([Bytes::from_static(b"order")]).map(|data| Ok::<_, Infallible>(Frame::data(data)));
    let streaming = Request::post("https://api.example/").body(UnsyncBoxBody::new(StreamBody::new(frames))).unwrap();
    let status = call(layer(&stand).layer(api.clone()), streaming).await.unwrap();
    assert_eq!((status, api.requests().len()), (StatusCode::UNAUTHORIZED, 2));
    assert_eq!(stand.requests(), 1, "no token is asked for in vain");

    stand.clock.advance(std::time::Duration::from_secs(1));
    let copying = layer(&stand).with_body_copies(|body: &Full<Bytes>| Some(body.clone()));
    let status = call(copying.layer(api.clone()), content()).await.unwrap();
    assert_eq!((status, api.requests().len()), (StatusCode::OK, 4));
}

/// A service that is broken, from before a request or from within.
#[derive(Clone)]
struct Broken {
    is_ready: bool,
}

impl Service<Request<Full<Bytes>>> for Broken {
    type Response = Response<()>;
    type Error = &'static str;
    type Future = future::Ready<Result<Response<()>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(if self.is_ready { Ok(()) } else { Err("no connection") })
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        future::ready(Err("connection reset"))
    }
}

#[tokio::test]
async fn an_error_of_the_service_is_told_as_its_own() {
    let stand = Stand::new().await;
    for (is_ready, expected) in [(false, "no connection"), (true, "connection reset")] {
        let answer = layer(&stand).layer(Broken { is_ready }).oneshot(to("https://api.example/")).await;
        let Err(CallError::Service(error)) = answer else { panic!("{answer:?}") };
        assert_eq!(error.to_string(), expected);
    }
}
