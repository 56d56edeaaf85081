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
//! | `doctor` | what the doctor says of right and of wrong configurations |
//! | `login` | people sign in, by every method of client authentication and either flow |
//! | `answers` | what the provider answers in place of a login, and answers that were changed on the way |
//! | `signatures` | ID tokens of each algorithm, and keys that change in the middle of a login |
//! | `renewal` | sessions outlive their tokens, and no refresh token is used twice |
//! | `logout` | people sign out there and here, through the browser and behind it |
//!
//! People sit before a [browser](browser::Browser), which is ours, and the [application](app::App) is served over a socket.
//!
//! The tests need Node, so that `cargo test` alone passes them by: `tests/all` installs what they need and runs them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod accepted;
mod answers;
mod app;
mod browser;
mod client;
mod cookies;
mod doctor;
mod keys;
mod login;
mod logout;
mod machines;
mod orders;
mod outages;
mod provider;
mod refused;
mod renewal;
mod service;
mod signatures;
mod tokens;
