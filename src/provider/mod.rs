//! The outside world: HTTP with limits, discovery, the keys of a provider, always at hand, and its endpoints for clients.
//!
//! - [`HttpClient`] is the one way out; [`ReqwestClient`] is the default.
//! - `Metadata` are what a provider says about itself, taken only when they agree with the configuration (OpenID Connect
//!   Discovery 1.0 section 4.3); `IssuerRule` is what follows from them for `iss`.
//! - `Provider` keeps both and the keys up to date, and hands out an immutable `Snapshot` without waiting.
//! - `TokenEndpoint` turns a `Grant` into tokens, with every way for a client to prove itself (OpenID Connect Core 1.0
//!   section 9).
//! - `ProviderClient` is this client at all endpoints of a `Provider`: tokens, userinfo, revocation, pushed authorization
//!   requests. A moved endpoint is followed.
//!
//! A background task of the provider's own owns every fetch of metadata and keys. Its rules:
//!
//! 1. **One attempt at a time.** Whoever needs new keys joins the attempt under way, or the next one, for at most
//!    [`WAIT_LIMIT`].
//! 2. **A pause after every attempt**: [`PAUSE`] after a good one; after a failed one half a second to a second, doubled each
//!    time up to [`MAX_BACK_OFF`], or what `Retry-After` asks for or the time until a rate limit opens, up to
//!    [`MAX_RETRY_AFTER`].
//! 3. **Keys are renewed ahead of time**, at [80 %](RENEW_AHEAD) of the lifetime that the document gives itself, with
//!    its `ETag`. While the provider is down the last good keys serve on, up to [`MAX_STALE`]; then there are none.
//! 4. **A document replaces the one before it**, so that a key removed on purpose is gone. What cannot be read, or holds
//!    no key for the configured algorithms, is a failed attempt and replaces nothing. One unreadable key is skipped.
//! 5. **An unknown `kid` asks for an attempt**, within a budget that counts attempts: [`DEMAND_BURST`] at once, and one
//!    more every [`DEMAND_INTERVAL`], whatever arrives. A `kid` that was just looked for in vain is not looked for again
//!    for [`MISSING_LIFETIME`].
//!
//! Several key URLs are fetched side by side; each has its own last good document, back-off and age, so that a dead one does
//! not stop the others; while one cannot be fetched, an unknown key is answered with 503 instead of a refusal. Metadata are fetched
//! again when they are older than [`METADATA_LIFETIME`], or when the keys cannot be had: a moved `jwks_uri` is followed, another issuer is a contradiction that leaves everything as it was.
//!
//! What deployment can break: a provider that cannot be reached makes `Snapshot::keys` `Unavailable`. That is the time for
//! a 503; no token is refused for it, and none is let in.

mod client;
mod client_authentication;
mod discovery;
mod entra;
mod error;
mod fetch;
mod freshness;
mod handle;
mod http;
mod inspection;
mod issuer_rule;
mod journal;
mod json;
mod key_cache;
mod metadata;
mod propagation;
mod reqwest_client;
mod span;
#[cfg(test)]
pub(crate) mod test_support;
mod token_endpoint;
mod userinfo;

pub use client_authentication::{
    ASSERTION_LIFETIME, AssertionAudience, ClientAuthenticationError, MIN_HS256_SECRET_BYTES, SigningError,
};
pub(crate) use error::Causes;
pub use error::{ProviderError, ShownUrl};
pub use fetch::FETCH_LIMIT;
pub use freshness::{DEFAULT_LIFETIME, MAX_LIFETIME, MAX_RETRY_AFTER, MIN_LIFETIME, RATE_LIMIT_PAUSE};
pub use handle::Status;
pub use http::{HttpClient, HttpError};
pub(crate) use inspection::inspect_keys;
pub(crate) use key_cache::back_off;
pub use key_cache::{
    DEMAND_BURST, DEMAND_INTERVAL, MAX_BACK_OFF, MAX_JWKS_BYTES, MAX_MISSING, MAX_STALE, METADATA_LIFETIME,
    MISSING_LIFETIME, PAUSE, RENEW_AHEAD, WAIT_LIMIT,
};
pub use metadata::MAX_METADATA_BYTES;
pub use reqwest_client::{CONNECT_TIMEOUT, ClientError, ReqwestClient, TOTAL_TIMEOUT};
pub use token_endpoint::{MAX_TOKEN_RESPONSE_BYTES, OAuthErrorCode, TokenEndpointError};
pub use userinfo::{MAX_USERINFO_BYTES, UserinfoError};

// Parts of the crate, shown to its own tests alone: see `lib.rs`.
#[doc(hidden)]
pub use self::{
    client::ProviderClient,
    handle::{Provider, Renewed},
    issuer_rule::{IssuerRule, IssuerTemplate},
    key_cache::{CurrentSnapshot, Snapshot, Unavailable},
    metadata::Metadata,
    token_endpoint::{AccessTokenType, Grant, PushedRequest, TokenEndpoint, TokenResponse},
    userinfo::{UserinfoAnswer, UserinfoJwt},
};
