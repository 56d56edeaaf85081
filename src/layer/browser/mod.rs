//! The browser's side of the layer: the session beside the header, the way to the login, and the login's own paths.
//!
//! Without the feature `login` there is none, and the rest of the layer need not know.

use bytes::Bytes;
use http::Response;

use crate::types::BoxFuture;

#[cfg(feature = "login")]
mod with_login;
#[cfg(not(feature = "login"))]
mod without_login;

#[cfg(feature = "login")]
pub(super) use with_login::{
    Attendance, Browser, BrowserParts, BrowserState, LoginError, Route, SignedOut, Visiting, Visitor, detail, kind,
    reason, retry_after, signed_out,
};
#[cfg(not(feature = "login"))]
pub(super) use without_login::{
    Attendance, Browser, BrowserParts, BrowserState, LoginError, Route, SignedOut, Visiting, Visitor, detail, kind,
    reason, retry_after, signed_out,
};

/// The answer as a browser gets it.
#[cfg_attr(not(feature = "login"), allow(dead_code, reason = "the future polls what only a login gives"))]
pub(super) enum Finished<B> {
    /// It is there.
    Now(Response<B>),
    /// A login starts, and the provider has to be asked first. Nothing is left of the answer in whose place it comes.
    Later(BoxFuture<'static, Response<Bytes>>),
}
