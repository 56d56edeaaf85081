//! The members of a JSON object, one after the other.

use std::{borrow::Cow, ops::Range};

use serde_json::value::RawValue;

use super::find_near;

/// Reads the members of a JSON object (RFC 8259 section 4) in the order they stand, and copies none but names with escapes.
///
/// What most tokens are made of is read here: strings without escapes, whole numbers, and the three words. Everything else is
/// serde_json's to read, and to refuse.
pub(crate) struct Members<'a> {
    text: &'a str,
    /// Where the next thing stands.
    at: usize,
    /// Whether a string ends at the next quote: nothing in the text is escaped, nor is there a control character, which must be.
    plain: bool,
    first: bool,
}

/// One member, and where its parts stand in the text.
pub(crate) struct Member {
    /// The name as it is written, without its quotes.
    pub(crate) name: Range<usize>,
    /// The name as it is meant, where that is another.
    pub(crate) meant: Option<Box<str>>,
    /// Well-formed JSON, and nothing around it.
    pub(crate) value: Range<usize>,
}

/// The text is not one JSON object.
#[derive(Debug)]
pub(crate) struct NotOneObject;

impl<'a> Members<'a> {
    /// # Errors
    /// [`NotOneObject`] when the text does not begin as one.
    pub(crate) fn of(text: &'a str) -> Result<Self, NotOneObject> {
        // No early end: so it is a comparison of many bytes at once.
        let plain = text.bytes().fold(true, |plain, byte| plain & (byte >= b' ') & (byte != b'\\'));
        let mut members = Self { text, at: 0, plain, first: true };
        members.expect(b'{')?;
        Ok(members)
    }

    /// Whether it is known that nothing in the text is escaped. Where it has control characters, that is not known.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// What a value says that is a string. `None` for another value, or half a surrogate.
    pub(crate) fn string(&self, value: Range<usize>) -> Option<Cow<'a, str>> {
        json_string(&self.text[value], self.plain)
    }

    /// The next member, or `None` after the last.
    ///
    /// # Errors
    /// [`NotOneObject`] where the text stops being one.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<Option<Member>, NotOneObject> {
        if self.seek() == Some(b'}') {
            self.at += 1;
            return if self.seek().is_none() { Ok(None) } else { Err(NotOneObject) };
        }
        if !self.first {
            self.expect(b',')?;
        }
        self.first = false;
        let (quoted, meant) = match self.seek() {
            Some(b'"') if self.plain => (self.plain_string()?, None),
            Some(b'"') => self.name()?,
            _ => return Err(NotOneObject),
        };
        self.expect(b':')?;
        let value = self.value()?;
        Ok(Some(Member { name: quoted.start + 1..quoted.end - 1, meant, value }))
    }

    fn value(&mut self) -> Result<Range<usize>, NotOneObject> {
        let length = match self.seek() {
            Some(b'"') if self.plain => return self.plain_string(),
            Some(b'1'..=b'9') => self.whole_number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'[') if self.plain => plain_strings(&self.text[self.at..], |_| {}),
            _ => None,
        };
        match length {
            // Whatever it ends with is the next thing to look at, and must be a comma or a brace.
            Some(length) => Ok(self.take(length)),
            None => self.any_value(),
        }
    }

    /// A name in its quotes, which may be written with escapes.
    #[cold]
    fn name(&mut self) -> Result<(Range<usize>, Option<Box<str>>), NotOneObject> {
        let quoted = self.any_value()?;
        match self.string(quoted.clone()) {
            Some(Cow::Borrowed(_)) => Ok((quoted, None)),
            Some(Cow::Owned(meant)) => Ok((quoted, Some(meant.into()))),
            None => Err(NotOneObject),
        }
    }

    /// From a quote to the next one.
    fn plain_string(&mut self) -> Result<Range<usize>, NotOneObject> {
        let (start, end) = (self.at, find_near(b'"', self.text.as_bytes(), self.at + 1).ok_or(NotOneObject)?);
        self.at = end + 1;
        Ok(start..self.at)
    }

    /// The length of a number that has neither a fraction nor an exponent.
    fn whole_number(&self) -> Option<usize> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|byte| !byte.is_ascii_digit())?;
        (!matches!(rest[length], b'.' | b'e' | b'E')).then_some(length)
    }

    fn word(&self, word: &str) -> Option<usize> {
        self.text.as_bytes()[self.at..].starts_with(word.as_bytes()).then_some(word.len())
    }

    fn any_value(&mut self) -> Result<Range<usize>, NotOneObject> {
        let mut values = serde_json::Deserializer::from_str(&self.text[self.at..]).into_iter::<&RawValue>();
        match values.next() {
            Some(Ok(value)) => Ok(self.take(value.get().len())),
            _ => Err(NotOneObject),
        }
    }

    fn take(&mut self, length: usize) -> Range<usize> {
        let start = self.at;
        self.at += length;
        start..self.at
    }

    fn expect(&mut self, byte: u8) -> Result<(), NotOneObject> {
        let is_there = self.seek() == Some(byte);
        self.at += 1;
        if is_there { Ok(()) } else { Err(NotOneObject) }
    }

    /// The next byte that is no white space, which it stays at.
    fn seek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                next => return next.copied(),
            }
        }
    }
}

