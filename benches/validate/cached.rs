//! Tokens that were sent before.

use std::{
    hint::black_box,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Router, body::Body, routing::get};
use futures_util::FutureExt;
use http::{HeaderValue, Request, header::AUTHORIZATION};
use tower::{Layer, Service};
use tower_oidc::{Auth, testing::TestProvider, types::Algorithm};

use crate::{
    contest::{Contender, Row, compare},
    token_of,
};

const CALLS: usize = 5_000;

/// So many tokens are in use at once.
const TOKENS: usize = 10_000;

/// The second bar's last row: the caches of the processor no longer hold what the look-up needs.
pub(crate) async fn many_tokens() -> Vec<Row> {
    let provider = TestProvider::builder().algorithm(Algorithm::Es256).start().await;
    let auth = Auth::discover(provider.config().token_algorithm("ES256")).await.expect("it is right");
    let mut tokens: Vec<_> = (0..TOKENS).map(|number| token_of(&provider, &number.to_string(), 1034)).collect();
    for token in &tokens {
        auth.validate(token).await.expect("good");
    }
    shuffle(&mut tokens);
    let one = tokens[0].clone();
    let mut in_turn = tokens.iter().cycle();
    compare(
        Contender::new("one token, sent again and again", CALLS, || validate(&auth, &one)),
        [Contender::new(format!("{TOKENS} tokens in random order"), TOKENS, || {
            validate(&auth, in_turn.next().expect("it goes round"));
        })
        .limit(1000)],
    )
}

fn validate(auth: &Auth, token: &str) {
    drop(black_box(auth.validate(black_box(token)).now_or_never().expect("it does not wait")).expect("good"));
}

/// Fisher and Yates, with the multiplier of Knuth's MMIX: the same order in every run.
fn shuffle<T>(items: &mut [T]) {
    let mut state = 1_u64;
    for place in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(place, (state >> 33) as usize % (place + 1));
    }
}

/// The third bar: a request through axum with the layer, against one with a layer that inserts one `Arc`.
pub(crate) async fn requests() -> Vec<Row> {
    let provider = TestProvider::start().await;
    let auth = Auth::discover(provider.config()).await.expect("it is right");
    let token = token_of(&provider, "auth0|5f7c8ec7c33c6c004bbafe82", 1034);
    let routes = || Router::new().route("/orders", get(|| async { "no orders" }));
    let bare = request_to(routes(), &token);
    let no_op = request_to(routes().layer(InsertArc(Arc::new(()))), &token);
    let ours = request_to(routes().layer(auth.layer()), &token);
    compare(
        Contender::new("axum, a layer that inserts one Arc", CALLS, no_op),
        [
            Contender::new("axum, no layer", CALLS, bare),
            Contender::new("axum, AuthLayer, cached", CALLS, ours).bar(1.3),
        ],
    )
}

/// Sends a request with that token. The token is shared, as it is by a server that has read it from a connection.
fn request_to(router: Router, token: &str) -> impl FnMut() {
    let mut router = served(router);
    let authorization = HeaderValue::try_from(format!("Bearer {token}")).expect("visible characters");
    move || {
        let request = Request::get("/orders").header(AUTHORIZATION, authorization.clone()).body(Body::empty());
        let response = router.call(request.expect("a request")).now_or_never().expect("it does not wait");
        assert!(response.expect("infallible").status().is_success());
    }
}

/// The router as `axum::serve` has it: with its state, or else it makes its routes at each request.
pub(crate) fn served(router: Router) -> Router {
    router.with_state(())
}

/// The least that a layer can do which tells the handler something.
#[derive(Clone)]
pub(crate) struct InsertArc(pub(crate) Arc<()>);

#[derive(Clone)]
pub(crate) struct InsertArcService<S>(Arc<()>, S);

impl<S> Layer<S> for InsertArc {
    type Service = InsertArcService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        InsertArcService(self.0.clone(), inner)
    }
}

impl<S: Service<Request<Body>>> Service<Request<Body>> for InsertArcService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.1.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> S::Future {
        request.extensions_mut().insert(self.0.clone());
        self.1.call(request)
    }
}
