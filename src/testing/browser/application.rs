//! The application, whatever its type.

use std::{
    fmt, future,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use tower_service::Service;

type Answer = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

/// A Tower service with its types forgotten.
#[derive(Clone)]
pub(super) struct Application(Arc<dyn Fn(Request<Bytes>) -> Answer + Send + Sync>);

impl Application {
    pub(super) fn new<S, B>(service: S) -> Self
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: fmt::Debug,
        S::Future: Send,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: fmt::Debug,
    {
        let service = Mutex::new(service);
        Self(Arc::new(move |request| {
            let service = service.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Box::pin(call(service, request))
        }))
    }

    pub(super) async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        (self.0)(request).await
    }
}

async fn call<S, B>(mut service: S, request: Request<Bytes>) -> Response<Bytes>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    S::Error: fmt::Debug,
    B: Body,
    B::Error: fmt::Debug,
{
    future::poll_fn(|context| service.poll_ready(context)).await.expect("the service is ready");
    let response = service.call(request.map(Full::new)).await.expect("the service answers");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("the body has an end").to_bytes();
    Response::from_parts(parts, body)
}
