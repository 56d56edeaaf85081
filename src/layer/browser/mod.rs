//! The browser's side of the layer: the session beside the header, the way to the login, and the login's own paths.
//!
//! Without the feature `login` there is none, and the rest of the layer need not know.

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
