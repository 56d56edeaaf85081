//! Where values came from, so that a message can name the variable as well as the path.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::Notice;

/// What loading remembers about the keys. It holds names and paths, no values.
#[derive(Debug, Clone, Default)]
pub(super) struct Origins {
    variables: BTreeMap<String, Origin>,
    failed: BTreeSet<String>,
    /// What loading passed over.
    pub(super) notices: Vec<Notice>,
}

/// The variable that a value came from, and the file it named.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) variable: String,
    pub(super) file: Option<PathBuf>,
}

impl Origins {
    pub(super) fn record(&mut self, path: &str, origin: Origin) {
        self.variables.insert(path.to_owned(), origin);
    }

    /// The file that the key's variable named.
    pub(super) fn file(&self, path: &str) -> Option<PathBuf> {
        self.variables.get(path)?.file.clone()
    }

    /// Marks a key whose value could not be read: nothing more is said about it.
    pub(super) fn fail(&mut self, path: &str) {
        self.failed.insert(path.to_owned());
    }

    /// Whether the key of `path`, or the list or map that `path` lies in, could not be read.
    pub(super) fn is_failed(&self, path: &str) -> bool {
        keys_around(path).any(|key| self.failed.contains(key))
    }

    /// The variable that gave the key of `path`, or the list or map that `path` lies in.
    pub(super) fn variable(&self, path: &str) -> Option<&str> {
        keys_around(path).find_map(|key| self.variables.get(key)).map(|origin| origin.variable.as_str())
    }
}

/// The key of `path`, and those of the lists and maps that it lies in, the outermost first.
fn keys_around(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices(['[', '.']).map(|(end, _)| &path[..end]).chain([path])
}
