//! Configuration files.

use std::fmt::Write as _;

use tower_oidc::{
    Config,
    config::{ConfigErrors, MAX_FILE_BYTES, Source},
};

use super::memory::bounded;

/// Most bytes at once. What is wrong with an item of a few letters is told in three texts.
const MOST_BYTES: usize = 8 * MAX_FILE_BYTES as usize;

/// A file that begins so is read with [`SECRETS`] set.
const WITH_SECRETS: &str = "#secrets";

/// Variables that hold a secret.
const SECRETS: [&str; 4] = ["OIDC_CLIENT_SECRET", "OIDC_PRIVATE_KEY", "OIDC_SESSION_SECRET", "OIDC_SESSION_STORE"];

/// What those variables hold. It shows nowhere.
const MARK: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

/// A file gives settings or problems, each with its place and its cure, and no secret with either.
pub fn configuration(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    // Files of the machine are none of a fuzzer's.
    if text.contains("/dev") || text.contains("/proc") {
        return;
    }
    let secret = |name: &str| text.starts_with(WITH_SECRETS) && SECRETS.contains(&name);
    let variable = |name: &str| match name {
        _ if secret(name) => Some(MARK.to_owned()),
        "HOST" => Some("tenant.us.auth0.com".to_owned()),
        "QUOTED" => Some("\"a b\"".to_owned()),
        _ => None,
    };
    let mut shown = String::new();
    match bounded(MOST_BYTES, || Config::load(Source::Text(text), &variable)) {
        Err(errors) => show(&mut shown, &errors),
        Ok(config) => {
            write!(shown, "{config:?}").expect("room");
            match bounded(MOST_BYTES, || config.check()) {
                Err(errors) => show(&mut shown, &errors),
                Ok(settings) => {
                    assert!(!settings.issuers.is_empty());
                    write!(shown, "{settings:?}").expect("room");
                    settings.notices.iter().for_each(|notice| write!(shown, "{notice}").expect("room"));
                }
            }
        }
    }
    // A reference may put a secret anywhere.
    assert!(text.contains("OIDC_") || !shown.contains(MARK), "a secret shows");
}

/// Every problem names its place, what is wrong, and how to mend it.
fn show(shown: &mut String, errors: &ConfigErrors) {
    let problems = errors.problems();
    assert!(!problems.is_empty());
    assert!(problems.iter().all(|problem| !problem.what.is_empty() && !problem.mend.is_empty()));
    let nameless = problems.iter().find(|problem| problem.path.is_empty());
    assert!(nameless.is_none(), "{nameless:?}");
    write!(shown, "{errors}{errors:?}{problems:?}").expect("room");
}
