//! What was found.

use serde::Serialize;

use crate::types::is_invisible;

/// Most characters of a text that is shown. What a provider sends may be of any length.
const MAX_SHOWN: usize = 400;

/// Everything that was found, by subject. `Display` gives it as plain text, [`coloured`](Self::coloured) for a terminal; it
/// serialises for machines. Nothing secret is in it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// What becomes of a service that is started with this configuration now.
    pub start: Start,
    /// What was found, those of one subject together.
    pub findings: Vec<Finding>,
}

/// What becomes of a service that is started now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Start {
    /// It starts, and its keys are there.
    Ready,
    /// It starts, and answers 503 until the provider's keys can be had.
    WithoutKeys,
    /// It refuses to start.
    Refused,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// The name of the check, for machines: it stays the same when the words change.
    pub check: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Dotted path of the key, or of the block, that it is about.
    pub path: String,
    /// What was seen.
    pub seen: String,
    /// How to mend it. Every warning and error has one.
    pub remedy: Option<String>,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Good to know; also what could not be checked, and why.
    Note,
    /// It works, and likely not as meant or not as safely as it could.
    Warning,
    /// The service does not start, or somebody who should come in does not.
    Error,
}

/// What a finding is about, in the order of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Subject {
    /// The file and the variables, taken for themselves.
    Configuration,
    /// What the provider says of itself.
    Provider,
    /// The keys that tokens are checked with.
    Keys,
    /// What a login needs of the provider.
    Login,
    /// The client's id and credential.
    Client,
    /// The address that the provider sends people back to.
    Callback,
    /// Cookies and what seals them.
    Sessions,
    /// Who gets in, and who is an administrator.
    Principals,
    /// The clocks.
    Clock,
}

impl Report {
    /// How many findings there are of that severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether there is no error.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    /// The findings of a check.
    pub fn of(&self, check: &str) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.check == check)
    }
}

impl Subject {
    /// Every subject, in the order of a report.
    pub const ALL: &'static [Self] = &[
        Self::Configuration,
        Self::Provider,
        Self::Keys,
        Self::Login,
        Self::Client,
        Self::Callback,
        Self::Sessions,
        Self::Principals,
        Self::Clock,
    ];

    /// The heading in a report.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Configuration => "Configuration",
            Self::Provider => "Provider",
            Self::Keys => "Keys",
            Self::Login => "Login",
            Self::Client => "Client",
            Self::Callback => "Callback",
            Self::Sessions => "Sessions",
            Self::Principals => "Principals",
            Self::Clock => "Clock",
        }
    }

    pub(super) fn ok(self, check: &'static str, path: impl AsRef<str>, seen: impl AsRef<str>) -> Finding {
        self.finding(check, Severity::Ok, path, seen)
    }

    pub(super) fn note(self, check: &'static str, path: impl AsRef<str>, seen: impl AsRef<str>) -> Finding {
        self.finding(check, Severity::Note, path, seen)
    }

    pub(super) fn warning(
        self,
        check: &'static str,
        path: impl AsRef<str>,
        seen: impl AsRef<str>,
        remedy: impl AsRef<str>,
    ) -> Finding {
        Finding { remedy: Some(shown(remedy.as_ref())), ..self.finding(check, Severity::Warning, path, seen) }
    }

    pub(super) fn error(
        self,
        check: &'static str,
        path: impl AsRef<str>,
        seen: impl AsRef<str>,
        remedy: impl AsRef<str>,
    ) -> Finding {
        Finding { remedy: Some(shown(remedy.as_ref())), ..self.finding(check, Severity::Error, path, seen) }
    }

    fn finding(self, check: &'static str, severity: Severity, path: impl AsRef<str>, seen: impl AsRef<str>) -> Finding {
        Finding { subject: self, check, severity, path: shown(path.as_ref()), seen: shown(seen.as_ref()), remedy: None }
    }
}

/// A text in one line of bounded length. A provider's words cannot move the cursor, turn the direction of writing or flood the
/// screen.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(MAX_SHOWN));
    for char in text.chars().take(MAX_SHOWN) {
        if char.is_control() || is_invisible(char) {
            shown.extend(char.escape_unicode());
        } else {
            shown.push(char);
        }
    }
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_stay_in_one_line_and_cannot_move_the_cursor() {
        assert_eq!(
            shown("a\u{1b}[2Jb\nc\u{202e}d\u{180e}\u{e0041}"),
            "a\\u{1b}[2Jb\\u{a}c\\u{202e}d\\u{180e}\\u{e0041}"
        );
        let long = shown(&"x".repeat(10_000));
        assert_eq!((long.len(), &long[MAX_SHOWN..]), (MAX_SHOWN + 3, "..."));
        assert_eq!(shown("Müller, 東京"), "Müller, 東京");
    }

    #[test]
    fn every_subject_has_a_place_in_the_report() {
        assert!(Subject::ALL.is_sorted());
        let finding = Subject::Clock.error("clock.skew", "a.b", "seen", "mend");
        let report = Report { start: Start::Ready, findings: vec![finding] };
        assert_eq!(
            (report.count(Severity::Error), report.is_healthy(), report.of("clock.skew").count()),
            (1, false, 1)
        );
    }
}
