//! The client at the provider: its id, whether it signs users in, and how it proves itself.

use std::path::PathBuf;

use crate::types::{Algorithm, Secret};

use super::{
    super::{
        ClientAuthentication, ClientSecret, Config, Oidc,
        fields::{authentication, oidc},
        source::secret_of,
    },
    report::{Placed, Report, given, nested_over_outer},
    words::{Words, algorithm, word},
};

/// Who this application is to the provider.
#[derive(Debug)]
pub(super) struct Client {
    /// `oidcConfiguration.id`, or else `clientId`.
    pub(super) id: Option<String>,
    /// `clientType: public`.
    pub(super) public: bool,
    /// Whether users sign in here: a callback URL, a credential, or a server URL that proofs alone have no need of.
    pub(super) login: bool,
}

/// `clientAuthenticationMethod` (OpenID Connect Core 1.0 section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    None,
    Basic,
    Post,
    SecretJwt,
    PrivateKeyJwt,
}

const METHODS: Words<Method> = &[
    ("client_secret_basic", Method::Basic),
    ("client_secret_post", Method::Post),
    ("client_secret_jwt", Method::SecretJwt),
    ("private_key_jwt", Method::PrivateKeyJwt),
    ("none", Method::None),
];

const CLIENT_TYPES: Words<bool> = &[("confidential", false), ("public", true)];

impl Client {
    pub(super) fn of(config: &Config, report: &mut Report<'_>) -> Self {
        let outer = &config.authentication;
        let id = nested_over_outer(
            Placed { value: given(outer.oidc.id.as_ref()), path: oidc("id") },
            Placed { value: given(outer.client_id.as_ref()), path: authentication("clientId") },
            report,
        );
        let public = word(&authentication("clientType"), given(outer.client_type.as_ref()), CLIENT_TYPES, report)
            .unwrap_or(false);
        Self { id: id.map(|id| id.value.to_owned()), public, login: is_login_on(config, public, report) }
    }
}

/// An API without people names its `serverUrl` for `dpop`: that alone is no login then. Of a public client, which has no credential to tell
/// it by, it is one.
fn is_login_on(config: &Config, public: bool, report: &mut Report<'_>) -> bool {
    let outer = &config.authentication;
    let is_off = |word: &str| word.eq_ignore_ascii_case("off");
    let has_dpop = !given(outer.oidc.dpop.as_ref()).is_none_or(is_off) || report.is_failed(oidc("dpop"));
    let server_url = Some(&outer.oidc.server_url).filter(|_| public || !has_dpop);
    let mut addresses = [&outer.callback_url, &outer.oidc.callback_url].into_iter().chain(server_url);
    let unread =
        [authentication("callbackUrl"), oidc("callbackUrl"), oidc("serverUrl"), oidc("secret"), oidc("privateKey")];
    addresses.any(|address| given(address.as_ref()).is_some())
        || has_secret(&outer.oidc)
        || has_key(&outer.oidc)
        || unread.iter().any(|path| report.is_failed(path))
}

fn has_secret(settings: &Oidc) -> bool {
    is_set(settings.secret.as_ref()) || settings.secret_file.is_some()
}

fn has_key(settings: &Oidc) -> bool {
    is_set(settings.private_key.as_ref()) || settings.private_key_file.is_some()
}

fn is_set(secret: Option<&Secret>) -> bool {
    secret.is_some_and(|secret| !secret.expose().trim().is_empty())
}

/// How the client proves itself at the token endpoint. `None` goes with a problem.
pub(super) fn client_authentication(
    settings: &Oidc,
    client: &Client,
    report: &mut Report<'_>,
) -> Option<ClientAuthentication> {
    let path = oidc("clientAuthenticationMethod");
    let method = given(settings.client_authentication_method.as_ref());
    let method = if method.is_some() { word(&path, method, METHODS, report) } else { Some(default_method(client)) };
    if client.public {
        return public(settings, method, report);
    }
    let Some(method) = method else {
        any_credential(settings, report);
        return None;
    };
    match method {
        Method::None => {
            report.problem(
                path,
                "is none, and the client is confidential",
                "write another method, or clientType: public",
            );
            None
        }
        Method::Basic => Some(ClientAuthentication::Basic(secret(settings, report)?)),
        Method::Post => Some(ClientAuthentication::Post(secret(settings, report)?)),
        Method::SecretJwt => Some(ClientAuthentication::SecretJwt(secret(settings, report)?)),
        Method::PrivateKeyJwt => private_key(settings, report),
    }
}

