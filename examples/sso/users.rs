//! Who may sign in: users with a name from the operator, and those who signed up.

use std::sync::{Arc, PoisonError, RwLock};

use tower_oidc::{
    principal::{MemoryDirectory, Principal, UserDirectory},
    types::{BoxError, BoxFuture},
};

/// The users of the application, in the memory of this process. All clones are one.
#[derive(Debug, Clone, Default)]
pub(super) struct Users {
    named: Arc<RwLock<Arc<MemoryDirectory>>>,
    signed_up: Arc<MemoryDirectory>,
}

impl Users {
    /// From now on these names are known, in place of the names before. Whoever signed up stays known.
    pub(super) fn name(&self, names: Vec<String>) {
        *self.named.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(MemoryDirectory::knowing(names));
    }

    fn named(&self) -> Arc<MemoryDirectory> {
        Arc::clone(&self.named.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl UserDirectory for Users {
    fn find<'a>(&'a self, principal: &'a Principal) -> BoxFuture<'a, Result<bool, BoxError>> {
        Box::pin(async { Ok(self.named().find(principal).await? || self.signed_up.find(principal).await?) })
    }

    fn create<'a>(&'a self, principal: &'a Principal) -> BoxFuture<'a, Result<(), BoxError>> {
        self.signed_up.create(principal)
    }
}
