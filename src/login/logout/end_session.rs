//! The address at which the provider ends its own session (OpenID Connect RP-Initiated Logout 1.0 section 2).

use url::Url;

use crate::{config::ProviderKind, provider::Metadata, types::Secret};

/// Longest address with an ID token in it, in bytes: proxies and servers commonly take request lines of 8 KB (nginx's
/// `large_client_header_buffers`, Apache's `LimitRequestLine`). A longer one goes without.
const MAX_HINTED_URL_BYTES: usize = 8000;

/// What the provider is told at a logout. No `state`: the browser comes back to an address that anybody may open, so that there
/// is nothing to compare.
#[derive(Debug)]
pub(in crate::login) struct EndSession<'a> {
    pub(in crate::login) kind: ProviderKind,
    /// Auth0 goes on to the identity provider behind it.
    pub(in crate::login) federated: bool,
    pub(in crate::login) client_id: &'a str,
    /// `id_token_hint`: whose session it is. Without one, most providers ask the person.
    pub(in crate::login) id_token: Option<&'a Secret>,
    /// `sid`.
    pub(in crate::login) provider_session: Option<&'a str>,
    /// Where the browser comes back to. The provider compares it as text with those that are registered.
    pub(in crate::login) return_url: &'a str,
}

/// The endpoints that matter here, out of the provider's metadata.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::login) struct LogoutEndpoints<'a> {
    end_session: Option<&'a Url>,
    authorization: Option<&'a Url>,
}

impl<'a> LogoutEndpoints<'a> {
    pub(in crate::login) fn of(metadata: Option<&'a Metadata>) -> Self {
        Self {
            end_session: metadata.and_then(|metadata| metadata.end_session_endpoint.as_ref()),
            authorization: metadata.and_then(|metadata| metadata.authorization_endpoint.as_ref()),
        }
    }
}

impl EndSession<'_> {
    /// The address to send the browser to. `None`: the provider has no logout, or its metadata are not known.
    pub(in crate::login) fn url(&self, endpoints: LogoutEndpoints<'_>) -> Option<Url> {
        let beside_authorization = |path| endpoints.authorization.map(|url| beside(url, path));
        match (self.kind, endpoints.end_session) {
            // Whether its metadata name the endpoint or not, it takes parameters of its own.
            (ProviderKind::AwsCognito, endpoint) => {
                let endpoint = endpoint.cloned().or_else(|| beside_authorization("/logout"))?;
                Some(with(endpoint, &[("client_id", self.client_id), ("logout_uri", self.return_url)]))
            }
            (_, Some(endpoint)) => Some(self.standard(endpoint)),
            (ProviderKind::Auth0, None) => {
                let endpoint = beside_authorization("/v2/logout")?;
                Some(self.far(with(endpoint, &[("client_id", self.client_id), ("returnTo", self.return_url)])))
            }
            (_, None) => None,
        }
    }

    fn standard(&self, endpoint: &Url) -> Url {
        let parameters = [("client_id", self.client_id), ("post_logout_redirect_uri", self.return_url)];
        let url = self.far(with(endpoint.clone(), &parameters));
        let hinted = self.id_token.map(|token| with(url.clone(), &[("id_token_hint", token.expose())]));
        match hinted.filter(|url| url.as_str().len() <= MAX_HINTED_URL_BYTES) {
            Some(hinted) => hinted,
            None => with(url, self.logout_hint().as_slice()),
        }
    }

    /// `url`, as far as the logout is to go: Auth0's parameter `federated` has no value.
    fn far(&self, mut url: Url) -> Url {
        if self.federated && self.kind == ProviderKind::Auth0 {
            url.query_pairs_mut().append_key_only("federated");
        }
        url
    }

    /// Auth0 takes its `sid` in place of an ID token. What other providers take is their own.
    fn logout_hint(&self) -> Option<(&'static str, &str)> {
        let session = self.provider_session.filter(|_| self.kind == ProviderKind::Auth0)?;
        Some(("logout_hint", session))
    }
}

