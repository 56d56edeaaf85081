//! No counting: see `on.rs` for what each would do.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

pub(crate) fn describe() {}

#[derive(Debug, Clone)]
pub(crate) struct RequestMeters;

pub(crate) struct Lookup;

impl RequestMeters {
    pub(crate) fn new(_: &Arc<str>) -> Self {
        Self
    }

    pub(crate) fn accepted_bearer(&self) {}

    pub(crate) fn accepted_session(&self) {}

    pub(crate) fn refused(&self, _: &'static str, _: &'static str, _: &'static str) {}

    pub(crate) fn validated<T, E>(
        &self,
        _: impl Fn() -> Duration,
        validate: impl FnOnce(&mut Lookup) -> Result<T, E>,
        _: impl FnOnce(&E) -> bool,
    ) -> Result<T, E> {
        validate(&mut Lookup)
    }
}

impl Lookup {
    pub(crate) fn missed(&mut self) {}

    pub(crate) fn without_cache(&mut self) {}
}

pub(crate) fn refused_without_a_layer(_: &'static str, _: &'static str, _: &'static str) {}

pub(crate) fn document_fetched(_: &str, _: &'static str, _: Option<&'static str>) {}

pub(crate) fn keys_confirmed(_: &str, _: SystemTime) {}

#[cfg(feature = "login")]
pub(crate) use login::{login_failed, login_finished, login_started, session_ended, session_opened, session_refreshed};

#[cfg(feature = "login")]
mod login {
    pub(crate) fn login_started(_: &str) {}

    pub(crate) fn login_finished(_: &str) {}

    pub(crate) fn login_failed(_: &str, _: &'static str) {}

    pub(crate) fn session_opened(_: &str) {}

    pub(crate) fn session_ended(_: &str, _: &'static str) {}

    pub(crate) fn session_refreshed(_: &str, _: &'static str) {}
}
