//! The file and the variables, taken for themselves: what loading and [`Config::check`](crate::config::Config::check) say.

use crate::{
    config::{Notice, Problem, Severity},
    doctor::report::{Finding, Subject},
};

const CHECK: &str = "configuration";

/// Every problem and every notice; and that there is none.
pub(in crate::doctor) fn check(problems: &[Problem], notices: &[Notice]) -> Vec<Finding> {
    let mut findings: Vec<_> = problems.iter().map(problem).chain(notices.iter().map(notice)).collect();
    if problems.is_empty() {
        findings.insert(0, Subject::Configuration.ok(CHECK, "", "every setting can be read"));
    }
    findings
}

pub(in crate::doctor) fn problem(problem: &Problem) -> Finding {
    let Problem { path, what, mend, variable } = problem;
    let from = variable.as_ref().map(|variable| format!(" (from the variable {variable})")).unwrap_or_default();
    Subject::Configuration.error(CHECK, path, format!("{what}{from}"), mend)
}

fn notice(notice: &Notice) -> Finding {
    let Notice { path, message, .. } = notice;
    match notice.severity {
        Severity::Warning => Subject::Configuration.warning(CHECK, path, message, "change it, unless it is meant so"),
        Severity::Note => Subject::Configuration.note(CHECK, path, message),
    }
}