/// `path` on the origin of `url`.
fn beside(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// `url` with these parameters after its own.
fn with(mut url: Url, parameters: &[(&str, &str)]) -> Url {
    if !parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ProviderKind; 6] = [
        ProviderKind::Auth0,
        ProviderKind::Azure,
        ProviderKind::Google,
        ProviderKind::Okta,
        ProviderKind::AwsCognito,
        ProviderKind::CustomOidc,
    ];

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// The address for a session with or without an ID token, named `s 1` by the provider.
    fn address(
        kind: ProviderKind,
        id_token: Option<&str>,
        end_session: Option<&str>,
        authorization: Option<&str>,
    ) -> Option<String> {
        address_of(kind, false, id_token, end_session, authorization)
    }

    fn address_of(
        kind: ProviderKind,
        federated: bool,
        id_token: Option<&str>,
        end_session: Option<&str>,
        authorization: Option<&str>,
    ) -> Option<String> {
        let (id_token, end_session, authorization) =
            (id_token.map(Secret::from), end_session.map(url), authorization.map(url));
        let request = EndSession {
            kind,
            federated,
            client_id: "client&1",
            id_token: id_token.as_ref(),
            provider_session: Some("s 1"),
            return_url: "https://app.example",
        };
        let endpoints = LogoutEndpoints { end_session: end_session.as_ref(), authorization: authorization.as_ref() };
        request.url(endpoints).map(String::from)
    }

    #[test]
    fn the_end_session_endpoint_gets_the_id_token_and_the_way_back() {
        for kind in KINDS.into_iter().filter(|kind| *kind != ProviderKind::AwsCognito) {
            let address =
                address(kind, Some("h.p.s"), Some("https://id.example/oidc/logout"), Some("https://id.example/a"));
            let expected = "https://id.example/oidc/logout?client_id=client%261\
                            &post_logout_redirect_uri=https%3A%2F%2Fapp.example&id_token_hint=h.p.s";
            assert_eq!(address.unwrap(), expected, "{kind:?}");
        }
    }

    #[test]
    fn without_an_id_token_auth0_gets_the_name_of_its_session() {
        let plain = "https://id.example/end?client_id=client%261&post_logout_redirect_uri=https%3A%2F%2Fapp.example";
        for kind in KINDS.into_iter().filter(|kind| *kind != ProviderKind::AwsCognito) {
            let hint = if kind == ProviderKind::Auth0 { "&logout_hint=s+1" } else { "" };
            let address = address(kind, None, Some("https://id.example/end"), None).unwrap();
            assert_eq!(address, format!("{plain}{hint}"), "{kind:?}");
        }
    }

    #[test]
    fn an_older_auth0_tenant_has_a_logout_of_its_own() {
        let address = address(ProviderKind::Auth0, Some("h.p.s"), None, Some("https://t.auth0.com/authorize?x=1"));
        let expected = "https://t.auth0.com/v2/logout?client_id=client%261&returnTo=https%3A%2F%2Fapp.example";
        assert_eq!(address.unwrap(), expected);
    }

    #[test]
    fn a_federated_logout_is_a_parameter_without_a_value_which_auth0_alone_gets() {
        let (end, authorize) = (Some("https://id.example/end"), Some("https://id.example/authorize"));
        for kind in KINDS {
            for end_session in [end, None] {
                let url = |federated| address_of(kind, federated, Some("h.p.s"), end_session, authorize);
                let (far, near) = (url(true), url(false));
                if kind == ProviderKind::Auth0 {
                    let far = far.unwrap();
                    assert_eq!(far.split('&').filter(|part| *part == "federated").count(), 1, "{far}");
                    assert_eq!(far.replace("&federated", ""), near.unwrap());
                } else {
                    assert_eq!(far, near, "{kind:?}");
                }
            }
        }
    }

    #[test]
    fn cognito_has_parameters_of_its_own_wherever_its_endpoint_is_known_from() {
        let expected = "https://p.auth.eu-west-1.amazoncognito.com/logout?client_id=client%261&logout_uri=https%3A%2F%2Fapp.example";
        let authorization = "https://p.auth.eu-west-1.amazoncognito.com/oauth2/authorize";
        let endpoint = "https://p.auth.eu-west-1.amazoncognito.com/logout";
        for end_session in [None, Some(endpoint)] {
            let address = address(ProviderKind::AwsCognito, Some("h.p.s"), end_session, Some(authorization));
            assert_eq!(address.unwrap(), expected);
        }
    }

    #[test]
    fn a_provider_without_a_logout_is_not_visited() {
        for kind in [ProviderKind::Azure, ProviderKind::Google, ProviderKind::Okta, ProviderKind::CustomOidc] {
            assert_eq!(address(kind, Some("h.p.s"), None, Some("https://id.example/authorize")), None, "{kind:?}");
        }
        for kind in KINDS {
            assert_eq!(address(kind, Some("h.p.s"), None, None), None, "{kind:?}");
        }
    }

    #[test]
    fn the_endpoints_own_query_stays() {
        let address = address(ProviderKind::Azure, None, Some("https://id.example/logout?p=policy"), None).unwrap();
        assert!(address.starts_with("https://id.example/logout?p=policy&client_id="), "{address}");
        assert!(!address.contains("state"), "{address}");
    }

    #[test]
    fn an_id_token_that_no_server_would_read_is_left_out() {
        let bare = address(ProviderKind::Auth0, Some(""), Some("https://id.example/end"), None).unwrap().len();
        let longest = "x".repeat(MAX_HINTED_URL_BYTES - bare);
        let whole = address(ProviderKind::Auth0, Some(&longest), Some("https://id.example/end"), None).unwrap();
        assert_eq!(whole.len(), MAX_HINTED_URL_BYTES);
        let without = address(ProviderKind::Auth0, Some(&(longest + "x")), Some("https://id.example/end"), None);
        assert!(without.unwrap().ends_with("&logout_hint=s+1"));
    }

    #[test]
    fn an_id_token_is_not_shown() {
        let token = Secret::from("hunter2");
        let request = EndSession {
            kind: ProviderKind::Okta,
            federated: false,
            client_id: "client",
            id_token: Some(&token),
            provider_session: None,
            return_url: "https://app.example",
        };
        assert!(!format!("{request:?}").contains("hunter2"));
    }
}
