//! An OpenID provider inside the process, for tests and first steps.
//!
//! [`TestProvider`] listens on a port of 127.0.0.1, publishes its metadata and its keys, and makes tokens: good ones, and
//! every kind that a service must refuse. It needs the feature `testing`, which belongs under `[dev-dependencies]`.
//!
//! 1. It lives as long as one of its clones, on the tokio runtime it was started in: start one in each test.
//! 2. Its keys are made in the process and known to nobody else. Providers that live at the same time never share one.
//! 3. Nothing is random but identifiers, codes and keys, and nothing waits for real time when it is given a [`ManualClock`].
//! 4. What can only be a mistake in the test, such as a port that is taken, is a panic that says so.
//!
//! **It protects nothing**: whoever holds the provider is whom he says. Do not start one in a service.
//!
//! # A token for a test
//!
//! [`token`](TestProvider::token) begins an access token that is good for an hour; its methods change one thing each.
//!
//! ```
//! # use std::time::Duration;
//! use tower_oidc::{testing::{SigningKey, TestProvider}, types::Algorithm};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let provider = TestProvider::start().await;
//!
//! let accepted = provider.token("jane").claim("email", "jane@company.com").scope("read:orders").sign();
//!
//! let for_another_api = provider.token("jane").audience("https://other.example").sign();
//! let without_expiry = provider.token("jane").without("exp").sign();
//! let forged = provider.token("jane").key(&SigningKey::generate(Algorithm::Rs256)).sign();
//! let service = provider.machine_token("billing").scope("read:orders").sign();
//! # for token in [accepted, for_another_api, without_expiry, forged, service] {
//! #     assert_eq!(token.split('.').count(), 3);
//! # }
//! # }
//! ```
//!
//! [`id_token`](TestProvider::id_token) and [`machine_token`](TestProvider::machine_token) begin the other kinds, and
//! [`jws`] signs any header and payload whatever.
//!
//! A token that is bound to a key of its client's comes with a [proof](DpopKey) for each request: `provider.token("jane").bound_to(&key)`.
//!
//! # A person signs in, without a browser
//!
//! The provider has the pages of one, at [`Endpoint::Authorize`]: choose an account or type any name, and let the application in
//! or not. A [`Browser`] goes through them in a test, with cookies, redirects and the headers of a real one. The application is
//! a service in the process; it need not listen anywhere.
//!
#![cfg_attr(all(feature = "axum", feature = "login"), doc = "```")]
#![cfg_attr(not(all(feature = "axum", feature = "login")), doc = "```ignore")]
//! use axum::{Router, routing::get};
//! use tower_oidc::{Auth, Principal, testing::{Browser, TestProvider}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let provider = TestProvider::start().await;
//! provider.add_user("jane").email("jane@company.com");
//!
//! let auth = Auth::discover(provider.login_config("https://app.example").admin("jane@company.com")).await?;
//! let me = async |principal: Principal| principal.name().to_owned();
//! let app = Router::new().route("/me", get(me)).layer(auth.layer());
//!
//! let mut browser = Browser::new(app, "https://app.example");
//! assert_eq!(browser.fetch("/me").await.status, 401);
//!
//! browser.navigate("/me").await; // a page of the provider's is shown
//! let me = browser.log_in_as(&provider, "jane").await;
//! assert_eq!((me.url.path(), me.text().as_str()), ("/me", "jane@company.com"));
//! assert_eq!(browser.fetch("/me").await.status, 200);
//! # Ok(())
//! # }
//! ```
//!
//! [`TestProvider::log_in`] is both steps in one. [`public_login_config`](TestProvider::public_login_config) is for an application
//! without a secret; [`logout_token`](TestProvider::logout_token) and
//! [`log_out_everywhere`](TestProvider::log_out_everywhere) end sessions from the provider's side. To see how the application
//! takes a provider that misbehaves, change [what it issues](TestProvider::change_id_token), or let it
//! [play](TestProvider::play) the [modules](Scenario) of the OpenID conformance suite one after the other.
//!
//! # A provider in trouble
//!
//! ```
//! use tower_oidc::{testing::{Endpoint, Fault, TestProvider}, types::Algorithm};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> reqwest::Result<()> {
//! let provider = TestProvider::start().await;
//! let jwks = provider.endpoint(Endpoint::Jwks);
//!
//! provider.rotate_keys(Algorithm::Rs256); // the new key signs, the old one stays published
//! assert_eq!(provider.jwks()["keys"].as_array().unwrap().len(), 2);
//!
//! jwks.fail_next(1, Fault::Status(503));
//! assert_eq!(reqwest::get(jwks.url()).await?.status(), 503);
//! assert_eq!(reqwest::get(jwks.url()).await?.status(), 200);
//! assert_eq!(provider.requests(Endpoint::Jwks), 2);
//!
//! provider.go_down();
//! assert!(reqwest::get(jwks.url()).await.is_err());
//! provider.come_up().await;
//! assert_eq!(reqwest::get(jwks.url()).await?.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! # A test without waiting
//!
//! Give the provider and the code under test the same [`ManualClock`], and let time pass by hand.
//!
//! ```
//! use std::time::Duration;
//! use tower_oidc::testing::{ManualClock, TestProvider};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let clock = ManualClock::new();
//! let provider = TestProvider::builder().clock(clock.clone()).start().await;
//!
//! let token = provider.token("jane").expires_in(Duration::from_secs(60)).sign();
//! clock.advance(Duration::from_secs(61)); // the token has expired
//! # assert!(!token.is_empty());
//! # }
//! ```
#![allow(clippy::expect_used, reason = "in a test, a panic with its reason is worth more than a Result to unwrap")]

mod address;
mod answer;
mod authorization;
mod body;
mod browser;
mod builder;
mod clock;
mod config;
mod dpop;
mod endpoint;
mod fault;
mod grant;
mod hooks;
mod jws;
mod key;
mod key_set;
mod listener;
mod logout;
mod overrides;
mod page;
mod parameters;
mod provider;
mod random;
mod registration;
mod rsa;
mod scenario;
mod server;
mod service_account;
mod session;
mod state;
#[cfg(feature = "login")]
mod stored_session;
mod token;
mod user;

pub use browser::{Browser, Hop, Visited};
pub use builder::TestProviderBuilder;
pub use clock::ManualClock;
pub use dpop::{DpopKey, ProofBuilder};
pub use endpoint::{Endpoint, EndpointHandle};
pub use fault::Fault;
pub use grant::GrantType;
pub use jws::jws;
pub use key::SigningKey;
pub use provider::TestProvider;
pub use scenario::{Duty, Occasion, Scenario};
pub use service_account::TokenProfile;
#[cfg(feature = "login")]
pub use stored_session::stored_session;
pub use token::TokenBuilder;
pub use user::TestUser;

#[cfg(test)]
mod tests;
