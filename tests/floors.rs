//! The floors of the crate: a module may name only modules on floors below its own.
//!
//! 1. Modules on one floor do not know each other.
//! 2. Files name modules (`crate::config::Config`), never what the root lifts up (`crate::Config`, `crate::*`).
//! 3. Every top-level module has a floor.
//! 4. The root, `src/lib.rs`, may name everything: it is the map.
//! 5. Test code keeps the same rules, but may look up to [`TESTING`], the provider inside the process.
//!
//! Tokens are read, so that the bodies of macros and the paths in attributes (`#[serde(with = "..")]`) count as much as
//! `use` trees, types and expressions. Comments and documentation do not count: they may tell of what stands above.

#![allow(clippy::expect_used, reason = "a source that cannot be read fails the test")]

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, Group, Literal, Punct, Spacing, TokenStream, TokenTree};

/// The floors, from the ground up.
const FLOORS: [&[&str]; 10] = [
    &["types", "metrics"],
    &["config"],
    &["jose"],
    &["provider"],
    &["validator"],
    &["session"],
    &["principal"],
    &["login"],
    &["layer"],
    &["axum", "client", "doctor", "testing", "guide"],
];

/// The one module that test code of a lower floor may name.
const TESTING: &str = "testing";

#[test]
fn every_module_names_only_modules_on_lower_floors() {
    let mut reader = Reader::default();
    reader.read_file(Place { file: "src/lib.rs".into(), module: Vec::new(), test: false });

    let faults = reader.faults.iter().map(|fault| format!("\n  {fault}")).collect::<String>();
    assert!(faults.is_empty(), "the floors do not hold:{faults}\n");
    let unread: Vec<_> = files_under(Path::new("src")).difference(&reader.files).cloned().collect();
    assert!(unread.is_empty(), "every file of src/ is declared by a `mod`, and is read: {unread:?}");
}

fn files_under(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let sources = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    sources.chain(folders.iter().flat_map(|folder| files_under(folder))).collect()
}

/// Reads a crate from its root, following each `mod`.
#[derive(Default)]
struct Reader {
    files: BTreeSet<PathBuf>,
    faults: Vec<Fault>,
}

/// Where a piece of code stands.
#[derive(Clone)]
struct Place {
    file: PathBuf,
    module: Vec<String>,
    /// Under `#[cfg(test)]`.
    test: bool,
}

struct Fault {
    file: PathBuf,
    line: usize,
    /// The path as it was written.
    path: String,
    kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FaultKind {
    /// The module on the first floor names one on the second, which is no lower.
    Floor(usize, usize),
    /// The path ends at the root, or at something there that is not a module with a floor.
    Root,
    /// A top-level module without a floor.
    NoFloor,
}

impl Reader {
    fn read_file(&mut self, place: Place) {
        let text = fs::read_to_string(&place.file).expect("a file of sources");
        self.read(text.parse().expect("a file of tokens"), &place);
        self.files.insert(place.file);
    }

    fn read(&mut self, tokens: TokenStream, place: &Place) {
        use TokenTree::{Group, Ident, Punct};

        let tokens = tokens.into_iter().collect::<Vec<_>>();
        let mut rest = tokens.as_slice();
        let mut item = place.clone();
        while let [_, after @ ..] = rest {
            rest = match rest {
                [Punct(hash), Group(attribute), after @ ..] if hash.as_char() == '#' => {
                    item.test |= is_test_only(attribute);
                    self.read_attribute(attribute, &item);
                    after
                }
                [Ident(word), Ident(name), body, after @ ..] if word == "mod" => {
                    self.read_module(&name.to_string(), body, &item);
                    item.test = place.test;
                    after
                }
                [Group(group), ..] => {
                    self.read(group.stream(), &item);
                    item.test = place.test || (item.test && group.delimiter() != Delimiter::Brace);
                    after
                }
                [Punct(end), ..] if end.as_char() == ';' => {
                    item.test = place.test;
                    after
                }
                _ if begins_a_path(rest) => self.read_path(rest, &[], &item),
                _ => after,
            };
        }
    }

    fn read_module(&mut self, name: &str, body: &TokenTree, parent: &Place) {
        let mut place = parent.clone();
        place.module.push(name.to_owned());
        if parent.module.is_empty() && floor_of(name).is_none() {
            self.fault(FaultKind::NoFloor, line_of(body), &place.module, parent);
        }
        if let TokenTree::Group(body) = body {
            return self.read(body.stream(), &place);
        }
        let folder = Path::new("src").join(place.module.join("/"));
        let (flat, nested) = (folder.with_extension("rs"), folder.join("mod.rs"));
        place.file = if flat.is_file() { flat } else { nested };
        self.read_file(place);
    }

