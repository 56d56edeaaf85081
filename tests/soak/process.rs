//! What this process is told, and how it fares.

use std::{
    env, fs, panic,
    sync::atomic::{AtomicU64, Ordering},
};

static PANICS: AtomicU64 = AtomicU64::new(0);

/// The number in a variable of the environment.
pub(crate) fn variable(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
}

/// Counts panics from now on, on whichever thread or task.
pub(crate) fn count_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        usual(info);
    }));
}

pub(crate) fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// The memory in use, in bytes; 0 where the system does not tell.
pub(crate) fn memory() -> u64 {
    status("VmRSS:")
}

/// The most memory that was ever in use, likewise.
pub(crate) fn peak_memory() -> u64 {
    status("VmHWM:")
}

/// A line of Linux's `/proc/self/status`, in bytes.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or_default() * 1024
}
