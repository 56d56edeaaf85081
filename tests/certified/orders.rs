//! Two services: one keeps orders behind our layer, the other asks for them through our layer.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Json, Router, extract::Request, middleware::map_request, routing::get};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tower::{Layer, Service, ServiceExt};
use tower_oidc::{
    Auth, Config, Principal,
    client::{BearerService, CallError, ServiceAccount, TokenSource},
    principal::rules::scope,
};

use crate::{
    provider::{Endpoints, api},
    service::config,
};

/// The kind of API that the service is.
pub(crate) const KIND: &str = "ES256";

/// The service that is called, over a socket. Reading needs the scope `read:orders`, writing `write:orders`.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    pub(crate) auth: Auth,
    address: SocketAddr,
    arrived: Arc<AtomicUsize>,
}

/// The service that calls: hyper's client under the layer.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) tokens: TokenSource,
    address: SocketAddr,
    service: BearerService<Client<HttpConnector, Empty<Bytes>>>,
}

/// An answer that arrived.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

impl Orders {
    /// Serves with the operator's file for that provider.
    pub(crate) async fn serve(provider: &Endpoints) -> Self {
        Self::serve_with(provider, |config| config).await
    }

    /// The same, with another file.
    pub(crate) async fn serve_with(provider: &Endpoints, change: impl FnOnce(Config) -> Config) -> Self {
        let config = change(config(provider, KIND, &api(KIND), "access_token"));
        let auth = Auth::discover(config).await.unwrap();
        assert!(auth.is_ready());
        let arrived = Arc::new(AtomicUsize::new(0));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = routes(&auth, arrived.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { auth, address, arrived }
    }

    /// A caller with that account, which has no token yet.
    pub(crate) fn caller(&self, account: ServiceAccount) -> Caller {
        self.caller_with(TokenSource::start(account).unwrap())
    }

    /// A caller with these tokens.
    pub(crate) fn caller_with(&self, tokens: TokenSource) -> Caller {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let origin = format!("http://{}", self.address).parse().unwrap();
        Caller { service: tokens.layer(origin).layer(client), tokens, address: self.address }
    }

    /// How many requests arrived, whatever they brought.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived.load(Ordering::Relaxed)
    }
}

fn routes(auth: &Auth, arrived: Arc<AtomicUsize>) -> Router {
    let count = move |request: Request| {
        arrived.fetch_add(1, Ordering::Relaxed);
        async { request }
    };
    Router::new()
        .route("/read", get(who).layer(auth.require(scope("read:orders"))))
        .route("/write", get(who).layer(auth.require(scope("write:orders"))))
        .layer(auth.layer())
        .layer(map_request(count))
}

async fn who(principal: Principal) -> Json<Value> {
    Json(json!({"sub": principal.subject(), "machine": principal.is_machine(), "bot": principal.is_bot()}))
}

impl Caller {
    /// What is answered to a request, or why it was not sent.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, CallError> {
        let uri = format!("http://{}{path}", self.address);
        let request = http::Request::get(uri).body(Empty::new()).unwrap();
        let response = self.service.clone().ready().await?.call(request).await?;
        Ok(Answer { status: response.status(), body: response.into_body().collect().await.unwrap().to_bytes() })
    }

    /// Reads the orders, which must succeed. Who the service says that the caller is.
    pub(crate) async fn read(&self) -> Value {
        let answer = self.get("/read").await.unwrap();
        assert_eq!(answer.status, StatusCode::OK);
        serde_json::from_slice(&answer.body).unwrap()
    }
}
