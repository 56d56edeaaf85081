//! The Tower layer: credentials in, principal out, refusals in one voice.
//!
//! The way of a request, told in `pipeline`:
//!
//! ```text
//! request -> credentials (bearer, session or none; never two)
//!         -> Verified<AccessToken> | Session
//!         -> Principal -> rules -> request extensions -> handler
//! refusal: any arrow -> AuthError -> one table -> response, with the AuthError in its extensions
//! ```
//!
//! 1. [`AuthLayer`] reads the `Authorization` header, and the session's cookies only where there is no such header: a bad token is
//!    not rescued by a cookie. Good credentials put a [`Principal`](crate::principal::Principal) in the request's extensions; a bad
//!    token is refused, on every route, and so is a token that is bound to a key without its proof. A session that has ended is none.
//! 2. A request without credentials goes on without a principal: what a route demands is said by [`RequireLayer`] or by the
//!    extractors of [`axum`](crate::axum).
//! 3. A request that waits, for new keys or for its session, waits alone: nobody else's request waits with it.
//! 4. Every refusal is one [`AuthError`] with one [`DecisionRecord`]: in the response's extensions, in one `tracing` event and one
//!    count, and by its [kind](AuthErrorKind) and its [reference](crate::types::Reference) alone in the answer.
//! 5. A guard that is reached without the layer of its [`Auth`] answers 500 and names the cure. The principal itself says whose it is; a
//!    request without credentials carries a mark instead, so that removing a principal cannot make a request look anonymous.
//! 6. `GET /.well-known/oauth-protected-resource` is answered by the layer itself (RFC 9728), and so are the paths of login and
//!    logout (`login::LoginPaths`) when the configuration has a login.
//! 7. Where a person opens a page, a refusal becomes the way to the login or a page that says why not; a script's request never
//!    gets a redirect. Answers that depend on a session are kept by no cache.
//! 8. A request is judged by one configuration from its beginning to its end: [`Auth::reload`] changes it between two requests.
//!
//! The layer is generic over request and response bodies. It runs under axum, bare hyper and tonic, and answers
//! `application/grpc` requests with gRPC statuses.

mod auth;
mod body;
mod browser;
mod credentials;
mod decision;
mod error;
mod future;
mod pipeline;
mod protected_resource;
mod realm;
mod require;
mod response;
mod service;
mod setup;
mod setup_error;

pub use auth::{Auth, AuthBuilder};
pub use body::ResponseBody;
pub use credentials::CredentialsError;
pub use decision::{DecisionRecord, Outcome, Seen};
pub use error::{AuthError, AuthErrorKind};
pub use future::ResponseFuture;
pub use protected_resource::ProtectedResource;
pub use require::{RequireFuture, RequireLayer, RequireService};
pub use service::{AuthLayer, AuthService};
pub use setup_error::SetupError;

#[cfg(feature = "axum")]
pub(crate) use decision::About;
#[cfg(feature = "axum")]
pub(crate) use realm::Realm;
#[cfg(feature = "axum")]
pub(crate) use response::refusal;
