//! The reference application, with one provider or another.

use std::net::TcpListener;

use tower_oidc::testing::TestProvider;

use super::process::Program;

/// The reference application, for as long as it is held.
pub(crate) struct Application {
    address: String,
    _program: Program,
    /// None: it is inside.
    provider: Option<TestProvider>,
}

/// What an operator sets: variables of the environment.
type Settings<'a> = &'a [(&'a str, &'a str)];

impl Application {
    /// As it starts without a configuration: with a provider inside.
    pub(crate) async fn demo() -> Self {
        let mut program = Program::start("sso", &["--listen", "127.0.0.1:0"], &[]);
        let address = program.url_after("Listening on").await;
        Self { address, _program: program, provider: None }
    }

    /// With a secret, and these settings besides. The provider is another site, as it is in most deployments: the application
    /// is at `localhost`.
    pub(crate) async fn confidential(settings: Settings<'_>) -> Self {
        Self::confidential_at(TestProvider::start().await, settings).await
    }

    /// Likewise, at a provider of the test's own.
    pub(crate) async fn confidential_at(provider: TestProvider, settings: Settings<'_>) -> Self {
        let port = free_port();
        let _registered = provider.login_config(&server_url(port));
        let secret = [("OIDC_CLIENT_SECRET", provider.client_secret())];
        Self::start(provider, port, &[&secret, settings].concat()).await
    }

    /// Likewise, but without a secret, by the implicit flow.
    pub(crate) async fn public(settings: Settings<'_>) -> Self {
        let (provider, port) = (TestProvider::start().await, free_port());
        let _registered = provider.public_login_config(&server_url(port));
        let public = [("AUTHENTICATION_CLIENT_TYPE", "public"), ("OIDC_RESPONSE_TYPE", "id_token")];
        Self::start(provider, port, &[&public, settings].concat()).await
    }

    /// The smallest program with a login, in the place of the reference application.
    pub(crate) async fn smallest() -> Self {
        let (provider, port) = (TestProvider::start().await, free_port());
        let address = server_url(port);
        let _registered = provider.login_config(&address);
        let settings = [
            ("AUTHENTICATION_PROVIDER", "custom-oidc"),
            ("AUTHENTICATION_AUTHORITY", provider.issuer()),
            ("OIDC_CLIENT_ID", provider.client_id()),
            ("OIDC_CLIENT_SECRET", provider.client_secret()),
            ("OIDC_SERVER_URL", &address),
            ("LISTEN", &format!("127.0.0.1:{port}")),
        ];
        let mut program =
            Program::start::<&str>("browser_login", &[], &settings.map(|(name, value)| (name, value.to_owned())));
        program.line_with("listening on").await;
        Self { address, _program: program, provider: Some(provider) }
    }

    async fn start(provider: TestProvider, port: u16, settings: Settings<'_>) -> Self {
        let address = server_url(port);
        let common = [
            ("AUTHENTICATION_PROVIDER", "custom-oidc"),
            ("AUTHENTICATION_AUTHORITY", provider.issuer()),
            ("OIDC_CLIENT_ID", provider.client_id()),
            ("OIDC_SERVER_URL", &address),
            ("AUTHORIZER_PRINCIPAL_DOMAIN", "example.com"),
            ("AUTHORIZER_ADMIN_PRINCIPALS", "[alice]"),
            ("AUTHENTICATION_ENABLE_SELF_SIGNUP", "true"),
        ];
        // Of two settings of one name the later counts.
        let settings = common.iter().chain(settings).map(|(name, value)| (*name, (*value).to_owned()));
        let listen = format!("127.0.0.1:{port}");
        let mut program = Program::start("sso", &["--listen", &listen], &settings.collect::<Vec<_>>());
        program.line_with("Listening on").await;
        Self { address, _program: program, provider: Some(provider) }
    }

    /// The provider asks everybody whether to let the application in.
    pub(crate) fn ask_for_consent(&self) {
        self.provider.as_ref().expect("the provider is not inside").ask_for_consent(true);
    }

    /// Where it is, without a slash at the end.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

fn server_url(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// The provider must know the application's address before that is started.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
