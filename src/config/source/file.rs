//! A file, read within bounds into a tree of values.

use std::{fs::File, io::Read, path::Path};

use serde_json::{Map, Value};

use super::{super::Problem, yaml};

/// Most bytes of a configuration file. OpenMetadata's own has about 30 KB.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Reads a configuration file; `name` stands for it in messages.
pub(super) fn read(name: &str, path: &Path) -> Result<String, Problem> {
    read_bounded(path, MAX_FILE_BYTES).map_err(|what| Problem::new(name, what, "name a readable YAML or JSON file"))
}

/// Parses the text of a configuration file.
pub(super) fn parse(name: &str, text: &str) -> Result<Map<String, Value>, Problem> {
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(Problem::new(name, too_large(MAX_FILE_BYTES), "name the configuration file"));
    }
    match yaml::parse(text) {
        Ok(Value::Object(tree)) => Ok(tree),
        Ok(_) => Err(Problem::new(name, "holds no blocks", "write the block authenticationConfiguration")),
        Err(error) => Err(Problem::new(name, error.what, "mend the YAML or JSON there")),
    }
}

/// The text of a file of at most `limit` bytes, or what is wrong with it.
pub(in crate::config) fn read_bounded(path: &Path, limit: u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot be read: {}", error.kind()))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())
}

fn too_large(limit: u64) -> String {
    format!("is larger than {limit} bytes")
}
