//! Sessions: what a login leaves behind, sealed in the browser or kept on the server.
//!
//! 1. A `Session` is opened by a [`Verified<IdToken>`](crate::validator::Verified) and nothing else, under a new id each time:
//!    see `Sessions::open`.
//! 2. What a cookie holds is sealed (`Seal`): AES-256-GCM-SIV under keys derived from `sessionSecret`, the client and its provider; the first secret seals,
//!    all open. The expiry, the number of chunks and the cookie's name are inside of the seal.
//! 3. A session ends at `sessionExpiry` after the login whatever happens in between, earlier when it is idle, and at once
//!    when it is ended. A save never brings back a session that has ended: [`SessionStore::replace`] replaces and never creates.
//! 4. A store that fails is an error, never "no session".
//! 5. A session in a store is renewed by one replica at a time, which has the lease of it ([`SessionStore::lease`]).
//! 6. A change of the settings does not sign out anybody whom the new ones still let in: what sessions leave in this process outlives it
//!    (`SessionState`).
//!
//! `sessions` tells the story from a request's cookies to a live session and to its end, `opening` how one begins, `renewal` how it
//! goes on. What they stand on: `kept_claims` (what of a token is kept), `record` and `encoding` (a session, and its bytes),
//! `lifetime` (until when it lives), `secrets` and `secret_file` (what seals), `state` (what outlives the settings), `in_cookies` with
//! `cookie` and `ended`, `in_store` with `store`, `lease`, `memory` and `redis` (the two places where it may be kept).

mod cookie;
mod cookie_policy;
mod encoding;
mod ended;
mod error;
mod found;
mod id;
mod in_cookies;
mod in_store;
mod kept_claims;
mod lease;
mod lifetime;
mod memory;
mod opening;
mod record;
#[cfg(feature = "redis")]
mod redis;
mod renewal;
mod seal;
mod secret_file;
mod secrets;
mod sessions;
mod set_cookies;
mod state;
mod store;
#[cfg(test)]
mod tests;
#[cfg(not(feature = "redis"))]
mod without_redis;

pub use cookie::{MAX_CHUNKS, MAX_SET_COOKIE_BYTES};
pub use ended::{MAX_ENDED, MAX_ENDED_UNPROVED};
pub use error::SessionError;
pub(crate) use kept_claims::{is_of_another_email, is_of_the_person, is_of_the_token};
pub(crate) use lease::Lease;
pub use memory::{MAX_SESSIONS, MemoryStore};
#[cfg(feature = "redis")]
pub use redis::{RedisStore, RedisStoreError};
pub use secret_file::SECRET_FILE_INTERVAL;
pub use secrets::MAX_EARLIER_SECRETS;
use sessions::ON_ITS_WAY;
pub(crate) use sessions::{BroughtSession, LONGEST_LOGIN};
pub use store::{LoadedSession, Named, SessionStore, StoredSession};

// Parts of the crate, shown to its own tests alone: see `lib.rs`.
#[doc(hidden)]
pub use self::{
    cookie_policy::{CookiePolicy, SameSite, request_cookies},
    found::{Found, Void},
    id::SessionId,
    opening::{LoginBegin, Opened},
    record::{KeptAccessToken, Session, SessionTokens},
    seal::{Purpose, Seal},
    sessions::Sessions,
    set_cookies::{SetCookies, depends_on_session, vary_by_cookie},
    state::SessionState,
};

#[cfg(feature = "redis")]
use redis::open as open_redis;
#[cfg(not(feature = "redis"))]
use without_redis::open as open_redis;
