//! One walk over the tables: each setting from its variable, or else from the file.

use serde_json::{Map, Value};

use super::{
    super::{
        Config, Notice, Problem, TrustedIssuer,
        fields::{BLOCKS, Field, ISSUER_FIELDS, Slot},
        origin::{Origin, Origins},
    },
    Lookup,
    convert::{self, Mismatch},
    interpolate::{self, MAX_REPLACED_BYTES, Unresolved},
    unknown,
    variable::{self, Found, Unusable},
};

/// What the walk has found so far.
pub(in crate::config) struct Loader<'a> {
    variable: Lookup<'a>,
    origins: Origins,
    pub(in crate::config) problems: Vec<Problem>,
    /// Bytes that references may still bring in.
    room: usize,
}

/// A problem was found and noted; there is no value.
struct Noted;

/// One setting in one place.
struct Key<'a> {
    path: String,
    variables: &'static [&'static str],
    /// Whether the variable may name a file in its place.
    secret: bool,
    value: Option<&'a Value>,
}

type Convert<V> = fn(&Value) -> Result<Option<V>, Mismatch>;

impl<'a> Loader<'a> {
    pub(in crate::config) fn new(variable: Lookup<'a>) -> Self {
        Self { variable, origins: Origins::default(), problems: Vec::new(), room: MAX_REPLACED_BYTES }
    }

    /// Reads the blocks of a file, which must hold one of ours at least; `name` stands for it in messages.
    pub(super) fn file(mut self, name: &str, tree: &Map<String, Value>) -> (Config, Vec<Problem>) {
        for key in tree.keys() {
            if let Some(block) = unknown::misspelt_block(key) {
                self.problems.push(Problem::new(key, "is not a known block", format!("did you mean {block}?")));
            }
        }
        if self.problems.is_empty() && !BLOCKS.iter().any(|block| tree.contains_key(block.path)) {
            let what = "holds neither authenticationConfiguration nor authorizerConfiguration";
            self.problems.push(Problem::new(name, what, "name the file that holds them"));
        }
        self.blocks(tree)
    }

    /// Reads the blocks of ours, whether they are there or not: the variables count without them.
    pub(super) fn blocks(mut self, tree: &Map<String, Value>) -> (Config, Vec<Problem>) {
        let mut config = Config::default();
        for block in &BLOCKS {
            let object = self.object(block.path, find(tree, block.path));
            self.fields(block.path, block.fields, object, &mut config);
        }
        config.origins = self.origins;
        (config, self.problems)
    }

