//! Whether the provider offers what is configured.

use std::fmt;

use url::Url;

use crate::{
    config::{ClientAuthentication, LoginSettings, PushedAuthorizationRequests, ResponseType},
    provider::Metadata,
};

use crate::login::LoginError;

/// Most entries of a provider's list that a message shows, and most characters of each.
const MAX_SHOWN: usize = 20;

/// A setting whose value is not in the provider's list.
///
/// It is shown as `clientAuthenticationMethod: private_key_jwt is configured, and the provider offers "client_secret_basic"`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The key under `oidcConfiguration` that says otherwise.
    pub setting: &'static str,
    /// What it means on the wire.
    pub configured: String,
    /// What the provider's metadata list, exactly.
    pub offered: Vec<String>,
}

/// Holds the settings against the provider's metadata (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2).
///
/// A list that is not there refuses nothing: providers leave out what they nevertheless do. Gives the authorization endpoint.
///
/// # Errors
/// - [`LoginError::NotOffered`]: an endpoint is missing;
/// - [`LoginError::Mismatch`]: every setting that the provider does not offer.
pub(crate) fn offered<'m>(metadata: &'m Metadata, settings: &LoginSettings) -> Result<&'m Url, LoginError> {
    let missing = || LoginError::NotOffered { what: "an authorization endpoint" };
    let endpoint = metadata.authorization_endpoint.as_ref().ok_or_else(missing)?;
    if settings.response_type == ResponseType::Code && metadata.token_endpoint.is_none() {
        return Err(LoginError::NotOffered { what: "a token endpoint" });
    }
    let mismatches = mismatches(metadata, settings);
    if mismatches.is_empty() { Ok(endpoint) } else { Err(LoginError::Mismatch(mismatches)) }
}

/// Whether the request of a login is pushed (RFC 9126). A provider that takes no other and does not say where to push (section 5)
/// contradicts itself: it gets the request as everybody else does, unless it must be pushed, and says what it thinks of it.
pub(crate) fn pushes(metadata: &Metadata, settings: &LoginSettings) -> bool {
    let is_available = metadata.pushed_authorization_request_endpoint.is_some();
    match settings.pushed_authorization_requests {
        PushedAuthorizationRequests::Off => false,
        PushedAuthorizationRequests::Auto => is_available && metadata.require_pushed_authorization_requests,
        PushedAuthorizationRequests::IfAvailable => is_available,
        PushedAuthorizationRequests::Required => true,
    }
}

/// Every setting that the provider does not offer, whichever endpoints it has.
pub(crate) fn mismatches(metadata: &Metadata, settings: &LoginSettings) -> Vec<Mismatch> {
    let response_type = settings.response_type.name();
    let challenge = settings.use_pkce.then_some("S256");
    let is_pushed = pushes(metadata, settings);
    let checks = [
        ("responseType", Some(response_type), &metadata.response_types_supported),
        ("responseMode", Some(settings.response_mode.name()), &metadata.response_modes_supported),
        ("disablePkce", challenge, &metadata.code_challenge_methods_supported),
        (
            "preferredJwsAlgorithm",
            Some(settings.id_token_algorithm.name()),
            &metadata.id_token_signing_alg_values_supported,
        ),
        ("clientAuthenticationMethod", proof(settings, is_pushed), &metadata.token_endpoint_auth_methods_supported),
        (
            "privateKeyAlgorithm",
            proof_algorithm(settings, is_pushed),
            &metadata.token_endpoint_auth_signing_alg_values_supported,
        ),
    ];
    let listed = checks
        .into_iter()
        .filter_map(|(setting, configured, offered)| mismatch(setting, configured?, offered.as_ref()?));
    listed.chain(no_push(metadata, settings)).collect()
}

/// Requests must be pushed, and there is nowhere to push them to.
fn no_push(metadata: &Metadata, settings: &LoginSettings) -> Option<Mismatch> {
    let is_required = settings.pushed_authorization_requests == PushedAuthorizationRequests::Required;
    let is_missing = is_required && metadata.pushed_authorization_request_endpoint.is_none();
    is_missing.then(|| Mismatch {
        setting: "pushedAuthorizationRequests",
        configured: "required".to_owned(),
        offered: Vec::new(),
    })
}

fn mismatch(setting: &'static str, configured: &str, offered: &[String]) -> Option<Mismatch> {
    let found = offered.iter().any(|offer| offer == configured);
    (!found).then(|| Mismatch { setting, configured: configured.to_owned(), offered: offered.to_vec() })
}

/// How the client proves itself, if a login needs it to: for a code, and for a request that is pushed (RFC 9126 section 2). That a
/// public client need not is often left out of the list.
fn proof(settings: &LoginSettings, is_pushed: bool) -> Option<&'static str> {
    let authentication = &settings.client_authentication;
    let is_asked = settings.response_type == ResponseType::Code || is_pushed;
    let needed = is_asked && !matches!(authentication, ClientAuthentication::None);
    needed.then(|| authentication.method())
}

