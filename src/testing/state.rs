//! What a provider is made of.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::types::Clock;

use super::{
    address::Address,
    endpoint::{Endpoint, EndpointState},
    key_set::KeySet,
    overrides::Overrides,
    service_account::ServiceAccounts,
};

/// Everything that the provider's handle and the task that serves it share.
pub(super) struct State {
    pub(super) address: Address,
    pub(super) client_id: String,
    pub(super) audience: String,
    pub(super) clock: Arc<dyn Clock>,
    keys: Mutex<KeySet>,
    metadata: Mutex<Overrides>,
    service_accounts: Mutex<ServiceAccounts>,
    endpoints: [EndpointState; Endpoint::ALL.len()],
}

impl State {
    pub(super) fn new(
        address: Address,
        client_id: String,
        audience: String,
        clock: Arc<dyn Clock>,
        keys: KeySet,
    ) -> Self {
        Self {
            address,
            client_id,
            audience,
            clock,
            keys: Mutex::new(keys),
            metadata: Mutex::default(),
            service_accounts: Mutex::default(),
            endpoints: Default::default(),
        }
    }

    pub(super) fn keys(&self) -> MutexGuard<'_, KeySet> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the test changed in the metadata.
    pub(super) fn metadata(&self) -> MutexGuard<'_, Overrides> {
        self.metadata.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn service_accounts(&self) -> MutexGuard<'_, ServiceAccounts> {
        self.service_accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn endpoint(&self, endpoint: Endpoint) -> &EndpointState {
        &self.endpoints[endpoint as usize]
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("issuer", &self.address.issuer())
            .field("signing_key", self.keys().signing())
            .finish_non_exhaustive()
    }
}