/// Does that with each string of an array that the text begins with, and gives the array's length; `None` when it holds anything but
/// strings. Nothing in the text is escaped, nor is there a control character.
pub(crate) fn plain_strings<'a>(text: &'a str, mut act: impl FnMut(&'a str)) -> Option<usize> {
    let bytes = text.as_bytes();
    let seek = |at: usize| bytes[at..].iter().position(|byte| *byte != b' ').map(|spaces| at + spaces);
    let mut at = seek(1)?;
    if bytes[at] == b']' {
        return Some(at + 1);
    }
    loop {
        if bytes[at] != b'"' {
            return None;
        }
        let (start, end) = (at + 1, find_near(b'"', bytes, at + 1)?);
        act(&text[start..end]);
        at = seek(end + 1)?;
        match bytes[at] {
            b']' => return Some(at + 1),
            b',' => at = seek(at + 1)?,
            _ => return None,
        }
    }
}

/// What a value says that is a string, borrowed where nothing in it is escaped, as nothing is in a plain text. `None` for another
/// value, or half a surrogate.
pub(crate) fn json_string(value: &str, plain: bool) -> Option<Cow<'_, str>> {
    let text = value.strip_prefix('"')?.strip_suffix('"')?;
    if plain || memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Some(Cow::Borrowed(text));
    }
    serde_json::from_str(value).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The members as they are read here, and as serde_json reads them.
    fn read(text: &str) -> [Option<BTreeMap<String, String>>; 2] {
        let ours = || {
            let (mut members, mut all) = (Members::of(text).ok()?, BTreeMap::new());
            while let Some(Member { name, meant, value }) = members.next().ok()? {
                all.insert(meant.as_deref().unwrap_or(&text[name]).to_owned(), text[value].to_owned());
            }
            Some(all)
        };
        let theirs = serde_json::from_str::<BTreeMap<String, &RawValue>>(text).ok();
        let theirs = theirs.map(|all| all.into_iter().map(|(name, value)| (name, value.get().to_owned())).collect());
        [ours(), theirs]
    }

    #[test]
    fn every_kind_of_value_is_read_as_serde_json_does_wherever_it_stands() {
        const VALUES: &[&str] = &[
            "0",
            "7",
            "17",
            "1700000000",
            "-1",
            "-0",
            "1.5",
            "10.25",
            "1e9",
            "1E-2",
            "99999999999999999999999",
            "true",
            "false",
            "null",
            r#""""#,
            r#""s""#,
            "\"ü\u{10ffff}\"",
            "\"\u{7f}\"",
            r#""\n\u0041""#,
            "[]",
            "[ ]",
            r#"["a"]"#,
            r#"["a","b"]"#,
            r#"[ "a" , "b" ]"#,
            r#"["a",["b"]]"#,
            r#"["a",1]"#,
            r#"["\"",""]"#,
            "[1,2]",
            "[[],{}]",
            "{}",
            r#"{"a":{"b":[{}]}}"#,
        ];
        for value in VALUES {
            for text in [
                format!(r#"{{"a":{value}}}"#),
                format!(r#"{{"a":{value},"b":{value}}}"#),
                format!(" {{ \"a\" : {value} , \"\" : {value} }} "),
                format!("\n{{\t\"a\"\r:{value}\n,\"\u{e9}\":{value}\n}}\n"),
                format!(r#"{{"\u0061":{value},"a\\":{value}}}"#),
            ] {
                let [ours, theirs] = read(&text);
                assert!(ours.is_some() && ours == theirs, "{text}");
            }
        }
    }

    #[test]
    fn what_serde_json_refuses_is_refused() {
        const BROKEN: &[&str] = &[
            "",
            " ",
            "x",
            "01",
            "00",
            "-",
            "+1",
            "1.",
            "1.e1",
            "1e",
            "12e",
            "1x",
            "1 2",
            "0x1",
            "tru",
            "truex",
            "true1",
            "nul",
            "falsetrue",
            "True",
            "NaN",
            "\"",
            "\"a",
            "\"a\u{1}\"",
            "\"\t\"",
            r#""\""#,
            r#""\x""#,
            r#""a"b"#,
            "'a'",
            "[",
            "]",
            "[,]",
            "[\"a\"",
            r#"["a",]"#,
            r#"["a" "b"]"#,
            r#"["a",,"b"]"#,
            r#"["a"}"#,
            r#"["a","]"#,
            "[1,]",
            "{",
            "}",
            "{,}",
            r#"{"a"}"#,
            ",",
            "\u{a0}1",
            "\u{feff}1",
            "/**/1",
            "1,",
        ];
        for value in BROKEN {
            for text in
                [format!(r#"{{"a":{value}}}"#), format!(r#"{{"a":1,"b":{value}}}"#), format!("{{\"a\":{value}\n}}")]
            {
                assert_eq!(read(&text), [None, None], "{text:?}");
            }
        }
        for text in [
            "",
            "{",
            "}",
            "{}}",
            "{}{}",
            "{}x",
            "{} 1",
            "[]",
            "null",
            "1",
            r#""a""#,
            r#"{"a""#,
            r#"{"a":"#,
            r#"{"a":1"#,
            r#"{"a":1,"#,
            r#"{"a" 1}"#,
            r#"{"a",1}"#,
            r#"{a:1}"#,
            r#"{1:1}"#,
            r#"{"a":1,}"#,
            r#"{,"a":1}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a":1;"b":2}"#,
            r#"{"a":1},"#,
            r#"{"\ud800":1}"#,
            "{\"a\u{0}\":1}",
            "\u{feff}{}",
            "{\u{a0}}",
            r#"{"a"::1}"#,
            r#"{null:1}"#,
        ] {
            assert_eq!(read(text), [None, None], "{text:?}");
        }
    }

    #[test]
    fn a_text_that_ends_anywhere_is_no_object() {
        for whole in [
            r#"{"aud":["a","ü"],"exp":17,"t":true,"n":null,"o":{"x":[1.5]},"":"s"} "#,
            "{ \"\\u0061\" : [ \"a\" ] ,\n\"b\" : \"\\\"\" } ",
        ] {
            assert!(read(whole)[0].is_some());
            let ends = whole.char_indices().map(|(end, _)| end).filter(|end| whole[*end..].contains('}'));
            assert!(ends.clone().count() > 20);
            ends.for_each(|end| assert_eq!(read(&whole[..end]), [None, None], "{end}"));
        }
    }

    #[test]
    fn a_value_is_a_string_or_it_is_not() {
        for (value, says) in [
            (r#""""#, Some("")),
            (r#""ü""#, Some("ü")),
            (r#""\u0061\"""#, Some("a\"")),
            (r#""\ud800""#, None),
            ("\"", None),
            ("1", None),
            (r#"["a"]"#, None),
            ("null", None),
        ] {
            assert_eq!(json_string(value, false).as_deref(), says, "{value}");
        }
        for plain in [true, false] {
            assert!(matches!(json_string(r#""a""#, plain), Some(Cow::Borrowed("a"))));
        }
    }
}
