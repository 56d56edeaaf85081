//! What the provider knows of the application that signs people in.

use std::collections::BTreeSet;

use url::Url;

use crate::{config::Config, types::Algorithm};

use super::TestProvider;

/// The provider's client, as an application is registered (OpenID Connect Dynamic Client Registration 1.0 section 2).
#[derive(Default)]
pub(super) struct Registration {
    pub(super) redirect_uris: BTreeSet<String>,
    pub(super) post_logout_redirect_uris: BTreeSet<String>,
    pub(super) back_channel_logout_uri: Option<String>,
    pub(super) front_channel_logout_uri: Option<String>,
    /// `id_token_signed_response_alg`: none is that of the signing key.
    pub(super) id_token_algorithm: Option<Algorithm>,
    /// Whether people are asked to let it in.
    pub(super) asks_for_consent: bool,
    /// `require_pushed_authorization_requests` (RFC 9126 section 6).
    pub(super) requires_pushed_requests: bool,
}

/// The application that signs people in.
impl TestProvider {
    /// The secret of the provider's client.
    #[must_use]
    pub fn client_secret(&self) -> &'static str {
        CLIENT_SECRET
    }

    /// The configuration of an application at `server_url` that signs people in here, by the authorization code flow and with
    /// the client's secret. It takes this provider's access tokens too, as [`config`](Self::config) does.
    ///
    /// The provider's client is registered for it: confidential, with `server_url` + `/callback` to come back to, and
    /// `server_url` with and without a final slash after a logout.
    #[must_use]
    pub fn login_config(&self, server_url: &str) -> Config {
        self.state().service_accounts().set_secret(self.client_id(), CLIENT_SECRET);
        self.config_at(server_url).client_secret(CLIENT_SECRET)
    }

    /// Likewise for an application that can keep no secret: it signs people in by the implicit flow, or with PKCE.
    ///
    /// The provider's client is public from then on: it proves itself by nothing at the token endpoint, and a code is given
    /// only to a code challenge.
    #[must_use]
    pub fn public_login_config(&self, server_url: &str) -> Config {
        self.state().service_accounts().set_public(self.client_id());
        self.config_at(server_url).public_client()
    }

    fn config_at(&self, server_url: &str) -> Config {
        let base = server_url.trim_end_matches('/');
        let callback = format!("{base}/callback");
        self.add_redirect_uri(&callback);
        self.add_post_logout_redirect_uri(base);
        self.add_post_logout_redirect_uri(&format!("{base}/"));
        self.config().server_url(server_url).callback_url(callback)
    }

    /// Registers an address to come back to after a login. It is compared as text, whole.
    ///
    /// # Panics
    /// When it is not a URL in visible ASCII.
    pub fn add_redirect_uri(&self, uri: &str) {
        assert_uri(uri);
        self.state().registration().redirect_uris.insert(uri.to_owned());
    }

    /// Registers an address to come back to after a logout. It is compared as text, whole.
    ///
    /// # Panics
    /// When it is not a URL in visible ASCII.
    pub fn add_post_logout_redirect_uri(&self, uri: &str) {
        assert_uri(uri);
        self.state().registration().post_logout_redirect_uris.insert(uri.to_owned());
    }

    /// Where logout tokens are posted to (OpenID Connect Back-Channel Logout 1.0 section 2.2); by default nowhere.
    ///
    /// They go over a socket. For an application that only a [`Browser`](super::Browser) knows, sign a
    /// [`logout_token`](Self::logout_token) and post it.
    pub fn set_back_channel_logout_uri(&self, uri: Option<&str>) {
        self.state().registration().back_channel_logout_uri = uri.map(str::to_owned);
    }

    /// What is shown in a frame at logout (OpenID Connect Front-Channel Logout 1.0 section 2); by default nothing.
    pub fn set_front_channel_logout_uri(&self, uri: Option<&str>) {
        self.state().registration().front_channel_logout_uri = uri.map(str::to_owned);
    }

    /// Whether everybody is asked once in each session to let the application in; by default nobody is, unless the
    /// application sends `prompt=consent`.
    pub fn ask_for_consent(&self, ask: bool) {
        self.state().registration().asks_for_consent = ask;
    }

    /// Whether authorization requests must be pushed (RFC 9126): then a browser that brings one by itself is sent back with
    /// `invalid_request`, and the metadata say `require_pushed_authorization_requests`. By default they may be.
    pub fn require_pushed_requests(&self, require: bool) {
        self.state().registration().requires_pushed_requests = require;
    }

    /// What ID tokens and logout tokens are signed with; by default the algorithm of the key that signs.
    pub fn set_id_token_algorithm(&self, algorithm: Algorithm) {
        self.state().registration().id_token_algorithm = Some(algorithm);
    }
}

/// Long enough for HS256 (RFC 7518 section 3.2), and no secret at all.
pub(super) const CLIENT_SECRET: &str = "the-secret-of-the-test-client-which-everybody-knows";

fn assert_uri(uri: &str) {
    let is_ascii = uri.bytes().all(|byte| byte.is_ascii_graphic());
    assert!(is_ascii && Url::parse(uri).is_ok(), "{uri:?} is not a URL in visible ASCII");
}
