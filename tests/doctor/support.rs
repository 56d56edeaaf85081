//! A provider, a configuration with which all is well, and what a report says.

use tower_oidc::{
    Config,
    doctor::{self, Finding, Report, Severity},
    testing::TestProvider,
};

pub(crate) const APP: &str = "https://app.example";

/// Drawn by chance, and long enough.
pub(crate) const SESSION_SECRET: &str = "q1Zs8mYq0bXnJ4v2kqk0m0m3Qf0l1h7yq5m8t2w9x4c=";

pub(crate) const OIDC: &str = "authenticationConfiguration.oidcConfiguration";

/// A configuration with which all is well.
pub(crate) fn good(provider: &TestProvider) -> Config {
    provider.login_config(APP).session_secret(SESSION_SECRET).admin("jane@company.com")
}

/// Makes the provider know the application as a confidential client.
pub(crate) fn register(provider: &TestProvider) {
    drop(provider.login_config(APP));
}

/// A report of the configuration with which all is well, after that change of it or of its provider.
pub(crate) async fn report(change: impl FnOnce(&TestProvider, Config) -> Config) -> Report {
    let provider = TestProvider::start().await;
    let config = change(&provider, good(&provider));
    doctor::check(&config).await
}

/// The same for a change of the provider alone.
pub(crate) async fn report_of(change: impl FnOnce(&TestProvider)) -> Report {
    report(|provider, config| {
        change(provider);
        config
    })
    .await
}

/// The one finding of a check that is not ok. It says how to mend it if it is a warning or an error.
#[track_caller]
pub(crate) fn only<'r>(report: &'r Report, check: &str) -> &'r Finding {
    let found: Vec<_> = report.of(check).filter(|finding| finding.severity != Severity::Ok).collect();
    let [finding] = &*found else { panic!("one finding of {check} in\n{report}") };
    assert_eq!(finding.remedy.is_some(), finding.severity >= Severity::Warning, "{finding:?}");
    finding
}

/// The check found that, at that path.
#[track_caller]
pub(crate) fn assert_found(report: &Report, check: &str, severity: Severity, path: &str, seen: &str) {
    let finding = only(report, check);
    assert_eq!((finding.severity, &*finding.path), (severity, path), "{finding:?}");
    assert!(finding.seen.contains(seen), "{seen:?} in {finding:?}");
}

/// The check says that all is well.
#[track_caller]
pub(crate) fn assert_ok(report: &Report, check: &str) {
    let severities: Vec<_> = report.of(check).map(|finding| finding.severity).collect();
    assert!(!severities.is_empty() && severities.iter().all(|one| *one == Severity::Ok), "{check} in\n{report}");
}

/// The check has nothing to say.
#[track_caller]
pub(crate) fn assert_silent(report: &Report, check: &str) {
    assert_eq!(report.of(check).count(), 0, "{check} in\n{report}");
}

pub(crate) fn oidc(key: &str) -> String {
    format!("{OIDC}.{key}")
}
