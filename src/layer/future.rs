//! The futures of the layer's services.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::validator::TokenError;

use super::{
    Auth, ResponseBody,
    pipeline::{self, Decision, Layered},
    response,
};

pin_project! {
    /// The future of an [`AuthService`](super::AuthService).
    ///
    /// It allocates only for a request that waits for a renewal of keys.
    pub struct ResponseFuture<S, A>
    where
        S: Service<Request<A>>,
    {
        #[pin]
        state: State<S, A>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, A>
    where
        S: Service<Request<A>>,
    {
        Answered { response: Option<Response<Bytes>> },
        Calling { #[pin] future: S::Future },
        Renewing { waiting: Option<Box<Waiting<S, A>>> },
    }
}

/// A request that waits for a renewal of keys, with the ready service it will be sent to.
struct Waiting<S, A> {
    renewal: Pin<Box<dyn Future<Output = Result<(), TokenError>> + Send>>,
    auth: Auth,
    request: Request<A>,
    service: S,
}

impl<S, A> ResponseFuture<S, A>
where
    S: Service<Request<A>>,
{
    pub(super) fn answered(response: Response<Bytes>) -> Self {
        Self { state: State::Answered { response: Some(response) } }
    }

    pub(super) fn decide(auth: Auth, request: Request<A>, service: S) -> Self {
        let decision = pipeline::decide(&auth, request.headers());
        Self { state: State::follow(decision, auth, request, service) }
    }
}

impl<S, A> State<S, A>
where
    S: Service<Request<A>>,
{
    fn follow(decision: Decision, auth: Auth, mut request: Request<A>, mut service: S) -> Self {
        match decision {
            Decision::Pass(principal) => {
                let extensions = request.extensions_mut();
                match principal {
                    Some(principal) => drop(extensions.insert(principal)),
                    // A principal from elsewhere is not this layer's.
                    None => drop(extensions.remove::<crate::principal::Principal>()),
                }
                extensions.insert(Layered(auth));
                Self::Calling { future: service.call(request) }
            }
            Decision::Refuse(error) => {
                let response = response::refusal(error, Some(auth.realm()), request.headers());
                Self::Answered { response: Some(response) }
            }
            Decision::Renew(renewal) => {
                let renewal = Box::pin(renewal.wait());
                Self::Renewing { waiting: Some(Box::new(Waiting { renewal, auth, request, service })) }
            }
        }
    }
}

impl<S, A, B> Future for ResponseFuture<S, A>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Output = Result<Response<ResponseBody<B>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Answered { response } => match response.take() {
                    Some(response) => return Poll::Ready(Ok(response.map(ResponseBody::own))),
                    None => return Poll::Pending,
                },
                StateProjection::Calling { future } => {
                    return future.poll(cx).map_ok(|response| response.map(ResponseBody::inner));
                }
                StateProjection::Renewing { waiting } => {
                    let Some(pending) = waiting else { return Poll::Pending };
                    let renewed = ready!(pending.renewal.as_mut().poll(cx));
                    let Some(waiting) = waiting.take() else { return Poll::Pending };
                    let Waiting { auth, request, service, .. } = *waiting;
                    let decision = pipeline::decide_again(&auth, request.headers(), renewed);
                    State::follow(decision, auth, request, service)
                }
            };
            state.set(next);
        }
    }
}

impl<S, A> fmt::Debug for ResponseFuture<S, A>
where
    S: Service<Request<A>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
