//! What is wrong with a configuration, all of it at once.

use std::fmt;

/// One thing that is wrong: where, what, and how to mend it. It never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Dotted path of the key, such as `authenticationConfiguration.oidcConfiguration.scope`; for a file that cannot be
    /// read as a whole, the file's name.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
    /// The variable that the value came from, when it came from one.
    pub variable: Option<String>,
}

impl Problem {
    pub(super) fn new(path: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into(), mend: mend.into(), variable: None }
    }

    pub(super) fn with_variable(mut self, variable: impl Into<String>) -> Self {
        self.variable = Some(variable.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)?;
        if let Some(variable) = &self.variable {
            write!(f, " (from the variable {variable})")?;
        }
        write!(f, "; mend: {}", self.mend)
    }
}

/// Every problem of a configuration. Never empty. `Display` and `Debug` give one line for each.
#[derive(Clone)]
pub struct ConfigErrors(Vec<Problem>);

impl ConfigErrors {
    /// The problems as an error; `None` when there are none.
    pub(super) fn of(problems: Vec<Problem>) -> Option<Self> {
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// The problems: those of loading first, then those of the check.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.0
    }
}

impl From<Problem> for ConfigErrors {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// The lines, as a `main` that returns the error shows them.
impl fmt::Debug for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            fmt::Display::fmt(problem, f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
