//! The keys document.

use bytes::Bytes;
use http::Response;

use crate::testing::state::State;

use super::document;

pub(super) fn answer(state: &State) -> Response<Bytes> {
    let hooks = state.hooks();
    document::json(state.keys().document(|members| hooks.jwks(members)))
}
