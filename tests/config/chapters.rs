//! The files that the README and the guide show are complete: they pass the check, and warn of nothing.

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
