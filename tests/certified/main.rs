//! A certified OpenID provider, `oidc-provider` of `tests/peers`, and a service that trusts it, by the clock on the wall.
//!
//! | file | what it shows |
//! |---|---|
//! | `accepted` | what the provider issues for an API is accepted, in every algorithm |
//! | `refused` | what it issues for something else, or what was changed on the way, is refused, each with its own reason |
//! | `keys` | its keys rotate, vanish and come back, and no good request fails |
//! | `client` | our own client gets its tokens there, by every method of client authentication |
//! | `machines` | machines call a service, with our layer on both sides |
//! | `outages` | they do so while the provider is slow, down or changing its keys |
//!
//! The tests need Node, so that `cargo test` alone passes them by: `tests/all` installs what they need and runs them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod accepted;
mod browser;
mod client;
mod keys;
mod machines;
mod orders;
mod outages;
mod provider;
mod refused;
mod service;
