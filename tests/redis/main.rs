//! Replicas of one service that share a Redis, and a Redis that is there.
//!
//! | file | what it shows |
//! |---|---|
//! | `contract` | what every store owes, held against the crate's own two |
//! | `layout` | what stands in Redis: nothing to read, nothing that piles up, nothing of other services |
//! | `replicas` | whoever signs in or out at one replica has done so at all |
//! | `renewal` | a refresh token is spent once by all replicas together, and a replica that dies holds nobody up for long |
//! | `outages` | without Redis nobody is anonymous, and when it is back it is as before |
//! | `access` | passwords, TLS, and URLs that are refused |
//!
//! The tests need `redis-server`, so that `cargo test` alone passes most of them by: `tests/all` installs what they need and runs them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod access;
mod contract;
mod layout;
mod outages;
mod renewal;
mod replicas;
mod server;
mod service;
#[allow(dead_code, reason = "the tests of the login need more of it")]
#[path = "../login/support.rs"]
mod support;
#[allow(dead_code, reason = "the tests of the login need more of it")]
#[path = "../login/support_sessions.rs"]
mod support_sessions;