    /// The members of a block, if it is there.
    pub(in crate::config) fn object<'v>(
        &mut self,
        path: &str,
        value: Option<&'v Value>,
    ) -> Option<&'v Map<String, Value>> {
        match value {
            Some(Value::Object(members)) => Some(members),
            Some(other) if !is_nothing(other) => {
                self.mismatch(path, None, &Mismatch::new("a block of keys", other));
                None
            }
            _ => None,
        }
    }

    /// Reads the members of a block by its table; a key that stands in no table is a problem.
    pub(in crate::config) fn fields<T>(
        &mut self,
        path: &str,
        fields: &[Field<T>],
        object: Option<&Map<String, Value>>,
        target: &mut T,
    ) {
        for key in object.into_iter().flat_map(Map::keys) {
            if !fields.iter().any(|field| field.key == key) {
                let mend = unknown::mend(key, path, fields.iter().map(|field| field.key));
                self.problems.push(Problem::new(format!("{path}.{key}"), "is not a known key", mend));
            }
        }
        for field in fields {
            let secret = matches!(field.slot, Slot::Secret(_) | Slot::SecretWithFile(..) | Slot::SecretsWithFile(..));
            let value = object.and_then(|members| members.get(field.key));
            let key = Key { path: format!("{path}.{}", field.key), variables: field.variables, secret, value };
            self.field(&key, &field.slot, target);
        }
    }

    fn field<T>(&mut self, key: &Key<'_>, slot: &Slot<T>, target: &mut T) {
        match slot {
            Slot::Text(place) => *place(target) = self.read(key, convert::text),
            Slot::Switch(place) => *place(target) = self.read(key, convert::switch),
            Slot::Number(place) => *place(target) = self.read(key, convert::number),
            Slot::List(place) => *place(target) = self.read(key, convert::list).unwrap_or_default(),
            Slot::Map(place) => *place(target) = self.read(key, convert::map).unwrap_or_default(),
            Slot::Secret(place) => *place(target) = self.read(key, convert::secret),
            Slot::SecretWithFile(place, file) => {
                *place(target) = self.read(key, convert::secret);
                *file(target) = self.origins.file(&key.path);
            }
            Slot::SecretsWithFile(place, file) => {
                *place(target) = self.read(key, convert::secrets).unwrap_or_default();
                *file(target) = self.origins.file(&key.path);
            }
            Slot::TrustedIssuers(place) => *place(target) = self.trusted_issuers(key),
            Slot::PassedOver if key.value.is_some_and(|value| !value.is_null()) => {
                self.origins.notices.push(Notice::note(&key.path, "has no meaning here and is passed over"));
            }
            Slot::PassedOver | Slot::Block => {}
        }
    }

    fn trusted_issuers(&mut self, key: &Key<'_>) -> Vec<TrustedIssuer> {
        let entries = match key.value {
            Some(Value::Array(entries)) => entries,
            Some(other) if !is_nothing(other) => {
                self.mismatch(&key.path, None, &Mismatch::new("a list of blocks", other));
                return Vec::new();
            }
            _ => return Vec::new(),
        };
        let mut issuers = Vec::with_capacity(entries.len());
        for (position, entry) in entries.iter().enumerate() {
            let path = format!("{}[{position}]", key.path);
            let mut issuer = TrustedIssuer::default();
            let object = self.object(&path, Some(entry));
            self.fields(&path, ISSUER_FIELDS, object, &mut issuer);
            issuers.push(issuer);
        }
        issuers
    }

    /// Environment over file.
    fn read<V>(&mut self, key: &Key<'_>, convert: Convert<V>) -> Option<V> {
        let value = match self.variable_value(key, convert) {
            Ok(None) => self.file_value(key, convert),
            found => found,
        };
        value.unwrap_or_else(|Noted| {
            self.origins.fail(&key.path);
            None
        })
    }

    /// The value of the first of the key's variables that is set.
    fn variable_value<V>(&mut self, key: &Key<'_>, convert: Convert<V>) -> Result<Option<V>, Noted> {
        let read = if key.secret { variable::secret } else { variable::text };
        for name in key.variables {
            let found = read(name, self.variable).map_err(|unusable| self.unusable(&key.path, unusable))?;
            let Some(Found { text, origin }) = found else { continue };
            if let Some(value) = self.converted(&key.path, &Value::String(text), Some(origin), convert)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// The value of the file, its references replaced.
    fn file_value<V>(&mut self, key: &Key<'_>, convert: Convert<V>) -> Result<Option<V>, Noted> {
        let Some(value) = key.value else { return Ok(None) };
        let mut used = Vec::new();
        let value = interpolate::in_value(value, self.variable, &mut used, &mut self.room).map_err(|unresolved| {
            let mend = match unresolved {
                Unresolved::TooLong => "write shorter values",
                _ => "set the variable, or write ${NAME:-default}; $${ stands for ${ itself",
            };
            self.problems.push(Problem::new(&key.path, unresolved.to_string(), mend));
            Noted
        })?;
        let origin = (!used.is_empty()).then(|| Origin { variable: used.join(", "), file: None });
        self.converted(&key.path, &value, origin, convert)
    }

    /// Turns a value into the setting's kind, and remembers where it came from.
    fn converted<V>(
        &mut self,
        path: &str,
        value: &Value,
        origin: Option<Origin>,
        convert: Convert<V>,
    ) -> Result<Option<V>, Noted> {
        match convert(value) {
            Ok(Some(value)) => {
                if let Some(origin) = origin {
                    self.origins.record(path, origin);
                }
                Ok(Some(value))
            }
            Ok(None) => Ok(None),
            Err(mismatch) => Err(self.mismatch(path, origin.as_ref(), &mismatch)),
        }
    }

    fn mismatch(&mut self, path: &str, origin: Option<&Origin>, mismatch: &Mismatch) -> Noted {
        let what = format!("expected {}, found {}", mismatch.expected, mismatch.found);
        let problem = Problem::new(format!("{path}{}", mismatch.within), what, format!("write {}", mismatch.expected));
        self.problems.push(match origin {
            Some(origin) => problem.with_variable(&origin.variable),
            None => problem,
        });
        self.origins.fail(path);
        Noted
    }

    fn unusable(&mut self, path: &str, unusable: Unusable) -> Noted {
        self.problems.push(Problem::new(path, unusable.what, unusable.mend).with_variable(unusable.variable));
        Noted
    }
}

/// Whether a value counts as not set.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

/// The value at a dotted path.
pub(in crate::config) fn find<'v>(tree: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match (tree.get(first), rest) {
        (Some(Value::Object(members)), rest) if !rest.is_empty() => find(members, rest),
        (value, "") => value,
        _ => None,
    }
}
