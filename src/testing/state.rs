//! What a provider is made of.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::types::{Claims, Clock};

use super::{
    address::Address,
    authorization::PushedRequests,
    endpoint::{Endpoint, EndpointState},
    grant::Grants,
    hooks::Hooks,
    key_set::KeySet,
    overrides::Overrides,
    registration::{CLIENT_SECRET, Registration},
    service_account::ServiceAccounts,
    session::Sessions,
    user::Users,
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
    registration: Mutex<Registration>,
    users: Mutex<Users>,
    sessions: Mutex<Sessions>,
    grants: Mutex<Grants>,
    pushed_requests: Mutex<PushedRequests>,
    hooks: Mutex<Hooks>,
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
        let mut service_accounts = ServiceAccounts::default();
        service_accounts.set_secret(&client_id, CLIENT_SECRET);
        Self {
            address,
            client_id,
            audience,
            clock,
            keys: Mutex::new(keys),
            metadata: Mutex::default(),
            service_accounts: Mutex::new(service_accounts),
            registration: Mutex::default(),
            users: Mutex::default(),
            sessions: Mutex::default(),
            grants: Mutex::default(),
            pushed_requests: Mutex::default(),
            hooks: Mutex::default(),
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

    pub(super) fn registration(&self) -> MutexGuard<'_, Registration> {
        self.registration.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is signed in.
    pub(super) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pushed_requests(&self) -> MutexGuard<'_, PushedRequests> {
        self.pushed_requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the test changed in answers.
    pub(super) fn hooks(&self) -> Hooks {
        self.hooks_mut().clone()
    }

    pub(super) fn hooks_mut(&self) -> MutexGuard<'_, Hooks> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The claims of a token that a key of this provider's signed, whatever they say.
    pub(super) fn own_token(&self, token: &str) -> Option<Claims> {
        self.keys().verify(token)
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
