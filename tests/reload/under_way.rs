//! A request keeps the configuration that it began with, guards and extractors included.

use std::{convert::Infallible, ptr, sync::Arc};

use axum::{
    Router,
    body::Body,
    middleware::{Next, from_fn},
    routing::any,
};
use futures_util::{FutureExt as _, stream};
use http::{Request, StatusCode, header};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use tower_oidc::{
    Auth, Config, Principal,
    principal::rules::{admin, signed_in},
    testing::{Endpoint, Fault, TestProvider},
    types::Algorithm,
};

use crate::support::{SECRET, SERVER, Stand, cookie_line, copy, until};

/// A gate between the layer and what stands behind it, and how many wait there.
#[derive(Clone)]
struct Gate {
    open: Arc<Semaphore>,
    reached: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self { open: Arc::new(Semaphore::new(0)), reached: Arc::new(Semaphore::new(0)) }
    }

    /// Tells that somebody is here, and waits.
    async fn pass(&self) {
        self.reached.add_permits(1);
        self.open.acquire().await.unwrap().forget();
    }

    /// A body that waits here before its only bytes.
    fn body(&self, text: String) -> Body {
        let gate = self.clone();
        Body::from_stream(stream::once(async move {
            gate.pass().await;
            Ok::<_, Infallible>(text)
        }))
    }

    /// What comes of a request that `change` overtakes at the gate.
    async fn overtaken<T>(&self, request: impl Future<Output = T>, change: impl Future<Output = ()>) -> T {
        let change = async {
            self.reached.acquire().await.unwrap().forget();
            change.await;
            self.open.add_permits(1);
        };
        tokio::join!(request, change).0
    }
}

/// Whether the second principal is the first one, remembered.
fn is_same(first: &Principal, second: &Principal) -> bool {
    ptr::eq(first.claims(), second.claims())
}

fn named(config: Config, name: &str) -> Config {
    let mut config = config;
    config.authentication.provider_name = Some(name.to_owned());
    config
}

/// `/guarded` and `/extracted` are for everybody who is somebody, `/admin` for administrators; all behind the gate.
fn gated(auth: &Auth, gate: &Gate) -> Router {
    let gate = gate.clone();
    let waiting = from_fn(move |request: axum::extract::Request, next: Next| {
        let gate = gate.clone();
        async move {
            gate.pass().await;
            next.run(request).await
        }
    });
    Router::new()
        .route("/guarded", any("").layer(auth.require(signed_in())))
        .route("/admin", any("").layer(auth.require(admin())))
        .route("/extracted", any(async |_: Principal| ""))
        .route_layer(waiting)
        .layer(auth.layer())
}

fn request(path: &str, token: Option<&str>) -> Request<Body> {
    let request = Request::get(path);
    let request = match token {
        Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        None => request,
    };
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_guard_and_an_extractor_speak_for_the_configuration_that_the_request_began_with() {
    let stand = Stand::with(|_, config| named(config, "before")).await;
    let gate = Gate::new();
    for path in ["/guarded", "/extracted"] {
        stand.reload(|config| named(config, "before")).await;
        let asked = gated(&stand.auth, &gate).oneshot(request(path, None));
        let answer = gate.overtaken(asked, stand.reload(|config| named(config, "after"))).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let challenge = answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.contains("realm=\"before\""), "{path}: {challenge}");
    }
}

