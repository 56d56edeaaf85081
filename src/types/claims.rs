//! A JSON object read once: the claims of a token, with typed getters.

use std::{borrow::Cow, fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Member, Members, json_string, plain_strings};

/// Most claims that one object may hold. Entra's largest tokens carry about fifty.
pub const MAX_CLAIMS: usize = 256;

/// Deepest nesting of a claim's value. Address, realm_access and their kin need three; serde_json's own limit is 127.
pub const MAX_DEPTH: usize = 32;

/// So many names are found by a table; more than that, which no provider sends, are looked through one by one.
const FEW: usize = 48;

/// Places in that table. A power of two, and a good part of them stays empty.
const PLACES: usize = 64;

/// Longest claims set, in bytes. Tokens are bounded far below it; userinfo answers and metadata may be longer.
pub const MAX_CLAIMS_BYTES: usize = 1024 * 1024;

/// Latest time that a claim may name: the end of the year 9999, the last that every date format can write.
pub const MAX_SECONDS: u64 = 253_402_300_799;

/// A claims set (RFC 7519 section 4): every name once, every value with a type that is asked for by name.
///
/// A claim that is absent is `Ok(None)`; one of another type than asked for is an error, never "absent".
/// `null` is a type like any other.
#[derive(Clone)]
pub struct Claims {
    /// The JSON text, followed by the names that are written with escapes in it.
    text: String,
    json: usize,
    /// Whether it is known that nothing in the JSON text is escaped, as in most tokens.
    plain: bool,
    /// In the order they stand.
    entries: Vec<Entry>,
    places: Places,
}

#[derive(Clone)]
struct Entry {
    ends: Ends,
    name: Range<u32>,
    value: Range<u32>,
}

/// The first four bytes of a name and its last four: up to eight bytes, beside its length, they are all of it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ends(u64);

impl Ends {
    const ALL_OF: usize = 8;

    /// Inlined with the getters: of a name in the code they are a constant.
    #[inline]
    fn of(name: &[u8]) -> Self {
        let whole = |four: &[u8; 4]| u64::from(u32::from_le_bytes(*four));
        let byte = |place: usize| name.get(place).copied().map_or(0, u64::from);
        Self(match (name.first_chunk(), name.last_chunk()) {
            (Some(first), Some(last)) => whole(first) << 32 | whole(last),
            _ => byte(0) << 16 | byte(1) << 8 | byte(2),
        })
    }

    /// The place at which a name of those ends stands, or else one of the next.
    fn place(self) -> usize {
        // Fibonacci hashing: the upper bits of the product depend on all of the ends.
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACES.ilog2())) as usize
    }
}

/// Where [`FEW`] entries stand in their list, found by the ends of their names. Names that fall together cost a few steps, and at most
/// one for each entry.
#[derive(Clone)]
struct Places([u8; PLACES]);

impl Places {
    /// At an empty place: no entry of a few has that position.
    const NOBODY: u8 = u8::MAX;

    /// The places of a few entries, or `None` if two have one name.
    fn of(entries: &[Entry], text: &[u8]) -> Option<Self> {
        let mut places = Self([Self::NOBODY; PLACES]);
        for (position, entry) in (0..).zip(entries) {
            match places.find(entries, text, entry.ends, entry.name(text)) {
                Ok(_) => return None,
                Err(empty) => places.0[empty] = position,
            }
        }
        Some(places)
    }

    /// The entry of that name, or else the empty place at which it would stand. There are more places than entries.
    #[inline(always)]
    fn find<'a>(&self, entries: &'a [Entry], text: &[u8], ends: Ends, name: &[u8]) -> Result<&'a Entry, usize> {
        let mut place = ends.place();
        loop {
            match entries.get(usize::from(self.0[place])) {
                Some(entry) if entry.is_named(text, ends, name) => return Ok(entry),
                Some(_) => place = (place + 1) % PLACES,
                None => return Err(place),
            }
        }
    }
}

impl Entry {
    fn name<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        &text[self.name.start as usize..self.name.end as usize]
    }

    fn is_named(&self, text: &[u8], ends: Ends, name: &[u8]) -> bool {
        let is_like_it = self.ends == ends && self.name.len() == name.len();
        is_like_it && (name.len() <= Ends::ALL_OF || self.name(text) == name)
    }
}

