//! Which sessions carry a name.

use std::collections::{BTreeSet, HashMap};

use crate::types::Issuer;

/// A session by its age: a smaller number is older.
pub(super) type Aged = (u64, [u8; 32]);

/// Sessions by issuer and name, the oldest first.
#[derive(Default)]
pub(super) struct Names(HashMap<Issuer, HashMap<Box<str>, BTreeSet<Aged>>>);

impl Names {
    pub(super) fn add(&mut self, issuer: &Issuer, name: &str, session: Aged) {
        let names = self.0.entry(issuer.clone()).or_default();
        names.entry(name.into()).or_default().insert(session);
    }

    /// What carries that name.
    pub(super) fn of(&self, issuer: &Issuer, name: &str) -> Option<&BTreeSet<Aged>> {
        self.0.get(issuer)?.get(name)
    }

    pub(super) fn remove(&mut self, issuer: &Issuer, name: &str, session: &Aged) {
        let Some(names) = self.0.get_mut(issuer) else { return };
        if names.get_mut(name).is_some_and(|sessions| sessions.remove(session) && sessions.is_empty()) {
            names.remove(name);
        }
        if names.is_empty() {
            self.0.remove(issuer);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
