//! The doctor, before a provider inside the process: each check finds what it is for, and is silent where all is well.
//!
//! | file | what it shows |
//! |---|---|
//! | `agreement` | where a service refuses to start, the doctor says why; where it does not, the doctor does not say so |
//! | `configuration` | files and variables, right, wrong and not to be read |
//! | `login` | what the provider offers, the client's credential, the callback, sessions |
//! | `principals` | rules that let nobody in, and entries that never match |
//! | `program` | the example as an operator runs it: its status, its output, and that no secret is in it |
//! | `provider` | metadata, keys, clocks, and what is particular about some providers |
//! | `token` | a dry run: every step, in the order of the validator, and every rule |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod agreement;
mod configuration;
mod login;
mod principals;
mod program;
mod provider;
mod support;
mod token;
