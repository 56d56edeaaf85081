//! The provider's answer to a renewal: checked, and put into the session before anybody gets to see it.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use serde_json::Value;

use crate::{
    provider::{Causes, TokenResponse},
    session::{Found, Session, SessionError},
    types::{Claims, Issuer},
    validator::{Asked, IdToken, TokenError, Verified},
};

use crate::login::{Login, ended::Cause};

use super::renewal::{Renewal, have_one_refresh_token};

/// Most attempts to store new tokens. The provider may have replaced the refresh token, so that what is not stored is lost; each
/// attempt may meet a change of the session by another request.
const STORE_ATTEMPTS: usize = 4;

/// Time to the next attempt when the store failed.
const STORE_PAUSE: Duration = Duration::from_millis(500);

/// Why a new ID token cannot take the place of the one before.
#[derive(Debug, thiserror::Error)]
enum NotTheSame {
    #[error(transparent)]
    Token(#[from] TokenError),
    /// OpenID Connect Core 1.0 section 12.2.
    #[error("the new ID token has another {claim} than the one before")]
    Person { claim: &'static str },
}

impl Login {
    /// Stores the tokens, the claims of a new ID token, and what userinfo says now if it is asked. A session that was changed
    /// meanwhile keeps that change; one that was ended stays ended.
    pub(in crate::login) async fn keep_tokens(
        self: &Arc<Self>,
        mut session: Session,
        mut response: TokenResponse,
        headers: &HeaderMap,
    ) -> Renewal {
        let mut more = None;
        for attempt in 1..=STORE_ATTEMPTS {
            let id_token = match self.new_id_token(&session, &mut response).await {
                Ok(id_token) => id_token,
                Err(error) => return self.distrust(&session, response, &error).await,
            };
            let claims = id_token.as_ref().map(Verified::claims);
            if attempt == 1 {
                more = self.more_claims_again(&session, claims, &response.access_token).await;
            }
            let tokens = self.session_tokens(&response, claims, Some(session.tokens()));
            match self.sessions.renew(&session, id_token, more.as_ref(), tokens, headers).await {
                Ok((session, cookies)) => return Renewal::Renewed { session: Box::new(session), cookies },
                Err(SessionError::Conflict) => match self.changed(&session, &response).await {
                    Ok(current) => session = *current,
                    Err(settled) => return settled,
                },
                Err(SessionError::Store(_)) if attempt < STORE_ATTEMPTS => self.clock.sleep(STORE_PAUSE).await,
                Err(error @ SessionError::TooLong { .. }) => return self.outgrown(&session, response, &error).await,
                Err(error) => return Renewal::not_kept(error, &session, &response),
            }
        }
        Renewal::not_kept(SessionError::Conflict, &session, &response)
    }

    /// The new ID token, if there is one and it can be checked now. If the provider's keys cannot be had, or it signs with one that
    /// it does not show yet, or the clocks disagree, the claims stay as they are: the tokens are good, and would be lost. A clock
    /// that is ahead finds everybody's tokens due, and would sign everybody out.
    async fn new_id_token(
        &self,
        session: &Session,
        response: &mut TokenResponse,
    ) -> Result<Option<Verified<IdToken>>, NotTheSame> {
        let Some(id_token) = &response.id_token else { return Ok(None) };
        let asked = Asked { nonce: None, access_token: Some(&response.access_token), max_age: None };
        match self.validator.id_token(id_token.expose(), asked).await {
            Ok(verified) => {
                stays_the_same((session.issuer(), session.claims()), (verified.issuer(), verified.claims()))?;
                Ok(Some(verified))
            }
            Err(error) if says_nothing_of_the_person(&error) => {
                let provider = self.provider_name.as_str();
                tracing::warn!(provider, %error, "the ID token of a renewal cannot be checked and is dropped");
                response.id_token = None;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Tokens that are not for this person: nobody gets them, and the session ends.
    async fn distrust(self: &Arc<Self>, session: &Session, response: TokenResponse, error: &NotTheSame) -> Renewal {
        let provider = self.provider_name.as_str();
        tracing::warn!(provider, error = %Causes(error), "a session was renewed with an ID token that is refused");
        self.give_up(session, response, Cause::RenewalUntrusted).await
    }

    /// New tokens or claims for which there is no room: the old refresh token is spent, and the new one can be kept by nobody.
    async fn outgrown(self: &Arc<Self>, session: &Session, response: TokenResponse, error: &SessionError) -> Renewal {
        let provider = self.provider_name.as_str();
        tracing::error!(provider, error = %Causes(error), "a session is too long since it was renewed, and has ended");
        self.give_up(session, response, Cause::Outgrown).await
    }

    async fn give_up(self: &Arc<Self>, session: &Session, response: TokenResponse, cause: Cause) -> Renewal {
        if let Some(token) = response.refresh_token.or_else(|| session.tokens().refresh_token.clone()) {
            self.revoke(token);
        }
        self.end(session, cause).await
    }

    /// The session as it is now, if the new tokens are still to be put into it.
    async fn changed(self: &Arc<Self>, session: &Session, response: &TokenResponse) -> Result<Box<Session>, Renewal> {
        match self.sessions.load(session.id()).await {
            Ok(Found::Live(current)) if have_one_refresh_token(&current, session) => Ok(current),
            Ok(Found::Live(current)) => Err(Renewal::by_another(current)),
            Ok(_) => {
                if let Some(token) = &response.refresh_token {
                    self.revoke(token.clone());
                }
                Err(Renewal::Ended)
            }
            Err(error) => Err(Renewal::not_kept(error, session, response)),
        }
    }
}

/// Whether an ID token was not looked at, or is only not of this moment by our clock.
fn says_nothing_of_the_person(error: &TokenError) -> bool {
    use TokenError as Error;
    error.is_unavailable()
        || matches!(
            error,
            Error::UnknownKey | Error::Expired { .. } | Error::NotYetValid { .. } | Error::IssuedInTheFuture { .. }
        )
}

/// The claims that name a person and a session: each with whether both tokens must have it. `aud` holds the client already, or
/// the token would not be verified.
const IDENTITY: [(&str, bool); 2] = [("sub", true), ("sid", false)];

/// The claims that name Auth0's organization. Elsewhere they may be of any type.
const ORGANIZATION: [&str; 2] = ["org_id", "org_name"];

/// OpenID Connect Core 1.0 section 12.2.
fn stays_the_same(old: (&Issuer, &Claims), new: (&Issuer, &Claims)) -> Result<(), NotTheSame> {
    if old.0 != new.0 {
        return Err(NotTheSame::Person { claim: "iss" });
    }
    for (claim, required) in IDENTITY {
        let text = |claims| Claims::string(claims, claim).map_err(TokenError::from);
        let same = match (text(old.1)?, text(new.1)?) {
            (Some(old), Some(new)) => old == new,
            _ => !required,
        };
        if !same {
            return Err(NotTheSame::Person { claim });
        }
    }
    for claim in ORGANIZATION {
        let value = |claims: &Claims| claims.get::<Value>(claim).ok().flatten();
        if value(new.1).is_some_and(|new| value(old.1).is_some_and(|old| old != new)) {
            return Err(NotTheSame::Person { claim });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://tenant.example/";

    fn check(old: &Value, new: &Value, new_issuer: &str) -> Result<(), NotTheSame> {
        let claims = |json: &Value| Claims::parse(json.to_string()).unwrap();
        stays_the_same((&Issuer::new(ISSUER), &claims(old)), (&Issuer::new(new_issuer), &claims(new)))
    }

    #[test]
    fn other_claims_may_change_and_a_session_may_be_unnamed() {
        let old = json!({"sub": "jane", "sid": "s1", "org_id": "o1", "email": "old@example.com"});
        check(&old, &json!({"sub": "jane", "sid": "s1", "org_id": "o1", "email": "new@example.com"}), ISSUER).unwrap();
        check(&old, &json!({"sub": "jane"}), ISSUER).unwrap();
        check(&json!({"sub": "jane"}), &old, ISSUER).unwrap();
        let of_two = json!({"sub": "jane", "org_name": ["acme", "other"]});
        check(&of_two, &of_two, ISSUER).unwrap();
    }

    #[test]
    fn a_renewal_for_somebody_else_is_refused() {
        let old = json!({"sub": "jane", "sid": "s1", "org_id": "o1", "org_name": "acme"});
        for (claim, new, issuer) in [
            ("iss", json!({"sub": "jane"}), "https://tenant.example"),
            ("sub", json!({"sub": "Jane"}), ISSUER),
            ("sub", json!({"sid": "s1"}), ISSUER),
            ("sid", json!({"sub": "jane", "sid": "s2"}), ISSUER),
            ("org_id", json!({"sub": "jane", "sid": "s1", "org_id": "o2"}), ISSUER),
            ("org_name", json!({"sub": "jane", "sid": "s1", "org_name": "other"}), ISSUER),
            ("org_name", json!({"sub": "jane", "sid": "s1", "org_id": "o1", "org_name": "other"}), ISSUER),
        ] {
            let error = check(&old, &new, issuer).unwrap_err();
            assert!(matches!(error, NotTheSame::Person { claim: named } if named == claim), "{new}: {error}");
        }
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_refused() {
        let error = check(&json!({"sub": "jane"}), &json!({"sub": "jane", "sid": 1}), ISSUER).unwrap_err();
        assert!(matches!(error, NotTheSame::Token(TokenError::Claim(_))), "{error}");
    }
}
