//! `target/conformance.md`: what this run has shown of each module.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

use crate::modules::{MODULES, Module};

/// What came of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    Refused,
    /// It stands in the ledger, and was tried.
    NotOffered,
    /// Its test has begun, and has not come to its end.
    Failed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::NotOffered => "not offered",
            Self::Failed => "**failed**",
        })
    }
}

/// The verdict, and the typed reason or what else was seen.
type Row = (Verdict, String);

/// What the tests of this process have shown, by the module's name.
static ROWS: Mutex<BTreeMap<&str, Row>> = Mutex::new(BTreeMap::new());

/// A module whose test is running.
#[must_use = "`end` tells what came of it"]
pub(crate) struct Running(&'static Module);

/// Begins a module: it has failed until it ends.
///
/// # Panics
/// When the list of modules has no such name.
pub(crate) fn begin(name: &str) -> Running {
    let module = MODULES.iter().find(|module| module.name == name);
    let module = module.unwrap_or_else(|| panic!("{name} is not on the list of modules"));
    note(module, (Verdict::Failed, String::new()));
    Running(module)
}

impl Running {
    /// A login, a renewal or a logout came to its end.
    pub(crate) fn accepted(self, seen: impl Into<String>) {
        self.end(Verdict::Accepted, seen.into());
    }

    /// The provider's word was refused, for this typed reason.
    pub(crate) fn refused(self, reason: impl Into<String>) {
        self.end(Verdict::Refused, reason.into());
    }

    /// What the module is about is not offered, and this came of it.
    pub(crate) fn not_offered(self, seen: impl fmt::Display) {
        let reason = self.0.reason.expect("what is not offered has a reason on the list");
        self.end(Verdict::NotOffered, format!("{reason} Tried: {seen}"));
    }

    fn end(self, verdict: Verdict, seen: String) {
        let is_in_ledger = self.0.reason.is_some();
        assert_eq!(verdict == Verdict::NotOffered, is_in_ledger, "{}: the ledger says otherwise", self.0.name);
        note(self.0, (verdict, seen));
    }
}

/// Notes a row and writes the table: whoever comes last has written all.
fn note(module: &'static Module, row: Row) {
    let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    rows.insert(module.name, row);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("cargo's folder for tests is below target");
    let (table, unfinished) = (target.join("conformance.md"), target.join("conformance.md.unfinished"));
    fs::write(&unfinished, render(&rows)).expect("the table can be written");
    fs::rename(&unfinished, &table).expect("the table can be put in its place");
}

fn render(rows: &BTreeMap<&str, Row>) -> String {
    let count = |wanted| rows.values().filter(|(verdict, _)| *verdict == wanted).count();
    let mut table = format!(
        "# Conformance\n\nWritten by `cargo test --test conformance`: {} modules, of which {} were accepted, {} refused and {} \
         are not offered; {} failed.\n\n| module | profile | verdict | reason, or what was seen |\n|---|---|---|---|\n",
        MODULES.len(),
        count(Verdict::Accepted),
        count(Verdict::Refused),
        count(Verdict::NotOffered),
        count(Verdict::Failed),
    );
    for module in MODULES {
        let (verdict, seen) = match rows.get(module.name) {
            Some((verdict, seen)) => (verdict.to_string(), seen.as_str()),
            None => ("not run".to_owned(), ""),
        };
        let seen = seen.replace('|', "\\|").replace('\n', " ");
        writeln!(table, "| {} | {} | {verdict} | {seen} |", module.name, module.profile).expect("a text takes all");
    }
    table
}

#[test]
fn a_table_has_a_row_for_every_module_whether_or_not_it_was_run() {
    let rows = BTreeMap::from([
        (MODULES[0].name, (Verdict::Accepted, "jane | all".to_owned())),
        (MODULES[1].name, (Verdict::Failed, String::new())),
    ]);
    let table = render(&rows);
    assert_eq!(table.lines().filter(|line| line.starts_with("| oidcc-client-test")).count(), 57);
    assert!(table.contains(" 1 were accepted, 0 refused and 0 are not offered; 1 failed."), "{table}");
    assert!(table.contains(&format!("| {} | Basic | accepted | jane \\| all |\n", MODULES[0].name)), "{table}");
    assert!(table.contains(&format!("| {} | Basic | **failed** |  |\n", MODULES[1].name)), "{table}");
    assert_eq!(table.matches("| not run |").count(), MODULES.len() - 2);
}
