//! Secrets, keys and whole configurations change while a service runs, and nobody is turned away for it.
//!
//! | file | what it shows |
//! |---|---|
//! | `configuration` | a reload changes everything between two requests, or nothing at all |
//! | `cost` | reloads leave nothing behind: no tasks, no memory |
//! | `secret_file` | the file of the session secret: when it counts, and when the old one stays |
//! | `survivors` | what outlives a reload, and what does not |
//! | `under_load` | each secret and key is rotated while people sign in, renew and call |
//! | `under_way` | a request keeps the configuration that it began with |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod configuration;
mod cost;
mod secret_file;
mod support;
mod survivors;
mod under_load;
mod under_way;