/// Why a text is not a claims set. It holds nothing of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// Not JSON.
    #[error("not valid JSON")]
    Json,
    /// JSON, but another thing than an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// A name stands twice (RFC 7519 section 4).
    #[error("a name stands twice in the object")]
    Duplicate,
    /// Longer than [`MAX_CLAIMS_BYTES`].
    #[error("longer than {MAX_CLAIMS_BYTES} bytes")]
    TooLong,
    /// More than [`MAX_CLAIMS`] members.
    #[error("more than {MAX_CLAIMS} members")]
    TooMany,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

/// A claim has another type, or another range, than it must have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("claim `{claim}` must be {expected}, but is {found}")]
pub struct ClaimError {
    /// The claim's name, as the reader asked for it.
    pub claim: Box<str>,
    /// What it must be.
    pub expected: &'static str,
    /// What kind of value stood there.
    pub found: JsonKind,
}

impl ClaimError {
    #[cold]
    fn new(claim: &str, expected: &'static str, json: &str) -> Self {
        Self { claim: claim.into(), expected, found: JsonKind::of(json) }
    }
}

/// A claims set does not fit the type that it was to be decoded into. What stood there is not said: it may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the claims do not fit the type that is asked for")]
pub struct ClaimsMismatch;

/// The kind of a JSON value, without the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum JsonKind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Claims {
    /// Reads a JSON object in one pass.
    ///
    /// # Errors
    /// - [`ClaimsError::Json`], [`ClaimsError::NotAnObject`]: the text is another thing than one JSON object;
    /// - [`ClaimsError::Duplicate`]: a name stands twice, however it is escaped;
    /// - [`ClaimsError::TooLong`], [`ClaimsError::TooMany`], [`ClaimsError::TooDeep`]: a limit is passed.
    pub fn parse(text: String) -> Result<Self, ClaimsError> {
        if text.len() > MAX_CLAIMS_BYTES {
            return Err(ClaimsError::TooLong);
        }
        let (mut entries, mut escaped) = (Vec::new(), String::new());
        let plain = index(&text, &mut entries, &mut escaped)?;
        let (json, mut text) = (text.len(), text);
        text.push_str(&escaped);
        let places = if entries.len() > FEW {
            in_order(&entries, text.as_bytes())
        } else {
            Places::of(&entries, text.as_bytes())
        };
        let places = places.ok_or(ClaimsError::Duplicate)?;
        Ok(Self { text, json, plain, entries, places })
    }

    /// The object as it was written.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.text[..self.json]
    }

    /// The names of all claims, in the order they stand.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| slice(&self.text, &entry.name))
    }

    /// Whether there is a claim of that exact name, whatever its value.
    #[must_use]
    #[inline]
    pub fn contains(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The kind of a claim's value.
    #[must_use]
    #[inline]
    pub fn kind(&self, name: &str) -> Option<JsonKind> {
        self.value(name).map(JsonKind::of)
    }

    /// A claim that must be a string if it is there.
    ///
    /// # Errors
    /// [`ClaimError`] when it is anything else.
    #[inline]
    pub fn string(&self, name: &str) -> Result<Option<Cow<'_, str>>, ClaimError> {
        self.typed(name, "a string", |json| self.text(json))
    }

    /// A claim that must be a string or an array of strings if it is there, as `aud` (RFC 7519 section 4.1.3).
    ///
    /// # Errors
    /// [`ClaimError`] when it is anything else.
    pub fn strings(&self, name: &str) -> Result<Option<Vec<Cow<'_, str>>>, ClaimError> {
        let mut strings = Vec::new();
        let there = self.for_each_string(name, |text| strings.push(text))?;
        Ok(there.then_some(strings))
    }

    /// Does that with each string of a claim like those of [`strings`](Self::strings), and tells whether the claim is there.
    ///
    /// # Errors
    /// [`ClaimError`] when it is anything else. It may come after some of the strings.
    pub(crate) fn for_each_string<'a>(
        &'a self,
        name: &str,
        mut act: impl FnMut(Cow<'a, str>),
    ) -> Result<bool, ClaimError> {
        let there = self.typed(name, "a string or an array of strings", |json| match JsonKind::of(json) {
            JsonKind::String => self.text(json).map(act),
            JsonKind::Array if self.plain => plain_strings(json, |text| act(Cow::Borrowed(text))).map(|_| ()),
            JsonKind::Array => serde_json::Deserializer::from_str(json).deserialize_seq(ForEach(&mut act)).ok(),
            _ => None,
        })?;
        Ok(there.is_some())
    }

    /// A claim that must be a whole number of seconds since 1970-01-01 UTC, between 0 and [`MAX_SECONDS`], if it is there.
    ///
    /// RFC 7519 section 2 would allow fractions; no provider we know sends them, and a value that two readers round
    /// differently is worse than a refusal.
    ///
    /// # Errors
    /// [`ClaimError`] when it is anything else: a fraction, an exponent, a negative number, a string.
    #[inline]
    pub fn seconds(&self, name: &str) -> Result<Option<u64>, ClaimError> {
        self.typed(name, "a whole number of seconds since 1970", |json| {
            json.parse().ok().filter(|seconds| *seconds <= MAX_SECONDS)
        })
    }

    /// A claim that must be `true` or `false` if it is there.
    ///
    /// # Errors
    /// [`ClaimError`] when it is anything else.
    #[inline]
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, ClaimError> {
        self.typed(name, "true or false", |json| json.parse().ok())
    }

    /// A claim decoded into a type of the caller's.
    ///
    /// # Errors
    /// [`ClaimError`] when it does not fit the type.
    pub fn get<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Result<Option<T>, ClaimError> {
        self.typed(name, "of the type asked for", |json| serde_json::from_str(json).ok())
    }

    /// The whole object decoded into a type of the caller's.
    ///
    /// # Errors
    /// [`ClaimsMismatch`] when it does not fit the type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, ClaimsMismatch> {
        serde_json::from_str(self.as_json()).map_err(|_| ClaimsMismatch)
    }

    #[inline]
    fn typed<'a, T>(
        &'a self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, ClaimError> {
        let Some(json) = self.value(name) else { return Ok(None) };
        match read(json) {
            Some(value) => Ok(Some(value)),
            None => Err(ClaimError::new(name, expected, json)),
        }
    }

    /// The text of a JSON string of this object: without escapes, it stands between the quotes.
    fn text<'a>(&self, json: &'a str) -> Option<Cow<'a, str>> {
        json_string(json, self.plain)
    }

    /// The JSON text of a claim's value.
    #[inline]
    fn value(&self, name: &str) -> Option<&str> {
        self.find(Ends::of(name.as_bytes()), name.as_bytes())
    }

    fn find(&self, ends: Ends, name: &[u8]) -> Option<&str> {
        let text = self.text.as_bytes();
        let entry = match self.entries.len() {
            ..=FEW => self.places.find(&self.entries, text, ends, name).ok()?,
            _ => self.entries.iter().find(|entry| entry.is_named(text, ends, name))?,
        };
        Some(slice(&self.text, &entry.value))
    }
}

