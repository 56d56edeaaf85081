//! The three ways in: Rust, a file, variables. Environment goes over file, and file over default.

mod convert;
mod file;
mod interpolate;
mod loader;
mod unknown;
mod variable;
mod yaml;

use std::path::Path;

use serde_json::{Map, Value};

use crate::types::Secret;

use super::{Config, ConfigErrors, Problem};

pub use self::{file::MAX_FILE_BYTES, variable::MAX_SECRET_BYTES};
pub(super) use self::{
    file::read_bounded,
    loader::{Loader, find},
    variable::secret_of,
};

/// Where a configuration is read from, besides the variables, which always count.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Source<'a> {
    /// A YAML or JSON file.
    File(&'a Path),
    /// The text of such a file.
    Text(&'a str),
    /// The variables alone.
    Environment,
}

/// Gives the value of a variable.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a file holds.
type Tree = Map<String, Value>;

/// What stands for a text without a file in messages.
const TEXT_NAME: &str = "the configuration";

impl Config {
    /// Reads a YAML or JSON file, with the variables of the process laid over it.
    ///
    /// The file has OpenMetadata's format: the blocks `authenticationConfiguration` and `authorizerConfiguration`; other
    /// blocks are passed over. `${NAME}` and `${NAME:-default}` are replaced from the environment after parsing, so that
    /// no value can break the file; `$${` stands for `${` itself.
    ///
    /// # Errors
    /// Every problem of the file and of the variables. When there is one, those that [`check`](Self::check) finds are
    /// given too.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigErrors> {
        Self::load(Source::File(path.as_ref()), &process_variable)
    }

    /// Reads the variables of the process alone.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file).
    pub fn from_env() -> Result<Self, ConfigErrors> {
        Self::load(Source::Environment, &process_variable)
    }

    /// Reads a source with the variables that `variable` gives.
    ///
    /// ```
    /// use tower_oidc::config::{Config, Source};
    ///
    /// let file = "authenticationConfiguration: { authority: \"https://${HOST:-localhost}/\" }";
    /// let config = Config::load(Source::Text(file), &|name| (name == "HOST").then(|| "tenant.auth0.com".to_owned()))?;
    /// assert_eq!(config.authentication.authority.as_deref(), Some("https://tenant.auth0.com/"));
    /// # Ok::<(), tower_oidc::config::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file).
    pub fn load(source: Source<'_>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigErrors> {
        let (config, mut problems) = Self::load_in_part(source, variable)?;
        if problems.is_empty() {
            return Ok(config);
        }
        let found_by_check = config.check().err().map(ConfigErrors::into_problems);
        problems.extend(found_by_check.into_iter().flatten());
        ConfigErrors::of(problems).map_or(Ok(config), Err)
    }

    /// Reads what of a source can be read, and gives the problems beside it.
    ///
    /// # Errors
    /// The source cannot be read at all.
    pub(crate) fn load_in_part(
        source: Source<'_>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Self, Vec<Problem>), ConfigErrors> {
        let loader = Loader::new(variable);
        Ok(match tree(source)? {
            Some((name, tree)) => loader.file(&name, &tree),
            None => loader.blocks(&Map::new()),
        })
    }
}

/// The tree of a file or of its text, and what stands for it in messages.
pub(super) fn tree(source: Source<'_>) -> Result<Option<(String, Tree)>, ConfigErrors> {
    Ok(match source {
        Source::File(path) => {
            let name = path.display().to_string();
            let tree = file::parse(&name, &file::read(&name, path)?)?;
            Some((name, tree))
        }
        Source::Text(text) => Some((TEXT_NAME.to_owned(), file::parse(TEXT_NAME, text)?)),
        Source::Environment => None,
    })
}

/// The secrets that a file holds, one or a list in brackets, or what is wrong with the file.
pub(super) fn secrets_of(path: &Path) -> Result<Vec<Secret>, String> {
    let secrets = convert::secrets(&Value::String(secret_of(path)?));
    let secrets = secrets.map_err(|mismatch| format!("is not {}", mismatch.expected))?;
    secrets.ok_or_else(|| "is empty".to_owned())
}

/// A variable of the process. What is not UTF-8 in it becomes U+FFFD, which the reader refuses.
pub(crate) fn process_variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
