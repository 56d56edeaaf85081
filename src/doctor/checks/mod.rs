//! What is checked for every service: one file for each group. What only a login needs is in [`login`](super::login).
//!
//! Every check looks at the [`Case`](super::case::Case) alone, which holds all that was asked for.

pub(super) mod clock;
pub(super) mod configuration;
pub(super) mod keys;
pub(super) mod metadata;
pub(super) mod principals;
pub(super) mod providers;
pub(super) mod start;