/// Names only: values are somebody's personal data.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

impl JsonKind {
    /// The kind of a well-formed JSON text.
    fn of(json: &str) -> Self {
        match json.as_bytes().first() {
            Some(b'"') => Self::String,
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'n') => Self::Null,
            _ => Self::Number,
        }
    }
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// A string, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Does that with each string of an array.
struct ForEach<F>(F);

impl<'de, F: FnMut(Cow<'de, str>)> Visitor<'de> for ForEach<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(Text(text)) = items.next_element()? {
            (self.0)(text);
        }
        Ok(())
    }
}

/// No places, for more than a few entries, or `None` if two have one name.
fn in_order(entries: &[Entry], text: &[u8]) -> Option<Places> {
    let mut names: Vec<&[u8]> = entries.iter().map(|entry| entry.name(text)).collect();
    names.sort_unstable();
    let twice = names.windows(2).any(|pair| pair[0] == pair[1]);
    (!twice).then_some(Places([Places::NOBODY; PLACES]))
}

fn slice<'a>(text: &'a str, range: &Range<u32>) -> &'a str {
    &text[range.start as usize..range.end as usize]
}

fn not_an_object(text: &str) -> ClaimsError {
    let another_value = !text.trim_start().starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok();
    if another_value { ClaimsError::NotAnObject } else { ClaimsError::Json }
}

