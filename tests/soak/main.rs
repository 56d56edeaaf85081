//! Many people and programs, and a provider that is never well for long: nobody gets a wrong answer.
//!
//! Everything is real: sockets, time, the default HTTP client, two applications (sessions in cookies, sessions in memory). People
//! sign in, use their sessions, renew and end them; programs send tokens, good and bad; meanwhile the provider fails in every
//! way that [`Fault`](tower_oidc::testing::Fault) knows, goes down and comes up, and changes its keys; its certificate is not to be
//! trusted, or somebody else answers in its place; and the clock of the applications steps back and forth. Every answer is judged
//! against what its sender should get at that moment:
//!
//! | who | what is right |
//! |---|---|
//! | a live session | 200 with its own name, outage or not; 401 only where the provider's answer with its next refresh token was lost |
//! | a session that was ended | 401 |
//! | a token whose key is known | 200 with its own name, outage or not |
//! | a token of a new key | 200; 503 while the keys cannot be had; 401 while the budget for new keys may be spent |
//! | a bad token | 401; 503 where only the keys could tell |
//! | a login | a session; its page with 503 (500 for a redirect) while an endpoint that it needs is in trouble |
//! | a renewal | 200; 503 while the token endpoint is in trouble and for half a minute after that |
//! | a logout | 303, and the session is over |
//!
//! At the end the provider is well, and no excuse counts any more. By default it takes some ten seconds; `SOAK_SECONDS=60` makes
//! it a minute. `SOAK_SEED` repeats the random choices of an earlier run, not the order in which the machine ran them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod agent;
mod chaos;
mod clock;
#[path = "../faults/front.rs"]
mod front;
mod person;
mod process;
mod program;
mod random;
mod tally;
mod timeline;
mod world;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;
use tower_oidc::provider::{DEMAND_BURST, DEMAND_INTERVAL};

use person::Person;
use program::Program;
use random::Random;
use world::World;

const PEOPLE: usize = 50;
const PROGRAMS: usize = 14;

/// Most that the peak may be above what the process had when everything stood, and nobody had asked anything. Answers of
/// 50 MB that are read whole would be more.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;

/// Most attempts that fail in a row at one trouble, with the one that does not: the pauses between them double, and none of the
/// troubles lasts longer than two seconds and a time-out.
const RETRIES: u64 = 5;

/// Longest time that anything may take beyond its own: more than any request, and more than a busy machine makes of it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Longest time until the provider's recovery is noticed: the longest pause between two attempts, and an attempt.
const RECOVERY: Duration = Duration::from_secs(70);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_gets_a_wrong_answer_whatever_the_provider_does() {
    let time = Duration::from_secs(process::variable("SOAK_SECONDS").unwrap_or(10));
    let seed = process::variable("SOAK_SEED").unwrap_or_else(Random::any_seed);
    println!("soak: {} s, SOAK_SEED={seed}", time.as_secs());
    process::count_panics();
    let world = World::start().await;
    let (began, before) = (Instant::now(), process::memory());
    world.timeline.watch_the_machine();

    let mut seeds = Random::new(seed);
    let mut everybody = JoinSet::new();
    for number in 0..PEOPLE {
        let person = Person::new(number, &world, Random::new(seeds.next()));
        everybody.spawn(person.live_until(began + time));
    }
    for number in 0..PROGRAMS {
        let program = Program::new(number, &world, Random::new(seeds.next()));
        everybody.spawn(program.run_until(began + time));
    }
    chaos::reign(&world, Random::new(seeds.next()), began + time).await;
    ends("somebody's day", PATIENCE, all_of(everybody)).await;
    ends("the day when all is well", RECOVERY + PATIENCE, all_is_well(&world, &mut seeds)).await;

    let peak = process::peak_memory();
    let asked = world.asked();
    let most = most_requests(&world, began.elapsed());
    println!("{}", world.tally.summary());
    println!("panics: {}", process::panics());
    println!("provider: {asked}; {} troubles, {} new keys", world.timeline.troubles(), world.timeline.rotations());
    println!("failures of TLS: {}; steps of the clock: {}", world.timeline.fronts(), world.clock.steps());
    println!("the most it may be asked: {most}");
    println!("peak memory: {} MB, {} MB at the start", peak >> 20, before >> 20);
    world.tally.assert_nothing_wrong();
    assert!(world.timeline.fronts() > 0 && world.clock.steps() > 1, "everything has happened");
    assert_eq!(process::panics(), 0);
    assert!(asked.documents <= most.documents && asked.tokens <= most.tokens, "{asked}, of {most} at most");
    assert!(asked.userinfo <= most.userinfo && asked.revocations <= most.revocations, "{asked}, of {most} at most");
    assert!(peak.saturating_sub(before) <= MOST_MEMORY, "{peak} bytes");
}

/// The provider is well again: that is noticed without a restart, and from then on everybody gets what they ask for.
async fn all_is_well(world: &Arc<World>, seeds: &mut Random) {
    world.recovery(RECOVERY).await;
    world.timeline.forget_excuses();
    let mut everybody = JoinSet::new();
    for number in 0..PEOPLE {
        let person = Person::new(number, world, Random::new(seeds.next()));
        everybody.spawn(person.come_and_go());
    }
    for number in 0..PROGRAMS {
        let program = Program::new(number, world, Random::new(seeds.next()));
        everybody.spawn(program.show_tokens());
    }
    all_of(everybody).await;
}

async fn all_of(mut everybody: JoinSet<()>) {
    while let Some(ended) = everybody.join_next().await {
        ended.expect("nobody panics");
    }
}

/// What a part of the test gives, which takes no longer than that.
async fn ends<T>(part: &str, within: Duration, running: impl Future<Output = T>) -> T {
    tokio::time::timeout(within, running).await.unwrap_or_else(|_| panic!("{part} does not end"))
}

/// The most that the provider may have been asked, by all applications:
///
/// 1. for keys: what made-up keys may cause; for metadata and for keys: [`RETRIES`] at each trouble, one in each half a second
///    at most, and the start;
/// 2. for tokens: once for each callback, and once for each session in [`SHORTEST`](world::SHORTEST), which is as
///    often as tokens are renewed, and once more for each that began;
/// 3. for userinfo: once for each time that tokens are; to revoke: once for each logout.
fn most_requests(world: &World, time: Duration) -> world::Asked {
    let (applications, seconds) = (world.applications.len() as u64, time.as_secs() + 1);
    let demanded = u64::from(DEMAND_BURST) + seconds / DEMAND_INTERVAL.as_secs() + 1;
    let retried = (RETRIES * world.timeline.troubles_with_documents() as u64).min(2 * seconds);
    let tally = &world.tally;
    let renewals = tally.sessions() + PEOPLE as u64 * (seconds / world::SHORTEST.as_secs() + 1);
    world::Asked {
        documents: applications * (demanded + 2 * (retried + 1)),
        tokens: tally.callbacks() + renewals,
        userinfo: tally.callbacks() + renewals,
        revocations: tally.logouts(),
    }
}
