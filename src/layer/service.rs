//! The layer and its service: plumbing around the pipeline.

use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::{Auth, ResponseBody, ResponseFuture, protected_resource};

/// Makes [`AuthService`]s. See [`Auth::layer`].
#[derive(Debug, Clone)]
pub struct AuthLayer {
    auth: Auth,
}

impl AuthLayer {
    pub(super) fn new(auth: Auth) -> Self {
        Self { auth }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService { auth: self.auth.clone(), inner }
    }
}

/// Puts a principal in the extensions of every request with good credentials, and refuses those with bad ones. Answers the
/// paths of login and logout.
#[derive(Debug, Clone)]
pub struct AuthService<S> {
    auth: Auth,
    inner: S,
}

impl<S, A, B> Service<Request<A>> for AuthService<S>
where
    S: Service<Request<A>, Response = Response<B>> + Clone,
    A: Body,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, A>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        if let Some(response) = protected_resource::answer(&self.auth, &request) {
            return ResponseFuture::answered(response);
        }
        match self.auth.browser().route(request.uri()) {
            Some(route) => ResponseFuture::login(self.auth.clone(), route, request),
            None => ResponseFuture::decide(&self.auth, request, &mut self.inner),
        }
    }
}
