//! The layer and its service: plumbing around the pipeline.

use std::task::{Context, Poll};

use arc_swap::Guard;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::{Auth, ResponseBody, ResponseFuture, protected_resource};

/// Makes [`AuthService`]s. See [`Auth::layer`], which is where it comes from:
///
/// ```
/// # fn layer(auth: tower_oidc::Auth) -> tower_oidc::AuthLayer {
/// auth.layer()
/// # }
/// ```
///
/// Without a checked configuration there is none, in no state and by no default:
///
/// ```compile_fail,E0277
/// # fn layer() -> tower_oidc::AuthLayer {
/// Default::default()
/// # }
/// ```
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
        let setup = self.auth.current();
        if let Some(response) = protected_resource::answer(&setup, &request) {
            return ResponseFuture::answered(response);
        }
        match setup.browser().route(request.uri()) {
            Some(route) => ResponseFuture::login(self.auth.clone(), Guard::into_inner(setup), route, request),
            None => ResponseFuture::decide(setup, request, &mut self.inner),
        }
    }
}
