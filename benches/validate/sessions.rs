//! The sixth bar: a sealed cookie opened, and its principal made, on top of what a layer that does nothing costs.

use std::sync::Arc;

use axum::{Router, body::Body, routing::get};
use futures_util::FutureExt;
use http::{HeaderValue, Request, header::COOKIE};
use tower::Service;
use tower_oidc::{
    Auth, Principal,
    testing::{Browser, TestProvider},
};

use crate::{
    cached::{InsertArc, served},
    contest::{Contender, Row, compare},
};

const CALLS: usize = 2_000;

/// What a request with a session may take more than one through the layer that does nothing.
const MOST_NANOSECONDS: u64 = 3_000;

const SERVER: &str = "https://app.example";

pub(crate) async fn requests() -> Vec<Row> {
    let provider = TestProvider::start().await;
    let auth = Auth::discover(provider.login_config(SERVER)).await.expect("it is right");
    let cookie = signed_in(&provider, &auth).await;
    let no_op = Router::new().route("/", get(|| async { "jane" })).layer(InsertArc(Arc::new(())));
    compare(
        Contender::new("axum, a layer that inserts one Arc", CALLS, request_to(no_op, &cookie)),
        [Contender::new("axum, AuthLayer, a session in a cookie", CALLS, request_to(guarded(&auth), &cookie))
            .over_the_base(MOST_NANOSECONDS)],
    )
}

fn guarded(auth: &Auth) -> Router {
    let name = |principal: Principal| async move { principal.username().to_owned() };
    Router::new().route("/", get(name)).layer(auth.layer())
}

/// The cookies of somebody who has signed in.
async fn signed_in(provider: &TestProvider, auth: &Auth) -> HeaderValue {
    let mut browser = Browser::new(guarded(auth), SERVER);
    browser.navigate("/").await;
    let page = browser.log_in_as(provider, "jane").await;
    assert_eq!(page.text(), "jane");
    let cookies: Vec<_> = browser.cookies().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    HeaderValue::try_from(cookies.join("; ")).expect("visible characters")
}

fn request_to(router: Router, cookie: &HeaderValue) -> impl FnMut() {
    let (mut router, cookie) = (served(router), cookie.clone());
    move || {
        let request = Request::get("/").header(COOKIE, cookie.clone()).body(Body::empty()).expect("a request");
        let response = router.call(request).now_or_never().expect("it does not wait");
        assert!(response.expect("infallible").status().is_success());
    }
}
