//! A request on its way, told from top to bottom.

use std::{
    fmt,
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response, StatusCode, header::AUTHORIZATION};
use tower_service::Service;

use crate::types::{BoxError, BoxFuture};

use super::{BearerToken, CallError, CopyBody, EmptyBody, Origin, TokenSource};

/// Adds the token to each request for its origin, and refuses every other.
#[derive(Debug, Clone)]
pub struct BearerService<S, C = EmptyBody> {
    tokens: TokenSource,
    origin: Origin,
    copies: C,
    inner: S,
}

impl<S, C> BearerService<S, C> {
    pub(super) fn new(tokens: TokenSource, origin: Origin, copies: C, inner: S) -> Self {
        Self { tokens, origin, copies, inner }
    }

    fn admit<A>(&self, request: &Request<A>) -> Result<(), CallError> {
        if !self.origin.contains(request.uri()) {
            return Err(CallError::OtherOrigin { origin: self.origin.clone() });
        }
        if request.headers().contains_key(AUTHORIZATION) {
            return Err(CallError::AlreadyAuthorized);
        }
        Ok(())
    }
}

impl<S, A, B, C> Service<Request<A>> for BearerService<S, C>
where
    S: Service<Request<A>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    A: Send + 'static,
    B: Send,
    C: CopyBody<A>,
{
    type Response = Response<B>;
    type Error = CallError;
    type Future = BearerFuture<B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        self.inner.poll_ready(cx).map_err(failed)
    }

    fn call(&mut self, request: Request<A>) -> BearerFuture<B> {
        // The service that was polled ready is the one to call; its clone takes its place.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        let copy = copy(&request, &self.copies);
        let admitted = self.admit(&request);
        let tokens = self.tokens.clone();
        BearerFuture(Box::pin(async move {
            admitted?;
            send(tokens, ready, request, copy).await
        }))
    }
}

/// Sends a request with a token, and its copy with another one if the first is refused.
async fn send<S, A, B>(
    tokens: TokenSource,
    mut service: S,
    request: Request<A>,
    copy: Option<Request<A>>,
) -> Result<Response<B>, CallError>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    let token = tokens.token().await.map_err(CallError::Token)?;
    let response = service.call(with_token(request, &token)).await.map_err(failed)?;
    let Some(copy) = copy.filter(|_| response.status() == StatusCode::UNAUTHORIZED) else { return Ok(response) };
    // Without another token the refusal is the answer.
    let Ok(token) = tokens.replace(&token).await else { return Ok(response) };
    drop(response);
    poll_fn(|cx| service.poll_ready(cx)).await.map_err(failed)?;
    service.call(with_token(copy, &token)).await.map_err(failed)
}

fn with_token<A>(mut request: Request<A>, token: &BearerToken) -> Request<A> {
    request.headers_mut().insert(AUTHORIZATION, token.authorization().clone());
    request
}

/// The request once more, if its body can be sent again.
fn copy<A>(request: &Request<A>, copies: &impl CopyBody<A>) -> Option<Request<A>> {
    let mut copy = Request::new(copies.copy(request.body())?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}

fn failed(error: impl Into<BoxError>) -> CallError {
    CallError::Service(error.into())
}

/// The future of a [`BearerService`].
pub struct BearerFuture<B>(BoxFuture<'static, Result<Response<B>, CallError>>);

impl<B> Future for BearerFuture<B> {
    type Output = Result<Response<B>, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<B> fmt::Debug for BearerFuture<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerFuture").finish_non_exhaustive()
    }
}
