//! Reloads leave nothing behind: no tasks, no memory.

use tower_oidc::{
    Auth, Config,
    config::TrustedIssuer,
    testing::{ManualClock, TestProvider},
};

use crate::support::{SECRET, SERVER, until};

/// Reloads that count.
const RELOADS: usize = 1000;

/// Reloads before them: what is made once is there by then, and the provider's own records are full.
const WARM_UP: usize = 250;

/// Bytes that may be left in the end: not one setup, with its keys.
const MOST_BYTES: i64 = 16 * 1024;

/// A provider that comes and goes, another session secret each time, and requests in between.
async fn reload(auth: &Auth, [own, other]: [&TestProvider; 2], round: usize) {
    let trusting =
        |config: Config| config.trusted_issuer(TrustedIssuer::new(other.issuer()).audience(other.audience()));
    let config = own.login_config(SERVER).session_secret(&*format!("{SECRET} {round}"));
    auth.reload(if round.is_multiple_of(2) { trusting(config) } else { config }).await.unwrap();
    auth.validate(&own.token("jane").sign()).await.unwrap();
}

#[test]
fn a_thousand_reloads_leave_no_task_and_no_memory_behind() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let clock = ManualClock::new();
    let (own, other, auth) = runtime.block_on(async {
        let own = TestProvider::builder().clock(clock.clone()).start().await;
        let other = TestProvider::builder().clock(clock.clone()).start().await;
        let config = own.login_config(SERVER).session_secret(SECRET);
        let auth = Auth::builder(config).with_clock(clock.clone()).discover().await.unwrap();
        (own, other, auth)
    });
    let settled = async |rounds: std::ops::Range<usize>| {
        for round in rounds {
            reload(&auth, [&own, &other], round).await;
        }
        // The tasks of the provider that went last have ended.
        until(|| clock.sleepers() == 1).await;
    };
    runtime.block_on(settled(0..WARM_UP));
    let tasks = runtime.metrics().num_alive_tasks();
    let left = allocation_counter::measure(|| runtime.block_on(settled(WARM_UP..WARM_UP + RELOADS)));
    println!(
        "left after {RELOADS} reloads: {} bytes, {} tasks",
        left.bytes_current,
        runtime.metrics().num_alive_tasks()
    );
    assert!(runtime.metrics().num_alive_tasks() <= tasks + 2, "{} tasks", runtime.metrics().num_alive_tasks());
    assert!(left.bytes_current < MOST_BYTES, "{} bytes", left.bytes_current);
}