/// Notes where each member's name and value stand. Names that are written with escapes are copied, to follow the text. Tells
/// whether it is known that nothing is escaped.
fn index(text: &str, entries: &mut Vec<Entry>, escaped: &mut String) -> Result<bool, ClaimsError> {
    let mut members = Members::of(text).map_err(|_| not_an_object(text))?;
    // A token of a usual size has ten to twenty claims: one allocation for them.
    entries.reserve(20);
    while let Some(Member { name, meant, value }) = members.next().map_err(|_| not_an_object(text))? {
        if entries.len() == MAX_CLAIMS {
            return Err(ClaimsError::TooMany);
        }
        if nested_too_deep(&text[value.clone()]) {
            return Err(ClaimsError::TooDeep);
        }
        let (ends, name) = match meant {
            None => (Ends::of(&text.as_bytes()[name.clone()]), name),
            Some(meant) => {
                let start = text.len() + escaped.len();
                escaped.push_str(&meant);
                (Ends::of(meant.as_bytes()), start..start + meant.len())
            }
        };
        entries.push(Entry { ends, name: narrow(name), value: narrow(value) });
    }
    Ok(members.is_plain())
}

/// The text is at most [`MAX_CLAIMS_BYTES`], and the names with escapes are no longer than it.
fn narrow(range: Range<usize>) -> Range<u32> {
    range.start as u32..range.end as u32
}

