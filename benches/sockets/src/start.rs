//! From the start of a process to the first token that it accepts, with the provider up and with the provider down.

use std::time::{Duration, Instant};

use tower_oidc::{Auth, testing::TestProvider};

use crate::{
    Length, median,
    process::{Process, own},
    serve::config,
};

/// How long the provider is down.
const OUTAGE: Duration = Duration::from_secs(5);

/// Time from one try of the token to the next.
const PACE: Duration = Duration::from_millis(2);

/// The service: it starts, and tries the token until it is accepted.
pub(crate) async fn begin(issuer: &str, audience: &str, token: &str) {
    println!("started");
    let auth = Auth::discover(config(issuer, audience)).await.expect("it is right");
    println!("discovered");
    while auth.validate(token).await.is_err() {
        tokio::time::sleep(PACE).await;
    }
    println!("accepted");
}

pub(crate) async fn measure(length: Length) {
    let provider = TestProvider::start().await;
    let (starts, outages) = if length == Length::Full { (50, 10) } else { (3, 1) };
    let mut up = Vec::new();
    for _ in 0..starts {
        up.push(start(&provider).await);
    }
    print(&format!("the provider is up, {starts} starts"), &up);
    let mut down = Vec::new();
    for _ in 0..outages {
        down.push(start_without(&provider).await);
    }
    print(&format!("the provider is down, {outages} starts"), &down);
    println!("accepted, where it is down: after its return, {} s after the start\n", OUTAGE.as_secs());
}

/// The times from the start of a process to the beginning of `main`, the end of `discover`, and the first accepted token.
async fn start(provider: &TestProvider) -> [Duration; 3] {
    let token = provider.token("jane").sign();
    let start = Instant::now();
    let mut process = Process::start(own().args(["begin", provider.issuer(), provider.audience(), &token]));
    ["started", "discovered", "accepted"].map(|word| {
        process.wait_for(word, drop);
        start.elapsed()
    })
}

/// Likewise while the provider is down; the last time counts from its return.
async fn start_without(provider: &TestProvider) -> [Duration; 3] {
    let token = provider.token("jane").sign();
    provider.go_down();
    let start = Instant::now();
    let mut process = Process::start(own().args(["begin", provider.issuer(), provider.audience(), &token]));
    let [started, discovered] = ["started", "discovered"].map(|word| {
        process.wait_for(word, drop);
        start.elapsed()
    });
    tokio::time::sleep(OUTAGE.saturating_sub(start.elapsed())).await;
    provider.come_up().await;
    let up = Instant::now();
    process.wait_for("accepted", drop);
    [started, discovered, up.elapsed()]
}

fn print(name: &str, times: &[[Duration; 3]]) {
    println!("{name:<40} {:>12} {:>12} {:>12}", "least", "median", "most");
    for (place, what) in ["main begins", "discover ends", "a token is accepted"].into_iter().enumerate() {
        let times = || times.iter().map(|times| times[place].as_secs_f64() * 1e3);
        let (least, most) = (times().fold(f64::INFINITY, f64::min), times().fold(0.0, f64::max));
        let median = median(times(), f64::total_cmp);
        println!("    {what:<36} {least:>9.1} ms {median:>9.1} ms {most:>9.1} ms");
    }
}
