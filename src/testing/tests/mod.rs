//! The provider, seen through an HTTP client and through `jsonwebtoken`.

mod browser;
mod documents;
mod faults;
mod flow;
mod grants;
mod hooks;
mod lifetime;
mod logout;
mod pushed;
mod registration;
mod requests;
mod scenario;
mod sign_in;
mod token_endpoint;
mod tokens;
mod userinfo;

use reqwest::{Client, Response, redirect};

use super::TestProvider;

/// A client that keeps connections and follows no redirects.
fn client() -> Client {
    Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap()
}

async fn get(url: impl Into<String>) -> reqwest::Result<Response> {
    client().get(url.into()).send().await
}
