//! tower-oidc in whole services: over sockets, in memory, and from the start of a process.
//!
//!     cargo run --release --manifest-path benches/sockets/Cargo.toml            # all three
//!     cargo run --release --manifest-path benches/sockets/Cargo.toml -- requests
//!     cargo run --release --manifest-path benches/sockets/Cargo.toml -- memory
//!     cargo run --release --manifest-path benches/sockets/Cargo.toml -- start
//!
//! It needs Linux with two processors and `taskset`; `requests` needs `wrk` (Debian: `apt-get install wrk`), Node 20.20 or newer,
//! and once `npm --prefix benches/sockets/node ci`. With the argument `short` every part runs just long enough to see that it does.

mod memory;
mod process;
mod requests;
mod serve;
mod start;

/// How long everything takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Full,
    Short,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // The first four are what this program starts of itself.
    match arguments[..] {
        ["serve", kind, issuer, audience] => serve::serve(kind, issuer, audience).await,
        ["begin", issuer, audience, token] => start::begin(issuer, audience, token).await,
        ["tokens", count] => memory::tokens(count.parse().expect("a number")).await,
        ["sessions", count] => memory::sessions(count.parse().expect("a number")).await,
        ref parts => {
            let length = if parts.contains(&"short") { Length::Short } else { Length::Full };
            measure(parts, length).await;
        }
    }
}

async fn measure(parts: &[&str], length: Length) {
    let all = parts.iter().all(|part| *part == "short");
    let wanted = |part: &str| all || parts.contains(&part);
    if wanted("requests") {
        requests::measure(length).await;
    }
    if wanted("memory") {
        memory::measure(length);
    }
    if wanted("start") {
        start::measure(length).await;
    }
}

/// The element in the middle.
fn median<T: Copy>(values: impl IntoIterator<Item = T>, compare: impl FnMut(&T, &T) -> std::cmp::Ordering) -> T {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_by(compare);
    values[values.len() / 2]
}
