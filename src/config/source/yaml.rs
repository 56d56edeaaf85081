//! YAML, and JSON as the part of it that it is, within bounds.

use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Options, options::NonFiniteFloatPolicy};

use super::MAX_FILE_BYTES;

/// Deepest nesting of a file. OpenMetadata's own has seven levels.
const MAX_DEPTH: usize = 32;

/// Most keys, items and values of a file. OpenMetadata's own has about six hundred. Each may take some hundred bytes of memory: a
/// key that is not known becomes a problem, with three texts.
const MAX_NODES: usize = 10_000;

/// Most copies that aliases may make: a file needs none, and a hostile one grows by them.
const MAX_ALIAS_EVENTS: usize = 10_000;

/// Most bytes of all texts of a file together, copies by aliases among them: as many as a file may have.
const MAX_TEXT_BYTES: usize = MAX_FILE_BYTES as usize;

/// Why a text is not YAML. It holds nothing of the text but a key's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct YamlError {
    pub(super) what: String,
}

/// Reads a text. `yes`, `no`, `0123` and `1_000` are texts, as they are in YAML 1.2.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| describe(&error))
}

fn options() -> Options {
    let budget = serde_saphyr::budget! {
        max_depth: MAX_DEPTH,
        max_nodes: MAX_NODES,
        max_documents: 1,
        max_total_scalar_bytes: MAX_TEXT_BYTES,
        max_recorded_anchor_bytes: MAX_TEXT_BYTES,
    };
    let aliases = serde_saphyr::alias_limits! { max_total_replayed_events: MAX_ALIAS_EVENTS };
    serde_saphyr::options! {
        budget: budget,
        alias_limits: aliases,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
        emit_comments: false,
    }
}

/// The parser's own messages may quote the text, and so a secret: only the place is told, and a key that stands twice.
fn describe(error: &Error) -> YamlError {
    let what = match error {
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("holds the key {key} twice"),
        Error::DuplicateMappingKey { .. } => "holds a key twice".to_owned(),
        Error::Budget { .. } => "is larger than a configuration may be".to_owned(),
        _ => "is not valid YAML".to_owned(),
    };
    let place = error.location().map(|at| format!(" (line {}, column {})", at.line(), at.column()));
    YamlError { what: what + place.as_deref().unwrap_or_default() }
}
