//! What the log says of a provider: changes of state, once each. Nothing of a body, and URLs without their query. And what is
//! counted of its documents: every attempt.

use std::{sync::Arc, time::SystemTime};

use url::Url;

use crate::{config::IssuerSettings, metrics, types::Issuer};

use super::{
    error::{Causes, ProviderError, ShownUrl},
    key_cache::Change,
};

/// What is fetched of a provider.
#[derive(Debug, Clone, Copy)]
pub(super) enum Document {
    Metadata,
    Keys,
}

/// A document was fetched, or could not be: `error` says what is wrong with it now.
pub(super) fn document(
    settings: &IssuerSettings,
    document: Document,
    url: &Url,
    change: Change,
    error: Option<&Arc<ProviderError>>,
) {
    let (provider, issuer, url) = (provider(settings), issuer(settings), ShownUrl::new(url));
    metrics::document_fetched(provider, document.as_str(), error.map(|error| error.code()));
    match (error, change) {
        (Some(error), Change::Failed) if error.is_contradiction() => {
            let error = Causes(&**error);
            tracing::error!(provider, issuer, %url, %error, "the provider contradicts the configuration");
        }
        (Some(error), Change::Failed) => {
            let error = Causes(&**error);
            tracing::warn!(provider, issuer, %url, %error, "the provider gives no usable answer; trying on");
        }
        (Some(error), _) => tracing::debug!(provider, issuer, %url, error = %Causes(&**error), "attempt failed"),
        (None, Change::Recovered) => tracing::info!(provider, issuer, %url, "the provider answers again"),
        (None, _) => tracing::debug!(provider, issuer, %url, "document is up to date"),
    }
}

/// The provider confirmed the keys in use at that time; of several key documents, the one longest ago.
pub(super) fn confirmed(settings: &IssuerSettings, at: SystemTime) {
    metrics::keys_confirmed(provider(settings), at);
}

/// The keys in use changed.
pub(super) fn keys(settings: &IssuerSettings, first: bool, skipped: usize) {
    let (provider, issuer) = (provider(settings), issuer(settings));
    if first {
        tracing::info!(provider, issuer, skipped, "the provider's keys are loaded");
    } else {
        tracing::debug!(provider, issuer, skipped, "the provider's keys changed");
    }
}

/// Keys were not confirmed for too long.
pub(super) fn too_old(settings: &IssuerSettings, url: &Url) {
    let (provider, issuer, url) = (provider(settings), issuer(settings), ShownUrl::new(url));
    tracing::warn!(provider, issuer, %url, "the last known keys are too old and no longer used");
}

fn provider(settings: &IssuerSettings) -> &str {
    &settings.name
}

/// The configured issuer; without one, the address of its metadata stands for it.
fn issuer(settings: &IssuerSettings) -> String {
    let discovery = || settings.discovery.as_ref().map(|url| ShownUrl::new(url).to_string());
    settings.issuer.as_ref().map(Issuer::to_string).or_else(discovery).unwrap_or_default()
}

impl Document {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Keys => "keys",
        }
    }
}
