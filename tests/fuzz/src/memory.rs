//! How much memory a parser may hold.

use std::cell::Cell;

/// What `parse` gives.
///
/// # Panics
/// When it holds more bytes than `most` at once: a small multiple of the longest input that it takes.
pub(crate) fn bounded<T>(most: usize, parse: impl FnOnce() -> T) -> T {
    let mut parsed = None;
    let counted = allocation_counter::measure(|| parsed = Some(parse()));
    assert!(counted.bytes_max <= most as u64, "{} bytes at once, and {most} are allowed", counted.bytes_max);
    PEAK.set(PEAK.get().max(counted.bytes_max));
    parsed.expect("it has run")
}

thread_local! {
    static PEAK: Cell<u64> = const { Cell::new(0) };
}

/// Most bytes that a parser holds at once while `act` runs.
pub fn peak_of(act: impl FnOnce()) -> u64 {
    PEAK.set(0);
    act();
    PEAK.get()
}
