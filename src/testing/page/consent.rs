//! May the application know this?

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::html;

use crate::testing::{authorization::AuthorizationRequest, endpoint::Endpoint, session::Session, state::State};

use super::page;

/// Asks whether the application may come in.
pub(in crate::testing) fn consent(state: &State, asked: &AuthorizationRequest, session: &Session) -> Response<Bytes> {
    let content = html! {
        p { "You are " strong { (session.subject) } ". " strong { (state.client_id) } " asks for:" }
        ul {
            @for scope in asked.scope.split(' ') { li { (scope) } }
        }
        form method="post" action=(state.address.url(Endpoint::Login.path())) {
            input type="hidden" name="request" value=(asked.query);
            button.main name="decision" value="allow" { "Allow" }
            button name="decision" value="deny" { "Deny" }
        }
    };
    page(StatusCode::OK, "Allow access?", None, content)
}
