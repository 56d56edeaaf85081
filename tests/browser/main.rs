//! A person in a real browser: Chromium goes through the reference application and the provider's pages.
//!
//! Each test starts the application and plays one scenario of `tests/peers/browser/`, which says in its head what the person
//! does; the test compares what was seen. Chromium complains of no page: no error or warning on its console, no violation of a
//! Content-Security-Policy.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod application;
mod pages;
#[allow(dead_code, reason = "the tests of the examples run some to their end as well")]
#[path = "../process/mod.rs"]
mod process;
mod refused;
mod scenario;
mod signing_in;
mod signing_out;
