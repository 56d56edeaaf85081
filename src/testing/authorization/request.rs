//! What an application asks for.

use crate::{
    testing::{parameters::Parameters, state::State},
    types::unix_seconds,
};

use super::{
    pushed::{self, Stage},
    reply::{ReplyTo, ResponseMode},
};

/// A good authorization request (OpenID Connect Core 1.0 section 3.1.2.1).
pub(in crate::testing) struct AuthorizationRequest {
    pub(in crate::testing) reply_to: ReplyTo,
    pub(super) response_type: ResponseType,
    pub(in crate::testing) scope: String,
    pub(super) nonce: Option<String>,
    pub(super) prompt: Vec<Prompt>,
    /// In seconds.
    pub(super) max_age: Option<u64>,
    pub(in crate::testing) login_hint: Option<String>,
    pub(super) code_challenge: Option<String>,
    /// Auth0's parameter: the API that the access token shall be for.
    pub(super) audience: Option<String>,
    /// The whole request as a query, as the browser brought it, for a page's form to bring back.
    pub(in crate::testing) query: String,
}

/// `response_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseType {
    Code,
    IdToken,
}

/// `prompt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prompt {
    None,
    Login,
    Consent,
    SelectAccount,
}

/// A request that is not good.
pub(super) enum Rejected {
    /// Told to the person: whoever sent the request is not known.
    Here(&'static str),
    /// Told to the application, by an error code.
    There(Box<ReplyTo>, &'static str),
}

impl AuthorizationRequest {
    /// Reads a request, and checks it from the outside in: who asks, where the answer goes, and what is asked. One that was pushed
    /// counts alone (RFC 9126 section 4).
    pub(super) fn read(state: &State, brought: Parameters, stage: Stage) -> Result<Self, Rejected> {
        let (query, is_reference) = (brought.to_query(), pushed::is_reference(&brought));
        let parameters = if is_reference { pushed_request(state, &brought, stage)? } else { brought };
        let reply_to = reply_to(state, &parameters)?;
        let asked = if state.registration().requires_pushed_requests && !is_reference {
            Err("invalid_request")
        } else {
            Self::asked(state, &parameters, reply_to.clone())
        };
        match asked {
            Ok(request) => Ok(Self { query, ..request }),
            Err(error) => Err(Rejected::There(Box::new(reply_to), error)),
        }
    }

    /// Checks a request that is pushed, and gives the code of what is wrong with it. It names no other (RFC 9126 section 2.1).
    pub(in crate::testing) fn check(state: &State, parameters: &Parameters) -> Result<(), &'static str> {
        let invalid = "invalid_request";
        let reply_to = reply_to(state, parameters).map_err(|_| invalid)?;
        match parameters.get("request_uri") {
            Some(_) => Err(invalid),
            None => Self::asked(state, parameters, reply_to).map(drop),
        }
    }

    fn asked(state: &State, parameters: &Parameters, reply_to: ReplyTo) -> Result<Self, &'static str> {
        if parameters.repeat() {
            return Err("invalid_request");
        }
        refuse_request_objects(parameters)?;
        let owned = |name| parameters.get(name).map(str::to_owned);
        let response_type = response_type(parameters, reply_to.mode)?;
        let scope = owned("scope").filter(|scope| scope.split(' ').any(|word| word == "openid"));
        Ok(Self {
            scope: scope.ok_or("invalid_scope")?,
            nonce: nonce(parameters, response_type)?,
            prompt: prompt(parameters)?,
            max_age: max_age(parameters)?,
            login_hint: owned("login_hint"),
            code_challenge: code_challenge(state, parameters, response_type)?,
            audience: owned("audience"),
            query: parameters.to_query(),
            response_type,
            reply_to,
        })
    }

    pub(super) fn prompts(&self, prompt: Prompt) -> bool {
        self.prompt.contains(&prompt)
    }
}

fn pushed_request(state: &State, brought: &Parameters, stage: Stage) -> Result<Parameters, Rejected> {
    let found = state.pushed_requests().find(brought, stage, unix_seconds(state.clock.now()));
    found.ok_or(Rejected::Here("This request_uri is not known, was used already, or has expired."))
}

