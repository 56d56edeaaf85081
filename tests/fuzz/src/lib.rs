//! What every parser of what others send must hold, whatever it is given: the bodies of the fuzz targets.
//!
//! Each takes any bytes and panics when something does not hold. The fuzzers of `fuzz_targets` call them, and so does the
//! crate's own test `fuzz`: with the kept corpus, with inputs that are nearly right, and with those that want much memory.
//!
//! 1. Nothing panics, and what is accepted means one thing: `url`, `serde_json` and plain splitting are asked for a second opinion.
//! 2. Nobody is signed in who did not bring what only the provider or the service can make.
//! 3. No parser holds more memory at once than a few times the longest input that it takes: see [`bounded`](memory::bounded).
//!
//! Requests are written as text, in which `{token}`, `{session}` and the like stand for what only this process can make: see
//! [`Stand`](stand::Stand).

mod authorization;
mod configuration;
mod login;
mod memory;
mod proof;
mod provider;
mod request;
mod return_address;
mod sessions;
mod stand;
mod token;

pub use authorization::authorization;
pub use configuration::configuration;
pub use login::{callback, login_paths, signs_in};
pub use memory::peak_of;
pub use proof::proof;
pub use provider::{jwks, metadata};
pub use return_address::return_address;
pub use sessions::{is_session, plaintexts, sealed_session, session_cookies};
pub use stand::expanded;
pub use token::token;

/// The body of a target.
pub type Target = fn(&[u8]);

/// Every target: its name, which is that of its program and of its folder in the corpus, and its body.
pub const TARGETS: [(&str, Target); 11] = [
    ("token", token),
    ("proof", proof),
    ("jwks", jwks),
    ("metadata", metadata),
    ("session_cookies", session_cookies),
    ("sealed_session", sealed_session),
    ("callback", callback),
    ("login_paths", login_paths),
    ("return_address", return_address),
    ("configuration", configuration),
    ("authorization", authorization),
];
