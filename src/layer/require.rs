//! The guard of a route: a rule that its principal must meet.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::principal::Rule;

use super::{Auth, AuthError, ResponseBody, decision::About, pipeline, realm::Realm, response};

/// Makes [`RequireService`]s. See [`Auth::require`](super::Auth::require).
#[derive(Debug, Clone)]
pub struct RequireLayer {
    auth: Auth,
    rule: Rule,
}

impl RequireLayer {
    pub(super) fn new(auth: Auth, rule: Rule) -> Self {
        Self { auth, rule }
    }
}

impl<S> Layer<S> for RequireLayer {
    type Service = RequireService<S>;

    fn layer(&self, inner: S) -> RequireService<S> {
        RequireService { auth: self.auth.clone(), rule: self.rule.clone(), inner }
    }
}

/// Lets requests through whose principal meets the rule. The principal must be one that a layer of the same [`Auth`] has
/// put into the request. With any other, the guard counts as reached without the layer.
#[derive(Debug, Clone)]
pub struct RequireService<S> {
    auth: Auth,
    rule: Rule,
    inner: S,
}

impl<S> RequireService<S> {
    fn refusal<A>(&self, request: &Request<A>) -> Option<Response<Bytes>> {
        let passed = Realm::passed(request.extensions()).filter(|(realm, _)| self.auth.has_made(realm));
        let Some((realm, principal)) = passed else {
            let (own, about) = (self.auth.current(), About::request(request));
            return Some(response::refusal(AuthError::NotLayered, Some(own.realm()), request.headers(), about));
        };
        let admitted = pipeline::admit(realm, principal, &self.rule, request);
        let about = || About::request(request).of(principal);
        admitted.err().map(|error| response::refusal(error, Some(realm), request.headers(), about()))
    }
}

impl<S, A, B> Service<Request<A>> for RequireService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = RequireFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let state = match self.refusal(&request) {
            Some(response) => State::Refused { response: Some(response) },
            None => State::Calling { future: self.inner.call(request) },
        };
        RequireFuture { state }
    }
}

pin_project! {
    /// The future of a [`RequireService`].
    #[derive(Debug)]
    pub struct RequireFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProjection]
    enum State<F> {
        Refused { response: Option<Response<Bytes>> },
        Calling { #[pin] future: F },
    }
}

impl<F, B, E> Future for RequireFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Refused { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response.map(ResponseBody::own))),
                None => Poll::Pending,
            },
            StateProjection::Calling { future } => future.poll(cx).map_ok(|response| response.map(ResponseBody::inner)),
        }
    }
}
