//! One service in several replicas: each with keys, memory and connections of its own, and all with one Redis.

use tower_oidc::{
    Config,
    layer::AuthBuilder,
    testing::{Browser, ManualClock, TestProvider},
};

use crate::{
    server::RedisServer,
    support::{self, SERVER, Stand},
    support_sessions::{Cookies, OFFLINE, RENEWAL, copy},
};

/// The replicas of one service. They have one clock.
pub(crate) struct Service {
    pub(crate) provider: TestProvider,
    pub(crate) clock: ManualClock,
    pub(crate) replicas: [Stand; 2],
}

impl Service {
    pub(crate) async fn new(redis: &RedisServer) -> Self {
        Self::with(redis, |config| config).await
    }

    /// With a changed configuration.
    pub(crate) async fn with(redis: &RedisServer, change: impl Fn(Config) -> Config) -> Self {
        let (provider, clock) = support::provider().await;
        let url = redis.url();
        let replica = async || Self::replica(&provider, &clock, &url, &change).await;
        let replicas = [replica().await, replica().await];
        Self { provider, clock, replicas }
    }

    /// One more replica.
    pub(crate) async fn replica(
        provider: &TestProvider,
        clock: &ManualClock,
        redis_url: &str,
        change: impl Fn(Config) -> Config,
    ) -> Stand {
        let config = support::login_config(provider, SERVER).scope(OFFLINE).session_store(redis_url);
        Stand::built(provider.clone(), clock.clone(), change(config), |builder: AuthBuilder| builder).await
    }

    /// The cookies of somebody who has signed in at the first replica.
    pub(crate) async fn signed_in(&self, name: &str) -> Cookies {
        copy(&self.browser(name).await)
    }

    /// A browser of the first replica in which somebody has signed in.
    pub(crate) async fn browser(&self, name: &str) -> Browser {
        self.replicas[0].signed_in(name).await
    }

    /// Likewise, with tokens that are to be renewed now.
    pub(crate) async fn due(&self, name: &str) -> Cookies {
        let cookies = self.signed_in(name).await;
        self.replicas[0].advance(RENEWAL);
        cookies
    }

    /// Whether the cookies hold a live session, for each replica.
    pub(crate) async fn is_alive(&self, cookies: &Cookies) -> [bool; 2] {
        [self.replicas[0].is_alive(cookies).await, self.replicas[1].is_alive(cookies).await]
    }

    /// Shows that the refresh token of the session is good: the provider has not seen one twice.
    pub(crate) async fn assert_goes_on(&self, cookies: &Cookies) {
        let [one, other] = &self.replicas;
        for replica in [one, other] {
            let before = replica.token_requests();
            replica.advance(RENEWAL);
            assert!(replica.is_alive(cookies).await);
            assert_eq!(replica.token_requests(), before + 1);
        }
    }
}
