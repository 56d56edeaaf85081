//! Telling the application behind the browser's back (OpenID Connect Back-Channel Logout 1.0 section 2.5).

use std::time::Duration;

use http::{StatusCode, header::CONTENT_TYPE};
use reqwest::{Client, redirect::Policy};

use crate::testing::{TestProvider, TokenBuilder, parameters::to_query, state::State};

/// Real time that an application has to answer, so that one that hangs does not hang the test. It is no part of the protocol.
const PATIENCE: Duration = Duration::from_secs(10);

impl TestProvider {
    /// Ends all sessions of a subject at the provider, posts a logout token to the registered
    /// [address](Self::set_back_channel_logout_uri), and gives the status of the answer.
    ///
    /// # Panics
    /// When no address is registered, and when nobody answers there.
    pub async fn log_out_everywhere(&self, subject: &str) -> StatusCode {
        self.state().sessions().end(|_, session| session.subject == subject);
        let answer = tell(self.state(), self.logout_token(subject)).await;
        answer.expect("a back-channel logout URI is registered").expect("the application answers")
    }
}

/// Posts a logout token, with the test's changes, to the registered address if there is one.
pub(super) async fn tell(state: &State, token: TokenBuilder) -> Option<reqwest::Result<StatusCode>> {
    let uri = state.registration().back_channel_logout_uri.clone()?;
    let token = state.hooks().logout_token(token).sign();
    Some(post(uri, &to_query(&[("logout_token".to_owned(), token)])).await)
}

async fn post(uri: String, form: &str) -> reqwest::Result<StatusCode> {
    let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE).build()?;
    let request = client.post(uri).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    Ok(request.body(form.to_owned()).send().await?.status())
}
