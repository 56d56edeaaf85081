//! The client's id and credential, proved by a code that was made up: the provider looks at the client before it looks at the code
//! (RFC 6749 section 4.1.3), and no grant is needed that the login does without.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    config::{ClientAuthentication, LoginSettings, ResponseType, oidc},
    doctor::{
        case::{Case, Examined},
        report::{Finding, Subject},
    },
    provider::{
        Causes, ClientAuthenticationError, Grant, OAuthErrorCode, ProviderClient, TokenEndpointError, TokenResponse,
    },
    types::{Random, RandomError, Secret, SystemRandom},
};

const CHECK: &str = "client";

pub(super) async fn check(settings: &LoginSettings, provider: &Examined, case: &Case) -> Finding {
    let note = |seen: &str| Subject::Client.note(CHECK, oidc("id"), seen);
    if settings.response_type == ResponseType::IdToken {
        return note("not checked: with the response type id_token no credential is sent to the token endpoint");
    }
    let client = ProviderClient::new(
        provider.provider.clone(),
        settings.client_id.clone(),
        settings.client_authentication.clone(),
        case.http_client(),
        Arc::clone(&case.clock),
    );
    let client = match client {
        Ok(client) => client,
        Err(error) => return unusable(&error),
    };
    if provider.accepted().is_none() {
        return note(&format!("client and credential {}", super::is_not_trusted(provider)));
    }
    match made_up(settings) {
        Ok(grant) => judge(client.token(&grant).await, settings, provider),
        Err(error) => note(&format!("not checked: {error}")),
    }
}

/// A credential that nothing can be proved with.
pub(super) fn unusable(error: &ClientAuthenticationError) -> Finding {
    let (key, mend) = match error {
        ClientAuthenticationError::ShortSecret { .. } => {
            ("secret", "set the secret that the provider gave, or change the method")
        }
        ClientAuthenticationError::UnreadableKey => ("privateKey", "write the private key itself, as PEM or JWK"),
        ClientAuthenticationError::EncryptedKey => {
            ("privateKey", "decrypt it, and let the file's permissions protect it")
        }
        ClientAuthenticationError::UnfitKey { .. } => {
            ("privateKey", "write privateKeyAlgorithm as the key has it, or make another key")
        }
    };
    Subject::Client.error(CHECK, oidc(key), error.to_string(), mend)
}

fn made_up(settings: &LoginSettings) -> Result<Grant, RandomError> {
    let random = || {
        let mut bytes = [0; 32];
        SystemRandom.fill(&mut bytes).map(|()| Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
    };
    Ok(Grant::AuthorizationCode {
        code: random()?,
        redirect_uri: settings.callback_url.clone(),
        code_verifier: settings.use_pkce.then(random).transpose()?,
    })
}

fn judge(answer: Result<TokenResponse, TokenEndpointError>, settings: &LoginSettings, provider: &Examined) -> Finding {
    use OAuthErrorCode as Code;
    let path = credential_path(settings);
    match answer {
        Ok(_) => {
            let seen = "the provider gave tokens for a code that was made up: whoever asks is let in";
            Subject::Client.error(CHECK, oidc("id"), seen, "do not use this provider")
        }
        Err(TokenEndpointError::OAuth { code: Code::InvalidGrant, .. }) => {
            Subject::Client.ok(CHECK, path, proved(settings))
        }
        Err(error) if error.is_invalid_client() => {
            Subject::Client.error(CHECK, path, refuted(&error, settings), how_to_prove(settings, provider))
        }
        Err(TokenEndpointError::OAuth {
            code: code @ (Code::UnauthorizedClient | Code::UnsupportedGrantType), ..
        }) => {
            let seen = format!("the provider says {code}: this client may not exchange codes");
            let mend = "allow the grant `authorization_code` for this client at the provider";
            Subject::Client.error(CHECK, oidc("id"), seen, mend)
        }
        Err(TokenEndpointError::Redirect { .. }) => {
            let seen = "the token endpoint redirects, which is not followed: every login fails";
            Subject::Client.error(CHECK, path, seen, "let the provider's metadata name the final address")
        }
        Err(error) if error.is_unavailable() => {
            let seen = format!("neither proved nor refuted: {}", Causes(&error));
            Subject::Client.warning(CHECK, path, seen, "try again later")
        }
        Err(error) => {
            let seen = format!("neither proved nor refuted: to a made-up code {}", Causes(&error));
            Subject::Client.note(CHECK, path, seen)
        }
    }
}

fn credential_path(settings: &LoginSettings) -> String {
    match settings.client_authentication {
        ClientAuthentication::None => oidc("id"),
        ClientAuthentication::PrivateKeyJwt { .. } => oidc("privateKey"),
        _ => oidc("secret"),
    }
}

fn proved(settings: &LoginSettings) -> String {
    let what = match settings.client_authentication {
        ClientAuthentication::None => "client id proved",
        ClientAuthentication::PrivateKeyJwt { .. } => "client id and private key proved",
        _ => "client id and secret proved",
    };
    format!("{what} at the token endpoint, by {}", settings.client_authentication.method())
}

fn refuted(error: &TokenEndpointError, settings: &LoginSettings) -> String {
    let what = match settings.client_authentication {
        ClientAuthentication::None => "does not know this client as a public one",
        ClientAuthentication::PrivateKeyJwt { .. } => "does not take the client's id or key",
        _ => "does not take the client's id or secret",
    };
    let code = match error {
        TokenEndpointError::OAuth { code, .. } => format!(" ({code})"),
        _ => String::new(),
    };
    format!("the provider {what}{code}")
}

fn how_to_prove(settings: &LoginSettings, provider: &Examined) -> String {
    let method = settings.client_authentication.method();
    let offered =
        provider.metadata.as_ref().and_then(|metadata| metadata.token_endpoint_auth_methods_supported.as_ref());
    let others = offered.map(|offered| format!(" (the provider offers {})", offered.join(", "))).unwrap_or_default();
    match settings.client_authentication {
        ClientAuthentication::None => {
            "compare the id with the provider's, and register the client there as one without a secret".to_owned()
        }
        ClientAuthentication::PrivateKeyJwt { .. } => format!(
            "compare the id with the provider's, register this key's public half there, with the same key id, and {method}{others}"
        ),
        _ => format!(
            "copy id and secret from the provider again, and compare the method, {method}, with the client's there{others}"
        ),
    }
}
