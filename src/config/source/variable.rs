//! Variables, and the files that `NAME_FILE` names.

use std::path::{Path, PathBuf};

use super::{super::origin::Origin, Lookup, file::read_bounded};

/// Most bytes of a file that holds a secret. An RSA key of 16384 bits has 13 KB as PEM.
pub const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// The text of a variable, and where exactly it came from.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// Why a variable that is set cannot be used.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) variable: String,
    pub(super) what: String,
    pub(super) mend: &'static str,
}

/// The text of the variable `name`. An empty one counts as not set.
pub(super) fn text(name: &str, variable: Lookup<'_>) -> Result<Option<Found>, Unusable> {
    let Some(text) = variable(name) else { return Ok(None) };
    if text.contains(char::REPLACEMENT_CHARACTER) {
        let what = "the variable is not UTF-8 text".to_owned();
        return Err(Unusable { variable: name.to_owned(), what, mend: "set it to UTF-8 text" });
    }
    let text = plain(&text);
    let origin = Origin { variable: name.to_owned(), file: None };
    Ok((!text.is_empty()).then(|| Found { text: text.to_owned(), origin }))
}

/// The secret of the variable `name`, or of the file that `NAME_FILE` names.
pub(super) fn secret(name: &str, variable: Lookup<'_>) -> Result<Option<Found>, Unusable> {
    let by_file = format!("{name}_FILE");
    match (text(name, variable)?, text(&by_file, variable)?) {
        (Some(_), Some(_)) => Err(Unusable {
            what: format!("{name} and {by_file} are both set"),
            variable: by_file,
            mend: "set one of the two",
        }),
        (None, Some(Found { text: path, .. })) => from_file(by_file, PathBuf::from(path)).map(Some),
        (found, None) => Ok(found),
    }
}

fn from_file(variable: String, path: PathBuf) -> Result<Found, Unusable> {
    match secret_of(&path) {
        Ok(text) => Ok(Found { text, origin: Origin { variable, file: Some(path) } }),
        Err(what) => {
            let what = format!("the file {} {what}", path.display());
            Err(Unusable { variable, what, mend: "name a readable file that holds the secret alone" })
        }
    }
}

/// The secret that a file holds, without one final newline, or what is wrong with the file.
pub(in crate::config) fn secret_of(path: &Path) -> Result<String, String> {
    let mut text = read_bounded(path, MAX_SECRET_BYTES)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text) }
}

/// A text as YAML reads it where it stands alone: without white space and one pair of quotes around it; `null` is empty.
///
/// Docker env-files hand quotes over as part of the value, and OpenMetadata pastes variables into its YAML.
pub(super) fn plain(text: &str) -> &str {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote))
            && !inner.contains(quote)
        {
            return inner;
        }
    }
    if matches!(text, "null" | "~") { "" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pair_of_quotes_and_white_space_are_not_part_of_a_value() {
        for (text, read) in [
            (" public ", "public"),
            ("\"open-metadata.org\"", "open-metadata.org"),
            ("'a b'", "a b"),
            ("\"\"", ""),
            ("null", ""),
            ("~", ""),
            ("\"", "\""),
            ("\"a\",\"b\"", "\"a\",\"b\""),
            ("it's", "it's"),
        ] {
            assert_eq!(plain(text), read, "{text}");
        }
    }
}
