//! How the client proves itself to the provider (OpenID Connect Core 1.0 section 9).
//!
//! A [`Credential`] is what the operator configured, made ready once: secrets are long enough, keys are parsed. It makes a
//! [`Proof`] for one attempt; an assertion is never sent twice. When the provider does not know the client any more, the
//! credential looks whether its secret was rotated.
//!
//! Signatures are aws-lc-rs's own, on keys that are parsed when the credential is made. `jsonwebtoken` would parse the key
//! again for each assertion, reads no private JWK, and needs a crypto provider installed for the whole process.

mod assertion;
mod audience;
mod credential;
mod error;
mod private_key;

pub use assertion::ASSERTION_LIFETIME;
pub use audience::AssertionAudience;
pub use credential::MIN_HS256_SECRET_BYTES;
pub(super) use credential::{Credential, Proof};
pub use error::{ClientAuthenticationError, SigningError};
