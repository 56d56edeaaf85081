//! From what the provider granted to a verified ID token.

use std::sync::Arc;

use tracing::Instrument as _;

use crate::{
    provider::{Grant, HttpError, TokenEndpointError, TokenResponse},
    session::SessionTokens,
    types::Secret,
    validator::{Asked, IdToken, Verified},
};

use crate::login::{Login, LoginError, start::Transaction, tokens::unrenewable_tokens};

use super::response::Outcome;

/// What a login that succeeded at the provider brings.
#[derive(Debug)]
pub(in crate::login) struct Granted {
    pub(in crate::login) id_token: Verified<IdToken>,
    /// For userinfo. The implicit flow has none.
    pub(in crate::login) access_token: Option<Secret>,
    pub(in crate::login) tokens: SessionTokens,
}

impl Login {
    /// The tokens that answer to the transaction, verified.
    ///
    /// # Errors
    /// - [`LoginError::Authorization`]: the provider granted nothing;
    /// - [`LoginError::Exchange`], [`LoginError::NoIdToken`]: the code gave no tokens;
    /// - [`LoginError::IdToken`]: the ID token was refused.
    pub(in crate::login) async fn granted(
        self: &Arc<Self>,
        outcome: Outcome,
        transaction: &Transaction,
    ) -> Result<Granted, LoginError> {
        match outcome {
            Outcome::Error(code) => Err(LoginError::Authorization { code }),
            Outcome::IdToken(text) => {
                let id_token = self.verified(&text, None, transaction).await?;
                let token_validity = self.provider.settings().token_validity;
                let tokens = unrenewable_tokens(text, id_token.claims(), token_validity, self.now());
                Ok(Granted { id_token, access_token: None, tokens })
            }
            Outcome::Code(code) => {
                let response = self.exchange(code, transaction).await?;
                let text = response.id_token.as_ref().ok_or(LoginError::NoIdToken)?;
                let id_token = self.verified(text, Some(&response.access_token), transaction).await?;
                let tokens = self.session_tokens(&response, Some(id_token.claims()), None);
                Ok(Granted { id_token, access_token: Some(response.access_token), tokens })
            }
        }
    }

    /// Exchanges the code, once, on a task of its own: it is spent whether or not the browser waits for the answer.
    async fn exchange(self: &Arc<Self>, code: Secret, transaction: &Transaction) -> Result<TokenResponse, LoginError> {
        let redirect_uri = transaction.redirect_uri.clone();
        let code_verifier = transaction.code_verifier.clone();
        let grant = Grant::AuthorizationCode { code, redirect_uri, code_verifier };
        let login = Arc::clone(self);
        let exchange = tokio::spawn(async move { login.client.token(&grant).await }.in_current_span());
        let stopped = |error| TokenEndpointError::Unreachable(HttpError::Other(Box::new(error)));
        let answer = exchange.await.unwrap_or_else(|error| Err(stopped(error)));
        answer.map_err(|error| LoginError::Exchange(Arc::new(error)))
    }

    async fn verified(
        &self,
        id_token: &Secret,
        access_token: Option<&Secret>,
        transaction: &Transaction,
    ) -> Result<Verified<IdToken>, LoginError> {
        let asked = Asked {
            nonce: transaction.nonce.as_ref().map(Secret::expose),
            access_token,
            max_age: transaction.max_age.map(|max_age| (max_age, transaction.started_at)),
        };
        self.validator.id_token(id_token.expose(), asked).await.map_err(LoginError::IdToken)
    }
}
