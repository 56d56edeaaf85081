//! Bodies pass through the layers frame by frame, in both directions, with their trailers.

use std::{convert::Infallible, pin::Pin};

use futures_util::{Stream, stream};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header::AUTHORIZATION};
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    body::{Body, Bytes, Frame, Incoming},
    client::conn::http2::{self, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, sync::mpsc};
use tower::{ServiceBuilder, service_fn};
use tower_oidc::{layer::ResponseBody, principal::rules::signed_in};

use crate::support::Stand;

use super::serve;

type Frames = StreamBody<Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>> + Send>>>;

/// A body whose frames are sent by hand.
fn by_hand() -> (mpsc::Sender<Frame<Bytes>>, Frames) {
    let (sender, receiver) = mpsc::channel(1);
    let frames = stream::unfold(receiver, |mut receiver: mpsc::Receiver<_>| async move {
        receiver.recv().await.map(|frame| (Ok(frame), receiver))
    });
    (sender, StreamBody::new(Box::pin(frames)))
}

/// Sends back whatever comes.
async fn echo(request: Request<Incoming>) -> Result<Response<Incoming>, Infallible> {
    Ok(Response::new(request.into_body()))
}

/// An HTTP/2 connection to the echo, behind the layer and a guard.
async fn connect(stand: &Stand) -> SendRequest<Frames> {
    let guard = stand.auth.require(signed_in());
    let address = serve(ServiceBuilder::new().layer(stand.auth.layer()).layer(guard).service(service_fn(echo))).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn post(authorization: &str, body: Frames) -> Request<Frames> {
    Request::post("http://localhost/").header(AUTHORIZATION, authorization).body(body).unwrap()
}

#[tokio::test]
async fn frames_pass_as_they_come_and_trailers_last() {
    let stand = Stand::new().await;
    let mut connection = connect(&stand).await;
    let token = format!("Bearer {}", stand.provider.token("jane").sign());
    let (frames, body) = by_hand();
    let mut response = connection.send_request(post(&token, body)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);

    // Each frame is sent only when the one before it has come back: a layer that gathers bodies would wait for ever.
    for data in ["one", "two", "three"] {
        frames.send(Frame::data(data.into())).await.unwrap();
        let echoed = response.body_mut().frame().await.unwrap().unwrap();
        assert_eq!(echoed.into_data().unwrap(), data);
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("x-checksum", HeaderValue::from_static("4711"));
    frames.send(Frame::trailers(trailers.clone())).await.unwrap();
    drop(frames);
    let echoed = response.body_mut().frame().await.unwrap().unwrap();
    assert_eq!(echoed.into_trailers().unwrap(), trailers);
    assert!(response.body_mut().frame().await.is_none());
}

#[tokio::test]
async fn a_refusal_does_not_wait_for_the_body() {
    let stand = Stand::new().await;
    let mut connection = connect(&stand).await;
    for (authorization, status) in
        [("Bearer a.b.c", StatusCode::UNAUTHORIZED), ("Basic YTpi", StatusCode::UNAUTHORIZED)]
    {
        let (_never_sent, body) = by_hand();
        let response = connection.send_request(post(authorization, body)).await.unwrap();
        assert_eq!(response.status(), status);
        assert!(!response.into_body().collect().await.unwrap().to_bytes().is_empty());
    }
}

#[tokio::test]
async fn the_size_of_a_body_stays_known() {
    let stand = Stand::new().await;
    let guarded = |text: &'static str| {
        let inner = service_fn(move |_: Request<String>| async move {
            Ok::<_, Infallible>(Response::new(http_body_util::Full::<Bytes>::from(text)))
        });
        ServiceBuilder::new().layer(stand.auth.layer()).layer(stand.auth.require(signed_in())).service(inner)
    };
    let token = format!("Bearer {}", stand.provider.token("jane").sign());
    for (text, is_end) in [("hello", false), ("", true)] {
        let request = Request::get("/").header(AUTHORIZATION, &token).body(String::new()).unwrap();
        let response = tower::ServiceExt::oneshot(guarded(text), request).await.unwrap();
        let body: &ResponseBody<ResponseBody<_>> = response.body();
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(text.len() as u64), is_end));
    }
}
