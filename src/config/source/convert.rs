//! Values of the file and of variables, turned into the kinds that settings have.
//!
//! An empty text, `null` and an empty list or map are `None`. A text stands for every other kind, as a variable does.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::types::Secret;

use super::{variable::plain, yaml};

/// A value of another kind than the setting has. It holds nothing of the value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// Where in the value: empty, or `[2]`, or `.name`.
    pub(super) within: String,
    pub(super) expected: &'static str,
    pub(super) found: &'static str,
}

impl Mismatch {
    pub(super) fn new(expected: &'static str, found: &Value) -> Self {
        Self { within: String::new(), expected, found: kind(found) }
    }

    fn within(self, within: String) -> Self {
        Self { within, ..self }
    }
}

const TEXT: &str = "a text (in quotes if it looks like a number or a boolean)";
const SWITCH: &str = "true or false";
const NUMBER: &str = "a whole number, not negative";
const LIST: &str = "a list of texts, such as [a, b]";
const MAP: &str = "a map of texts, such as {name: value}";

pub(super) fn text(value: &Value) -> Result<Option<String>, Mismatch> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok((!text.is_empty()).then(|| text.clone())),
        _ => Err(Mismatch::new(TEXT, value)),
    }
}

pub(super) fn secret(value: &Value) -> Result<Option<Secret>, Mismatch> {
    Ok(text(value)?.map(Secret::new))
}

/// One secret, or a list in brackets: a secret may hold commas.
pub(super) fn secrets(value: &Value) -> Result<Option<Vec<Secret>>, Mismatch> {
    let texts = match value {
        Value::String(text) if !text.starts_with('[') => (!text.is_empty()).then(|| vec![text.clone()]),
        _ => list(value)?,
    };
    Ok(texts.map(|texts| texts.into_iter().map(Secret::new).collect()))
}

pub(super) fn switch(value: &Value) -> Result<Option<bool>, Mismatch> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(on) => Ok(Some(*on)),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        _ => Err(Mismatch::new(SWITCH, value)),
    }
}

pub(super) fn number(value: &Value) -> Result<Option<u64>, Mismatch> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        _ => None,
    };
    number.map(Some).ok_or_else(|| Mismatch::new(NUMBER, value))
}

pub(super) fn list(value: &Value) -> Result<Option<Vec<String>>, Mismatch> {
    let items = match value {
        Value::Null => return Ok(None),
        Value::String(text) => written_list(text).ok_or_else(|| Mismatch::new(LIST, value))?,
        Value::Array(items) => items_of(items)?,
        _ => return Err(Mismatch::new(LIST, value)),
    };
    Ok((!items.is_empty()).then_some(items))
}

fn items_of(items: &[Value]) -> Result<Vec<String>, Mismatch> {
    let mut texts = Vec::with_capacity(items.len());
    for (position, item) in items.iter().enumerate() {
        texts.extend(text(item).map_err(|mismatch| mismatch.within(format!("[{position}]")))?);
    }
    Ok(texts)
}

/// The items of `[a, b]` or `a, b`.
fn written_list(text: &str) -> Option<Vec<String>> {
    let items: Vec<String> = if text.starts_with('[') {
        yaml::parse(text).ok()?
    } else {
        text.split(',').map(|item| plain(item).to_owned()).collect()
    };
    Some(items.into_iter().filter(|item| !item.is_empty()).collect())
}

pub(super) fn map(value: &Value) -> Result<Option<BTreeMap<String, String>>, Mismatch> {
    let members = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) if text.starts_with('{') => yaml::parse(text).map_err(|_| Mismatch::new(MAP, value))?,
        Value::Object(members) => {
            let mut texts = BTreeMap::new();
            for (name, value) in members {
                texts.extend(
                    scalar(value).map_err(|error| error.within(format!(".{name}")))?.map(|v| (name.clone(), v)),
                );
            }
            texts
        }
        _ => return Err(Mismatch::new(MAP, value)),
    };
    Ok((!members.is_empty()).then_some(members))
}

