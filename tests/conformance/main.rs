//! The conformance twin: each module of the OpenID conformance suite for OpenID Connect relying parties, and of FAPI 2.0, is one test
//! here, which drives a whole login, renewal or logout through the layer, with a provider in the process that
//! [plays](tower_oidc::testing::Scenario) the suite's part. FAPI 1, CIBA and Federation are left out whole.
//!
//! | file | modules |
//! |---|---|
//! | `basic` | a login: ID tokens, their keys and signatures, userinfo, client authentication; by a code and by `form_post`, and the implicit flow |
//! | `config` | metadata and keys that change |
//! | `form_post`, `third_party`, `refresh` | the profile of that name |
//! | `logout`, `back_channel`, `front_channel` | people sign out here, and at the provider |
//! | `fapi2` | FAPI 2.0 Security Profile: what of it there is |
//! | `earlier` | the suite's predecessor in Python: names without a successor |
//! | `ledger`, `fapi2_ledger`, `earlier_ledger` | what is refused on purpose, or is not there yet: each is tried, and fails on surprise success |
//!
//! [`modules`] is the list of all. Whoever is refused is so in three ways: the page and its status, the typed reason, and that the
//! application saw nobody and userinfo was not asked, which is how the suite itself decides.
//!
//! A run writes `target/conformance.md`, the table of module, verdict and reason: `cargo test --test conformance`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod back_channel;
mod basic;
mod config;
mod earlier;
mod earlier_ledger;
mod fapi2;
mod fapi2_ledger;
mod form_post;
mod front_channel;
mod ledger;
mod logout;
mod modules;
mod refresh;
mod relying_party;
mod table;
mod third_party;

#[allow(dead_code, reason = "shared with the tests of the login, which need more of it")]
#[path = "../login/support.rs"]
mod support;

#[allow(dead_code, reason = "shared with the tests of the login, which need more of it")]
#[path = "../login/support_sessions.rs"]
mod support_sessions;
