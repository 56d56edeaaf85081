//! Sessions in Redis without the feature `redis`: none.

use std::sync::Arc;

use crate::types::{Clock, Secret};

use super::{SessionError, SessionStore};

/// See `redis/`.
pub(super) fn open(_: &Secret, _: &str, _: Arc<dyn Clock>) -> Result<Arc<dyn SessionStore>, SessionError> {
    Err(SessionError::NoStore)
}
