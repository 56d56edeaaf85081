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
use tokio::{net::TcpListener, sync::watch};
use tower_oidc::{
    Auth, Config, Principal,
    testing::{Endpoint, GrantType, TestProvider},
};

use crate::{
    clock::SteppingClock,
    front::{Front, ROOT_FILE, put_before},
    tally::Tally,
    timeline::Timeline,
};

/// How long access tokens live, in seconds: they are renewed as often as can be.
const TOKEN_LIFETIME: u64 = 6;

/// Shortest time between two renewals of one session.
pub(crate) const SHORTEST: Duration = Duration::from_secs(5);

/// Longest time that anybody waits for an answer: several times what any request may take.
const LONGEST: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) provider: TestProvider,
    /// What stands before the endpoints that applications ask.
    pub(crate) front: watch::Sender<Front>,
    /// The applications' own. The provider goes by the machine's.
    pub(crate) clock: SteppingClock,
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
        let (front, discovery) = put_before(&provider).await;
        let (clock, mut applications) = (SteppingClock::default(), Vec::new());
        for store in ["cookie", "memory"] {
            let of_the_store = |config: Config| config.session_store(store).discovery_uri(&discovery);
            applications.push(Application::start(&provider, &clock, of_the_store).await);
        }
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(LONGEST).build().unwrap();
        Arc::new(Self { provider, front, clock, applications, timeline, tally, client })
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
    async fn start(provider: &TestProvider, clock: &SteppingClock, change: impl FnOnce(Config) -> Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let config = provider.login_config(&origin).scope("openid email profile offline_access");
        let mut config = change(config.issuer(provider.issuer()));
        config.authentication.oidc.load_userinfo = Some("always".to_owned());
        config.authentication.oidc.ca_file = Some(ROOT_FILE.to_owned());
        let config = config.session_secret("a secret of the tests that has many more than 32 bytes");
        let auth = Auth::builder(config).with_clock(clock.clone()).discover().await.unwrap();
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
