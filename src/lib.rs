//! OpenID Connect for Rust services: an operator's configuration signs people in and guards APIs behind one Tower layer.
//!
//! Four names cover the common case:
//!
//! - [`Config`]: the operator's settings, from a file, from the environment, or in Rust.
//! - [`Auth`]: the checked configuration with its providers' keys; [`Auth::discover`] is the one asynchronous step.
//! - [`AuthLayer`]: the [`tower::Layer`](tower_layer::Layer) that puts a principal in every request with a session or a good token, and
//!   answers login, callback and logout.
//! - [`Principal`]: who sends the request, and what they may do.
//!
#![cfg_attr(feature = "axum", doc = "```no_run")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::{Router, routing::get};
//! use tower_oidc::{Auth, Config, Principal, principal::rules::admin};
//!
//! async fn me(principal: Principal) -> String {
//!     format!("hello, {}", principal.name())
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! tracing_subscriber::fmt().init(); // the log: what is odd in the configuration, and why a request was refused
//! let auth = Auth::discover(Config::from_file("sso.yaml")?).await?;
//! let app = Router::new()
//!     .route("/admin", get(me).layer(auth.require(admin())))
//!     .route("/me", get(me))
//!     .layer(auth.layer());
//! axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Each module names only modules above it in this list, so the crate can be read in order:
//!
//! 1. [`types`]: the words: claims, issuers, scopes, algorithms, secrets, time.
//! 2. [`config`]: the operator's settings, their sources, and the check that turns text into types.
//! 3. [`jose`]: tokens and keys; the one door to a signature check.
//! 4. [`provider`]: the outside world: HTTP with limits, discovery, the key cache, the token endpoint.
//! 5. [`validator`]: tokens checked in full, and the proof that they were.
//! 6. `session` (feature `login`): what a login leaves behind, sealed in the browser or kept on the server.
//! 7. [`principal`]: claims to principal, and the rules that routes ask for.
//! 8. `login` (feature `login`): from the way to the provider to a session, its renewal and its end.
//! 9. [`layer`]: credentials, the pipeline, and the one table from a refusal to its answer.
//! 10. [`axum`](mod@crate::axum) (feature `axum`): extractors. [`client`]: tokens for the service's own calls. [`doctor`]: what is
//!    wrong with a configuration, or with a token. `testing` (feature `testing`): an OpenID provider inside the process. [`guide`]:
//!    chapters that tell how to do a thing from end to end.
//!
//! Some items are public and hidden from these pages (`#[doc(hidden)]`): the crate's own parts, shown to its tests. They carry no promise
//! and may change with any release.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod client;
pub mod config;
pub mod doctor;
pub mod guide;
pub mod jose;
pub mod layer;
mod metrics;
pub mod principal;
pub mod provider;
pub mod types;
pub mod validator;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "login")]
pub mod login;
#[cfg(feature = "login")]
pub mod session;
#[cfg(feature = "testing")]
pub mod testing;

/// The README's programs, compiled.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;

pub use config::Config;
pub use layer::{Auth, AuthLayer};
pub use principal::Principal;
