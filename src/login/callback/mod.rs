//! The end of a login.
//!
//! 1. Read the [answer](response), and check who gives it (RFC 9207). Nothing was acted on until here.
//! 2. Find the transaction. Without one, an error is shown and anything else is [healed](healing). From here on the
//!    transaction's cookie is removed in every answer: it is good for one use.
//! 3. [Exchange](exchange) the code and verify the ID token; check the issuer once more, the organization, and how strong the
//!    login is where a route asks for that.
//! 4. Ask [userinfo](super::userinfo) if need be, make the principal, and [admit](admission) it.
//! 5. Open the session. Nobody who is refused before has had one.

mod admission;
mod exchange;
mod healing;
mod response;
mod spent;

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode,
    header::{LOCATION, SET_COOKIE},
};

use crate::{
    metrics,
    principal::{Principal, Strength, is_of_organization},
    session::{Found, depends_on_session},
    types::{Claims, Issuer, Secret},
};

use super::{
    Login, LoginError, ReturnTo, Route, Visit,
    ended::Cause,
    start::{Round, Transaction},
};

pub(super) use spent::SpentLogins;

use exchange::Granted;
use response::{AuthorizationResponse, Outcome};

impl Login {
    /// The path of `callbackUrl`.
    pub(super) async fn callback(self: &Arc<Self>, request: &Request<Bytes>) -> Result<Response<Bytes>, LoginError> {
        let headers = request.headers();
        if Visit::of(request.method(), headers) == Visit::Prefetch {
            return Err(LoginError::Prefetch);
        }
        let response = AuthorizationResponse::read(request, self.settings.response_type, self.settings.response_mode)?;
        self.check_who_answers(&response)?;
        let found = response.state.as_ref().and_then(|state| self.take_transaction(state, headers));
        match (found, response.outcome) {
            (None, Outcome::Error(code)) => Err(LoginError::Authorization { code }),
            (None, _) => {
                let state = response.state.ok_or(LoginError::Missing { name: "state" })?;
                self.heal(headers, &state).await
            }
            (Some(transaction), outcome) => {
                let finished = self.finish(outcome, response.iss.as_deref(), &transaction, headers).await;
                let mut answer = finished.unwrap_or_else(|error| {
                    self.refusal_on_the_way_to(&transaction.return_to, error, Route::Callback, request)
                });
                if let Some(removal) = transaction.removal(self) {
                    answer.headers_mut().append(SET_COOKIE, removal);
                }
                Ok(answer)
            }
        }
    }

    /// The login with that state that this browser has started, if its answer has not come before.
    fn take_transaction(&self, state: &Secret, headers: &HeaderMap) -> Option<Transaction> {
        let found = Transaction::find(self, headers, state.expose())?;
        self.spent.take(state).then_some(found)
    }

    /// Checks who answers, with an error as well as with a code (RFC 9207 section 2.4).
    fn check_who_answers(&self, response: &AuthorizationResponse) -> Result<(), LoginError> {
        let snapshot = self.provider.snapshot();
        let (Some(rule), Some(metadata)) = (snapshot.issuer(), snapshot.metadata()) else {
            return Err(self.unavailable());
        };
        response.check_issuer(rule, metadata.authorization_response_iss_parameter_supported)
    }

    async fn finish(
        self: &Arc<Self>,
        outcome: Outcome,
        iss: Option<&str>,
        transaction: &Transaction,
        headers: &HeaderMap,
    ) -> Result<Response<Bytes>, LoginError> {
        let Granted { id_token, access_token, tokens } = self.granted(outcome, transaction).await?;
        check_same_issuer(iss, id_token.issuer())?;
        self.check_organization(id_token.claims(), transaction)?;
        check_strength(id_token.claims(), transaction.strength.as_ref())?;
        let more = self.more_claims(id_token.claims(), access_token.as_ref()).await?;
        let principal = Principal::from_id_token(&id_token, more.as_ref(), &self.principal)?;
        if let Some(directory) = &self.directory {
            admission::admit(&principal, &**directory, &self.principal).await?;
        }
        let mut answer = see_other(&transaction.return_to)?;
        let end_before = self.end_before(transaction, headers).await?;
        let opened = self.sessions.open(id_token, more.as_ref(), tokens, transaction.begun, headers).await?;
        if let Some(cause) = end_before {
            self.count_end(cause);
        }
        for _ in 0..opened.others_ended {
            self.count_end(Cause::TooMany);
        }
        metrics::session_opened(&self.provider_name);
        opened.cookies.apply(answer.headers_mut());
        answer.headers_mut().append(SET_COOKIE, self.note_round(Round::Finished, headers)?);
        if let Some(removal) = self.forget_round(Round::Healed, headers) {
            answer.headers_mut().append(SET_COOKIE, removal);
        }
        tracing::info!(provider = self.provider_name, "login finished");
        metrics::login_finished(&self.provider_name);
        Ok(answer)
    }

    /// By what the session has ended that the browser had before this login, if it had one that was not counted yet: the new cookie
    /// takes the place of its own.
    async fn end_before(&self, transaction: &Transaction, headers: &HeaderMap) -> Result<Option<Cause>, LoginError> {
        if let Some(session) = &transaction.replaces {
            return Ok(self.sessions.end_brought(session).await?.then_some(Cause::Replaced));
        }
        Ok(match self.loaded(self.sessions.find(headers)).await? {
            Found::Live(_) => Some(Cause::Replaced),
            Found::Void(void) => Cause::of(void),
            Found::Nothing | Found::Stored(_) => None,
        })
    }

    /// Checks the organization that this login asked for, and the one that every login must be of. A login that asks for
    /// another one than the configured does not get around it.
    fn check_organization(&self, id_token: &Claims, transaction: &Transaction) -> Result<(), LoginError> {
        let mut asked = transaction.organization.iter().chain(&self.principal.organization);
        if asked.all(|asked| is_of_organization(id_token, asked)) { Ok(()) } else { Err(LoginError::Organization) }
    }
}

/// The issuer in the answer is the ID token's (RFC 9207 section 2). For one issuer alone this holds already; for the tenants
/// of a template it does not.
fn check_same_issuer(iss: Option<&str>, id_token: &Issuer) -> Result<(), LoginError> {
    let same = iss.is_none_or(|iss| iss == id_token.as_str());
    if same { Ok(()) } else { Err(LoginError::ResponseIssuer) }
}

/// The login is of the class and by the methods that a route asks for (OpenID Connect Core 1.0 section 3.1.3.7, step 12).
fn check_strength(id_token: &Claims, asked: Option<&Strength>) -> Result<(), LoginError> {
    let is_strong = asked.is_none_or(|asked| asked.is_of(id_token));
    if is_strong { Ok(()) } else { Err(LoginError::TooWeak) }
}

/// A GET of that address, which no cache keeps.
pub(super) fn see_other(return_to: &ReturnTo) -> Result<Response<Bytes>, LoginError> {
    let location = HeaderValue::try_from(return_to.as_str()).map_err(|_| LoginError::ReturnAddress)?;
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer.headers_mut().insert(LOCATION, location);
    depends_on_session(answer.headers_mut());
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_of_the_answer_is_the_id_tokens() {
        let tenant = Issuer::new("https://login.microsoftonline.com/t1/v2.0");
        for (iss, same) in [
            (None, true),
            (Some("https://login.microsoftonline.com/t1/v2.0"), true),
            (Some("https://login.microsoftonline.com/t2/v2.0"), false),
            (Some(""), false),
        ] {
            assert_eq!(check_same_issuer(iss, &tenant).is_ok(), same, "{iss:?}");
        }
    }
}
