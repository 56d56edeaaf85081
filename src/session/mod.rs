//! Sessions: what a login leaves behind, sealed in the browser or kept on the server.
//!
//! 1. A [`Session`] is opened by a [`Verified<IdToken>`](crate::validator::Verified) and nothing else, under a new id each time.
//! 2. What a cookie holds is sealed ([`Seal`]): AES-256-GCM-SIV under keys derived from `sessionSecret`, the client and its provider; the first secret seals,
//!    all open. The expiry, the number of chunks and the cookie's name are inside of the seal.
//! 3. A session ends at `sessionExpiry` after the login whatever happens in between, earlier when it is idle, and at once
//!    when it is ended. A save never brings back a session that has ended: [`SessionStore::replace`] replaces and never creates.
//! 4. A store that fails is an error, never "no session".
//!
//! `sessions` tells the story from a request's cookies to a live session and to its end, `opening` how one begins, `renewal` how it
//! goes on. What they stand on: `kept_claims` (what of a token is kept), `record` and `encoding` (a session, and its bytes),
//! `lifetime` (until when it lives), `in_cookies` with `cookie` and `ended`, `in_store` with `store` and `memory` (the two places
//! where it may be kept).

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
mod lifetime;
mod memory;
mod opening;
mod record;
mod renewal;
mod seal;
mod sessions;
mod set_cookies;
mod store;
#[cfg(test)]
mod tests;

pub use cookie::{MAX_CHUNKS, MAX_SET_COOKIE_BYTES};
pub use cookie_policy::{CookiePolicy, SameSite, request_cookies};
pub use ended::{MAX_ENDED, MAX_ENDED_UNPROVED};
pub use error::SessionError;
pub use found::{Found, Void};
pub use id::SessionId;
pub(crate) use kept_claims::{is_of_another_email, is_of_the_person};
pub use memory::{MAX_SESSIONS, MemoryStore};
pub use record::{Session, SessionTokens};
pub use seal::{Purpose, Seal};
pub use sessions::Sessions;
pub use set_cookies::{SetCookies, depends_on_session, vary_by_cookie};
pub use store::{Named, SessionStore, StoredSession};
