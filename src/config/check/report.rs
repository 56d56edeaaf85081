//! What the check finds, and how it reads single texts.

use std::time::Duration;

use super::super::{Notice, Problem, origin::Origins};

/// Longest time a setting may name: ten years, in seconds. A longer one was written in another unit, and sums of times
/// stay far from where they overflow.
const MAX_SECONDS: u64 = 315_360_000;

/// Collects problems and notices.
pub(super) struct Report<'a> {
    origins: &'a Origins,
    pub(super) problems: Vec<Problem>,
    pub(super) notices: Vec<Notice>,
}

impl<'a> Report<'a> {
    pub(super) fn new(origins: &'a Origins) -> Self {
        Self { origins, problems: Vec::new(), notices: origins.notices.clone() }
    }

    /// Adds a problem, once, unless loading has told one about that key already.
    pub(super) fn problem(&mut self, path: impl AsRef<str>, what: impl Into<String>, mend: impl Into<String>) {
        let path = path.as_ref();
        if self.is_failed(path) {
            return;
        }
        let problem = Problem::new(path, what, mend);
        let problem = match self.origins.variable(path) {
            Some(variable) => problem.with_variable(variable),
            None => problem,
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Whether loading could not read that key, so that its absence means nothing.
    pub(super) fn is_failed(&self, path: impl AsRef<str>) -> bool {
        self.origins.is_failed(path.as_ref())
    }

    /// Adds a warning, once.
    pub(super) fn warning(&mut self, path: impl AsRef<str>, message: impl Into<String>) {
        let warning = Notice::warning(path.as_ref(), message);
        if !self.notices.contains(&warning) {
            self.notices.push(warning);
        }
    }

    /// Adds a note.
    pub(super) fn note(&mut self, path: impl AsRef<str>, message: impl Into<String>) {
        self.notices.push(Notice::note(path.as_ref(), message));
    }

    /// A number of seconds as a time.
    pub(super) fn seconds(&mut self, path: &str, seconds: Option<u64>) -> Option<Duration> {
        let seconds = seconds?;
        if seconds > MAX_SECONDS {
            let what = format!("{seconds} seconds are more than ten years");
            self.problem(path, what, format!("write seconds, at most {MAX_SECONDS}"));
            return None;
        }
        Some(Duration::from_secs(seconds))
    }
}

/// A text that is set: an empty one is not.
pub(super) fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// The items of a list that are set, with their places in it.
pub(super) fn items(list: &[String]) -> impl Iterator<Item = (usize, &str)> {
    list.iter().map(|text| text.trim()).enumerate().filter(|(_, text)| !text.is_empty())
}

/// A value, and the path of the key that it was taken from.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) path: String,
}

/// Of two keys that mean the same, the nested one; both given and different is a warning.
pub(super) fn nested_over_outer<T: PartialEq>(
    nested: Placed<Option<T>>,
    outer: Placed<Option<T>>,
    report: &mut Report<'_>,
) -> Option<Placed<T>> {
    match (nested.value, outer.value) {
        (Some(value), other) => {
            if other.is_some_and(|other| other != value) {
                report.warning(&outer.path, format!("differs from {}, which counts", nested.path));
            }
            Some(Placed { value, path: nested.path })
        }
        (None, Some(value)) => Some(Placed { value, path: outer.path }),
        (None, None) => None,
    }
}
