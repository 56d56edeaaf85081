//! Every setting of the bearer half, seen from outside: a request through the layer, or the direct call, against the
//! provider in the process. All three ways in are used: Rust, a file's text, variables.
//!
//! `tests/fields.rs` shows the essence of every setting, one test each, and that none is left out. Here they are looked at from
//! all sides.

mod authentication;
mod authorizer;
mod elsewhere;
mod oidc;
mod quirks;
mod tls;

use elsewhere::Elsewhere;
