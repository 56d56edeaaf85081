//! The services. Each runs in a process of its own.

use axum::{Router, routing::get};
use tokio::net::TcpListener;
use tower_oidc::{
    Auth, Config, Principal,
    testing::{Browser, TestProvider},
};

/// Sessions that are in use at once.
const SESSIONS: usize = 100;

const SERVER: &str = "https://app.example";

/// A service that takes that provider's tokens.
pub(crate) fn config(issuer: &str, audience: &str) -> Config {
    Config::new().provider("custom-oidc").authority(issuer).audience(audience)
}

/// Serves one kind of service, and prints where. One with sessions has a provider of its own, and prints its cookies first.
pub(crate) async fn serve(kind: &str, issuer: &str, audience: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let config = config(issuer, audience);
    let mut provider = None;
    let routes = match kind {
        "bare" => Router::new().route("/orders", get(|| async { "no orders" })),
        "cold" => guarded(&Auth::builder(config).without_token_cache().discover().await.expect("it is right")),
        "cached" => guarded(&Auth::discover(config).await.expect("it is right")),
        store => {
            let own = provider.insert(TestProvider::start().await);
            let config = own.login_config(SERVER).session_store(store);
            let routes = guarded(&Auth::discover(config).await.expect("it is right"));
            print_sessions(own, &routes).await;
            routes
        }
    };
    println!("listening {}", listener.local_addr().expect("it listens"));
    axum::serve(listener, routes).await.expect("it serves until it is ended");
}

fn guarded(auth: &Auth) -> Router {
    let handler = |principal: Principal| async move {
        drop(principal);
        "no orders"
    };
    Router::new().route("/orders", get(handler)).layer(auth.layer())
}

async fn print_sessions(provider: &TestProvider, routes: &Router) {
    for number in 0..SESSIONS {
        let mut browser = Browser::new(routes.clone(), SERVER);
        browser.navigate("/orders").await;
        let page = browser.log_in_as(provider, &format!("person{number}")).await;
        assert_eq!(page.text(), "no orders", "{page:?}");
        let cookies: Vec<_> = browser.cookies().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        println!("Cookie: {}", cookies.join("; "));
    }
}