fn default_method(client: &Client) -> Method {
    if client.public { Method::None } else { Method::Basic }
}

/// A public client has nothing to prove itself with (RFC 6749 section 2.1): a secret in its settings was meant for another
/// client type, and would be taken for protection that is not there.
fn public(settings: &Oidc, method: Option<Method>, report: &mut Report<'_>) -> Option<ClientAuthentication> {
    for (key, there) in [("secret", has_secret(settings)), ("privateKey", has_key(settings))] {
        if there {
            let mend = "take it out, or write clientType: confidential";
            report.problem(oidc(key), "is set, and the client is public", mend);
        }
    }
    if method.is_some_and(|method| method != Method::None) {
        report.warning(oidc("clientAuthenticationMethod"), "has no effect: the client is public");
    }
    Some(ClientAuthentication::None)
}

/// What a method wants that nobody knows cannot be said. Whatever is there is read for its own problems, and one must be there.
fn any_credential(settings: &Oidc, report: &mut Report<'_>) {
    if has_key(settings) {
        private_key(settings, report);
    }
    if has_secret(settings) || !has_key(settings) {
        secret(settings, report);
    }
}

fn secret(settings: &Oidc, report: &mut Report<'_>) -> Option<ClientSecret> {
    let stated = (settings.secret.as_ref(), settings.secret_file.clone());
    given_or_read("secret", stated, report).unwrap_or_else(|| {
        let mend = "set it, or use privateKey with private_key_jwt, or write clientType: public";
        report.problem(oidc("secret"), "is required: the client is confidential", mend);
        None
    })
}

/// The secret of that key as it is given, or as its file holds it; without both there is none to speak of. `Some(None)` goes with a
/// problem.
fn given_or_read(
    key: &str,
    (secret, file): (Option<&Secret>, Option<PathBuf>),
    report: &mut Report<'_>,
) -> Option<Option<ClientSecret>> {
    if let Some(secret) = secret.filter(|secret| is_set(Some(secret))) {
        return Some(Some(ClientSecret { secret: secret.clone(), file }));
    }
    let file = file?;
    Some(match secret_of(&file) {
        Ok(text) => Some(ClientSecret { secret: Secret::new(text), file: Some(file) }),
        Err(what) => {
            let what = format!("the file {} {what}", file.display());
            report.problem(oidc(key), what, "name a readable file that holds the secret alone");
            None
        }
    })
}

fn private_key(settings: &Oidc, report: &mut Report<'_>) -> Option<ClientAuthentication> {
    let algorithm = match given(settings.private_key_algorithm.as_ref()) {
        None => Some(Algorithm::Rs256),
        name => algorithm(&oidc("privateKeyAlgorithm"), name, report),
    };
    let stated = (settings.private_key.as_ref(), settings.private_key_file.clone());
    let key = given_or_read("privateKey", stated, report).unwrap_or_else(|| {
        report.problem(oidc("privateKey"), "is required by private_key_jwt", "set it to the key as PEM or JWK");
        None
    })?;
    let text = key.secret.expose().trim_start();
    if !text.starts_with("-----BEGIN ") && !text.starts_with('{') {
        report.problem(
            oidc("privateKey"),
            "is neither PEM nor JWK",
            "write the key itself, or name its file by OIDC_PRIVATE_KEY_FILE",
        );
    }
    if text.starts_with("-----BEGIN ENCRYPTED") {
        report.problem(oidc("privateKey"), "is encrypted", "decrypt it, and let the file's permissions protect it");
    }
    let key_id = given(settings.private_key_id.as_ref()).map(str::to_owned);
    Some(ClientAuthentication::PrivateKeyJwt { key, key_id, algorithm: algorithm? })
}
