//! What comes next, told by the request and by who is signed in.

use crate::testing::session::Session;

use super::request::{AuthorizationRequest, Prompt};

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Back to the application, with that error (OpenID Connect Core 1.0 section 3.1.2.6).
    Refuse(&'static str),
    SignIn,
    Consent(Session),
    Grant(Session),
}

/// Decides a request. `now` is in seconds since 1970.
pub(super) fn next_step(
    request: &AuthorizationRequest,
    session: Option<&Session>,
    asks_for_consent: bool,
    now: u64,
) -> Step {
    let silent = request.prompts(Prompt::None);
    let Some(session) = session.filter(|session| !needs_login(request, session, now)) else {
        return if silent { Step::Refuse("login_required") } else { Step::SignIn };
    };
    if !needs_consent(request, session, asks_for_consent) {
        return Step::Grant(session.clone());
    }
    if silent { Step::Refuse("consent_required") } else { Step::Consent(session.clone()) }
}

/// Whether the person is asked to let the application in.
pub(super) fn needs_consent(request: &AuthorizationRequest, session: &Session, asks_for_consent: bool) -> bool {
    request.prompts(Prompt::Consent) || (asks_for_consent && !session.consented)
}

/// A `max_age` of 0 is `prompt=login` by another name.
fn needs_login(request: &AuthorizationRequest, session: &Session, now: u64) -> bool {
    let is_too_old = |max_age| max_age == 0 || now.saturating_sub(session.auth_time) > max_age;
    let asks_who = [Prompt::Login, Prompt::SelectAccount].into_iter().any(|prompt| request.prompts(prompt));
    asks_who || request.max_age.is_some_and(is_too_old)
}
