//! Telling the application through the browser (OpenID Connect Front-Channel Logout 1.0 section 2).

use crate::testing::{parameters::with_query, session::Session, state::State};

/// What a frame shows to end a session at the application, if that registered an address.
pub(super) fn frame(state: &State, session: &Session) -> Option<String> {
    let uri = state.registration().front_channel_logout_uri.clone()?;
    let parameters = [("iss", state.address.issuer()), ("sid", session.id.as_str())];
    Some(with_query(&uri, &parameters.map(|(name, value)| (name.to_owned(), value.to_owned()))))
}