fn reply_to(state: &State, parameters: &Parameters) -> Result<ReplyTo, Rejected> {
    if parameters.get("client_id") != Some(&state.client_id) {
        return Err(Rejected::Here("No application with this client_id is registered."));
    }
    let redirect_uri = parameters.get("redirect_uri").unwrap_or_default();
    if !state.registration().redirect_uris.contains(redirect_uri) {
        return Err(Rejected::Here("This redirect_uri is not registered."));
    }
    Ok(ReplyTo {
        redirect_uri: redirect_uri.to_owned(),
        mode: match parameters.get("response_mode") {
            Some("form_post") => ResponseMode::FormPost,
            _ => ResponseMode::Query,
        },
        state: parameters.get("state").map(str::to_owned),
    })
}

/// They are not offered (section 6).
fn refuse_request_objects(parameters: &Parameters) -> Result<(), &'static str> {
    let refused = [("request", "request_not_supported"), ("request_uri", "request_uri_not_supported")];
    refused.into_iter().find(|(name, _)| parameters.get(name).is_some()).map_or(Ok(()), |(_, error)| Err(error))
}

/// An ID token comes by `form_post`: never in a query, and fragments are not offered (OAuth 2.0 Multiple Response Type
/// Encoding Practices section 3).
fn response_type(parameters: &Parameters, mode: ResponseMode) -> Result<ResponseType, &'static str> {
    let mode_is_offered = matches!(parameters.get("response_mode"), None | Some("query" | "form_post"));
    match (parameters.get("response_type"), mode) {
        (Some("code"), _) if mode_is_offered => Ok(ResponseType::Code),
        (Some("id_token"), ResponseMode::FormPost) => Ok(ResponseType::IdToken),
        (Some("code" | "id_token") | None, _) => Err("invalid_request"),
        (Some(_), _) => Err("unsupported_response_type"),
    }
}

/// Section 3.2.2.1: the implicit flow needs one.
fn nonce(parameters: &Parameters, response_type: ResponseType) -> Result<Option<String>, &'static str> {
    match (parameters.get("nonce"), response_type) {
        (None | Some(""), ResponseType::IdToken) | (Some(""), ResponseType::Code) => Err("invalid_request"),
        (nonce, _) => Ok(nonce.map(str::to_owned)),
    }
}

fn prompt(parameters: &Parameters) -> Result<Vec<Prompt>, &'static str> {
    let words = parameters.get("prompt").unwrap_or_default().split(' ').filter(|word| !word.is_empty());
    let prompt = words.map(|word| match word {
        "none" => Ok(Prompt::None),
        "login" => Ok(Prompt::Login),
        "consent" => Ok(Prompt::Consent),
        "select_account" => Ok(Prompt::SelectAccount),
        _ => Err("invalid_request"),
    });
    let prompt = prompt.collect::<Result<Vec<_>, _>>()?;
    if prompt.contains(&Prompt::None) && prompt.len() > 1 { Err("invalid_request") } else { Ok(prompt) }
}

fn max_age(parameters: &Parameters) -> Result<Option<u64>, &'static str> {
    let max_age = parameters.get("max_age").map(str::parse).transpose();
    max_age.map_err(|_| "invalid_request")
}

/// S256 alone; public clients need it (RFC 9700 section 2.1.1).
fn code_challenge(
    state: &State,
    parameters: &Parameters,
    response_type: ResponseType,
) -> Result<Option<String>, &'static str> {
    match (parameters.get("code_challenge"), parameters.get("code_challenge_method")) {
        (Some(challenge), Some("S256")) if is_sha256(challenge) => Ok(Some(challenge.to_owned())),
        (None, None) if response_type == ResponseType::IdToken => Ok(None),
        (None, None) if !state.service_accounts().is_public(&state.client_id) => Ok(None),
        _ => Err("invalid_request"),
    }
}

/// 32 bytes in base64url (RFC 7636 section 4.2).
fn is_sha256(challenge: &str) -> bool {
    challenge.len() == 43 && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
