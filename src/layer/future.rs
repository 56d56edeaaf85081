//! The futures of the layer's services.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use arc_swap::Guard;
use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body::Body;
use http_body_util::{
    BodyExt as _, Limited,
    combinators::{Collect, MapErr},
};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{principal::Principal, types::BoxFuture};

use super::{
    Auth, ResponseBody,
    browser::{self, Browser, Finished, Route, Visitor},
    decision::About,
    pipeline::{self, Asked, Awaited, Decision, Verdict},
    realm::Nobody,
    response,
    setup::Setup,
};

pin_project! {
    /// The future of an [`AuthService`](super::AuthService).
    ///
    /// It allocates only for a request that waits, and for one that may have a session.
    pub struct ResponseFuture<S, A>
    where
        S: Service<Request<A>>,
        A: Body,
    {
        #[pin]
        state: State<S, A>,
        // Who sends the request without an `Authorization` header.
        visitor: Option<Box<Visitor>>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, A>
    where
        S: Service<Request<A>>,
        A: Body,
    {
        Answered { response: Option<Response<Bytes>> },
        Calling { #[pin] future: S::Future },
        Waiting { waiting: Option<Box<Waiting<S, A>>> },
        Reading { reading: Option<Box<Reading<A>>> },
        Answering { response: BoxFuture<'static, Response<Bytes>> },
    }
}

/// A request that waits for its verdict, with the ready service it will be sent to.
struct Waiting<S, A> {
    awaited: BoxFuture<'static, Awaited>,
    setup: Arc<Setup>,
    request: Request<A>,
    service: S,
}

/// A request for one of the login's own paths, whose body is being read.
struct Reading<A: Body> {
    body: Pin<Box<BoundedBody<A>>>,
    auth: Auth,
    setup: Arc<Setup>,
    route: Route,
    head: Parts,
}

type BoundedBody<A> = Collect<Limited<MapErr<A, fn(<A as Body>::Error) -> Broken>>>;

/// The body ended before its end.
#[derive(Debug, thiserror::Error)]
#[error("the body broke off")]
struct Broken;

impl<S, A> ResponseFuture<S, A>
where
    S: Service<Request<A>>,
    A: Body,
{
    pub(super) fn answered(response: Response<Bytes>) -> Self {
        Self { state: State::Answered { response: Some(response) }, visitor: None }
    }

    /// `service` was polled ready: it is called at once, or kept for later with a clone in its place.
    pub(super) fn decide(setup: Guard<Arc<Setup>>, mut request: Request<A>, service: &mut S) -> Self
    where
        S: Clone,
    {
        let mut visitor = setup.browser().visitor(&request, setup.realm());
        match pipeline::decide(&setup, Asked::of(&request), visitor.as_deref_mut()) {
            Decision::Made(verdict) => match settle(verdict, &setup, &mut request) {
                None => Self { state: State::Calling { future: service.call(request) }, visitor },
                Some(response) => Self { state: State::Answered { response: Some(response) }, visitor },
            },
            Decision::Wait(awaited) => {
                let clone = service.clone();
                let service = mem::replace(service, clone);
                let waiting = Waiting { awaited, setup: Guard::into_inner(setup), request, service };
                Self { state: State::Waiting { waiting: Some(Box::new(waiting)) }, visitor }
            }
        }
    }

    /// One of the login's own paths.
    pub(super) fn login(auth: Auth, setup: Arc<Setup>, route: Route, request: Request<A>) -> Self {
        let (head, body) = request.into_parts();
        let limit = Browser::body_limit(route, &head.method);
        let broken: fn(A::Error) -> Broken = |_| Broken;
        let body = Box::pin(Limited::new(body.map_err(broken), limit).collect());
        let reading = Some(Box::new(Reading { body, auth, setup, route, head }));
        Self { state: State::Reading { reading }, visitor: None }
    }
}

/// Makes the request ready for the service, or gives the answer that refuses it.
///
/// The request is not moved: it is large, and every move of it can be measured.
fn settle<A>(verdict: Verdict, setup: &Setup, request: &mut Request<A>) -> Option<Response<Bytes>> {
    match verdict {
        Ok(Some(principal)) => {
            setup.realm().journal.accepted(&principal, || About::request(request));
            request.extensions_mut().insert(principal.layered());
            None
        }
        Ok(None) => {
            // A principal from elsewhere is not this layer's.
            request.extensions_mut().remove::<Principal>();
            request.extensions_mut().insert(Nobody(Arc::clone(setup.realm())));
            None
        }
        Err(error) => {
            let named_issuer = || pipeline::named_issuer(setup, request.headers());
            let about = About::request(request).or_refused(request.headers()).or_issuer(named_issuer);
            Some(response::refusal(error, Some(setup.realm()), request.headers(), about))
        }
    }
}

impl<A: Body> Reading<A> {
    /// Reads the body to its end, and begins the answer.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.body.as_mut().poll(cx).map(|body| body.ok().map(http_body_util::Collected::to_bytes))
    }

    fn answer(self, body: Option<Bytes>) -> BoxFuture<'static, Response<Bytes>> {
        let Self { auth, setup, route, head, .. } = self;
        let about = About::parts(&head);
        let answer = setup.browser().clone().answer(route, Request::from_parts(head, body));
        Box::pin(async move {
            let response = answer.await;
            // Whoever signs out is nobody's remembered visitor either: the next token of theirs is checked again.
            if let Some(signed_out) = browser::signed_out(&response) {
                auth.forget_tokens_of(signed_out);
            }
            response::of_login(response, setup.realm(), about)
        })
    }
}

impl<S, A, B> Future for ResponseFuture<S, A>
where
    S: Service<Request<A>, Response = Response<B>>,
    A: Body,
{
    type Output = Result<Response<ResponseBody<B>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut state, visitor) = (this.state, this.visitor);
        loop {
            let response = ready!(poll_state(state.as_mut(), visitor, cx))?;
            let Some(visitor) = visitor.take() else { return Poll::Ready(Ok(response)) };
            match visitor.finish(response) {
                Finished::Now(response) => return Poll::Ready(Ok(response)),
                Finished::Later(response) => state.set(State::Answering { response }),
            }
        }
    }
}

