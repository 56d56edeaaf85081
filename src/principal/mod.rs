//! From verified claims to a principal, and the rules that routes ask for.
//!
//! 1. A principal is made from a `Verified<AccessToken>`, or from a live session, which only a `Verified<IdToken>` opens, and from
//!    nothing else; its key is the [`Identity`], (`iss`, `sub`), never an e-mail address.
//! 2. The first of the principal claims that is a non-empty string names it. A name with a second `@`, a look-alike of `@`,
//!    white space or control characters is refused, not passed over.
//! 3. A name without `@` gets `principalDomain`, unless the token is a machine's or a bot's; where it stands in for the claim that
//!    is asked first, it is of no domain for it.
//! 4. Domains are compared whole, as IDNA A-labels. A name that is an e-mail address which the provider says is unverified
//!    is of no domain.
//! 5. No admin right rests on an e-mail address that the provider does not say is verified.
//! 6. A bot is what the operator lists, and only where the token itself shows that no person chose the name.
//! 7. Settings are read anew for every principal: who leaves a list loses what it gave at the next request.
//! 8. A claim that grants something (scopes, permissions, roles, teams) and has the wrong type is a refusal, not an empty list.

mod admin;
mod admission;
mod client;
mod denied;
mod directory;
mod email;
mod error;
mod from_claims;
mod grants;
mod handle;
mod identity;
mod json;
mod name;
mod organization;
mod profile;
mod rule;
pub mod rules;
mod strength;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod provider_tests;

pub use denied::Denied;
pub use directory::{MemoryDirectory, UserDirectory};
pub use error::PrincipalError;
pub use handle::{Principal, Via};
pub use identity::Identity;
#[cfg(feature = "login")]
pub(crate) use organization::is_of_organization;
pub use rule::Rule;
pub use strength::Strength;
