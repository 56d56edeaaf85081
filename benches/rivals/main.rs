//! tower-oidc beside its rivals, in one process: the fourth bar.
//!
//!     cargo bench --manifest-path benches/rivals/Cargo.toml
//!
//! All get requests with the same RS256 token of a kilobyte, signed with the same key, in an axum router around a handler that
//! reads whose it is, in turn, by this thread's CPU time. The base of each table is ours; the program exits with status 1 when
//! a rival takes less than the bar's multiple of it.
//!
//! | rival | its cryptography |
//! |---|---|
//! | axum-jwt-auth 0.7.0 | jsonwebtoken 10, aws-lc forced (as shipped: `rsa`) |
//! | tower-oauth2-resource-server 0.12.5 | jsonwebtoken 11, aws-lc by its feature (as shipped: `rsa`) |
//! | jwt-authorizer 0.15.0, under axum 0.7 | jsonwebtoken 9 on ring: no choice |
//! | huskarl-resource-server 0.11.12, which has no layer: called alone | `rsa` 0.10: no choice |
//! | oauth-resource-server 0.4.1 | jsonwebtoken 9 on ring: no choice |
//!
//! Two libraries stand beside them, called alone and without a bar: jsonwebtoken 11.1.0 with aws-lc, and jwt-simple 0.15.0 as
//! pure Rust, because its usual BoringSSL does not build without cmake and libclang.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a benchmark that cannot go on has failed")]

#[path = "../validate/contest.rs"]
mod contest;
mod rivals;

use std::{hint::black_box, process::ExitCode};

use axum::{Router, body::Body, routing::get};
use tower_oidc::{Auth, Principal, testing::TestProvider};

use contest::{Contender, Row, compare};
use rivals::Given;

/// Calls of each contender in a round: enough that what it finds in the processor's caches is its own.
const CALLS: usize = 400;

/// Calls in a round of a contender that takes a twentieth of the time.
const QUICK_CALLS: usize = 20 * CALLS;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let provider = TestProvider::start().await;
    let given = Given::of(&provider);
    let cold = Auth::builder(provider.config()).without_token_cache().discover().await.expect("it is right");
    let cached = Auth::discover(provider.config()).await.expect("it is right");

    let ours = |name, calls, auth: &Auth| Contender::new(name, calls, given.requests(guarded(auth), Body::empty));
    let tables = [
        compare(ours("tower-oidc, cold", CALLS, &cold), rivals(&given, 1.3).await),
        compare(ours("tower-oidc, from the cache", QUICK_CALLS, &cached), rivals(&given, 20.0).await),
    ];

    contest::print_heads();
    let missed = tables.into_iter().flatten().map(Row::print).filter(|holds| !holds).count();
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn guarded(auth: &Auth) -> Router {
    let handler = |principal: Principal| async move { drop(black_box(principal)) };
    Router::new().route("/orders", get(handler)).layer(auth.layer()).with_state(())
}

/// The rivals, which are to take at least so many times what we take; and the libraries.
async fn rivals(given: &Given, bar: f64) -> Vec<Contender<'_>> {
    let contender = |(name, call): (&str, rivals::Call)| Contender::new(name, CALLS, call);
    let layers = rivals::layers(given).await.into_iter().map(contender).map(|rival| rival.at_least(bar));
    layers.chain(rivals::libraries(given).into_iter().map(contender)).collect()
}
