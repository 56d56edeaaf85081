//! How a test makes the provider misbehave.
//!
//! Each way out of the provider has one hook, which gets the honest answer and may change it.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value};

use super::{Endpoint, GrantType, TestProvider, TokenBuilder};

type IdToken = Arc<dyn Fn(TokenBuilder, GrantType) -> TokenBuilder + Send + Sync>;
type LogoutToken = Arc<dyn Fn(TokenBuilder) -> TokenBuilder + Send + Sync>;
type SignedUserinfo = Arc<dyn Fn(TokenBuilder) -> String + Send + Sync>;
type TokenResponse = Arc<dyn Fn(&mut Map<String, Value>, GrantType) + Send + Sync>;
type Userinfo = Arc<dyn Fn(&mut Map<String, Value>) + Send + Sync>;
type Redirect = Arc<dyn Fn(&mut Vec<(String, String)>) + Send + Sync>;
type Document = Arc<dyn Fn(&mut Map<String, Value>) + Send + Sync>;
type Answer = Arc<dyn Fn(Endpoint, &Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync>;
type Elsewhere = Arc<dyn Fn(&str) -> Option<Response<Bytes>> + Send + Sync>;

/// What the test changes, each thing by the last call about it. Cloned out of the state before it is called, so that a hook
/// may use the provider.
#[derive(Clone, Default)]
pub(super) struct Hooks {
    id_token: Option<IdToken>,
    token_response: Option<TokenResponse>,
    userinfo: Option<Userinfo>,
    signed_userinfo: Option<SignedUserinfo>,
    authorization_response: Option<Redirect>,
    logout_token: Option<LogoutToken>,
    logout_response: Option<Redirect>,
    /// This and what follows are for [scenarios](super::Scenario) alone.
    pub(super) metadata: Option<Document>,
    pub(super) jwks: Option<Document>,
    /// Answers in an endpoint's place.
    pub(super) in_place: Option<Answer>,
    /// Answers for a path where there is no endpoint.
    pub(super) elsewhere: Option<Elsewhere>,
}

impl Hooks {
    pub(super) fn metadata(&self, members: &mut Map<String, Value>) {
        self.metadata.iter().for_each(|change| change(members));
    }

    pub(super) fn jwks(&self, members: &mut Map<String, Value>) {
        self.jwks.iter().for_each(|change| change(members));
    }

    pub(super) fn in_place(&self, endpoint: Endpoint, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        self.in_place.as_ref().and_then(|answer| answer(endpoint, request))
    }

    pub(super) fn elsewhere(&self, path: &str) -> Option<Response<Bytes>> {
        self.elsewhere.as_ref().and_then(|answer| answer(path))
    }

    pub(super) fn id_token(&self, token: TokenBuilder, grant: GrantType) -> TokenBuilder {
        match &self.id_token {
            Some(change) => change(token, grant),
            None => token,
        }
    }

    pub(super) fn token_response(&self, members: &mut Map<String, Value>, grant: GrantType) {
        self.token_response.iter().for_each(|change| change(members, grant));
    }

    pub(super) fn userinfo(&self, claims: &mut Map<String, Value>) {
        self.userinfo.iter().for_each(|change| change(claims));
    }

    /// The answer as a JWT, if it is to be one.
    pub(super) fn signed_userinfo(&self, token: impl FnOnce() -> TokenBuilder) -> Option<String> {
        self.signed_userinfo.as_ref().map(|sign| sign(token()))
    }

    pub(super) fn authorization_response(&self, parameters: &mut Vec<(String, String)>) {
        self.authorization_response.iter().for_each(|change| change(parameters));
    }

    pub(super) fn logout_token(&self, token: TokenBuilder) -> TokenBuilder {
        match &self.logout_token {
            Some(change) => change(token),
            None => token,
        }
    }

    pub(super) fn logout_response(&self, parameters: &mut Vec<(String, String)>) {
        self.logout_response.iter().for_each(|change| change(parameters));
    }
}

/// Misbehaviour. Of two calls about the same thing the last counts; [`behave`](Self::behave) ends all of it. The faults of the
/// OpenID conformance suite have names: see [`play`](Self::play).
///
/// A change that is given a clone of the provider keeps the provider alive for ever.
impl TestProvider {
    /// Changes every ID token of a login or a refresh before it is signed.
    ///
    /// ```
    /// # use tower_oidc::testing::{GrantType, TestProvider};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let provider = TestProvider::start().await;
    /// provider.change_id_token(|token, _| token.nonce("of another login"));
    /// provider.change_id_token(|token, _| token.without("iat"));
    /// provider.change_id_token(|token, grant| match grant {
    ///     GrantType::RefreshToken => token.claim("sub", "somebody else"),
    ///     _ => token,
    /// });
    /// # }
    /// ```
    pub fn change_id_token(&self, change: impl Fn(TokenBuilder, GrantType) -> TokenBuilder + Send + Sync + 'static) {
        self.state().hooks_mut().id_token = Some(Arc::new(change));
    }

    /// Changes every answer of the token endpoint with tokens of a person: `|members, _| { members.remove("expires_in"); }`.
    pub fn change_token_response(&self, change: impl Fn(&mut Map<String, Value>, GrantType) + Send + Sync + 'static) {
        self.state().hooks_mut().token_response = Some(Arc::new(change));
    }

    /// Changes every userinfo answer: `|claims| { claims.insert("sub".into(), "somebody else".into()); }`.
    pub fn change_userinfo(&self, change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) {
        self.state().hooks_mut().userinfo = Some(Arc::new(change));
    }

    /// Answers for userinfo with what `sign` makes of a good token, as `application/jwt` (OpenID Connect Core 1.0 section 5.3.2). The
    /// token has the claims that [`change_userinfo`](Self::change_userinfo) leaves.
    ///
    /// ```
    /// # use tower_oidc::testing::{TestProvider, TokenBuilder};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let provider = TestProvider::start().await;
    /// provider.sign_userinfo(TokenBuilder::sign);
    /// provider.sign_userinfo(|token| token.audience("another client").sign());
    /// # }
    /// ```
    pub fn sign_userinfo(&self, sign: impl Fn(TokenBuilder) -> String + Send + Sync + 'static) {
        self.state().hooks_mut().signed_userinfo = Some(Arc::new(sign));
    }

    /// Changes the parameters of every authorization response, `state` and `iss` among them, errors included:
    /// `|parameters| parameters.retain(|(name, _)| name != "iss")`.
    pub fn change_authorization_response(&self, change: impl Fn(&mut Vec<(String, String)>) + Send + Sync + 'static) {
        self.state().hooks_mut().authorization_response = Some(Arc::new(change));
    }

    /// Changes every logout token that the provider sends of its own accord. Those of
    /// [`logout_token`](Self::logout_token) are the test's own.
    pub fn change_logout_token(&self, change: impl Fn(TokenBuilder) -> TokenBuilder + Send + Sync + 'static) {
        self.state().hooks_mut().logout_token = Some(Arc::new(change));
    }

    /// Changes the parameters with which the browser comes back from a logout.
    pub fn change_logout_response(&self, change: impl Fn(&mut Vec<(String, String)>) + Send + Sync + 'static) {
        self.state().hooks_mut().logout_response = Some(Arc::new(change));
    }

    /// Changes nothing any more, and ends the [scenario](Self::play) that is played. Keys that were made stay, and so do faults of
    /// endpoints: see [`EndpointHandle::heal`](super::EndpointHandle::heal).
    pub fn behave(&self) {
        *self.state().hooks_mut() = Hooks::default();
    }
}
