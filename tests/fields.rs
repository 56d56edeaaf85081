//! Every setting, one test each, in the order of the chapter of settings and named after the key: what it does as seen from outside,
//! with a request through the layer against a provider inside the process; what is refused, in which words; and that Rust, a file
//! and a variable all say the same.
//!
//! Each test shows the essence. Beside these, `tests/config` tries every spelling of every value, and `tests/bearer` and
//! `tests/login` look at each effect from all sides.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "fields/authentication.rs"]
mod authentication;
#[path = "fields/authorizer.rs"]
mod authorizer;
#[path = "fields/oidc.rs"]
mod oidc;
#[path = "fields/support.rs"]
mod support;
#[path = "bearer/fields/tls.rs"]
mod tls;

/// The keys of a block of the table that loading runs off, as names of tests.
fn keys(block: &str) -> Vec<String> {
    let table = include_str!("../src/config/fields.rs");
    let (_, table) =
        table.split_once(&format!("static {block}_FIELDS: &[Field<Config>] = &[")).expect("the table is there");
    let (rows, _) = table.split_once("\n];").expect("the table ends");
    let keys = rows.split("field(\"").skip(1).filter_map(|rest| rest.split('"').next());
    // The block within the block has a table of its own.
    let keys: Vec<_> = keys.filter(|key| *key != "oidcConfiguration").map(snake_case).collect();
    assert!(keys.len() > 10, "the keys are found: {keys:?}");
    keys
}

fn snake_case(key: &str) -> String {
    let mut name = String::new();
    for char in key.chars() {
        if char.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(char.to_ascii_lowercase());
    }
    name
}

/// The tests of a file, in their order.
fn tests(source: &str) -> Vec<&str> {
    source.split("#[tokio::test]\nasync fn ").skip(1).filter_map(|rest| rest.split('(').next()).collect()
}

#[test]
fn every_key_has_its_test_in_the_order_of_the_table() {
    assert_eq!(tests(include_str!("fields/authentication.rs")), keys("AUTHENTICATION"));
    let nested: Vec<_> = keys("OIDC").iter().map(|key| format!("oidc_{key}")).collect();
    assert_eq!(tests(include_str!("fields/oidc.rs")), nested);
    assert_eq!(tests(include_str!("fields/authorizer.rs")), keys("AUTHORIZER"));
}

#[test]
fn the_readme_has_the_fields_of_the_document_in_its_order() {
    let readme = include_str!("../README.md");
    let (_, section) = readme.split_once("\n## The fields\n").expect("the section is there");
    let (section, _) = section.split_once("\n## ").expect("another follows");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")).filter(|line| line.contains(" | `"));
    let rows: Vec<Vec<_>> = rows.map(|row| row.split(" | ").collect()).collect();
    assert_eq!(rows.len(), 29);
    let known: Vec<_> = ["AUTHENTICATION", "OIDC", "AUTHORIZER"].map(keys).concat();
    let mut before = 0;
    for row in &rows {
        let key = snake_case(row[1].trim_matches('`'));
        let at = known.iter().skip(before).position(|known| *known == key).unwrap_or_else(|| panic!("{row:?}"));
        before += at + 1;
        assert!(row.len() == 4 && row[2..].iter().all(|cell| cell.len() > 3), "{row:?}");
    }
}
