//! Chapters: how to do a thing from end to end. They are Markdown files beside this one, and their programs are compiled.

#[doc = include_str!("settings.md")]
pub mod settings {}

#[doc = include_str!("service_accounts.md")]
pub mod service_accounts {}

#[cfg(all(feature = "axum", feature = "login"))]
#[doc = include_str!("login.md")]
pub mod login {}
