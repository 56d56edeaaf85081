//! What a request is judged by once its credentials are accepted.

use std::sync::Arc;

use http::Extensions;

use crate::{
    config::{DpopPolicy, Settings},
    principal::Principal,
    types::Clock,
};

use super::{credentials::Dpop, decision::Journal, protected_resource, setup::Family};

/// The protection space of one configuration (RFC 9110 section 11.5): who lets in, by which clock, and what every answer says of it.
///
/// It outlives its setup in the principals that it let in, and keeps nothing else of that alive.
#[derive(Debug)]
pub(crate) struct Realm {
    pub(super) family: Family,
    pub(super) clock: Arc<dyn Clock>,
    /// Where decisions are told, under the provider's name: `provider` in logs, `realm` in challenges.
    pub(super) journal: Journal,
    /// Where clients find whose tokens are accepted (RFC 9728 section 5.1).
    pub(super) resource_metadata: Option<String>,
    /// Which tokens are taken that are bound to a key.
    pub(super) dpop: Option<DpopPolicy>,
    /// Where a person signs in.
    pub(super) login_url: Option<String>,
}

impl Realm {
    pub(super) fn new(family: Family, clock: Arc<dyn Clock>, settings: &Settings, login_url: Option<String>) -> Self {
        let resource_metadata = settings.server_url().map(protected_resource::url);
        let dpop = settings.dpop.as_ref().map(|dpop| dpop.policy);
        Self { family, clock, journal: Journal::new(&settings.provider_name), resource_metadata, dpop, login_url }
    }

    /// Whether the scheme of such tokens is ours.
    pub(super) fn dpop_scheme(&self) -> Dpop {
        if self.dpop.is_some() { Dpop::Known } else { Dpop::Unknown }
    }

    /// That of the layer that a request has passed, with the principal that it let in, if it was not nobody.
    pub(crate) fn passed(request: &Extensions) -> Option<(&Self, Option<&Principal>)> {
        match request.get::<Principal>() {
            Some(principal) => Some((principal.realm()?, Some(principal))),
            None => request.get::<Nobody>().map(|Nobody(realm)| (&**realm, None)),
        }
    }

    /// What [`passed`](Self::passed) looks at, alone: for an answer that is made when the request is gone.
    #[cfg(feature = "axum")]
    pub(crate) fn mark(request: &Extensions) -> Extensions {
        let mut mark = Extensions::new();
        request.get::<Principal>().map(|principal| mark.insert(principal.clone()));
        request.get::<Nobody>().map(|nobody| mark.insert(nobody.clone()));
        mark
    }
}

/// The mark in the extensions of a request without credentials that it has passed the layer. With credentials, the principal is.
#[derive(Debug, Clone)]
pub(super) struct Nobody(pub(super) Arc<Realm>);
