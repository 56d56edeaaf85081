//! What only a login needs: what the provider offers, the client's credential, the callback, sessions.
//!
//! Without the feature `login` there is none, and the rest of the doctor need not know.

#[cfg(feature = "login")]
mod with_login;
#[cfg(not(feature = "login"))]
mod without_login;

#[cfg(feature = "login")]
pub(super) use with_login::{check, id_token, principal, refused, with_own_parts};
#[cfg(not(feature = "login"))]
pub(super) use without_login::{check, id_token, principal, refused, with_own_parts};
