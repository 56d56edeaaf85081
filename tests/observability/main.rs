//! What an operator sees of the crate.
//!
//! | module | what it shows |
//! |---|---|
//! | `metrics` | each metric, with its labels, after what it counts |
//! | `program` | `examples/observability.rs`: `/metrics` by requests to it, and an error page's reference in its log |
//! | `records` | the record of a refusal: one source for the event, the JSON and the page |
//! | `sessions` | each end of a session and each outcome of a renewal that the chapter names, counted when it happens |
//! | `traces` | spans by the semantic conventions, and the trace at the provider |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod counted;
#[path = "../bearer/events.rs"]
mod events;
mod metrics;
#[allow(dead_code, reason = "other tests run some to their end as well")]
#[path = "../process/mod.rs"]
mod process;
mod program;
mod records;
mod sessions;
#[allow(dead_code, reason = "the tests of the login need more of it")]
#[path = "../login/support.rs"]
mod support;
#[allow(dead_code, reason = "the tests of the login need more of it")]
#[path = "../login/support_sessions.rs"]
mod support_sessions;
#[allow(dead_code, reason = "the tests of the login need more of it")]
#[path = "../login/support_stores.rs"]
mod support_stores;
mod traces;
