//! Reads HTML as strictly as it is written here: lower-case names, every attribute quoted or bare, every element closed.

const VOID: [&str; 2] = ["meta", "br"];

/// What stands between two marks.
pub(super) fn between<'a>(html: &'a str, start: &str, end: &str) -> &'a str {
    html.split_once(start).unwrap().1.split_once(end).unwrap().0
}

/// The names of all elements with the names of their attributes, in their order.
pub(super) fn check(html: &str) -> Vec<String> {
    let mut rest = html.strip_prefix("<!DOCTYPE html>").unwrap();
    let (mut open, mut elements) = (Vec::new(), Vec::new());
    while let Some((text, after)) = rest.split_once('<') {
        check_text(text);
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "in {html}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
            "{tag}"
        );
        elements.push(format!("{name} {}", attribute_names(attributes).join(" ")));
        if name == "style" {
            rest = &rest[rest.find("</style>").unwrap()..];
        }
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!((open, rest), (vec![], ""), "in {html}");
    elements
}

fn attribute_names(mut attributes: &str) -> Vec<&str> {
    let mut names = Vec::new();
    while !attributes.is_empty() {
        let (name, after) = attributes.split_once("=\"").unwrap();
        let (value, after) = after.split_once('"').unwrap();
        assert!(name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-'), "{name}");
        assert!(!names.contains(&name), "{name} twice");
        check_text(value);
        names.push(name);
        attributes = after.trim_start();
    }
    names
}

/// No bare `>`, and `&` only as one of the references that an escape makes.
fn check_text(text: &str) {
    assert!(!text.contains('>'), "{text}");
    for after in text.split('&').skip(1) {
        assert!(["amp;", "lt;", "gt;", "quot;"].iter().any(|reference| after.starts_with(reference)), "&{after}");
    }
}

#[test]
fn what_is_not_well_formed_is_found() {
    for broken in [
        "<!DOCTYPE html><p>",
        "<!DOCTYPE html><p></div>",
        "<!DOCTYPE html><p a=b></p>",
        "<!DOCTYPE html><p a=\"1\" a=\"2\"></p>",
        "<!DOCTYPE html><p>a & b</p>",
        "<!DOCTYPE html><p>a > b</p>",
        "<!DOCTYPE html></p>",
        "<!DOCTYPE html><P></P>",
    ] {
        assert!(std::panic::catch_unwind(|| check(broken)).is_err(), "{broken}");
    }
    assert_eq!(check("<!DOCTYPE html><p id=\"a\" class=\"b\">&lt;<meta></p>"), ["p id class", "meta "]);
}