/// Goes from state to state, up to the answer as a program would get it, which is large: a move of it can be measured.
#[inline(always)]
fn poll_state<S, A, B>(
    mut state: Pin<&mut State<S, A>>,
    visitor: &mut Option<Box<Visitor>>,
    cx: &mut Context<'_>,
) -> Poll<Result<Response<ResponseBody<B>>, S::Error>>
where
    S: Service<Request<A>, Response = Response<B>>,
    A: Body,
{
    loop {
        let next = match state.as_mut().project() {
            StateProjection::Answered { response } => match response.take() {
                Some(response) => return Poll::Ready(Ok(response.map(ResponseBody::own))),
                None => return Poll::Pending,
            },
            StateProjection::Calling { future } => match ready!(future.poll(cx)) {
                Ok(response) => return Poll::Ready(Ok(response.map(ResponseBody::inner))),
                Err(error) => return Poll::Ready(Err(error)),
            },
            StateProjection::Waiting { waiting } => {
                let Some(pending) = waiting else { return Poll::Pending };
                let awaited = ready!(pending.awaited.as_mut().poll(cx));
                let Some(waiting) = waiting.take() else { return Poll::Pending };
                let Waiting { setup, mut request, mut service, .. } = *waiting;
                let verdict = pipeline::resume(&setup, Asked::of(&request), visitor.as_deref_mut(), awaited);
                match settle(verdict, &setup, &mut request) {
                    None => State::Calling { future: service.call(request) },
                    Some(response) => State::Answered { response: Some(response) },
                }
            }
            StateProjection::Reading { reading } => {
                let Some(pending) = reading else { return Poll::Pending };
                let body = ready!(pending.poll(cx));
                let Some(reading) = reading.take() else { return Poll::Pending };
                State::Answering { response: reading.answer(body) }
            }
            StateProjection::Answering { response } => {
                return Poll::Ready(Ok(ready!(response.as_mut().poll(cx)).map(ResponseBody::own)));
            }
        };
        state.set(next);
    }
}

impl<S, A> fmt::Debug for ResponseFuture<S, A>
where
    S: Service<Request<A>>,
    A: Body,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
