//! Changes to a JSON object that is made anew each time.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Members to set and members to leave out, the last word on each name.
#[derive(Clone, Default)]
pub(super) struct Overrides(BTreeMap<String, Option<Value>>);

impl Overrides {
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), Some(value));
    }

    pub(super) fn leave_out(&mut self, name: &str) {
        self.0.insert(name.to_owned(), None);
    }

    /// Changes `object` accordingly.
    pub(super) fn apply(&self, object: &mut Map<String, Value>) {
        for (name, value) in &self.0 {
            match value {
                Some(value) => object.insert(name.clone(), value.clone()),
                None => object.remove(name),
            };
        }
    }
}
