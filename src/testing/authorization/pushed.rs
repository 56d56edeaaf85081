//! Authorization requests that were pushed (RFC 9126), until the browser brings their reference.

use std::{collections::BTreeMap, time::Duration};

use crate::testing::{parameters::Parameters, random};

/// How long a pushed request waits for its browser: as long as Auth0's.
pub(in crate::testing) const LIFETIME: Duration = Duration::from_secs(30);

/// What every reference begins with (RFC 9126 section 2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Every request that was pushed, by its `request_uri`.
#[derive(Default)]
pub(in crate::testing) struct PushedRequests(BTreeMap<String, Pushed>);

struct Pushed {
    parameters: Parameters,
    /// In seconds since 1970.
    expires_at: u64,
    is_used: bool,
}

/// Where a reference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::testing) enum Stage {
    /// In the browser's first request, which uses it up (section 4).
    Arrival,
    /// In a form of the page that this has led to.
    Form,
}

impl PushedRequests {
    /// Keeps a request, and gives its reference.
    pub(in crate::testing) fn keep(&mut self, parameters: Parameters, now: u64) -> String {
        let request_uri = [PREFIX, &random::identifier()].concat();
        let expires_at = now + LIFETIME.as_secs();
        self.0.insert(request_uri.clone(), Pushed { parameters, expires_at, is_used: false });
        request_uri
    }

    /// The request that `asked` stands for, of the same client. What else stands in `asked` does not count.
    pub(super) fn find(&mut self, asked: &Parameters, stage: Stage, now: u64) -> Option<Parameters> {
        let pushed = self.0.get_mut(asked.get("request_uri")?)?;
        let is_own = asked.get("client_id").is_some_and(|id| pushed.parameters.get("client_id") == Some(id));
        let is_good = is_own
            && match stage {
                Stage::Arrival => !pushed.is_used && now < pushed.expires_at,
                Stage::Form => pushed.is_used,
            };
        pushed.is_used |= is_good;
        is_good.then(|| pushed.parameters.clone())
    }
}

/// Whether a request only names one that was pushed.
pub(super) fn is_reference(asked: &Parameters) -> bool {
    asked.get("request_uri").is_some_and(|uri| uri.starts_with(PREFIX))
}
