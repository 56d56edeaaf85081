//! Keys that no table holds, and the known one that was likely meant.

use super::super::fields::BLOCKS;

/// Most letters by which another top-level block of the file may differ from one of ours and still be taken for a
/// misspelling of it.
const NEAR: usize = 3;

/// How to mend an unknown key of the block `path`, which knows `keys`.
pub(super) fn mend<'a>(key: &str, path: &str, keys: impl Iterator<Item = &'a str>) -> String {
    let is_block = BLOCKS.iter().any(|block| block.path == path);
    if is_block && let Some(block) = BLOCKS.iter().find(|block| block.fields.iter().any(|field| field.key == key)) {
        return format!("move it to {}", block.path);
    }
    match nearest(key, keys) {
        Some(near) => format!("did you mean {path}.{near}?"),
        None => "remove it".to_owned(),
    }
}

/// The block of ours that another top-level key is likely a misspelling of.
pub(super) fn misspelt_block(key: &str) -> Option<&'static str> {
    let blocks = BLOCKS.iter().map(|block| block.path).filter(|path| !path.contains('.'));
    blocks.into_iter().find(|block| (*block != key) && distance(key, block) <= NEAR)
}

fn nearest<'a>(key: &str, keys: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    keys.min_by_key(|known| distance(key, known))
}

/// How many letters must be put in, taken out or changed to make one name of the other, case aside (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (position, a) in left.chars().flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], position + 1);
        for (column, b) in right.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_far_apart_as_the_letters_between_them() {
        for (left, right, apart) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("clientid", "clientId", 0),
            ("scpoe", "scope", 2),
            ("ids", "id", 1),
        ] {
            assert_eq!(distance(left, right), apart, "{left} {right}");
        }
    }

    #[test]
    fn a_block_with_a_misspelt_name_is_told_from_another_block() {
        assert_eq!(misspelt_block("authenticationConfigration"), Some("authenticationConfiguration"));
        assert_eq!(misspelt_block("authorizerconfiguration"), Some("authorizerConfiguration"));
        for other in ["authorizerConfiguration", "jwtTokenConfiguration", "database", "fernetConfiguration"] {
            assert_eq!(misspelt_block(other), None, "{other}");
        }
    }
}
