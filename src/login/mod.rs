//! The browser flow: a login from its start to a session, refresh, logout in all its forms, and the pages.
//!
//! ```text
//! start:    visit -> return address -> transaction (sealed cookie) -> authorization request -> the provider
//! callback: the provider -> transaction -> tokens -> Verified<IdToken> -> directory -> Session -> return address
//! ```
//!
//! 1. A login is one sealed value, the `transaction`: state, nonce, code verifier, issuer, client, redirect URI and
//!    return address. Without it there is no callback.
//! 2. A return address is a `ReturnTo`: a path of the own origin, or an address that the operator trusts by its whole text.
//! 3. A code and a refresh token are sent once, on tasks of their own, so that a browser that goes away loses neither.
//! 4. A request that is to be [pushed](crate::config::PushedAuthorizationRequests) is pushed or not sent: the browser carries its
//!    reference alone.
//! 5. Pages are made from codes and from the provider's name; nothing that the provider sent is shown.
//!
//! | where | what |
//! |---|---|
//! | `machine`, `paths`, `refusal`, `error` | everything that the steps share; where the layer answers; the answer to every failure |
//! | `visit`, `return_to`, `same_site`, `parameters` | what kind of request this is, and what it may say |
//! | `start` | the request to the provider, and what is kept of it in the browser until the answer comes |
//! | `callback` | the answer, from its parameters to a session |
//! | `attend` | a session in use: found, renewed, touched |
//! | `logout` | by the person, and by the provider through either channel |
//! | `userinfo` | whether it is asked, and what of it is taken |
//! | `pages` | what people see |

mod attend;
mod callback;
mod ended;
mod error;
mod logout;
mod machine;
mod pages;
mod parameters;
mod paths;
mod refusal;
mod return_to;
mod same_site;
#[cfg(test)]
mod samples;
mod span;
mod start;
mod state;
mod tokens;
mod userinfo;
mod visit;

pub use error::{AuthorizationErrorCode, LoginError, LoginErrorKind};
pub use pages::{DefaultPages, ErrorPage, NotAllowedPage, Page, Pages, SignInPage, SignOutPage, SignedOutPage};
pub(crate) use paths::LoginPathsFn;
pub use paths::{LoginPaths, LoginPathsError};
pub use return_to::MAX_RETURN_TO_BYTES;
pub use start::Mismatch;
pub(crate) use start::{mismatches, pushes};

// Parts of the crate, shown to its own tests alone: see `lib.rs`.
#[doc(hidden)]
pub use self::{
    attend::Attended,
    logout::SignedOut,
    machine::{Login, LoginParts},
    paths::Route,
    return_to::ReturnTo,
    start::Welcome,
    state::LoginState,
    visit::Visit,
};
