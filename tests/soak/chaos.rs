//! What happens to the provider.

use std::time::{Duration, Instant, SystemTime};

use tower_oidc::{
    testing::{Endpoint, Fault},
    types::Algorithm,
};

use crate::{random::Random, timeline::Trouble, world::World};

/// Answers that are longer than any that is read.
const FIFTY_MEGABYTES: u64 = 50 * 1024 * 1024;

/// How many faults are left when the first ones have come.
const FIRST: usize = 10;

/// Everything that happens until that time; then the provider is well. Endpoints fail beside each other.
pub(crate) async fn reign(world: &World, mut random: Random, end: Instant) {
    let mut another = || Random::new(random.next());
    tokio::join!(
        faults_at(&[Endpoint::Jwks, Endpoint::Discovery], world, another(), end),
        faults_at(&[Endpoint::Token], world, another(), end),
        faults_at(&[Endpoint::Userinfo, Endpoint::Revoke], world, another(), end),
        outages(world, another(), end),
    );
}

/// One fault after another, at one of these endpoints each: all of them before any comes again, those first that the shortest
/// soak is to have.
async fn faults_at(endpoints: &[Endpoint], world: &World, mut random: Random, end: Instant) {
    let mut deck = Vec::new();
    while Instant::now() < end {
        pause(&mut random, 100..1000).await;
        let endpoint = *random.one_of(endpoints);
        if deck.is_empty() {
            deck = faults(endpoint);
        }
        let fault = deck.remove(if deck.len() > FIRST { 0 } else { random.below(0..deck.len() as u64) as usize });
        let window = world.timeline.begin(Trouble::At(endpoint, fault.clone()));
        let handle = world.provider.endpoint(endpoint);
        handle.fail_with(fault);
        pause(&mut random, 100..900).await;
        handle.heal();
        world.timeline.end(window);
    }
}

/// The provider goes down and comes up, and changes its key now and then, whether it is there or not.
async fn outages(world: &World, mut random: Random, end: Instant) {
    new_key(world).await;
    while Instant::now() < end {
        pause(&mut random, 500..3000).await;
        if random.below(0..6) == 0 {
            new_key(world).await;
            continue;
        }
        let window = world.timeline.begin(Trouble::Down);
        world.provider.go_down();
        if random.below(0..6) == 0 {
            new_key(world).await;
        }
        pause(&mut random, 100..900).await;
        world.provider.come_up().await;
        world.timeline.end(window);
    }
}

async fn new_key(world: &World) {
    let provider = world.provider.clone();
    // To make one takes long, and is not to hold up anybody who shares the thread.
    let made = tokio::task::spawn_blocking(move || provider.rotate_keys(Algorithm::Rs256));
    made.await.expect("a key is made");
    world.timeline.rotated();
}

async fn pause(random: &mut Random, milliseconds: std::ops::Range<u64>) {
    tokio::time::sleep(Duration::from_millis(random.below(milliseconds))).await;
}

fn faults(endpoint: Endpoint) -> Vec<Fault> {
    vec![
        Fault::Huge(FIFTY_MEGABYTES),
        Fault::Hang,
        Fault::Truncated,
        Fault::Status(500),
        Fault::Status(404),
        Fault::StatusRetryAfter(429, Duration::from_secs(1)),
        Fault::RateLimited(SystemTime::now() + Duration::from_secs(2)),
        Fault::Slow(Duration::from_millis(700)),
        Fault::Html,
        Fault::Malformed,
        Fault::Trickle(Duration::from_millis(100)),
        Fault::Close,
        // Nobody is there, and nobody goes there.
        Fault::RedirectTo(format!("http://127.0.0.1:1{}", endpoint.path())),
    ]
}
