//! `${NAME}` and `${NAME:-default}`, replaced in texts that were parsed already.

use serde_json::Value;

use super::{Lookup, MAX_FILE_BYTES, variable::plain};

/// Most bytes that the references of a file may bring in: as many as a file may have. A short file could name a long variable a
/// hundred thousand times.
pub(super) const MAX_REPLACED_BYTES: usize = MAX_FILE_BYTES as usize;

/// Why a reference cannot be replaced.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unresolved {
    #[error("${{{0}}} is not set and has no default")]
    Unset(String),
    #[error("${{ is not closed")]
    Unclosed,
    #[error("${{ is not followed by the name of a variable")]
    Name,
    #[error("the default of ${{{0}}} holds another reference")]
    Nested(String),
    #[error("with this reference, those of the file bring in more than {MAX_REPLACED_BYTES} bytes")]
    TooLong,
}

/// A copy of `value` with the references in its texts replaced; the names of the variables that were set go to `used`, and the bytes
/// that they bring in are taken off `room`.
///
/// A text that came out of a reference is read as it would be where it stands alone: without quotes around it.
pub(super) fn in_value(
    value: &Value,
    variable: Lookup<'_>,
    used: &mut Vec<String>,
    room: &mut usize,
) -> Result<Value, Unresolved> {
    Ok(match value {
        Value::String(text) => Value::String(in_text(text, variable, used, room)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| in_value(item, variable, used, room)).collect::<Result<_, _>>()?)
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| Ok((name.clone(), in_value(value, variable, used, room)?)))
                .collect::<Result<_, _>>()?,
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    })
}

fn in_text(text: &str, variable: Lookup<'_>, used: &mut Vec<String>, room: &mut usize) -> Result<String, Unresolved> {
    let (mut replaced, mut rest, mut references) = (String::new(), text, 0);
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(escaped) = before.strip_suffix('$') {
            replaced.push_str(escaped);
            replaced.push_str("${");
            rest = after;
            continue;
        }
        let (reference, after) = Reference::read(after)?;
        let value = reference.value(variable, used)?;
        *room = room.checked_sub(value.len()).ok_or(Unresolved::TooLong)?;
        replaced.push_str(before);
        replaced.push_str(&value);
        references += 1;
        rest = after;
    }
    replaced.push_str(rest);
    Ok(if references > 0 { plain(&replaced).to_owned() } else { replaced })
}

struct Reference<'a> {
    name: &'a str,
    default: Option<&'a str>,
}

impl<'a> Reference<'a> {
    /// Reads what stands after `${`, up to the brace that closes it; also gives what follows.
    fn read(text: &'a str) -> Result<(Self, &'a str), Unresolved> {
        let end = closing_brace(text).ok_or(Unresolved::Unclosed)?;
        let (name, default) = match text[..end].split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (&text[..end], None),
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')) {
            return Err(Unresolved::Name);
        }
        if default.is_some_and(|default| default.contains("${")) {
            return Err(Unresolved::Nested(name.to_owned()));
        }
        Ok((Self { name, default }, &text[end + 1..]))
    }

    fn value(&self, variable: Lookup<'_>, used: &mut Vec<String>) -> Result<String, Unresolved> {
        if let Some(value) = variable(self.name).filter(|value| !value.is_empty()) {
            if !used.iter().any(|name| name == self.name) {
                used.push(self.name.to_owned());
            }
            return Ok(value);
        }
        self.default.map(str::to_owned).ok_or_else(|| Unresolved::Unset(self.name.to_owned()))
    }
}

/// The first brace that closes more than was opened: a default may be `{}`.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(position),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("tenant.auth0.com".to_owned()),
            "SECRET" => Some("a${HOST}: # [b".to_owned()),
            "QUOTED" => Some("\"open-metadata.org\"".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    fn replace(text: &str) -> Result<String, Unresolved> {
        in_text(text, &variable, &mut Vec::new(), &mut { MAX_REPLACED_BYTES })
    }

    #[test]
    fn references_bring_in_no_more_than_there_is_room_for() {
        let value = serde_json::json!(["${HOST}", { "a": "x${HOST}" }]);
        let mut room = 2 * "tenant.auth0.com".len();
        assert!(in_value(&value, &variable, &mut Vec::new(), &mut { room }).is_ok());
        room -= 1;
        assert_eq!(in_value(&value, &variable, &mut Vec::new(), &mut room), Err(Unresolved::TooLong));
    }

    #[test]
    fn references_are_replaced_by_the_variable_or_the_default() {
        for (text, replaced) in [
            ("https://${HOST}/", "https://tenant.auth0.com/"),
            ("${HOST:-elsewhere}", "tenant.auth0.com"),
            ("${MISSING:-elsewhere}/${HOST}", "elsewhere/tenant.auth0.com"),
            ("${EMPTY:-elsewhere}", "elsewhere"),
            ("${MISSING:-}", ""),
            ("${MISSING:-\"\"}", ""),
            ("${MISSING:- \"a b\"}", "a b"),
            ("${MISSING:-{}}", "{}"),
            ("${QUOTED}", "open-metadata.org"),
            ("$${HOST}", "${HOST}"),
            ("$HOST and \"quotes\"", "$HOST and \"quotes\""),
            ("\"kept\"", "\"kept\""),
        ] {
            assert_eq!(replace(text).as_deref(), Ok(replaced), "{text}");
        }
    }

    #[test]
    fn a_value_is_not_read_for_references_again() {
        assert_eq!(replace("${SECRET}").as_deref(), Ok("a${HOST}: # [b"));
    }

    #[test]
    fn a_reference_that_cannot_be_replaced_is_an_error() {
        for (text, error) in [
            ("${MISSING}", Unresolved::Unset("MISSING".to_owned())),
            ("${EMPTY}", Unresolved::Unset("EMPTY".to_owned())),
            ("${HOST", Unresolved::Unclosed),
            ("${MISSING:-{}", Unresolved::Unclosed),
            ("${}", Unresolved::Name),
            ("${a b}", Unresolved::Name),
            ("${MISSING:-${HOST}}", Unresolved::Nested("MISSING".to_owned())),
        ] {
            assert_eq!(replace(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_variables_that_were_set_are_told() {
        let mut used = Vec::new();
        let value = serde_json::json!(["${HOST}", { "a": "${MISSING:-b}" }, 1]);
        let replaced = in_value(&value, &variable, &mut used, &mut 100).unwrap();
        assert_eq!(replaced, serde_json::json!(["tenant.auth0.com", { "a": "b" }, 1]));
        assert_eq!(used, ["HOST"]);
    }
}
