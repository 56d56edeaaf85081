//! What the layer does for browsers without the feature `login`: nothing.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};

use crate::{
    config::{Service, Settings},
    principal::Principal,
    provider::{HttpClient, Provider},
    types::{BoxFuture, Claims, Clock, Issuer},
};

use crate::layer::{AuthError, AuthErrorKind, ResponseBody, decision::Detail, realm::Realm};

use super::Finished;

/// See `with_login.rs`.
#[derive(Debug, Clone, Default)]
pub(in crate::layer) struct Browser;

#[derive(Debug, Default)]
pub(in crate::layer) struct BrowserParts {}

#[derive(Debug)]
pub(in crate::layer) struct BrowserState;

#[derive(Debug)]
pub(in crate::layer) enum Visitor {}

#[allow(dead_code, reason = "the pipeline reads what only a login gives")]
pub(in crate::layer) enum Visiting {
    Known(Option<Principal>),
    Waiting(BoxFuture<'static, Attendance>),
}

pub(in crate::layer) enum Attendance {}

#[derive(Debug, Clone, Copy)]
pub(in crate::layer) enum Route {}

/// Why a login failed: never, without the feature `login`.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoginError {}

impl BrowserState {
    pub(in crate::layer) fn new(_: &Arc<dyn Clock>) -> Self {
        Self
    }
}

impl BrowserParts {
    pub(in crate::layer) fn service(&self) -> Service {
        Service::default()
    }

    pub(in crate::layer) fn build(
        &self,
        settings: &Settings,
        _: &[Provider],
        _: Arc<dyn HttpClient>,
        _: Arc<dyn Clock>,
        _: &BrowserState,
        _: Option<&Browser>,
    ) -> Result<Browser, LoginError> {
        if settings.login.is_some() {
            tracing::warn!(
                "login is configured, and the crate is built without its feature `login`: only bearer tokens count"
            );
        }
        Ok(Browser)
    }
}

impl Browser {
    pub(in crate::layer) fn take_over(&self) {}

    pub(in crate::layer) fn route(&self, _: &Uri) -> Option<Route> {
        None
    }

    pub(in crate::layer) fn body_limit(route: Route, _: &Method) -> usize {
        match route {}
    }

    pub(in crate::layer) async fn answer(self, route: Route, _: Request<Option<Bytes>>) -> Response<Bytes> {
        match route {}
    }

    pub(in crate::layer) fn login_url(&self) -> Option<String> {
        None
    }

    pub(in crate::layer) fn visitor<A>(&self, _: &Request<A>, _: &Arc<Realm>) -> Option<Box<Visitor>> {
        None
    }
}

impl Visitor {
    pub(in crate::layer) fn look(&mut self, _: &HeaderMap) -> Result<Visiting, AuthError> {
        match *self {}
    }

    pub(in crate::layer) fn receive(&mut self, _: Attendance) -> Result<Option<Principal>, AuthError> {
        match *self {}
    }

    #[allow(clippy::boxed_local, reason = "with a login the box may have to wait")]
    pub(in crate::layer) fn finish<B>(self: Box<Self>, _: Response<ResponseBody<B>>) -> Finished<ResponseBody<B>> {
        match *self {}
    }
}

/// Nobody is.
pub(in crate::layer) enum SignedOut {}

impl SignedOut {
    pub(in crate::layer) fn is_meant(&self, _: &Issuer, _: &Claims) -> bool {
        match *self {}
    }
}

pub(in crate::layer) fn signed_out(_: &Response<Bytes>) -> Option<&SignedOut> {
    None
}

pub(in crate::layer) fn kind(error: &LoginError) -> AuthErrorKind {
    match *error {}
}

pub(in crate::layer) fn reason(error: &LoginError) -> &'static str {
    match *error {}
}

pub(in crate::layer) fn detail(error: &LoginError) -> Detail {
    match *error {}
}

pub(in crate::layer) fn retry_after(error: &LoginError) -> Option<std::time::Duration> {
    match *error {}
}
