//! The keys of one provider, by the rules that stand in [`provider`](super).
//!
//! The [`Worker`] runs the loop: wait, attempt, pause. The [`Refresher`] is what an attempt does: metadata if they are due,
//! then the key documents, then a new [`Snapshot`]. `Demands` is what readers may cause; `Retry` is when a document is
//! asked for again.

mod demand;
mod key_source;
mod missing_keys;
mod refresher;
mod retry;
mod shared;
mod snapshot;
mod token_bucket;
mod worker;

pub use demand::WAIT_LIMIT;
pub use key_source::{MAX_JWKS_BYTES, MAX_STALE, RENEW_AHEAD};
pub use missing_keys::{MAX_MISSING, MISSING_LIFETIME};
pub use refresher::METADATA_LIFETIME;
pub use retry::{MAX_BACK_OFF, PAUSE};
pub use snapshot::{CurrentSnapshot, Snapshot, Unavailable};
pub use token_bucket::{DEMAND_BURST, DEMAND_INTERVAL};

pub(crate) use retry::back_off;

pub(super) use demand::Admission;
pub(super) use key_source::inspect;
pub(super) use refresher::Refresher;
pub(super) use retry::Change;
pub(super) use shared::{Progress, Shared};
pub(super) use worker::Worker;

#[cfg(test)]
mod tests;