#[tokio::test]
async fn a_principal_made_before_meets_the_guard_of_before() {
    let stand = Stand::with(|_, config| config.admin("jane")).await;
    let (gate, token) = (Gate::new(), stand.provider.token("jane").sign());
    let router = gated(&stand.auth, &gate);
    let asked = router.clone().oneshot(request("/admin", Some(&token)));
    let answer = gate.overtaken(asked, stand.reload(|config| config)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "she was an administrator when the request came");
    let asked = router.oneshot(request("/admin", Some(&token)));
    assert_eq!(gate.overtaken(asked, async {}).await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_request_that_waits_for_keys_is_judged_as_it_began() {
    let stand = Arc::new(Stand::new().await);
    stand.provider.rotate_keys(Algorithm::Rs256);
    let token = stand.provider.token("jane").sign();
    let keys = stand.provider.endpoint(Endpoint::Jwks);
    keys.fail_with(Fault::Hang);
    stand.clock.advance(tower_oidc::provider::PAUSE);
    let waiting = [(); 2].map(|()| {
        let (stand, token) = (Arc::clone(&stand), token.clone());
        tokio::spawn(
            async move { (stand.bearer("/me", &token).await.status, stand.auth.validate(&token).await.is_ok()) },
        )
    });
    until(|| keys.requests() == 2).await;
    let mut other = stand.config().session_secret(SECRET);
    other.authentication.oidc.audience = vec!["https://elsewhere.example".to_owned()];
    stand.auth.reload(other).await.unwrap();
    keys.heal();
    for waiting in waiting {
        let (through_the_layer, _) = waiting.await.unwrap();
        assert_eq!(through_the_layer, StatusCode::OK);
    }
    assert_eq!(stand.bearer("/me", &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_request_whose_body_is_read_is_answered_as_it_began() {
    let stand = Stand::new().await;
    let (gate, app) = (Gate::new(), Router::new().layer(stand.auth.layer()));
    let logout =
        Request::post("/logout").header("sec-fetch-site", "same-origin").body(gate.body(String::new())).unwrap();
    let without_login = async || stand.auth.reload(stand.provider.config()).await.unwrap();
    let answer = gate.overtaken(app.clone().oneshot(logout), without_login()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(app.clone().oneshot(request("/logout", None)).await.unwrap().status(), StatusCode::NOT_FOUND);
}

/// What the configuration before remembers is not asked any more: it is the one of now that must forget her.
#[tokio::test]
async fn whoever_signs_out_beside_a_reload_is_forgotten_after_it() {
    let stand = Stand::new().await;
    let (gate, app) = (Gate::new(), Router::new().layer(stand.auth.layer()));
    let (jane, bob) = (stand.provider.token("jane").sign(), stand.provider.token("bob").sign());
    let post = |path| Request::post(path).header("sec-fetch-site", "same-origin");
    let by_browser = post("/logout").header(header::COOKIE, cookie_line(&copy(&stand.signed_in("jane").await)));
    let by_provider = post("/backchannel-logout").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let token = format!("logout_token={}", stand.provider.logout_token("jane").sign());
    for logout in [by_browser.body(gate.body(String::new())), by_provider.body(gate.body(token))] {
        let logout = logout.unwrap();
        let path = logout.uri().clone();
        let mut kept = None;
        let reload = async {
            stand.reload(|config| config.admin("somebody")).await;
            let since = [stand.auth.validate(&jane).await.unwrap(), stand.auth.validate(&bob).await.unwrap()];
            assert!(is_same(&since[0], &stand.auth.validate(&jane).await.unwrap()), "{path}: remembered since");
            kept = Some(since);
        };
        let answer = gate.overtaken(app.clone().oneshot(logout), reload).await.unwrap();
        assert!(!answer.status().is_client_error(), "{path}: {}", answer.status());
        let [jane_then, bob_then] = kept.unwrap();
        assert!(!is_same(&jane_then, &stand.auth.validate(&jane).await.unwrap()), "{path}: she is checked again");
        assert!(is_same(&bob_then, &stand.auth.validate(&bob).await.unwrap()), "{path}: he has not signed out");
    }
}

#[tokio::test]
async fn a_reload_that_is_given_up_changes_nothing() {
    let stand = Stand::with(|_, config| config.admin("jane")).await;
    let other = TestProvider::builder().clock(stand.clock.clone()).start().await;
    let discovery = other.endpoint(Endpoint::Discovery);
    discovery.fail_with(Fault::Hang);
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let mut reload = Box::pin(stand.auth.reload(other.login_config(SERVER).session_secret(SECRET)));
    tokio::select! {
        biased;
        _ = &mut reload => panic!("it waits"),
        () = until(|| discovery.requests() == 1) => {}
    }
    assert!(stand.auth.reload(stand.config()).now_or_never().is_none(), "one at a time");
    drop(reload);
    let token = stand.provider.token("jane").sign();
    assert_eq!(stand.bearer("/admin", &token).await.status, StatusCode::OK);
    discovery.heal();
    drop(other);
    until(|| tokio::runtime::Handle::current().metrics().num_alive_tasks() <= tasks).await;
    stand.reload(|config| config).await;
    assert_eq!(stand.bearer("/admin", &token).await.status, StatusCode::FORBIDDEN);
}
