//! What is counted and timed: nothing without the feature `metrics`, and no caller need know.
//!
//! The names, their labels and what they mean stand in one place for operators, `guide::observability`, and in one for the code,
//! `on`. The rules of both:
//!
//! 1. A label has a value of a closed set, or one of the configuration. Nothing of a request, a token or a person is one.
//! 2. Names and units are Prometheus's: `tower_oidc_` in front, seconds, `_total` on what only grows.
//! 3. What an accepted request counts is found once, when the service starts: [`RequestMeters`]. The recorder must be there by
//!    then.

#[cfg(not(feature = "metrics"))]
mod off;
#[cfg(feature = "metrics")]
mod on;

#[cfg(not(feature = "metrics"))]
pub(crate) use off::{Lookup, RequestMeters, describe, document_fetched, keys_confirmed, refused_without_a_layer};
#[cfg(feature = "metrics")]
pub(crate) use on::{Lookup, RequestMeters, describe, document_fetched, keys_confirmed, refused_without_a_layer};

#[cfg(all(feature = "login", not(feature = "metrics")))]
pub(crate) use off::{login_failed, login_finished, login_started, session_ended, session_opened, session_refreshed};
#[cfg(all(feature = "login", feature = "metrics"))]
pub(crate) use on::{login_failed, login_finished, login_started, session_ended, session_opened, session_refreshed};
