//! JSON Web Signatures and keys: pure functions, no I/O, no clock, no policy but "signed, by a key we hold".
//!
//! 1. `Jws::parse` splits and bounds a compact token (RFC 7515 section 7.1) and reads its header and payload.
//! 2. `JwkSet::parse` reads a key document (RFC 7517 section 5); a key that cannot be used is skipped.
//! 3. `KeyRing` holds every usable key, parsed once for each algorithm it may be used with.
//! 4. `Jws::verify` is the one door to the claims: it takes a `VerifyingKey` and gives the [`Claims`](crate::types::Claims)
//!    only when the signature holds.
//! 5. `SelfSigned` is for the one kind of JWS that brings its key along, a proof of possession (RFC 9449): its `Thumbprint` says which
//!    key that is, and somebody else must say whose.

mod base64url;
mod error;
mod header;
mod jwk;
mod jws;
mod key;
mod key_ring;
mod roca;
mod self_signed;
mod small_order;
mod thumbprint;
#[cfg(test)]
mod vectors;

pub use error::{JoseError, JwkSetError, Part};
pub use jwk::{MAX_KEYS, RSA_BITS, SkippedKey};
pub use jws::MAX_TOKEN_BYTES;

// Parts of the crate, shown to its own tests alone: see `lib.rs`.
#[doc(hidden)]
pub use self::{
    error::KeyError,
    header::TokenType,
    jwk::JwkSet,
    jws::{Jws, RoutingClaim},
    key::VerifyingKey,
    key_ring::KeyRing,
    self_signed::{SelfSigned, SelfSignedError},
    thumbprint::Thumbprint,
};
