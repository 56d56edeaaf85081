//! Bearer tokens, end to end: a provider inside the process, an `Auth`, and requests through the layer.
//!
//! | file | what it shows |
//! |---|---|
//! | `differential` | `jsonwebtoken` and this crate agree on generated tokens, but for a list of differences with reasons |
//! | `dpop` | tokens that are bound to a key: with a proof for each request, and never without |
//! | `extractors` | a refusal of an extractor is told where it becomes the answer |
//! | `fields` | every setting of the bearer half, from all sides; `tests/fields.rs` has the essence of all settings |
//! | `hostile_tokens` | every class of RFC 8725 and of the known advisories is refused, each with its own reason |
//! | `keys` | keys come, go and stay away, and nobody with a good token notices |
//! | `programs` | the examples, started as a user starts them and asked over the network |
//! | `refusals` | every refusal, as the client, the log and the service itself see it |
//! | `rules` | whom each rule lets through a route |
//! | `secrecy` | no error, answer or debug text holds a part of the token |
//! | `serving` | axum, bare hyper and tonic over real sockets; bodies pass through untouched |
//! | `token_cache` | a token that was accepted before is answered from memory, for as long as it would be accepted anew |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod differential;
mod dpop;
mod events;
mod extractors;
mod fields;
mod hostile_tokens;
mod keys;
mod programs;
mod refusals;
mod rules;
mod secrecy;
mod serving;
mod support;
mod token_cache;
