//! One look at key documents, for whoever has to explain them rather than to check tokens with them.

use std::sync::Arc;

use url::Url;

use crate::{config::IssuerSettings, jose::JwkSet, types::Clock};

use super::{error::ProviderError, fetch::Fetcher, http::HttpClient, key_cache};

/// Fetches the keys at `url` once, read as the key cache reads them, and says what the key cache would refuse. Keys of which
/// none fits the settings are given beside the error.
pub(crate) async fn inspect_keys(
    url: &Url,
    settings: &IssuerSettings,
    client: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
) -> (Option<JwkSet>, Option<ProviderError>) {
    key_cache::inspect(url, &Fetcher::new(&settings.name, client, clock), settings.key_algorithms()).await
}
