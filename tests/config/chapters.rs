//! The files that the README and the guide show are complete: they pass the check, and warn of nothing. And the chapter of settings says
//! what the fields of the struct say, and the chapter of versions those of the manifest.

use std::{fs, path::Path};

use super::*;

/// The YAML blocks of a chapter that configure this crate.
fn files(chapter: &str) -> Vec<String> {
    let blocks = chapter.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    blocks.map(|(block, _)| block.to_owned()).filter(|block| block.starts_with(AUTHENTICATION)).collect()
}

#[test]
fn every_file_of_a_chapter_passes_the_check() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_dir(root.join("src/guide")).unwrap().map(|entry| entry.unwrap().path());
    let chapters = guide.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let mut count = 0;
    for chapter in chapters.chain([root.join("README.md")]) {
        for file in files(&fs::read_to_string(&chapter).unwrap()) {
            // A variable that is set counts by itself, too.
            let file = file.replace("${OIDC_CLIENT_SECRET}", SECRET).replace("${SESSION_SECRET}", SECRET);
            let settings = load(&file).and_then(|config| config.check());
            let settings = settings.unwrap_or_else(|errors| panic!("{}: {errors}\n{file}", chapter.display()));
            assert_eq!(notices(&settings), [""; 0], "{}\n{file}", chapter.display());
            count += 1;
        }
    }
    assert!(count >= 9, "the files are found: {count}");
}

/// The chapter may say more than the field, which has another for its file and no more to say of it.
#[test]
fn the_chapter_of_settings_says_all_that_the_fields_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let chapter = fs::read_to_string(root.join("src/guide/settings.md")).unwrap();
    let mut count = 0;
    for (block, name, text) in fields(&fs::read_to_string(root.join("src/config/model.rs")).unwrap()) {
        let Some(row) = row(&chapter, block, &key(&name)) else { continue };
        for sentence in text.trim_end_matches('.').split(". ") {
            assert!(row.contains(sentence), "{block} {name}: {sentence}\n{row}");
        }
        count += 1;
    }
    assert!(count >= 70, "the fields are found: {count}");
}

/// The fields of the structs: the block, the field's name, and what is said of it.
fn fields(model: &str) -> Vec<(&'static str, String, String)> {
    let (mut fields, mut block, mut text) = (Vec::new(), "", Vec::new());
    for line in model.lines().map(str::trim) {
        if let Some(said) = line.strip_prefix("///") {
            text.push(said.trim());
            continue;
        }
        match line.strip_prefix("pub struct ").and_then(|rest| rest.split_once(' ')) {
            Some(("Authentication", _)) => block = "# authenticationConfiguration\n",
            Some(("Oidc", _)) => block = "# authenticationConfiguration.oidcConfiguration\n",
            Some(("Authorizer", _)) => block = "# authorizerConfiguration\n",
            Some(("TrustedIssuer", _)) => block = "# One entry of authenticationConfiguration.trustedIssuers\n",
            _ => {}
        }
        if let Some((name, _)) = line.strip_prefix("pub ").and_then(|rest| rest.split_once(": ")) {
            text.retain(|said| !said.is_empty());
            fields.push((block, name.trim_start_matches("r#").to_owned(), without_links(&text.join(" "))));
        }
        if !line.starts_with('#') {
            text.clear();
        }
    }
    fields
}

/// What the chapter says of a key.
fn row(chapter: &str, block: &str, key: &str) -> Option<String> {
    let (_, rows) = chapter.split_once(block)?;
    let rows = rows.split("\n# ").next()?;
    let row = rows.lines().find(|line| line.starts_with(&format!("| `{key}` |")))?;
    let said = row.trim_end_matches(" |").rsplit(" | ").next()?;
    Some(without_links(said).replace("`oidcConfiguration.", "`"))
}

/// `session_expiry` in the struct is `sessionExpiry` in the file.
fn key(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |key, word| key + &word[..1].to_ascii_uppercase() + &word[1..])
}

/// The text of links alone, with fields of the struct by their keys in the file.
fn without_links(text: &str) -> String {
    let mut text = text.to_owned();
    for target in ["](crate::", "](Self::"] {
        while let Some(end) = text.find(target) {
            let start = text[..end].rfind('[').unwrap();
            let close = end + text[end..].find(')').unwrap();
            let named = shown(&text[start + 1..end]);
            text.replace_range(start..=close, &named);
        }
    }
    while let Some(start) = text.find("[`") {
        let end = start + text[start..].find("`]").unwrap();
        let named = shown(&text[start + 1..=end]);
        text.replace_range(start..end + 2, &named);
    }
    text
}

fn shown(link: &str) -> String {
    match link.strip_prefix('`').and_then(|link| link.strip_suffix('`')) {
        Some(name) => format!("`{}`", key(name.rsplit("::").next().unwrap_or(name))),
        None => link.to_owned(),
    }
}

/// What is after `key = ` in the manifest: a text, or a table with a version.
fn in_manifest<'a>(manifest: &'a str, key: &str) -> &'a str {
    let line = manifest.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ")).unwrap();
    let line = line.split_once("version = ").map_or(line, |(_, version)| version);
    line.split('"').nth(1).unwrap()
}

/// Their globals must be of the same version in the whole program.
#[test]
fn the_versions_that_a_service_must_share_are_those_of_the_manifest() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
    let (manifest, versions) = (read("Cargo.toml"), read("src/guide/versions.md"));
    let (package, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap();
    let others = [read("src/guide/observability.md"), read("README.md")];
    for name in ["metrics", "opentelemetry", "tracing-opentelemetry"] {
        let version = in_manifest(dependencies, name);
        let row = format!("| `{name}` | {version} |");
        assert!(versions.contains(&row), "{row}");
        assert!(others.iter().all(|text| text.contains(version)), "{name} {version}");
    }
    let rust = format!("is {} (`rust-version`)", in_manifest(package, "rust-version"));
    assert!(versions.contains(&rust), "{rust}");
}
