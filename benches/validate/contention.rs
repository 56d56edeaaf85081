//! Several threads at once: what a call costs one of them while others do the same, or while the keys are swapped.
//!
//! The times are those of one thread, by its CPU time: waiting for a processor is not in them, waiting for a cache line is.

use std::{hint::black_box, sync::Arc, thread, time::Duration};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response};
use tokio::runtime::{Builder, Runtime};
use tower_oidc::{
    Auth, Config,
    provider::{HttpClient, HttpError, Provider},
    testing::{ManualClock, TestProvider},
    types::BoxFuture,
};

use crate::{
    contest::{Company, Contender, Row, compare},
    token_of,
};

/// From the cache, and of the snapshot.
const READS: usize = 50_000;

const CHECKS: usize = 300;

pub(crate) async fn tables() -> [Vec<Row>; 3] {
    let provider = TestProvider::start().await;
    let tokens = ["a", "b", "c", "d"].map(|subject| token_of(&provider, subject, 1034));
    let cached = Auth::discover(provider.config()).await.expect("it is right");
    let cold = Auth::builder(provider.config()).without_token_cache().discover().await.expect("it is right");
    // Without the context of this runtime, because one of its own is started there.
    let snapshots = thread::scope(|threads| threads.spawn(snapshots).join().expect("it went well"));
    [of_tokens("a known token", READS, &cached, &tokens), of_tokens("a new token", CHECKS, &cold, &tokens), snapshots]
}

fn of_tokens(what: &str, calls: usize, auth: &Auth, tokens: &[String; 4]) -> Vec<Row> {
    let [own, others @ ..] = tokens.each_ref().map(|token| move || validate(auth, token));
    let [first, second, third]: [Company<'_>; 3] = others.each_ref().map(|other| other as Company<'_>);
    let contender = |company: &str| Contender::new(format!("{what}, {company}"), calls, &own);
    compare(
        contender("one thread"),
        [
            contender("a second one with the same").beside(&own),
            contender("a second one with its own").beside(first),
            contender("four, each with its own").beside(first).beside(second).beside(third),
        ],
    )
}

fn validate(auth: &Auth, token: &str) {
    drop(black_box(auth.validate(black_box(token)).now_or_never().expect("it does not wait")).expect("good"));
}

/// What every check reads first: the provider's keys as they are at this moment.
fn snapshots() -> Vec<Row> {
    let keys = Swapped::new();
    let read = || drop(black_box(keys.provider.snapshot()));
    let swap = || keys.swap();
    compare(
        Contender::new("the key snapshot, one thread", READS, read),
        [
            Contender::new("the key snapshot, a second reader", READS, read).beside(&read),
            Contender::new("the key snapshot, four readers", READS, read).beside(&read).beside(&read).beside(&read),
            Contender::new("the key snapshot, a writer", READS, read).beside(&swap),
        ],
    )
}

/// A provider whose keys are renewed at every call: there is no network, and the pauses between attempts are skipped.
struct Swapped {
    provider: Provider,
    clock: ManualClock,
    runtime: Runtime,
}

impl Swapped {
    /// Longer than any pause.
    const LONG: Duration = Duration::from_secs(48 * 60 * 60);

    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
        let (provider, clock) = runtime.block_on(async {
            let published = TestProvider::start().await;
            let document = published.jwks().to_string().into();
            // Without an authority there are no metadata to ask for.
            let config =
                Config::new().provider("custom-oidc").issuer(published.issuer()).audience(published.audience());
            let config = config.public_key_url("http://127.0.0.1/keys");
            let settings = config.check().expect("it is right");
            let clock = ManualClock::new();
            let (client, time) = (Arc::new(Document(document)), Arc::new(clock.clone()));
            let provider = Provider::start(settings.issuers[0].clone(), &settings.http, client, time);
            provider.first_attempt().await.expect("the keys are there");
            (provider, clock)
        });
        let keys = Self { provider, clock, runtime };
        (0..10).for_each(|_| keys.swap());
        let status = keys.provider.status();
        assert!(status.attempts > 10 && status.failed_attempts == 0, "{status:?}");
        keys
    }

    /// Lets the background task renew the keys, which puts a new snapshot in the place of the one before.
    fn swap(&self) {
        self.runtime.block_on(async {
            self.clock.wait_for_sleepers(1).await;
            self.clock.advance(Self::LONG);
            let attempts = self.provider.status().attempts;
            while self.provider.status().attempts == attempts {
                tokio::task::yield_now().await;
            }
        });
    }
}

/// What every request is answered with.
#[derive(Debug)]
struct Document(Bytes);

impl HttpClient for Document {
    fn send(&self, _: Request<Bytes>, _: usize) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(std::future::ready(Ok(Response::new(self.0.clone()))))
    }
}
