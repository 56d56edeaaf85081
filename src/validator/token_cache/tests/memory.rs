//! What is left of a token in the memory of the process.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
};

use super::*;

const MARK_BYTES: usize = 48;
const PAGE_BYTES: usize = 4096;

/// A part of a token that stands nowhere else: it is made anew wherever it is needed, byte by byte.
fn mark() -> impl Iterator<Item = u8> {
    (0..MARK_BYTES as u8).map(|place| b'a' + place.wrapping_mul(7).wrapping_add(place / 5) % 26)
}

/// A token with the mark in its middle, and no other copy of it.
fn marked_token() -> Secret {
    let mut text = String::with_capacity(800 + MARK_BYTES);
    text.push_str(&"h".repeat(400));
    text.extend(mark().map(char::from));
    text.push_str(&"s".repeat(400));
    Secret::new(text)
}

/// How often the mark stands in what the process can write to.
fn marks_in_memory() -> usize {
    let memory = File::open("/proc/self/mem").unwrap();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let writable = maps.lines().filter(|line| line.contains(" rw")).map(|line| {
        let (from, to) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        [from, to].map(|address| u64::from_str_radix(address, 16).unwrap())
    });
    writable.map(|[from, to]| marks_between(&memory, from, to)).sum()
}

/// Reads page by page, each with the beginning of the next, and leaves nothing of them in the buffer.
fn marks_between(memory: &File, from: u64, to: u64) -> usize {
    let mut buffer = vec![0; PAGE_BYTES + MARK_BYTES - 1];
    let mut found = 0;
    for page in (from..to).step_by(PAGE_BYTES) {
        // Other tests give memory back meanwhile.
        let read = memory.read_at(&mut buffer, page).unwrap_or(0);
        let first = mark().next().unwrap();
        let starts = buffer[..read].windows(MARK_BYTES).filter(|window| window[0] == first);
        found += starts.filter(|window| window.iter().copied().eq(mark())).count();
        buffer.fill(0);
    }
    found
}

#[tokio::test]
async fn a_token_that_leaves_is_wiped_from_memory() {
    let stand = Stand::new().await;
    let token = marked_token();
    let remember = || {
        let entry = Entry { value: String::new(), grounds: Grounds::for_tests(), epoch: 0 };
        stand.cache.entries.insert(Sought(token.expose().as_bytes()).into(), entry);
    };
    assert_eq!(marks_in_memory(), 1, "the token of this test itself");

    remember();
    remember();
    assert_eq!(marks_in_memory(), 2, "the same token takes the place of the one before");
    stand.cache.forget();
    assert_eq!(marks_in_memory(), 1, "forgotten");

    remember();
    assert!(stand.cache.get(token.expose().as_bytes(), 0).is_none());
    assert_eq!(marks_in_memory(), 1, "found to hold no longer");

    remember();
    drop(stand);
    assert_eq!(marks_in_memory(), 1, "dropped with the cache");
    drop(token);
    assert_eq!(marks_in_memory(), 0);
}
