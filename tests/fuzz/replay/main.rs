//! The fuzz targets without a fuzzer: on the kept corpus, on inputs that are nearly right, and on those that want much memory.
//!
//! `tests/fuzz/run` fuzzes them. What it finds belongs into `tests/fuzz/corpus`, and stays mended by this test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]

use std::{
    collections::BTreeSet,
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

#[allow(unreachable_pub, reason = "the fuzz targets name them from another package")]
#[path = "../src/lib.rs"]
mod targets;

mod peaks;
mod properties;

use targets::TARGETS;

/// The sessions of the corpus.
const SESSIONS: [&str; 3] = ["one-cookie", "two-cookies", "four-cookies"];

/// Most bytes of the whole corpus: it is in every clone.
const MOST_BYTES: u64 = 300 * 1024;

fn folder(target: &str) -> PathBuf {
    Path::new("tests/fuzz/corpus").join(target)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn names(folder: &str) -> BTreeSet<String> {
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    files(Path::new(folder)).iter().map(stem).collect()
}

#[test]
fn everything_kept_is_read_as_it_must() {
    let mut failed = Vec::new();
    for (name, target) in TARGETS {
        for file in files(&folder(name)) {
            let input = fs::read(&file).unwrap();
            failed.extend(catch_unwind(|| target(&input)).is_err().then_some(file));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_target_has_a_program_and_a_corpus() {
    let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("tests/fuzz/fuzz_targets"), targets);
    assert_eq!(names("tests/fuzz/corpus"), targets);
    let manifest = fs::read_to_string("tests/fuzz/Cargo.toml").unwrap();
    for name in &targets {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is no program of the manifest");
    }
}

#[test]
fn the_corpus_is_small() {
    let kept = TARGETS.iter().flat_map(|(name, _)| files(&folder(name)));
    let bytes: u64 = kept.map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes <= MOST_BYTES, "{bytes} bytes: tests/fuzz/run --merge");
}

/// Without these, "nobody is signed in" would hold of a service that lets nobody in.
#[test]
fn what_is_good_gets_in() {
    let kept = |target: &str, name: &str| fs::read(folder(target).join(name)).unwrap();
    assert!(targets::signs_in(&kept("callback", "good-code")));
    assert!(targets::signs_in(&kept("callback", "good-id-token")));
    for name in SESSIONS {
        let session = kept("sealed_session", name);
        assert!(targets::is_session(&session), "no session of today: cargo test --test fuzz -- --ignored");
    }
}

#[test]
#[ignore = "writes the sessions of the corpus anew, after a change of their form"]
fn write_the_kept_sessions() {
    for (name, plaintext) in SESSIONS.iter().zip(targets::plaintexts()) {
        fs::write(folder("sealed_session").join(name), plaintext).unwrap();
    }
}