/// How its assertion is signed, if it makes one with a key of its own.
fn proof_algorithm(settings: &LoginSettings, is_pushed: bool) -> Option<&'static str> {
    match &settings.client_authentication {
        ClientAuthentication::PrivateKeyJwt { algorithm, .. } => proof(settings, is_pushed).map(|_| algorithm.name()),
        _ => None,
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, configured, offered } = self;
        write!(f, "{setting}: {configured} is configured, and the provider offers ")?;
        if offered.is_empty() {
            return f.write_str("none");
        }
        let shown = offered.iter().take(MAX_SHOWN).map(|offer| offer.chars().take(MAX_SHOWN).collect::<String>());
        for (position, offer) in shown.enumerate() {
            write!(f, "{}{offer:?}", if position > 0 { ", " } else { "" })?;
        }
        if offered.len() > MAX_SHOWN { f.write_str(" and more") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        config::Config,
        login::samples::{metadata, settings},
    };

    use super::*;

    const RSA_KEY: &str = "-----BEGIN PRIVATE KEY-----";

    fn list(entries: &[&str]) -> Option<Vec<String>> {
        Some(entries.iter().map(|entry| (*entry).to_owned()).collect())
    }

    /// What does not fit, as it is shown.
    fn told(change: impl FnOnce(&mut Config), list: impl FnOnce(&mut Metadata)) -> Option<String> {
        let mut metadata = metadata();
        list(&mut metadata);
        offered(&metadata, &settings(change)).err().map(|error| error.to_string())
    }

    fn method(name: &'static str) -> impl FnOnce(&mut Config) {
        move |config| {
            config.authentication.oidc.client_authentication_method = Some(name.to_owned());
            config.authentication.oidc.private_key = Some(RSA_KEY.into());
        }
    }

    fn public_code(config: &mut Config) {
        *config = config.clone().public_client();
        config.authentication.oidc.secret = None;
        config.authentication.oidc.response_type = Some("code".to_owned());
    }

    fn implicit(config: &mut Config) {
        config.authentication.oidc.response_type = Some("id_token".to_owned());
    }

    #[test]
    fn a_list_that_is_not_there_refuses_nothing() {
        for name in ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"] {
            assert_eq!(told(method(name), |_| ()), None, "{name}");
        }
        assert_eq!(told(implicit, |_| ()), None);
        assert_eq!(told(public_code, |_| ()), None);
    }

    #[test]
    fn a_missing_endpoint_is_told() {
        let told_without = |remove: fn(&mut Metadata), change: fn(&mut Config)| told(change, remove);
        let no_authorization: fn(&mut Metadata) = |metadata| metadata.authorization_endpoint = None;
        let no_token: fn(&mut Metadata) = |metadata| metadata.token_endpoint = None;
        let text = told_without(no_authorization, |_| ()).unwrap();
        assert_eq!(text, "the provider does not offer an authorization endpoint");
        assert_eq!(told_without(no_token, |_| ()).unwrap(), "the provider does not offer a token endpoint");
        assert_eq!(told_without(no_token, implicit), None);
    }

    #[test]
    fn each_setting_is_held_against_its_list() {
        type Case = (
            &'static str,
            fn(&mut Config),
            fn(&mut Metadata, Option<Vec<String>>),
            &'static [&'static str],
            &'static str,
        );
        let cases: [Case; 6] = [
            (
                "responseType: code",
                |_| (),
                |m, l| m.response_types_supported = l,
                &["id_token", "code id_token"],
                "code",
            ),
            ("responseMode: query", |_| (), |m, l| m.response_modes_supported = l, &["form_post"], "query"),
            ("disablePkce: S256", |_| (), |m, l| m.code_challenge_methods_supported = l, &["plain"], "S256"),
            (
                "preferredJwsAlgorithm: RS256",
                |_| (),
                |m, l| m.id_token_signing_alg_values_supported = l,
                &["HS256", "rs256"],
                "RS256",
            ),
            (
                "clientAuthenticationMethod: client_secret_basic",
                |_| (),
                |m, l| m.token_endpoint_auth_methods_supported = l,
                &["client_secret_post", "private_key_jwt"],
                "client_secret_basic",
            ),
            (
                "privateKeyAlgorithm: RS256",
                |config| method("private_key_jwt")(config),
                |m, l| m.token_endpoint_auth_signing_alg_values_supported = l,
                &["PS256"],
                "RS256",
            ),
        ];
        for (told_as, change, set, others, own) in cases {
            let offers: Vec<_> = others.iter().map(|offer| format!("{offer:?}")).collect();
            let expected = format!("{told_as} is configured, and the provider offers {}", offers.join(", "));
            assert_eq!(told(change, |metadata| set(metadata, list(others))), Some(expected));
            let all: Vec<_> = others.iter().chain([&own]).copied().collect();
            assert_eq!(told(change, |metadata| set(metadata, list(&all))), None, "{told_as}");
        }
    }

    #[test]
    fn what_a_login_does_without_need_not_be_offered() {
        assert_eq!(told(implicit, |m| m.token_endpoint_auth_methods_supported = list(&["none"])), None);
        assert_eq!(told(implicit, |m| m.code_challenge_methods_supported = list(&["plain"])), None);
        assert_eq!(
            told(public_code, |m| m.token_endpoint_auth_methods_supported = list(&["client_secret_post"])),
            None
        );
        assert_eq!(told(|_| (), |m| m.token_endpoint_auth_signing_alg_values_supported = list(&["PS256"])), None);
        assert_eq!(told(|_| (), |m| m.scopes_supported = list(&["openid"])), None);
    }

    fn pushed(word: &'static str) -> impl FnOnce(&mut Config) {
        move |config| config.authentication.oidc.pushed_authorization_requests = Some(word.to_owned())
    }

    fn par(metadata: &mut Metadata) {
        metadata.pushed_authorization_request_endpoint = Some(Url::parse("https://id.example/par").unwrap());
    }

    #[test]
    fn a_request_is_pushed_where_the_setting_and_the_metadata_say_so() {
        for (word, is_available, is_wanted, expected) in [
            ("", false, false, false),
            ("", true, false, false),
            ("", true, true, true),
            ("", false, true, false),
            ("auto", true, false, false),
            ("auto", true, true, true),
            ("ifAvailable", false, false, false),
            ("ifAvailable", true, false, true),
            ("ifAvailable", true, true, true),
            ("ifAvailable", false, true, false),
            ("required", true, false, true),
            ("required", true, true, true),
            ("required", false, false, true),
            ("off", true, false, false),
            ("off", true, true, false),
        ] {
            let mut metadata = metadata();
            metadata.require_pushed_authorization_requests = is_wanted;
            if is_available {
                par(&mut metadata);
            }
            assert_eq!(pushes(&metadata, &settings(pushed(word))), expected, "{word} {is_available} {is_wanted}");
        }
    }

    #[test]
    fn requests_that_must_be_pushed_need_somewhere_to_push_them_to() {
        let expected = "pushedAuthorizationRequests: required is configured, and the provider offers none";
        assert_eq!(told(pushed("required"), |_| ()).as_deref(), Some(expected));
        assert_eq!(told(pushed("required"), par), None);
        for word in ["", "auto", "ifAvailable", "off"] {
            assert_eq!(told(pushed(word), |metadata| metadata.require_pushed_authorization_requests = true), None);
        }
    }

    /// The credential of a client that gets its ID token by the browser proves it nowhere else.
    #[test]
    fn a_request_that_is_pushed_needs_the_method_that_is_configured() {
        let both = |config: &mut Config| {
            implicit(config);
            pushed("ifAvailable")(config);
        };
        let offers = |metadata: &mut Metadata| metadata.token_endpoint_auth_methods_supported = list(&["none"]);
        assert_eq!(told(both, offers), None, "nothing is pushed");
        let text = told(both, |metadata| {
            offers(metadata);
            par(metadata);
        });
        assert!(text.unwrap().starts_with("clientAuthenticationMethod: client_secret_basic is configured"));
    }

    #[test]
    fn every_mismatch_is_told_at_once() {
        let text = told(implicit, |metadata| {
            metadata.response_types_supported = list(&["code"]);
            metadata.response_modes_supported = list(&["query", "fragment"]);
        });
        assert_eq!(
            text.as_deref(),
            Some(
                "responseType: id_token is configured, and the provider offers \"code\"; \
                 responseMode: form_post is configured, and the provider offers \"query\", \"fragment\""
            )
        );
    }

    #[test]
    fn what_the_provider_lists_cannot_flood_or_forge_the_log() {
        let many: Vec<_> = (0..100).map(|number| format!("{number}\n{}", "x".repeat(1000))).collect();
        let text = told(|_| (), |metadata| metadata.response_types_supported = Some(many)).unwrap();
        assert!(text.len() < 1000 && !text.contains('\n') && text.ends_with(" and more"), "{text}");
        let as_many_as_are_shown = (0..MAX_SHOWN).map(|number| number.to_string()).collect();
        let text = told(|_| (), |metadata| metadata.response_types_supported = Some(as_many_as_are_shown)).unwrap();
        assert!(text.ends_with(", \"19\""), "{text}");
        let none = told(|_| (), |metadata| metadata.response_types_supported = list(&[]));
        assert_eq!(none.as_deref(), Some("responseType: code is configured, and the provider offers none"));
    }
}