    /// The texts of an attribute may hold paths; those of documentation do not count.
    fn read_attribute(&mut self, attribute: &Group, place: &Place) {
        let mut tokens = attribute.stream().into_iter().peekable();
        if tokens.peek().is_some_and(|first| first.to_string() == "doc") {
            return;
        }
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.read_attribute(&group, place),
                TokenTree::Literal(literal) => self.read(tokens_in(&literal), place),
                _ => {}
            }
        }
    }

    /// Reads the path, or the `use` tree, at the start of `tokens`, and returns the tokens after it.
    fn read_path<'a>(&mut self, tokens: &'a [TokenTree], prefix: &[String], place: &Place) -> &'a [TokenTree] {
        use TokenTree::{Group, Ident, Punct};

        let mut path = prefix.to_vec();
        let mut rest = tokens;
        while let [Ident(segment), Punct(colon), Punct(_), after @ ..] = rest
            && is_double_colon(colon)
        {
            path.push(segment.to_string());
            rest = after;
        }
        match rest {
            [Group(tree), after @ ..] if tree.delimiter() == Delimiter::Brace => {
                let branches = tree.stream().into_iter().collect::<Vec<_>>();
                for branch in branches.split(|token| token.to_string() == ",").filter(|branch| !branch.is_empty()) {
                    self.read_path(branch, &path, place);
                }
                return after;
            }
            [Ident(last), after @ ..] => {
                path.push(last.to_string());
                rest = after;
            }
            _ => {}
        }
        if let Some(kind) = judge(&path, place) {
            self.fault(kind, line_of(&tokens[0]), &path, place);
        }
        rest
    }

    fn fault(&mut self, kind: FaultKind, line: usize, path: &[String], place: &Place) {
        self.faults.push(Fault { file: place.file.clone(), line, path: path.join("::"), kind });
    }
}

/// Whether code at `place` may name `path`, which is written from `crate`, `self`, `super` or the crate's own name on.
fn judge(path: &[String], place: &Place) -> Option<FaultKind> {
    let own = place.module.first()?;
    let absolute = absolute(path, &place.module);
    let Some(named) = absolute.first() else { return Some(FaultKind::Root) };
    if named == own || (place.test && named == TESTING) {
        return None;
    }
    let (Some(own), Some(named)) = (floor_of(own), floor_of(named)) else { return Some(FaultKind::Root) };
    (named >= own).then_some(FaultKind::Floor(own, named))
}

/// The path from the root on.
fn absolute(path: &[String], module: &[String]) -> Vec<String> {
    let mut absolute = module.to_vec();
    for segment in path {
        match segment.as_str() {
            "crate" | "tower_oidc" => absolute.clear(),
            "self" => {}
            "super" => drop(absolute.pop()),
            name => absolute.push(name.to_owned()),
        }
    }
    absolute
}

fn floor_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn begins_a_path(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Ident(first), TokenTree::Punct(colon), TokenTree::Punct(_), ..]
        if is_double_colon(colon) && ["crate", "self", "super", "tower_oidc"].iter().any(|start| first == start))
}

/// `a::b`, and not `a: ::b`.
fn is_double_colon(first: &Punct) -> bool {
    first.as_char() == ':' && first.spacing() == Spacing::Joint
}

fn is_test_only(attribute: &Group) -> bool {
    let text = attribute.stream().to_string().replace(' ', "");
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

/// The tokens written inside a string, at its own line; nothing for texts that are not code.
fn tokens_in(literal: &Literal) -> TokenStream {
    let text = literal.to_string();
    let tokens = text.trim_matches('"').parse::<TokenStream>().unwrap_or_default();
    let at_the_literal = |mut token: TokenTree| {
        token.set_span(literal.span());
        token
    };
    tokens.into_iter().map(at_the_literal).collect()
}

fn line_of(token: &TokenTree) -> usize {
    token.span().start().line
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: `{}` ", self.file.display(), self.line, self.path)?;
        match self.kind {
            FaultKind::Floor(own, named) if own == named => {
                write!(f, "names another module of floor {own}: modules on one floor do not know each other")
            }
            FaultKind::Floor(own, named) => write!(f, "goes up from floor {own} to floor {named}"),
            FaultKind::Root => {
                f.write_str("is not in a module with a floor: name the module, not what the root lifts up")
            }
            FaultKind::NoFloor => f.write_str("has no floor: give it one in FLOORS of tests/floors.rs"),
        }
    }
}

