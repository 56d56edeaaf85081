//! What a service's logins leave in this process, whatever its configuration is by now.

use std::sync::Arc;

use crate::{session::SessionState, types::Clock};

use super::{attend::Renewals, callback::SpentLogins};

/// What a service's logins leave in this process: its sessions' part, the renewals under way and those that have just ended, and
/// the logins that were answered.
///
/// It outlives a change of the configuration; a [`Login`](super::Login) is what one configuration makes of it. Clones are the same.
#[derive(Debug, Clone)]
pub struct LoginState {
    pub(super) sessions: SessionState,
    pub(super) renewals: Renewals,
    pub(super) spent: Arc<SpentLogins>,
}

impl LoginState {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { sessions: SessionState::new(clock), renewals: Renewals::default(), spent: Arc::default() }
    }

    /// The part of the sessions.
    #[must_use]
    pub fn sessions(&self) -> &SessionState {
        &self.sessions
    }
}
