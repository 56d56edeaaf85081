//! What happens to the provider.

use std::time::{Duration, Instant, UNIX_EPOCH};

use tokio::sync::RwLock;
use tower_oidc::{
    testing::{Endpoint, Fault},
    types::{Algorithm, Clock as _},
};

use crate::{
    PATIENCE,
    clock::MOST_OFF,
    ends,
    front::{EXPIRED, Front, GOOD, NOT_YET_VALID, STRANGER, WRONG_NAME},
    random::Random,
    timeline::Trouble,
    world::World,
};

/// Answers that are longer than any that is read.
const FIFTY_MEGABYTES: u64 = 50 * 1024 * 1024;

/// How many faults are left when the first ones have come.
const FIRST: usize = 10;

/// Everything that happens until that time; then the provider is well. Endpoints fail beside each other.
pub(crate) async fn reign(world: &World, mut random: Random, end: Instant) {
    let (mut another, steady) = (|| Random::new(random.next()), RwLock::new(()));
    let within = end.saturating_duration_since(Instant::now()) + PATIENCE;
    let documents = faults_at(&[Endpoint::Jwks, Endpoint::Discovery], world, another(), &steady, end);
    let tokens = faults_at(&[Endpoint::Token], world, another(), &steady, end);
    let others = faults_at(&[Endpoint::Userinfo, Endpoint::Revoke], world, another(), &steady, end);
    tokio::join!(
        ends("faults of keys and metadata", within, documents),
        ends("faults of the token endpoint", within, tokens),
        ends("faults of userinfo and revocation", within, others),
        ends("outages", within, outages(world, another(), end)),
        ends("steps of the clock", within, steps(world, another(), &steady, end)),
    );
}

/// One fault after another, at one of these endpoints each: all of them before any comes again, those first that the shortest
/// soak is to have. Where one names a time of day, no clock steps.
async fn faults_at(endpoints: &[Endpoint], world: &World, mut random: Random, steady: &RwLock<()>, end: Instant) {
    let mut deck = Vec::new();
    while Instant::now() < end {
        let endpoint = *random.one_of(endpoints);
        if deck.is_empty() {
            deck = faults(endpoint);
        }
        let fault = deck.remove(if deck.len() > FIRST { 0 } else { random.below(0..deck.len() as u64) as usize });
        let (fault, _steady) = match fault {
            Fault::RateLimited(_) => {
                let steady = steady.read().await;
                (Fault::RateLimited(world.clock.now() + Duration::from_secs(2)), Some(steady))
            }
            fault => (fault, None),
        };
        let window = world.timeline.begin(Trouble::At(endpoint, fault.clone()));
        let handle = world.provider.endpoint(endpoint);
        handle.fail_with(fault);
        pause(&mut random, 100..900).await;
        handle.heal();
        world.timeline.end(window);
        pause(&mut random, 100..1000).await;
    }
}

/// The clock of the applications steps back and forth, and is right at the end.
async fn steps(world: &World, mut random: Random, steady: &RwLock<()>, end: Instant) {
    while Instant::now() < end {
        pause(&mut random, 300..2000).await;
        let ahead = random.below(0..2 * MOST_OFF + 1) as i64 - MOST_OFF as i64;
        let _turn = steady.write().await;
        world.clock.set(ahead);
    }
    world.clock.set(0);
}

/// The provider goes down and comes up, or is not to be known any more, in turns; and it changes its key now and then, whether it is
/// there or not.
async fn outages(world: &World, mut random: Random, end: Instant) {
    new_key(world).await;
    stand_in(world, &mut random).await;
    let mut goes_down = true;
    while Instant::now() < end {
        pause(&mut random, 500..3000).await;
        if random.below(0..6) == 0 {
            new_key(world).await;
        } else if goes_down {
            go_down(world, &mut random).await;
            goes_down = false;
        } else {
            stand_in(world, &mut random).await;
            goes_down = true;
        }
    }
}

async fn go_down(world: &World, random: &mut Random) {
    let window = world.timeline.begin(Trouble::Down);
    world.provider.go_down();
    if random.below(0..6) == 0 {
        new_key(world).await;
    }
    pause(random, 100..900).await;
    world.provider.come_up().await;
    world.timeline.end(window);
}

/// Somebody else stands where the provider was, or its certificate is not right.
async fn stand_in(world: &World, random: &mut Random) {
    let wrong = [EXPIRED, NOT_YET_VALID, STRANGER, WRONG_NAME, Front::PlainHttp, Front::HangsUp, Front::Silent];
    let window = world.timeline.begin(Trouble::Front);
    world.front.send_replace(*random.one_of(&wrong));
    pause(random, 100..900).await;
    world.front.send_replace(GOOD);
    world.timeline.end(window);
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
        // Until when, the hour tells.
        Fault::RateLimited(UNIX_EPOCH),
        Fault::Slow(Duration::from_millis(700)),
        Fault::Html,
        Fault::Malformed,
        Fault::WrongContentType,
        Fault::Trickle(Duration::from_millis(100)),
        Fault::Close,
        // Nobody is there, and nobody goes there.
        Fault::RedirectTo(format!("http://127.0.0.1:1{}", endpoint.path())),
    ]
}
