//! A provider by script, on a clock moved by hand.

mod budget;
mod documents;
mod journal;
mod metadata;
mod outage;
mod rotation;
mod several_urls;
mod start_and_stop;

use std::{sync::Arc, time::Duration};

use tokio::task::JoinHandle;

use crate::{
    config::{HttpSettings, IssuerSettings, ProviderKind},
    provider::{
        Provider, ProviderError, Renewed, WAIT_LIMIT,
        test_support::{DISCOVERY, ISSUER, JWKS, ManualClock, Reply, ScriptedClient, jwks, metadata, settings, settle},
    },
    types::{Algorithm, Clock},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A provider, what it talks to, and its time.
struct Scene {
    clock: ManualClock,
    client: ScriptedClient,
    provider: Provider,
}

/// A client that answers with good metadata and the keys `a`.
fn healthy_client() -> ScriptedClient {
    let client = ScriptedClient::default();
    client.set(DISCOVERY, Reply::ok(metadata(ISSUER)));
    client.set(JWKS, Reply::ok(jwks(&["a"])));
    client
}

impl Scene {
    fn start(settings: IssuerSettings, client: ScriptedClient) -> Self {
        let clock = ManualClock::default();
        let http = HttpSettings::default();
        let provider = Provider::start(settings, &http, Arc::new(client.clone()), Arc::new(clock.clone()));
        Self { clock, client, provider }
    }

    /// A provider whose first attempt went well, and whose pause is over.
    async fn healthy() -> Self {
        Self::settled(settings(ProviderKind::CustomOidc), healthy_client()).await
    }

    async fn settled(settings: IssuerSettings, client: ScriptedClient) -> Self {
        let scene = Self::start(settings, client);
        scene.provider.first_attempt().await.unwrap();
        scene.clock.advance(2 * SECOND).await;
        scene
    }

    fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    fn has_keys(&self) -> bool {
        self.provider.snapshot().keys(self.now()).is_ok()
    }

    fn knows(&self, kid: &str) -> bool {
        knows(&self.provider, self.now(), kid)
    }

    fn generation(&self) -> u64 {
        self.provider.snapshot().generation()
    }

    fn problem(&self) -> Option<Arc<ProviderError>> {
        self.provider.status().problem
    }

    fn key_requests(&self) -> usize {
        self.client.count(JWKS)
    }

    /// What a reader does with a `kid` that it does not find.
    fn renewing(&self, kid: &str) -> JoinHandle<Renewed> {
        let (provider, kid, seen) = (self.provider.clone(), kid.to_owned(), self.generation());
        tokio::spawn(async move { provider.renew(seen, Some(&kid)).await })
    }

    /// The same, with the time it takes.
    async fn renewed(&self, kid: &str) -> Renewed {
        let renewing = self.renewing(kid);
        self.clock.advance(WAIT_LIMIT).await;
        assert!(renewing.is_finished());
        renewing.await.unwrap()
    }
}

fn knows(provider: &Provider, now: Duration, kid: &str) -> bool {
    let snapshot = provider.snapshot();
    snapshot.keys(now).is_ok_and(|keys| keys.find(Some(kid), Algorithm::Rs256).is_ok())
}

fn is_unavailable(renewed: Renewed) -> bool {
    matches!(renewed, Renewed::Unavailable { retry_after } if retry_after >= SECOND)
}