/// The faults of a text in a module's file.
fn faults(module: &str, text: &str) -> Vec<(String, FaultKind)> {
    let module = module.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let mut reader = Reader::default();
    let place = Place { file: PathBuf::new(), module, test: false };
    reader.read(text.parse().expect("tokens"), &place);
    reader.faults.into_iter().map(|fault| (fault.path, fault.kind)).collect()
}

#[test]
fn a_lower_module_and_the_own_one_may_be_named() {
    for (module, text) in [
        ("validator::id_token", "use crate::{jose::{KeyRing, self}, types::*}; use super::verified;"),
        ("types::claims", "mod tests { use super::*; use super::super::Issuer; }"),
        ("config", "use self::settings::Settings; fn f() { crate::config::check() }"),
        ("layer", "/// [`crate::doctor`]\n#[doc = \"crate::client\"] pub(crate) struct S { x: ::axum::X }"),
        ("", "pub use config::Config; pub use crate::layer::AuthLayer;"),
    ] {
        assert_eq!(faults(module, text), [], "{module}: {text}");
    }
}

#[test]
fn a_higher_module_is_found_however_it_is_named() {
    for (module, text, path, named) in [
        ("types", "use crate::layer::X;", "crate::layer::X", 8),
        ("types::claims", "use super::super::login;", "super::super::login", 7),
        ("types", "use crate::{types::A, config::{self, B}};", "crate::config::self", 1),
        ("types", "fn f() { let x = crate::session::open::<u8>(1); }", "crate::session::open", 5),
        ("types", "type A = Vec<crate::jose::KeyRing>;", "crate::jose::KeyRing", 2),
        ("types", "fn f() { vec![crate::principal::admin()] }", "crate::principal::admin", 6),
        ("types", "macro_rules! m { () => { $crate::provider::f() } }", "crate::provider::f", 3),
        ("types", "#[serde(with = \"crate::validator::time\")] struct S;", "crate::validator::time", 4),
        ("types", "use tower_oidc::client;", "tower_oidc::client", 9),
        ("types", "mod inner { mod deeper { use super::super::super::axum; } }", "super::super::super::axum", 9),
    ] {
        let found = faults(module, text);
        assert_eq!(found.first(), Some(&(path.to_owned(), FaultKind::Floor(0, named))), "{text}");
    }
}

#[test]
fn modules_on_one_floor_do_not_know_each_other() {
    assert_eq!(faults("axum", "use crate::client::X;"), [("crate::client::X".to_owned(), FaultKind::Floor(9, 9))]);
}

#[test]
fn what_the_root_lifts_up_is_not_named() {
    for text in ["use crate::Config;", "use crate::*;", "use super::Config;", "use crate::{Config};", "crate::auth!()"]
    {
        let found = faults("layer", text);
        assert_eq!(found.iter().map(|fault| fault.1).collect::<Vec<_>>(), [FaultKind::Root], "{text}");
    }
}

#[test]
fn a_top_level_module_needs_a_floor() {
    assert_eq!(faults("", "mod util { }"), [("util".to_owned(), FaultKind::NoFloor)]);
    assert_eq!(faults("", "mod types { mod util { } }"), []);
}

#[test]
fn test_code_looks_up_to_the_testing_provider_alone() {
    assert_eq!(faults("provider", "#[cfg(test)] mod tests { use crate::testing::Provider; }"), []);
    assert_eq!(faults("provider", "#[cfg(test)] use crate::testing::Provider;"), []);
    for text in [
        "use crate::testing::X;",
        "#[cfg(test)] use crate::layer::X;",
        "#[cfg(test)] use crate::types::X; use crate::testing::X;",
        "#[cfg(test)] mod tests {} use crate::testing::X;",
        "#[cfg(not(test))] mod tests { use crate::testing::X; }",
    ] {
        assert_eq!(faults("provider", text).len(), 1, "{text}");
    }
}

#[test]
fn a_fault_is_told_with_its_file_line_path_and_floors() {
    let mut reader = Reader::default();
    let place =
        Place { file: "src/types/claims.rs".into(), module: vec!["types".into(), "claims".into()], test: false };
    reader.read("use std::fmt;\n\nuse crate::{\n    layer::X,\n};".parse().expect("tokens"), &place);
    assert_eq!(
        reader.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["src/types/claims.rs:4: `crate::layer::X` goes up from floor 0 to floor 8"]
    );
}