/// A value of a map: what is sent is a text, so that numbers and booleans stand for theirs.
fn scalar(value: &Value) -> Result<Option<String>, Mismatch> {
    match value {
        Value::Bool(_) | Value::Number(_) => Ok(Some(value.to_string())),
        _ => text(value),
    }
}

/// What stands there, in words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "another text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_booleans_may_be_written_as_texts() {
        for value in [json!(3600), json!("3600")] {
            assert_eq!(number(&value), Ok(Some(3600)));
        }
        for value in [json!(true), json!("true"), json!("TRUE")] {
            assert_eq!(switch(&value), Ok(Some(true)));
        }
        for value in [json!(-1), json!(1.5), json!("-1"), json!("1h"), json!("99999999999999999999"), json!([1])] {
            assert_eq!(number(&value), Err(Mismatch::new(NUMBER, &value)), "{value}");
        }
        for value in [json!("yes"), json!(1), json!([])] {
            assert_eq!(switch(&value), Err(Mismatch::new(SWITCH, &value)), "{value}");
        }
    }

    #[test]
    fn nothing_and_empty_things_are_not_set() {
        for value in [json!(null), json!("")] {
            assert_eq!(text(&value), Ok(None));
            assert_eq!(switch(&value), Ok(None));
            assert_eq!(number(&value), Ok(None));
            assert_eq!(list(&value), Ok(None));
            assert_eq!(map(&value), Ok(None));
            assert!(secret(&value).unwrap().is_none() && secrets(&value).unwrap().is_none());
        }
        for value in [json!([]), json!("[]"), json!([null, ""]), json!(" , ")] {
            assert_eq!(list(&value), Ok(None), "{value}");
        }
        assert_eq!((map(&json!({})), map(&json!("{}"))), (Ok(None), Ok(None)));
    }

    #[test]
    fn a_list_is_a_flow_list_or_is_separated_by_commas() {
        for (value, items) in [
            (json!(["a", "b"]), vec!["a", "b"]),
            (json!("[a, \"b c\"]"), vec!["a", "b c"]),
            (json!("[0123, true, 1e3]"), vec!["0123", "true", "1e3"]),
            (json!("[http://localhost:8585/jwks,https://a/b]"), vec!["http://localhost:8585/jwks", "https://a/b"]),
            (json!("[username:name]"), vec!["username:name"]),
            (json!("a, \"b\" ,"), vec!["a", "b"]),
            (json!("RS256"), vec!["RS256"]),
        ] {
            assert_eq!(list(&value).unwrap().unwrap(), items, "{value}");
        }
        assert_eq!(list(&json!(["a", 1])).unwrap_err().within, "[1]");
        for value in [json!("[a"), json!("[[a]]"), json!(5), json!({ "a": "b" })] {
            assert!(list(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_secret_may_hold_commas_and_a_list_of_them_has_brackets() {
        let texts = |value| secrets(&value).unwrap().unwrap().iter().map(|s| s.expose().to_owned()).collect::<Vec<_>>();
        assert_eq!(texts(json!("a,b")), ["a,b"]);
        assert_eq!(texts(json!("[new, old]")), ["new", "old"]);
        assert_eq!(texts(json!(["new", "old"])), ["new", "old"]);
    }

    #[test]
    fn a_map_holds_texts() {
        let wanted =
            BTreeMap::from([("audience".to_owned(), "https://api".to_owned()), ("n".to_owned(), "1".to_owned())]);
        for value in [
            json!({ "audience": "https://api", "n": 1, "none": null }),
            json!("{audience: https://api, n: 1}"),
            json!(r#"{"audience":"https://api","n":"1"}"#),
        ] {
            assert_eq!(map(&value), Ok(Some(wanted.clone())), "{value}");
        }
        assert_eq!(map(&json!({ "a": [] })).unwrap_err().within, ".a");
        assert!(map(&json!("audience=https://api")).is_err());
    }
}
