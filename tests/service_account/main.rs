//! Services that call services: a token source and its layer on one side, an `Auth` on the other, a provider between them.
//!
//! | file | what it shows |
//! |---|---|
//! | `settings` | the file of an ingestion job loads unchanged, and every problem of one is told at once |
//! | `tokens` | one request for a token, whoever waits; renewal; a provider that is slow, down, limits, or changes the secret |
//! | `layer` | the token goes to its origin, and nothing goes without it; one retry after a 401 |
//! | `end_to_end` | both sides, with the rules for machines and bots |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod end_to_end;
mod layer;
mod settings;
mod support;
mod tokens;
