//! The provider, the applications, and what is known of them.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Json, Router, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, redirect::Policy};
use serde_json::Value;
use tokio::net::TcpListener;
use tower_oidc::{
    Auth, Principal,
    testing::{Endpoint, GrantType, TestProvider},
};

use crate::{tally::Tally, timeline::Timeline};

/// How long access tokens live, in seconds: they are renewed as often as can be.
const TOKEN_LIFETIME: u64 = 6;

/// Shortest time between two renewals of one session.
pub(crate) const SHORTEST: Duration = Duration::from_secs(5);

pub(crate) struct World {
    pub(crate) provider: TestProvider,
    pub(crate) applications: Vec<Application>,
    pub(crate) timeline: Timeline,
    pub(crate) tally: Tally,
    /// For people, programs and the machinery of the test. Nobody's cookies are in it.
    pub(crate) client: Client,
}

pub(crate) struct Application {
    pub(crate) origin: String,
    pub(crate) auth: Auth,
}

/// How often the provider was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) documents: u64,
    pub(crate) tokens: u64,
    pub(crate) userinfo: u64,
    pub(crate) revocations: u64,
}

impl World {
    pub(crate) async fn start() -> Arc<Self> {
        let provider = TestProvider::start().await;
        let (timeline, tally) = (Timeline::default(), Tally::default());
        let renewals = timeline.clone();
        provider.change_token_response(move |members, grant| {
            members.insert("expires_in".to_owned(), TOKEN_LIFETIME.into());
            if grant == GrantType::RefreshToken {
                renewals.renewed(subject(members["id_token"].as_str().unwrap()));
            }
        });
        let mut applications = Vec::new();
        for store in ["cookie", "memory"] {
            applications.push(Application::start(&provider, store).await);
        }
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Arc::new(Self { provider, applications, timeline, tally, client })
    }

    /// Ends when every application knows that the provider is well, and knows its keys.
    pub(crate) async fn recovery(&self, longest: Duration) {
        let end = Instant::now() + longest;
        let kid = self.provider.signing_key().key_id().to_owned();
        for application in &self.applications {
            let status = || application.auth.status().swap_remove(0);
            loop {
                // The token of somebody who comes has the keys looked at, as far as the budget goes.
                let known = application.auth.validate(&self.provider.token("somebody").sign()).await.is_ok();
                if known && status().problem.is_none() {
                    break;
                }
                assert!(Instant::now() < end, "{} does not recover: {:?}, key {kid}", application.origin, status());
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }

    pub(crate) fn asked(&self) -> Asked {
        let requests = |endpoint| self.provider.requests(endpoint) as u64;
        Asked {
            documents: requests(Endpoint::Discovery) + requests(Endpoint::Jwks),
            tokens: requests(Endpoint::Token),
            userinfo: requests(Endpoint::Userinfo),
            revocations: requests(Endpoint::Revoke),
        }
    }
}

/// Whose ID token it is.
fn subject(id_token: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["sub"].as_str().unwrap().to_owned()
}

impl Application {
    async fn start(provider: &TestProvider, store: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let mut config =
            provider.login_config(&origin).session_store(store).scope("openid email profile offline_access");
        config.authentication.oidc.load_userinfo = Some("always".to_owned());
        let config = config.session_secret("a secret of the tests that has many more than 32 bytes");
        let auth = Auth::discover(config).await.unwrap();
        let me = async |principal: Principal| Json(principal);
        let router = Router::new().route("/me", get(me)).layer(auth.layer());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { origin, auth }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { documents, tokens, userinfo, revocations } = self;
        let all = documents + tokens + userinfo + revocations;
        write!(
            f,
            "{all} requests ({documents} for metadata and keys, {tokens} for tokens, {userinfo} for userinfo, {revocations} to revoke)"
        )
    }
}
