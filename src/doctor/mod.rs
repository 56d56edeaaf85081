//! What is wrong with a configuration, or with a token: said in words, all of it at once.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let report = tower_oidc::doctor::Doctor::from_file("sso.yaml")?.check().await;
//! println!("{report}");
//! assert!(report.is_healthy());
//! # Ok(())
//! # }
//! ```
//!
//! 1. **It asks what the service would ask**, through the same code: metadata, keys, a login's request, the token endpoint. In the end
//!    it starts a service with what was fetched, so that its verdict cannot be another than the service's.
//! 2. **Every finding** has a severity, the dotted path of the key, what was seen, and how to mend it. What could not be checked is a
//!    finding too.
//! 3. **The credential is proved by a code that was made up** (`Grant::AuthorizationCode`): `invalid_grant`
//!    proves it, `invalid_client` refutes it. The credential goes to no provider whose metadata contradict the configuration.
//! 4. **A token is taken through the validator itself**; the step that failed tells what passed before it.
//! 5. **Nothing secret is shown**: no secret, no token, no code. What a provider sends is shown in one bounded line without control
//!    characters.
//!
//! The provider sees what a login makes it see: a refused code, and two authorization requests that nobody finishes, one of them
//! with a callback that is not registered. They stand in its log.

mod case;
mod checks;
mod display;
mod login;
mod observer;
mod report;
mod token;

use std::{path::Path, sync::Arc};

use crate::{
    config::{AUTHENTICATION, Config, ConfigErrors, Inspection, Problem, Service, Source, process_variable},
    provider::{ClientError, HttpClient, ReqwestClient},
    types::{Clock, SystemClock},
};

pub use display::Coloured;
pub use report::{Finding, Report, Severity, Start, Subject};
pub use token::{Outcome, PrincipalVerdict, TokenReport, TokenStep, Verdict};

use case::Case;
use checks::{clock, configuration, keys, metadata, principals, providers, start};

/// Everything that is wrong with a configuration, and everything that is right.
pub async fn check(config: &Config) -> Report {
    Doctor::new(config.clone()).check().await
}

/// What becomes of a token, step by step.
pub async fn check_token(config: &Config, token: &str) -> TokenReport {
    Doctor::new(config.clone()).check_token(token).await
}

/// Looks at a configuration. [`check`] is the short way; this one takes a clock or an HTTP client of one's own, and
/// configurations that cannot be loaded.
#[derive(Debug)]
pub struct Doctor {
    config: Config,
    /// Those of loading.
    problems: Vec<Problem>,
    clock: Arc<dyn Clock>,
    http_client: Option<Arc<dyn HttpClient>>,
    own_store: bool,
}

impl Doctor {
    /// A doctor for that configuration.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_problems(config, Vec::new())
    }

    /// A doctor for the configuration of a file, as [`Config::from_file`] reads it. Where that gives up, this goes on with what can
    /// be read.
    ///
    /// # Errors
    /// The file cannot be read, or is no YAML or JSON.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigErrors> {
        Self::load(Source::File(path.as_ref()), &process_variable)
    }

    /// A doctor for the variables of the process, likewise.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file).
    pub fn from_env() -> Result<Self, ConfigErrors> {
        Self::load(Source::Environment, &process_variable)
    }

    /// A doctor for a source with the variables that `variable` gives, likewise.
    ///
    /// # Errors
    /// The source cannot be read.
    pub fn load(source: Source<'_>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigErrors> {
        let (config, problems) = Config::load_in_part(source, variable)?;
        Ok(Self::with_problems(config, problems))
    }

    fn with_problems(config: Config, problems: Vec<Problem>) -> Self {
        Self { config, problems, clock: Arc::new(SystemClock::new()), http_client: None, own_store: false }
    }

    /// Reads time from `clock` in place of the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Asks providers through `client` in place of reqwest.
    #[must_use]
    pub fn with_http_client(mut self, client: impl HttpClient) -> Self {
        self.http_client = Some(Arc::new(client));
        self
    }

    /// The service brings a session store of its own (`AuthBuilder::with_session_store`), which is not looked at.
    #[must_use]
    pub fn with_own_session_store(mut self) -> Self {
        self.own_store = true;
        self
    }

    /// Whether nothing is configured at all.
    #[must_use]
    pub fn has_nothing_to_check(&self) -> bool {
        self.problems.is_empty() && self.config.is_empty()
    }

    /// Checks everything that can be checked. It takes some seconds where a provider does not answer.
    pub async fn check(&self) -> Report {
        self.report(&self.open().await).await
    }

    /// Takes a token through every step. A dry run: nobody is signed in, and nothing is remembered.
    ///
    /// It is taken as a bearer token; one that turns out to be an ID token, as that of a login.
    pub async fn check_token(&self, token: &str) -> TokenReport {
        self.open().await.token_report(token).await
    }

    /// Both, by what the providers said once.
    pub async fn check_with_token(&self, token: &str) -> (Report, TokenReport) {
        let opened = self.open().await;
        (self.report(&opened).await, opened.token_report(token).await)
    }

    async fn report(&self, opened: &Opened) -> Report {
        let mut findings = opened.findings.clone();
        let case = match &opened.case {
            Ok(case) => case,
            Err(error) => {
                findings.push(start::without_client(error));
                let seen = "the provider was not asked: there is no way to it";
                findings.push(Subject::Provider.note("metadata", AUTHENTICATION, seen));
                return Report { start: Start::Refused, findings };
            }
        };
        findings.extend(metadata::check(case));
        findings.extend(providers::check(case));
        findings.extend(keys::check(case));
        findings.extend(login::check(case).await);
        findings.extend(principals::check(case, &self.config));
        findings.extend(clock::check(case));
        let (start, more) = start::check(self.config.clone(), case, self.own_store, &findings).await;
        findings.extend(more);
        findings.sort_by_key(|finding| finding.subject);
        Report { start, findings }
    }

    /// Reads the configuration, and asks its providers.
    async fn open(&self) -> Opened {
        let Inspection { settings, mut problems, has_login } =
            self.config.inspect(Service { brings_store: self.own_store, ..Service::default() });
        problems.splice(..0, self.problems.iter().cloned());
        let findings = configuration::check(&problems, &settings.notices);
        let client = match &self.http_client {
            Some(client) => Arc::clone(client),
            None => match ReqwestClient::new(&settings.http) {
                Ok(client) => Arc::new(client),
                Err(error) => return Opened { findings, case: Err(error) },
            },
        };
        let case = Case::open(settings, !problems.is_empty(), has_login, client, Arc::clone(&self.clock)).await;
        Opened { findings, case: Ok(case) }
    }
}

/// A configuration that was read, and the case that it makes if its providers can be asked.
struct Opened {
    /// Of the configuration alone.
    findings: Vec<Finding>,
    case: Result<Case, ClientError>,
}

impl Opened {
    async fn token_report(&self, token: &str) -> TokenReport {
        match &self.case {
            Ok(case) if !case.has_problems => token::check(case, token.trim()).await,
            Ok(_) => TokenReport::unchecked("the configuration has errors, which must be mended first"),
            Err(error) => TokenReport::unchecked(&error.to_string()),
        }
    }
}
