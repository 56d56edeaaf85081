//! The client of a configuration on its own: what a service needs to get tokens for itself.

use super::{
    super::{
        ClientAuthentication, Config, ConfigErrors, HttpSettings, Problem, ServiceAccountSettings,
        fields::{authentication, oidc},
    },
    ca_pem,
    client::{Client, client_authentication},
    provider,
    report::Report,
    url::UrlRules,
};

impl Config {
    /// Checks what the client-credentials grant needs (RFC 6749 section 4.4), and nothing of the browser flow.
    ///
    /// # Errors
    /// Every problem, as [`check`](Self::check) tells it.
    pub(crate) fn check_service_account(&self) -> Result<ServiceAccountSettings, ConfigErrors> {
        let mut report = Report::new(&self.origins);
        let urls = UrlRules { https_only: self.authorizer.enable_secure_socket_connection.unwrap_or(false) };
        let kind = provider::kind(self, &mut report);
        let client = Client::of(self, &mut report);
        let issuer = provider::issuer(self, kind, &client, urls, &mut report);
        let http = HttpSettings { https_only: urls.https_only, ca_pem: ca_pem(self, &mut report) };
        require_credential(&client, &mut report);
        let client_authentication = client_authentication(&self.authentication.oidc, &client, &mut report);

        match (ConfigErrors::of(report.problems), issuer.discovery.clone()) {
            (Some(errors), _) => Err(errors),
            (None, None) => {
                let mend = "set it: the provider's metadata name the token endpoint";
                Err(Problem::new(authentication("authority"), "is required by a service account", mend).into())
            }
            (None, Some(discovery)) => Ok(ServiceAccountSettings {
                discovery,
                issuer,
                client_id: client.id.unwrap_or_default(),
                client_authentication: client_authentication.unwrap_or(ClientAuthentication::None),
                http,
                notices: report.notices,
            }),
        }
    }
}

/// The grant is for clients that can prove themselves (RFC 6749 section 4.4).
fn require_credential(client: &Client, report: &mut Report<'_>) {
    if client.id.is_none() {
        report.problem(oidc("id"), "is required by a service account", "set the client id that the provider gave");
    }
    if client.public {
        let mend = "write clientType: confidential, and set the secret";
        report.problem(authentication("clientType"), "is public, and a service account needs a credential", mend);
    }
}
