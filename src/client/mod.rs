//! Calls to other services: a token of the service's own, and a Tower layer that sends it.
//!
//! - [`ServiceAccount`] is a machine-to-machine application at a provider: client id, credential, where to ask, for what.
//! - [`TokenSource`] gets its tokens by the client-credentials grant (RFC 6749 section 4.4) and keeps the current one.
//! - [`BearerLayer`] adds the token to requests for one [`Origin`].
//!
//! The rules of the source:
//!
//! 1. **One request at a time.** Whoever needs a token joins the request under way, for at most [`WAIT_LIMIT`]; it goes on when
//!    the caller gives up.
//! 2. **A token is renewed ahead**, by its first use after about [80 %](RENEW_AHEAD) of its life, in the background. It is
//!    handed out until shortly before its end ([`EXPIRY_MARGIN`]). A service that makes no calls asks for no tokens.
//! 3. **A pause after every failure**: half a second to a second, doubled each time up to a minute, or what the provider asks
//!    for (`Retry-After`, `x-ratelimit-reset`). A token that is still good serves on. Without one, callers wait out a pause of
//!    up to [`WAITED_PAUSE`]; in a longer one, and after a refusal, they get the error at once.
//! 4. **A refused token is replaced once.** [`TokenSource::replace`] gives the token that took its place, if there is one, and
//!    asks for a new one otherwise, at most once each [`REPLACE_INTERVAL`].
//!
//! And those of the layer:
//!
//! 1. The token goes to the origin that the layer is bound to, compared by scheme, host and port. A request to any other is
//!    refused, not sent without it.
//! 2. No request goes out without a token, and none with two: one that brings an `Authorization` header is refused.
//! 3. After a 401 the request is sent once more with a new token, if its body can be sent again ([`CopyBody`]).
//!
//! ```no_run
//! use http_body_util::Empty;
//! use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! use tower::{Service as _, ServiceBuilder, ServiceExt as _};
//! use tower_oidc::client::{ServiceAccount, TokenSource};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let account = ServiceAccount::from_file("ingestion.yaml")?.audience("https://api.company.example");
//! let tokens = TokenSource::start(account)?;
//!
//! let mut client = ServiceBuilder::new()
//!     .layer(tokens.layer("https://api.company.example".parse()?))
//!     .service(Client::builder(TokioExecutor::new()).build_http());
//! let request = http::Request::get("https://api.company.example/orders").body(Empty::<bytes::Bytes>::new())?;
//! let response = client.ready().await?.call(request).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What deployment can break: a client under the layer that follows redirects sends the header on by its own rules. hyper's
//! follows none; tell reqwest so with [`redirect::Policy::none`](reqwest::redirect::Policy::none).

mod account;
mod copy_body;
mod desk;
mod error;
mod journal;
mod layer;
mod lifetime;
mod origin;
mod requester;
mod service;
mod source;
mod token;

pub use account::ServiceAccount;
pub use copy_body::{CopyBody, EmptyBody};
pub use desk::{REPLACE_INTERVAL, WAIT_LIMIT, WAITED_PAUSE};
pub use error::{CallError, TokenSourceError};
pub use layer::BearerLayer;
pub use lifetime::{DEFAULT_LIFETIME, EXPIRY_MARGIN, MAX_LIFETIME, RENEW_AHEAD};
pub use origin::{Origin, OriginError};
pub use service::{BearerFuture, BearerService};
pub use source::{StartError, TokenSource, TokenSourceBuilder};
pub use token::BearerToken;
