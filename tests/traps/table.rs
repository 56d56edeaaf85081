//! The tables of `main.rs` and those of the chapter of threats, held against the tests.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Bug classes of the field, by letter.
const CLASSES: &str = "ABCDEFGHIJKLMNOPQRSTUVW";

/// Advisories that have a test of their own: the first words of their rows.
const ADVISORIES: [&str; 24] = [
    "CVE-2026-25537",
    "jsonwebtoken 11.1",
    "CVE-2026-29000",
    "CVE-2026-35039",
    "CVE-2026-107723",
    "CVE-2025-30144",
    "CVE-2026-40574",
    "CVE-2026-41059",
    "CVE-2026-40575",
    "CVE-2025-54576",
    "CVE-2026-107369",
    "CVE-2025-67716",
    "CVE-2025-67490",
    "CVE-2025-26620",
    "CVE-2025-46344",
    "CVE-2025-48947",
    "CVE-2026-73419",
    "CVE-2025-68158",
    "CVE-2024-24814",
    "CVE-2026-82461 to 82464",
    "CVE-2026-53516",
    "CVE-2025-59420",
    "CVE-2022-29226",
    "RUSTSEC-2023-0071",
];

/// What users of every peer complain about.
const COMPLAINTS: usize = 8;

/// What makes a mistake unwritable, from the strongest to the weakest.
const DEFENCES: [&str; 3] = ["type: ", "one path: ", "check: "];

struct Row {
    name: &'static str,
    /// Tests, as `this_one` here and `folder/file::that_one` elsewhere.
    tests: Vec<&'static str>,
    defence: &'static str,
}

/// The rows of the table under that heading.
fn rows(heading: &str) -> Vec<Row> {
    let story = include_str!("main.rs");
    let section = story.split_once(&format!("//! # {heading}\n")).expect("the heading is there").1;
    let section = section.split_once("//! # ").map_or(section, |(section, _)| section);
    let lines = section.lines().filter_map(|line| line.strip_prefix("//! | ")).skip(1);
    let cells = lines.map(|line| line.trim_end_matches(" |").split(" | ").collect::<Vec<_>>());
    cells
        .map(|cells| {
            let [name, _, tests, defence] = cells[..] else { panic!("four cells: {cells:?}") };
            Row { name, tests: tests.split('`').skip(1).step_by(2).collect(), defence }
        })
        .collect()
}

fn all() -> impl Iterator<Item = Row> {
    ["Classes", "Advisories", "Complaints"].into_iter().flat_map(rows)
}

/// The names of the tests of a file.
fn tests_of(file: &Path) -> BTreeSet<String> {
    let source = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let attributed = source.split("#[test]").skip(1).chain(source.split("#[tokio::test").skip(1));
    let names = attributed.filter_map(|rest| rest.split_once("fn ")?.1.split_once('(').map(|(name, _)| name));
    names.map(str::to_owned).collect()
}

/// Whether there is a test that is named `folder/file::that_one`.
fn is_elsewhere(test: &str) -> bool {
    let named = test.rsplit_once("::");
    named.is_some_and(|(file, test)| tests_of(Path::new(&format!("{file}.rs"))).contains(test))
}

/// The names of the tests of this binary.
fn own() -> BTreeSet<String> {
    let files = fs::read_dir("tests/traps").unwrap().map(|entry| entry.unwrap().path());
    files.flat_map(|file| tests_of(&file)).collect()
}

/// The chapter of threats.
const CHAPTER: &str = include_str!("../../src/guide/threats.md");

/// Its boundaries: each has a table.
const BOUNDARIES: [&str; 6] = ["Network", "Browser", "Provider", "Operator", "Store", "Program"];

/// The rows of the chapter's table under that heading.
fn cells_of(heading: &str) -> Vec<[&'static str; 3]> {
    let section = CHAPTER.split_once(&format!("\n# {heading}\n")).expect("the heading is there").1;
    let section = section.split_once("\n# ").map_or(section, |(section, _)| section);
    let lines = section.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    let cells = lines.map(|line| line.trim_end_matches(" |").split(" | ").collect::<Vec<_>>());
    cells.map(|cells| cells.try_into().unwrap_or_else(|cells| panic!("three cells: {cells:?}"))).collect()
}

/// What stands in backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The files of the crate.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn every_threat_of_the_chapter_names_tests_that_are_there() {
    for boundary in BOUNDARIES {
        let rows = cells_of(boundary);
        assert!(rows.len() >= 5, "{boundary}");
        for [threat, defence, tests] in rows {
            assert!(!defence.is_empty() && code(tests).count() > 0, "{threat}");
            for test in code(tests) {
                assert!(is_elsewhere(test), "{threat}: {test}");
            }
        }
    }
}

#[test]
fn every_limit_of_the_chapter_is_a_constant_of_the_crate() {
    let sources: String = sources(Path::new("src")).iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
    let rows = cells_of("Limits");
    assert!(rows.len() >= 15);
    for name in rows.iter().flat_map(|[names, ..]| code(names)) {
        assert!(sources.contains(&format!("const {name}: ")), "{name}");
    }
}

#[test]
fn every_class_every_advisory_and_every_complaint_has_its_row() {
    let classes: String = rows("Classes").iter().map(|row| row.name).collect();
    assert_eq!(classes, CLASSES);
    let advisories = rows("Advisories");
    assert_eq!(advisories.len(), ADVISORIES.len());
    for (row, id) in advisories.iter().zip(ADVISORIES) {
        assert!(row.name.starts_with(id), "{id}: {}", row.name);
    }
    let complaints: Vec<_> = rows("Complaints").iter().map(|row| row.name.to_owned()).collect();
    assert_eq!(complaints, (1..=COMPLAINTS).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn every_row_names_tests_that_are_there_and_what_defends() {
    let own = own();
    for Row { name, tests, defence } in all() {
        assert!(!tests.is_empty(), "{name}");
        assert!(DEFENCES.iter().any(|kind| defence.starts_with(kind)), "{name}: {defence}");
        for test in tests {
            assert!(own.contains(test) || is_elsewhere(test), "{name}: {test}");
        }
    }
}

#[test]
fn every_class_and_every_advisory_has_a_test_here_that_is_named_after_it() {
    for row in rows("Classes") {
        let start = format!("class_{}_", row.name.to_lowercase());
        assert!(row.tests.iter().any(|test| test.starts_with(&start)), "{}", row.name);
    }
    for row in rows("Advisories") {
        let start = row.name.split(&[' ', ','][..]).next().unwrap().to_lowercase().replace('-', "_");
        assert!(row.tests.iter().any(|test| test.starts_with(&start)), "{}", row.name);
    }
}

#[test]
fn no_test_here_is_missing_in_the_tables() {
    let named: BTreeSet<_> = all().flat_map(|row| row.tests).map(str::to_owned).collect();
    let of_the_tables = tests_of(Path::new("tests/traps/table.rs"));
    let missing: Vec<_> =
        own().into_iter().filter(|test| !named.contains(test) && !of_the_tables.contains(test)).collect();
    assert_eq!(missing, Vec::<String>::new());
}
