//! One key URL and the last good document from it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use url::Url;

use crate::{
    jose::{JwkSet, KeyRing},
    provider::{
        ProviderError, ShownUrl,
        fetch::{Answer, Fetcher},
        freshness::{self, DEFAULT_LIFETIME},
    },
    types::Algorithms,
};

use super::{
    retry::{Change, Retry},
    snapshot::KeyAge,
};

/// Longest key document, in bytes. Ten keys with certificate chains, Entra's way, have 20 KB.
pub const MAX_JWKS_BYTES: usize = 256 * 1024;

/// How long keys serve on after the provider last confirmed them. A day is what an operator needs to mend an outage; a key
/// revoked in the meantime is trusted no longer than that.
pub const MAX_STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// The share of a document's lifetime, in percent, after which it is renewed: a fifth is left for failed attempts.
pub const RENEW_AHEAD: u32 = 80;

/// Longest `ETag` that is sent back. They are hashes of some forty characters.
const MAX_ETAG_BYTES: usize = 512;

/// A key URL, when it is due, and its last good document.
#[derive(Debug)]
pub(super) struct KeySource {
    url: Url,
    retry: Retry,
    good: Option<Good>,
}

#[derive(Debug)]
struct Good {
    document: Bytes,
    keys: JwkSet,
    etag: Option<HeaderValue>,
    lifetime: Duration,
    confirmed: Duration,
}

/// What came of one fetch.
#[derive(Debug)]
pub(super) enum Fetched {
    /// The keys are what they were.
    Confirmed(HeaderMap),
    /// Other keys than before.
    Replaced { document: Bytes, keys: JwkSet, headers: HeaderMap },
}

impl KeySource {
    pub(super) fn new(url: Url, now: Duration) -> Self {
        let mut source = Self { url, retry: Retry::default(), good: None };
        source.retry.make_due(now);
        source
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Asks for the document with the next attempt.
    pub(super) fn make_due(&mut self, now: Duration) {
        self.retry.make_due(now);
    }

    pub(super) fn retry(&self) -> &Retry {
        &self.retry
    }

    /// The keys of the last good document.
    pub(super) fn keys(&self) -> Option<&JwkSet> {
        self.good.as_ref().map(|good| &good.keys)
    }

    pub(super) fn age(&self) -> Option<KeyAge> {
        let good = self.good.as_ref()?;
        Some(KeyAge { confirmed: good.confirmed, good_until: good.confirmed + MAX_STALE })
    }

    /// Moves to the URL that the metadata name now. The old keys serve on until the new document is there.
    pub(super) fn follow(&mut self, url: &Url, now: Duration) {
        if self.url != *url {
            self.url = url.clone();
            self.retry.make_due(now);
            if let Some(good) = &mut self.good {
                good.etag = None;
            }
        }
    }

    /// Asks for the document, and reads it if it is another one than before.
    pub(super) async fn fetch(&self, fetcher: &Fetcher, allowed: Algorithms) -> Result<Fetched, ProviderError> {
        let etag = self.good.as_ref().and_then(|good| good.etag.as_ref());
        let Answer { headers, document } = fetcher.get(&self.url, etag, MAX_JWKS_BYTES).await?;
        let known = self.good.as_ref().map(|good| &good.document);
        match document.filter(|document| Some(document) != known) {
            None => Ok(Fetched::Confirmed(headers)),
            Some(document) => {
                let keys = read(&self.url, &document)?;
                require_usable(&keys, &self.url, allowed)?;
                Ok(Fetched::Replaced { keys, document, headers })
            }
        }
    }

    /// Takes in what came of a fetch that ended `now`. Whether the keys changed, and what it means for the log.
    pub(super) fn apply(&mut self, fetched: Result<Fetched, ProviderError>, now: Duration) -> (bool, Change) {
        let (changed, headers) = match fetched {
            Err(error) => return (false, self.retry.failed(Arc::new(error), now)),
            Ok(Fetched::Confirmed(headers)) => (false, headers),
            Ok(Fetched::Replaced { document, keys, headers }) => {
                self.replace(document, keys, now);
                (true, headers)
            }
        };
        (changed, self.confirm(&headers, now))
    }

    fn replace(&mut self, document: Bytes, keys: JwkSet, now: Duration) {
        self.good = Some(Good { document, keys, etag: None, lifetime: DEFAULT_LIFETIME, confirmed: now });
    }

    /// A 304 leaves the `ETag` and the lifetime as they were where it does not say otherwise (RFC 9111 section 4.3.4).
    fn confirm(&mut self, headers: &HeaderMap, now: Duration) -> Change {
        let Some(good) = &mut self.good else { return Change::None };
        good.confirmed = now;
        good.lifetime = freshness::lifetime(headers).unwrap_or(good.lifetime);
        if let Some(etag) = headers.get(header::ETAG) {
            good.etag = Some(etag.clone()).filter(|etag| etag.len() <= MAX_ETAG_BYTES);
        }
        self.retry.succeeded(now + good.lifetime * RENEW_AHEAD / 100)
    }

    /// Lets go of keys that grew too old. Whether there were any.
    pub(super) fn drop_stale(&mut self, now: Duration) -> bool {
        let stale = self.age().is_some_and(|age| now >= age.good_until);
        if stale {
            self.good = None;
        }
        stale
    }
}

/// The keys at `url`, and what is wrong with them: keys of which none fits `allowed` are given all the same.
pub(in crate::provider) async fn inspect(
    url: &Url,
    fetcher: &Fetcher,
    allowed: Algorithms,
) -> (Option<JwkSet>, Option<ProviderError>) {
    let read = match fetcher.get(url, None, MAX_JWKS_BYTES).await {
        Ok(answer) => read(url, &answer.document.unwrap_or_default()),
        Err(error) => Err(error),
    };
    match read {
        Ok(keys) => {
            let problem = require_usable(&keys, url, allowed).err();
            (Some(keys), problem)
        }
        Err(error) => (None, Some(error)),
    }
}

fn read(url: &Url, document: &[u8]) -> Result<JwkSet, ProviderError> {
    JwkSet::parse(document).map_err(|source| ProviderError::KeyDocument { url: ShownUrl::new(url), source })
}

fn require_usable(keys: &JwkSet, url: &Url, allowed: Algorithms) -> Result<(), ProviderError> {
    if KeyRing::new([keys], allowed).is_empty() {
        return Err(ProviderError::NoKeys { url: ShownUrl::new(url), keys: keys.len(), skipped: keys.skipped() });
    }
    Ok(())
}
