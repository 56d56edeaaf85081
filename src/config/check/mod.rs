//! The check: text into types, once, with every problem told.

mod addresses;
mod client;
mod dpop;
mod issuer;
mod login;
mod mapping;
mod params;
mod principal;
mod provider;
mod report;
mod service_account;
mod session;
mod trusted;
mod url;
mod words;

pub(crate) use self::url::is_loopback;
use self::{client::Client, report::Report, url::UrlRules};
use super::{
    Config, ConfigErrors, HttpSettings, PrincipalSettings, Problem, Settings, fields::oidc, source::read_bounded,
};

/// Most bytes of `caFile`. The bundle of all public roots has about 250 KB.
const MAX_CA_BYTES: u64 = 4 * 1024 * 1024;

impl Config {
    /// Turns the operator's texts into types, or gives every problem at once.
    ///
    /// Besides the files that `caFile` and a lone `secret_file`, `private_key_file` or `session_secret_file` name, it reads nothing
    /// and asks nobody. The notices of the
    /// settings are for the caller to log.
    ///
    /// # Errors
    /// Every problem, each with its dotted path, what is wrong and how to mend it.
    pub fn check(&self) -> Result<Settings, ConfigErrors> {
        self.check_for(Service::default())
    }

    /// The same for a service that brings a session store of its own
    /// ([`with_session_store`](crate::layer::AuthBuilder::with_session_store)), which counts whatever `sessionStore` says:
    /// `maxActiveSessionsPerUser` has its store then, and `sessionSecret` is required.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    #[cfg(feature = "login")]
    pub fn check_with_own_session_store(&self) -> Result<Settings, ConfigErrors> {
        self.check_for(Service { brings_store: true, ..Service::default() })
    }

    /// The same for that service.
    pub(crate) fn check_for(&self, service: Service) -> Result<Settings, ConfigErrors> {
        let Inspection { settings, problems, .. } = self.inspect(service);
        ConfigErrors::of(problems).map_or(Ok(settings), Err)
    }

    /// The same for whoever goes on where problems were found.
    pub(crate) fn inspect(&self, service: Service) -> Inspection {
        let mut report = Report::new(&self.origins);
        let settings = settings(self, service, &mut report);
        let has_login = Client::of(self, &mut Report::new(&self.origins)).login;
        let Report { problems, notices, .. } = report;
        Inspection { settings: Settings { notices, ..settings }, problems, has_login }
    }
}

/// What is known of a service besides its configuration. By default nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Service {
    /// It brings a session store, which counts whatever `sessionStore` says.
    pub(crate) brings_store: bool,
    /// It starts without a user directory.
    pub(crate) lacks_directory: bool,
}

/// All that a configuration says, right or wrong.
#[derive(Debug)]
pub(crate) struct Inspection {
    /// What it means as far as it can be read: a setting with a problem is left out or has its default.
    pub(crate) settings: Settings,
    /// What is wrong with it.
    pub(crate) problems: Vec<Problem>,
    /// Whether people sign in here, rightly configured or not.
    pub(crate) has_login: bool,
}

fn settings(config: &Config, service: Service, report: &mut Report<'_>) -> Settings {
    let urls = UrlRules { https_only: config.authorizer.enable_secure_socket_connection.unwrap_or(false) };
    let kind = provider::kind(config, report);
    let client = Client::of(config, report);

    let mut primary = provider::issuer(config, kind, &client, urls, report);
    provider::require_audience(&primary, &client, report);
    if client.login && service.lacks_directory {
        principal::warn_of_no_directory(config, report);
    }
    let custom_params = params::custom(config, kind, report);
    let organization = principal::organization(&custom_params, kind);
    let login = login::settings(config, service, &primary, &client, custom_params, urls, report);
    let dpop = dpop::settings(config, &primary, &client, login.as_ref(), urls, report);
    primary.id_token_algorithm = login.as_ref().map(|login| login.id_token_algorithm);
    let provider_name = primary.name.clone();
    let issuers = trusted::issuers(config, primary, urls, report);
    Settings {
        provider_name,
        issuers,
        principal: PrincipalSettings { organization, ..principal::settings(config, report) },
        login,
        dpop,
        http: HttpSettings { https_only: urls.https_only, ca_pem: ca_pem(config, report) },
        notices: Vec::new(),
    }
}

/// The text of `caFile`.
fn ca_pem(config: &Config, report: &mut Report<'_>) -> Option<String> {
    let path = report::given(config.authentication.oidc.ca_file.as_ref())?;
    let pem = read_bounded(path.as_ref(), MAX_CA_BYTES).and_then(|pem| {
        if pem.contains("-----BEGIN CERTIFICATE-----") { Ok(pem) } else { Err("holds no certificate".into()) }
    });
    pem.map_err(|what| report.problem(oidc("caFile"), format!("the file {what}"), "name a PEM file of certificates"))
        .ok()
}
