//! The file of OpenMetadata's ingestion jobs, which names a service account: `workflowConfig.openMetadataServerConfig`.

use serde_json::{Map, Value};
use url::Url;

use super::{
    Config, ConfigErrors, Problem, ServiceAccountSettings, Source,
    fields::{
        Field,
        Slot::{Block as Nested, List, Secret as Hidden, Text},
        authentication, field, oidc,
    },
    source::{Loader, Lookup, find, process_variable, tree},
};

const SERVER: &str = "workflowConfig.openMetadataServerConfig";
const SECURITY: &str = "workflowConfig.openMetadataServerConfig.securityConfig";

/// A service account as an ingestion job's file names it.
#[derive(Debug)]
pub(crate) struct Ingestion {
    pub(crate) settings: ServiceAccountSettings,
    /// `hostPort`: the server that the job calls.
    pub(crate) server: Option<Url>,
    pub(crate) audience: Option<String>,
    pub(crate) scope: Option<String>,
}

/// What is read of the file. The account's keys are those of a [`Config`] by other names.
#[derive(Default)]
struct Workflow {
    host_port: Option<String>,
    auth_provider: Option<String>,
    secret_file: Option<String>,
    private_key_file: Option<String>,
    account: Config,
}

/// The other keys of this block are OpenMetadata's own, and are passed over.
static SERVER_FIELDS: &[Field<Workflow>] = &[
    field("hostPort", &[], Text(|w| &mut w.host_port)),
    field("authProvider", &[], Text(|w| &mut w.auth_provider)),
    field("securityConfig", &[], Nested),
];

/// OpenMetadata's three keys, and ours.
#[rustfmt::skip]
static SECURITY_FIELDS: &[Field<Workflow>] = &[
    field("clientId", &[], Text(|w| &mut w.account.authentication.oidc.id)),
    field("secretKey", &[], Hidden(|w| &mut w.account.authentication.oidc.secret)),
    field("domain", &[], Text(|w| &mut w.account.authentication.authority)),
    field("secretKeyFile", &[], Text(|w| &mut w.secret_file)),
    field("audience", &[], List(|w| &mut w.account.authentication.oidc.audience)),
    field("scope", &[], Text(|w| &mut w.account.authentication.oidc.scope)),
    field("clientAuthenticationMethod", &[], Text(|w| &mut w.account.authentication.oidc.client_authentication_method)),
    field("privateKey", &[], Hidden(|w| &mut w.account.authentication.oidc.private_key)),
    field("privateKeyFile", &[], Text(|w| &mut w.private_key_file)),
    field("privateKeyId", &[], Text(|w| &mut w.account.authentication.oidc.private_key_id)),
    field("privateKeyAlgorithm", &[], Text(|w| &mut w.account.authentication.oidc.private_key_algorithm)),
    field("caFile", &[], Text(|w| &mut w.account.authentication.oidc.ca_file)),
];

impl Ingestion {
    /// Reads the file, with its references replaced by the variables that `variable` gives.
    ///
    /// # Errors
    /// Every problem, by the file's own keys.
    pub(crate) fn load(source: Source<'_>, variable: Lookup<'_>) -> Result<Self, ConfigErrors> {
        let tree = tree(source)?.map(|(_, tree)| tree).unwrap_or_default();
        let (workflow, mut problems) = read(&tree, variable);
        let server = workflow.server(&mut problems);
        workflow.require(&mut problems);
        let config = workflow.config();
        match (config.check_service_account(), ConfigErrors::of(problems.clone())) {
            (Err(errors), _) => {
                let found = errors.problems().iter().map(|problem| workflow.by_own_key(problem));
                let found = found.filter(|problem| !problems.iter().any(|told| told.path == problem.path));
                let all = problems.iter().cloned().chain(found).collect();
                Err(ConfigErrors::of(all).unwrap_or(errors))
            }
            (Ok(_), Some(errors)) => Err(errors),
            (Ok(settings), None) => Ok(Self {
                settings,
                server,
                audience: config.authentication.oidc.audience.first().cloned(),
                scope: config.authentication.oidc.scope.clone(),
            }),
        }
    }

    /// [`load`](Self::load) with the variables of the process.
    pub(crate) fn from_source(source: Source<'_>) -> Result<Self, ConfigErrors> {
        Self::load(source, &process_variable)
    }
}

fn read(tree: &Map<String, Value>, variable: Lookup<'_>) -> (Workflow, Vec<Problem>) {
    let (mut loader, mut workflow) = (Loader::new(variable), Workflow::default());
    let server = loader.object(SERVER, find(tree, SERVER)).cloned().map(|mut keys| {
        keys.retain(|key, _| SERVER_FIELDS.iter().any(|field| field.key == key));
        keys
    });
    loader.fields(SERVER, SERVER_FIELDS, server.as_ref(), &mut workflow);
    let security = loader.object(SECURITY, find(tree, SECURITY));
    loader.fields(SECURITY, SECURITY_FIELDS, security, &mut workflow);
    (workflow, loader.problems)
}

impl Workflow {
    /// `hostPort` as a URL.
    fn server(&self, problems: &mut Vec<Problem>) -> Option<Url> {
        let text = self.host_port.as_deref()?;
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if url.is_none() {
            let mend = "write a full URL, such as https://openmetadata.company.example/api";
            problems.push(Problem::new(format!("{SERVER}.hostPort"), "is neither an https nor an http URL", mend));
        }
        url
    }

    /// What must be there, told by the file's own keys.
    fn require(&self, problems: &mut Vec<Problem>) {
        let account = &self.account.authentication;
        let by_key = account.oidc.private_key.is_some() || self.private_key_file.is_some();
        if self.auth_provider.as_deref() != Some("auth0") {
            let what = "is not auth0, whose service accounts alone are read from this file";
            problems.push(Problem::new(format!("{SERVER}.authProvider"), what, "write auth0"));
        }
        for (key, is_there) in [
            ("clientId", account.oidc.id.is_some()),
            ("secretKey", account.oidc.secret.is_some() || self.secret_file.is_some() || by_key),
            ("domain", account.authority.is_some()),
        ] {
            let path = format!("{SECURITY}.{key}");
            if !is_there && !problems.iter().any(|problem| problem.path == path) {
                problems.push(Problem::new(path, "is required", "copy it from the application's page at the provider"));
            }
        }
    }

    /// The account as a configuration. OpenMetadata sends the secret in the form, so an application may be set to that.
    fn config(&self) -> Config {
        let mut config = self.account.clone();
        config.authentication.provider = Some("auth0".to_owned());
        config.authentication.oidc.secret_file = self.secret_file.as_ref().map(Into::into);
        config.authentication.oidc.private_key_file = self.private_key_file.as_ref().map(Into::into);
        config.authentication.oidc.client_authentication_method.get_or_insert_with(|| "client_secret_post".to_owned());
        config
    }

    /// A problem of the configuration, by the file's own key.
    fn by_own_key(&self, problem: &Problem) -> Problem {
        let secret = if self.secret_file.is_some() { "secretKeyFile" } else { "secretKey" };
        let key = match &problem.path {
            path if *path == oidc("id") => "clientId",
            path if *path == oidc("secret") => secret,
            path if *path == authentication("authority") => "domain",
            path if *path == oidc("privateKey") && self.private_key_file.is_some() => "privateKeyFile",
            path => path.rsplit('.').next().unwrap_or(path),
        };
        Problem { path: format!("{SECURITY}.{key}"), ..problem.clone() }
    }
}