/// Whether a JSON value, already known to be well-formed, nests deeper than [`MAX_DEPTH`].
fn nested_too_deep(json: &str) -> bool {
    // Every level begins with a bracket: few of them nest nothing deep.
    if json.len() <= MAX_DEPTH
        || !json.starts_with(['{', '['])
        || memchr::memchr2_iter(b'{', b'[', json.as_bytes()).count() <= MAX_DEPTH
    {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Claims {
        Claims::parse(json.to_owned()).unwrap()
    }

    fn refused(json: &str) -> ClaimsError {
        Claims::parse(json.to_owned()).unwrap_err()
    }

    #[test]
    fn a_claim_is_read_by_its_exact_name() {
        let claims = claims(r#" {"sub":"a\"b","https://x.example/roles":["r",{"k":[1]}],"\u0061ud":"me","":0} "#);
        assert_eq!(claims.string("sub").unwrap().as_deref(), Some("a\"b"));
        assert_eq!(claims.string("aud").unwrap().as_deref(), Some("me"));
        assert_eq!(claims.kind("https://x.example/roles"), Some(JsonKind::Array));
        assert_eq!(claims.string("Sub"), Ok(None));
        assert!(claims.contains("") && !claims.contains("au"));
        assert_eq!(claims.names().collect::<Vec<_>>(), ["sub", "https://x.example/roles", "aud", ""]);
    }

    #[test]
    fn names_are_told_apart_wherever_they_differ() {
        let lengths = [1, 2, 3, 4, 5, 7, 8, 9, 12, 40];
        let like =
            |length: usize, place: usize| (0..length).map(|at| if at == place { 'b' } else { 'a' }).collect::<String>();
        for others in [0, FEW] {
            let others = (0..others).map(|number| format!(r#","other {number}":0"#)).collect::<String>();
            for length in lengths {
                let names: Vec<String> = (0..length.min(FEW / 2)).map(|place| like(length, place)).collect();
                let members: Vec<String> =
                    names.iter().zip(0..).map(|(name, at)| format!(r#""{name}":{at}"#)).collect();
                let text = format!("{{{}{others}}}", members.join(","));
                let claims = claims(&text);
                for (name, at) in names.iter().zip(0..) {
                    assert_eq!(claims.seconds(name), Ok(Some(at)), "{text}");
                }
                assert!(!claims.contains(&"a".repeat(length)), "{text}");
                for name in names {
                    let twice = format!(r#"{{{},"{name}":7{others}}}"#, members.join(","));
                    assert_eq!(refused(&twice), ClaimsError::Duplicate, "{twice}");
                }
            }
        }
        let zeros = claims(r#"{"":0,"\u0000":1,"\u0000\u0000":2,"abc":3,"abc\u0000":4}"#);
        for (name, at) in ["", "\0", "\0\0", "abc", "abc\0"].into_iter().zip(0..) {
            assert_eq!(zeros.seconds(name), Ok(Some(at)), "{name:?}");
        }
    }

    #[test]
    fn a_wrong_type_is_an_error_and_never_absent() {
        let claims = claims(r#"{"n":1,"s":"1","a":["x",1],"null":null,"t":true,"o":{}}"#);
        assert_eq!(claims.string("n").unwrap_err().found, JsonKind::Number);
        assert_eq!(claims.string("null").unwrap_err().found, JsonKind::Null);
        assert_eq!(claims.strings("a").unwrap_err().found, JsonKind::Array);
        assert_eq!(claims.strings("o").unwrap_err().found, JsonKind::Object);
        assert_eq!(claims.seconds("s").unwrap_err().found, JsonKind::String);
        assert_eq!(claims.boolean("s").unwrap_err().expected, "true or false");
        assert_eq!(claims.get::<u8>("t").unwrap_err().found, JsonKind::Boolean);
        assert_eq!(claims.boolean("t"), Ok(Some(true)));
    }

    #[test]
    fn a_time_is_a_whole_number_of_seconds_in_range() {
        for (json, seconds) in [("0", 0), ("1700000000", 1_700_000_000), ("253402300799", MAX_SECONDS)] {
            assert_eq!(claims(&format!("{{\"exp\":{json}}}")).seconds("exp"), Ok(Some(seconds)));
        }
        for json in ["-1", "1.0", "1.5", "1e9", "253402300800", "18446744073709551616", "\"1\"", "null", "[1]", "true"]
        {
            assert!(claims(&format!("{{\"exp\":{json}}}")).seconds("exp").is_err(), "{json}");
        }
    }

    #[test]
    fn what_is_not_one_object_with_unique_names_is_refused() {
        for json in ["[]", "\"x\"", "1", "null", "[{\"sub\":\"x\"}]"] {
            assert_eq!(refused(json), ClaimsError::NotAnObject, "{json}");
        }
        for json in ["", "{", "{\"a\":}", "{\"a\":1,}", "{\"a\":1}{}", "{\"a\":\"\u{0}\"}", "{a:1}", "{\"a\":01}"] {
            assert_eq!(refused(json), ClaimsError::Json, "{json:?}");
        }
        assert_eq!(refused(r#"{"aud":"a","sub":"s","aud":"b"}"#), ClaimsError::Duplicate);
        assert_eq!(refused(r#"{"aud":"a","\u0061ud":"b"}"#), ClaimsError::Duplicate);
        let many = |last| format!("{{{}\"{last}\":1}}", (0..FEW).map(|n| format!("\"c{n}\":1,")).collect::<String>());
        assert_eq!(refused(&many("c7")), ClaimsError::Duplicate);
        assert!(Claims::parse(many("c")).is_ok());
    }

    #[test]
    fn limits_hold_at_their_edge() {
        let nested = |depth| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(Claims::parse(nested(MAX_DEPTH)).is_ok());
        assert_eq!(refused(&nested(MAX_DEPTH + 1)), ClaimsError::TooDeep);
        assert!(Claims::parse(r#"{"a":["\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["]}"#.to_owned()).is_ok());

        let wide = |count| format!("{{{}}}", (0..count).map(|n| format!("\"c{n}\":{n}")).collect::<Vec<_>>().join(","));
        assert!(Claims::parse(wide(MAX_CLAIMS)).is_ok());
        assert_eq!(refused(&wide(MAX_CLAIMS + 1)), ClaimsError::TooMany);

        let long = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - r#"{"a":""}"#.len()));
        assert!(Claims::parse(long(MAX_CLAIMS_BYTES)).is_ok());
        assert_eq!(refused(&long(MAX_CLAIMS_BYTES + 1)), ClaimsError::TooLong);
    }

    #[test]
    fn what_does_not_fit_is_not_shown() {
        #[derive(Debug, Deserialize)]
        struct Wanted {
            #[allow(dead_code, reason = "it only has to be decoded")]
            email: u8,
        }
        let error = claims(r#"{"email":"jane@company.com"}"#).decode::<Wanted>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("jane"));
    }

    #[test]
    fn debug_shows_names_and_no_values() {
        assert_eq!(format!("{:?}", claims(r#"{"email":"jane@company.com"}"#)), r#"{"email"}"#);
    }
}
