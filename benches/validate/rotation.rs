//! A storm: the keys rotate many times a second, and each time a crowd of tokens with made-up keys arrives.
//!
//! Measured are requests beside it, with a token whose key stays. They wait for nobody, and are timed one by one by the wall
//! clock, with everything that the machine does meanwhile: there is no bar.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};
use tower_oidc::{
    Auth,
    provider::DEMAND_INTERVAL,
    testing::{Endpoint, ManualClock, SigningKey, TestProvider},
    types::Algorithm,
};

use crate::{contest::quantiles, layered};

const ROUNDS: usize = 20;

/// Time from one rotation to the next. What is a day at a provider is a fiftieth of a second here.
const PACE: Duration = Duration::from_millis(20);

/// Tokens with a made-up `kid` at each rotation.
const CROWD: usize = 100;

/// The parts of the requests that are faster than what is shown.
const PARTS: [f64; 3] = [0.5, 0.99, 0.999];

pub(crate) fn print() {
    // Without the context of the caller's runtime, because one of its own is started there.
    thread::scope(|threads| threads.spawn(run).join().expect("it went well"));
}

fn run() {
    let [p50, p99, p999] = ["50 %", "99 %", "99.9 %"];
    println!("{:<44} {p50:>8} {p99:>8} {p999:>8}", "nanoseconds of a request, by the wall clock");
    for (name, calls, has_cache) in [("a known token", 100_000, true), ("a new token", 5_000, false)] {
        let stand = Stand::new(has_cache);
        let [calm, storm] = rounds(&stand, calls);
        let ratios: Vec<_> = calm.iter().zip(&storm).map(|(calm, storm)| ratio(storm, calm)).collect();
        print_row(&format!("{name}, the keys stay"), &calm, 0);
        print_row(&format!("{name}, the keys rotate"), &storm, 0);
        print_row("    the ratio", &ratios, 3);
        println!("    {}", stand.report());
    }
    println!();
}

/// The quantiles of each round, without and with the storm.
fn rounds(stand: &Stand, calls: usize) -> [Vec<[f64; 3]>; 2] {
    let mut request = layered(&stand.auth);
    let mut measure = || {
        let timed = (0..calls).map(|_| {
            let before = Instant::now();
            request(&stand.token);
            before.elapsed().as_nanos() as f64
        });
        quantiles(&mut timed.collect::<Vec<_>>(), PARTS)
    };
    measure();
    let [mut calm, mut storm] = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        calm.push(measure());
        storm.push(stand.beside_a_storm(&mut measure));
    }
    [calm, storm]
}

fn ratio(one: &[f64; 3], other: &[f64; 3]) -> [f64; 3] {
    std::array::from_fn(|part| one[part] / other[part])
}

/// The medians of the rounds.
fn print_row(name: &str, rounds: &[[f64; 3]], decimals: usize) {
    let [p50, p99, p999] = std::array::from_fn(|part| {
        let [median] = quantiles(&mut rounds.iter().map(|round| round[part]).collect::<Vec<_>>(), [0.5]);
        median
    });
    println!("{name:<44} {p50:>8.decimals$} {p99:>8.decimals$} {p999:>8.decimals$}");
}

/// A provider and what trusts it, on a runtime that runs only as long as there is a storm.
struct Stand {
    runtime: Runtime,
    provider: TestProvider,
    clock: ManualClock,
    auth: Auth,
    /// Its key stays.
    token: String,
}

impl Stand {
    fn new(has_cache: bool) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let clock = ManualClock::new();
        let (provider, auth) = runtime.block_on(async {
            let provider = TestProvider::builder().clock(clock.clone()).start().await;
            let config = provider.config().token_algorithm("RS256").token_algorithm("ES256");
            let builder = Auth::builder(config).with_clock(clock.clone());
            let builder = if has_cache { builder } else { builder.without_token_cache() };
            let auth = builder.discover().await.expect("it is right");
            (provider, auth)
        });
        let token = provider.token("jane").expires_in(Duration::from_secs(10 * 365 * 24 * 60 * 60)).sign();
        Self { runtime, provider, clock, auth, token }
    }

    /// What comes of `measure` while another thread rotates the keys.
    fn beside_a_storm<T>(&self, measure: impl FnOnce() -> T) -> T {
        let over = AtomicBool::new(false);
        thread::scope(|threads| {
            threads.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    self.rotate();
                    thread::sleep(PACE);
                }
            });
            let measured = measure();
            over.store(true, Ordering::Relaxed);
            measured
        })
    }

    /// A new key in place of the last one. Its first token arrives in a crowd of tokens with made-up keys.
    fn rotate(&self) {
        self.runtime.block_on(async {
            // The pause after the last attempt is over, and another one may be caused.
            self.clock.advance(DEMAND_INTERVAL);
            let key = SigningKey::generate(Algorithm::Es256);
            self.provider.add_key(&key);
            let made_up = (0..CROWD).map(|_| SigningKey::generate(Algorithm::Es256));
            let tokens: Vec<_> = std::iter::once(key.clone())
                .chain(made_up)
                .map(|key| self.provider.token("jane").key(&key).sign())
                .collect();
            let mut verdicts = join_all(tokens.iter().map(|token| self.auth.validate(token))).await.into_iter();
            verdicts.next().expect("the first").expect("its key was just published");
            assert!(verdicts.all(|verdict| verdict.is_err()), "nobody published their keys");
            self.provider.remove_key(key.key_id());
        });
    }

    fn report(&self) -> String {
        let (fetches, status) = (self.provider.requests(Endpoint::Jwks), &self.auth.status()[0]);
        format!("{fetches} fetches of the keys, {} failed, {CROWD} made-up keys at each", status.failed_attempts)
    }
}
