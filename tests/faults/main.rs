//! The provider is in trouble, and people go on with what does not need it.
//!
//! | file | what it shows |
//! |---|---|
//! | `clock` | the time of day steps back and forth |
//! | `matrix` | every trouble at every endpoint: what a person meets, for how long, who does not notice, and that it passes |
//! | `rotation` | keys change in the middle of a login |
//! | `tls` | certificates that are not to be trusted, and handshakes that come to nothing |
//!
//! The same troubles at once, with many people and real time, are in `tests/soak`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod clock;
mod events;
mod front;
mod matrix;
mod rotation;
mod support;
mod tls;
mod trouble;
