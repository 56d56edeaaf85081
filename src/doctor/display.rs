//! A report and a dry run as text: plain, or with the colours of a terminal.

use std::fmt::{self, Formatter};

use super::{
    report::{Finding, Report, Severity, Start, Subject},
    token::{Outcome, TokenReport, Verdict},
};

/// A text with the colours of a terminal (ECMA-48, SGR).
#[derive(Debug)]
pub struct Coloured<'a, T>(&'a T);

/// How something is shown.
#[derive(Debug, Clone, Copy)]
struct Ink {
    coloured: bool,
}

#[derive(Debug, Clone, Copy)]
enum Colour {
    Green,
    Yellow,
    Red,
    Faint,
    Bold,
}

impl Report {
    /// The report with the colours of a terminal.
    #[must_use]
    pub fn coloured(&self) -> Coloured<'_, Self> {
        Coloured(self)
    }

    fn write(&self, f: &mut Formatter<'_>, ink: Ink) -> fmt::Result {
        for &subject in Subject::ALL {
            let mut findings = self.findings.iter().filter(|finding| finding.subject == subject).peekable();
            if findings.peek().is_some() {
                ink.line(f, Colour::Bold, subject.title())?;
            }
            for finding in findings {
                finding.write(f, ink)?;
            }
        }
        self.write_sum(f, ink)
    }

    fn write_sum(&self, f: &mut Formatter<'_>, ink: Ink) -> fmt::Result {
        let parts = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
        let counts = parts.map(|(severity, name)| counted(self.count(severity), name)).join(", ");
        let (colour, start) = match self.start {
            Start::Ready if self.is_healthy() => (Colour::Green, "The service starts."),
            Start::Ready => (Colour::Red, "The service starts, and the errors keep people or programs out."),
            Start::WithoutKeys => {
                (Colour::Red, "The service starts, and answers 503 until the provider's keys can be had.")
            }
            Start::Refused => (Colour::Red, "The service does not start."),
        };
        write!(f, "\n{counts}, {} ok. ", self.count(Severity::Ok))?;
        ink.line(f, colour, start)
    }
}

fn counted(count: usize, name: &str) -> String {
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

impl Finding {
    fn write(&self, f: &mut Formatter<'_>, ink: Ink) -> fmt::Result {
        let Self { severity, path, seen, remedy, .. } = self;
        let (colour, mark) = match severity {
            Severity::Ok => (Colour::Green, "✓"),
            Severity::Note => (Colour::Faint, "·"),
            Severity::Warning => (Colour::Yellow, "!"),
            Severity::Error => (Colour::Red, "✗"),
        };
        f.write_str("  ")?;
        ink.paint(f, colour, mark)?;
        match severity {
            Severity::Ok => writeln!(f, " {seen}"),
            _ => writeln!(f, " {path}: {seen}"),
        }?;
        remedy.iter().try_for_each(|remedy| writeln!(f, "      mend: {remedy}"))
    }
}

impl TokenReport {
    /// The dry run with the colours of a terminal.
    #[must_use]
    pub fn coloured(&self) -> Coloured<'_, Self> {
        Coloured(self)
    }

    fn write(&self, f: &mut Formatter<'_>, ink: Ink) -> fmt::Result {
        ink.line(f, Colour::Bold, &format!("Token, {}", self.taken_as))?;
        for step in &self.steps {
            let (colour, mark) = match step.outcome {
                Outcome::Passed => (Colour::Green, "✓"),
                Outcome::Refused => (Colour::Red, "✗"),
                Outcome::NotReached => (Colour::Faint, "·"),
            };
            f.write_str("  ")?;
            ink.paint(f, colour, mark)?;
            write!(f, " {:<18} ", step.name)?;
            match &step.seen {
                _ if step.outcome == Outcome::NotReached => ink.line(f, Colour::Faint, "not reached")?,
                Some(seen) => writeln!(f, "{seen}")?,
                None => writeln!(f, "{}", step.expected)?,
            }
            if step.outcome == Outcome::Refused {
                writeln!(f, "      expected: {}", step.expected)?;
                step.remedy.iter().try_for_each(|remedy| writeln!(f, "      mend: {remedy}"))?;
            }
        }
        let (colour, verdict) = match &self.verdict {
            Verdict::Accepted { .. } => (Colour::Green, "Accepted.".to_owned()),
            Verdict::Refused { by } => (Colour::Red, format!("Refused by: {by}.")),
            Verdict::Unchecked { why } => (Colour::Red, format!("Not checked: {why}.")),
        };
        if let Verdict::Accepted { principal } = &self.verdict {
            writeln!(f)?;
            for (name, value) in principal.lines() {
                writeln!(f, "  {name:<14} {value}")?;
            }
        }
        writeln!(f)?;
        ink.line(f, colour, &verdict)
    }
}

impl Ink {
    const PLAIN: Self = Self { coloured: false };
    const COLOURED: Self = Self { coloured: true };

    fn paint(self, f: &mut Formatter<'_>, colour: Colour, text: &str) -> fmt::Result {
        let code = match colour {
            Colour::Green => 32,
            Colour::Yellow => 33,
            Colour::Red => 31,
            Colour::Faint => 2,
            Colour::Bold => 1,
        };
        if self.coloured { write!(f, "\u{1b}[{code}m{text}\u{1b}[0m") } else { f.write_str(text) }
    }

    fn line(self, f: &mut Formatter<'_>, colour: Colour, text: &str) -> fmt::Result {
        self.paint(f, colour, text)?;
        f.write_str("\n")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write(f, Ink::PLAIN)
    }
}

impl fmt::Display for Coloured<'_, Report> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.write(f, Ink::COLOURED)
    }
}

impl fmt::Display for TokenReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write(f, Ink::PLAIN)
    }
}

impl fmt::Display for Coloured<'_, TokenReport> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.write(f, Ink::COLOURED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_word() {
        let findings = vec![
            Subject::Provider.ok("a", "p", "fine"),
            Subject::Clock.error("b", "a.b", "late", "set it"),
            Subject::Clock.note("c", "a.c", "unknown"),
        ];
        let report = Report { start: Start::Refused, findings };
        let plain = report.to_string();
        assert_eq!(
            plain,
            "Provider\n  ✓ fine\nClock\n  ✗ a.b: late\n      mend: set it\n  · a.c: unknown\n\n\
             1 error, 0 warnings, 1 note, 1 ok. The service does not start.\n"
        );
        let coloured = report.coloured().to_string();
        assert!(coloured.contains("\u{1b}[31m✗\u{1b}[0m") && !plain.contains('\u{1b}'));
        let codes = [0, 1, 2, 31, 32, 33].map(|code| format!("\u{1b}[{code}m"));
        assert_eq!(codes.iter().fold(coloured, |text, code| text.replace(code, "")), plain);
    }
}
