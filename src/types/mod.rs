//! The words every other module speaks: claims, issuers, scopes, algorithms, secrets, domains, time, randomness and references.
//!
//! Nothing here reads a file, opens a socket or knows a policy.

mod algorithm;
mod boxed;
mod claims;
mod clock;
mod domain;
mod issuer;
mod members;
mod random;
mod reference;
mod scope;
mod search;
mod secret;

pub use algorithm::{Algorithm, Algorithms};
pub use boxed::{BoxError, BoxFuture};
pub use claims::{
    ClaimError, Claims, ClaimsError, ClaimsMismatch, JsonKind, MAX_CLAIMS, MAX_CLAIMS_BYTES, MAX_DEPTH, MAX_SECONDS,
};
pub use clock::{Clock, Sleep, SystemClock, unix_milliseconds, unix_seconds};
pub use domain::{Domain, EmailAddress, NameError};
pub(crate) use domain::{is_invisible, same_without_case};
pub use issuer::Issuer;
pub(crate) use members::{Member, Members, json_string, plain_strings};
pub use random::{Random, RandomError, SystemRandom};
pub use reference::Reference;
pub use scope::Scopes;
use search::find_near;
pub use secret::Secret;
