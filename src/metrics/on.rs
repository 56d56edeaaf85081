//! The counting itself, through the facade of the crate `metrics`.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ::metrics::{
    Counter, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

const DECISIONS: &str = "tower_oidc_decisions_total";
const VALIDATION: &str = "tower_oidc_token_validation_duration_seconds";
const TOKEN_CACHE: &str = "tower_oidc_token_cache_lookups_total";
const FETCHES: &str = "tower_oidc_key_cache_fetches_total";
const FETCH_FAILURES: &str = "tower_oidc_key_cache_fetch_failures_total";
const KEYS_CONFIRMED: &str = "tower_oidc_key_cache_confirmed_timestamp_seconds";

/// Says what each metric is, for recorders that show it.
pub(crate) fn describe() {
    describe_counter!(DECISIONS, "Requests that were accepted or refused");
    describe_histogram!(VALIDATION, Unit::Seconds, "Time from a bearer token to its principal or its refusal");
    describe_counter!(TOKEN_CACHE, "Bearer tokens looked for among the accepted ones");
    describe_counter!(FETCHES, "Attempts to fetch a provider's metadata or keys");
    describe_counter!(FETCH_FAILURES, "Attempts that gave no usable document");
    describe_gauge!(KEYS_CONFIRMED, Unit::Seconds, "When the provider last confirmed its keys, in seconds since 1970");
    #[cfg(feature = "login")]
    login::describe();
}

/// What a request counts, found once: an accepted one allocates nothing for it.
#[derive(Debug, Clone)]
pub(crate) struct RequestMeters {
    provider: Arc<str>,
    accepted_bearer: Counter,
    accepted_session: Counter,
    hits: Counter,
    misses: Counter,
    hit_time: Histogram,
    miss_time: Histogram,
}

impl RequestMeters {
    pub(crate) fn new(provider: &Arc<str>) -> Self {
        let decisions = |via| Self::decisions(provider, "accepted", "good_credentials", via);
        let lookups = |result| counter!(TOKEN_CACHE, "provider" => Arc::clone(provider), "result" => result);
        let time = |cache| histogram!(VALIDATION, "provider" => Arc::clone(provider), "cache" => cache);
        Self {
            provider: Arc::clone(provider),
            accepted_bearer: decisions("bearer"),
            accepted_session: decisions("session"),
            hits: lookups("hit"),
            misses: lookups("miss"),
            hit_time: time("hit"),
            miss_time: time("miss"),
        }
    }

    fn decisions(provider: &Arc<str>, kind: &'static str, reason: &'static str, via: &'static str) -> Counter {
        counter!(DECISIONS, "provider" => Arc::clone(provider), "kind" => kind, "reason" => reason, "via" => via)
    }

    pub(crate) fn accepted_bearer(&self) {
        self.accepted_bearer.increment(1);
    }

    pub(crate) fn accepted_session(&self) {
        self.accepted_session.increment(1);
    }

    pub(crate) fn refused(&self, kind: &'static str, reason: &'static str, via: &'static str) {
        Self::decisions(&self.provider, kind, reason, via).increment(1);
    }

    /// What `validate` gives, timed with `clock`. A token without a verdict yet is not counted: it comes again.
    pub(crate) fn validated<T, E>(
        &self,
        clock: impl Fn() -> Duration,
        validate: impl FnOnce(&mut Lookup) -> Result<T, E>,
        is_verdict: impl FnOnce(&E) -> bool,
    ) -> Result<T, E> {
        let start = clock();
        let mut lookup = Lookup { is_hit: true, has_cache: true };
        let outcome = validate(&mut lookup);
        if outcome.as_ref().err().is_none_or(is_verdict) {
            let is_hit = lookup.is_hit && outcome.is_ok();
            let (lookups, time) = if is_hit { (&self.hits, &self.hit_time) } else { (&self.misses, &self.miss_time) };
            lookups.increment(u64::from(lookup.has_cache));
            time.record(clock().saturating_sub(start));
        }
        outcome
    }
}

/// Whether a token was remembered.
pub(crate) struct Lookup {
    is_hit: bool,
    has_cache: bool,
}

impl Lookup {
    /// The token is checked now.
    pub(crate) fn missed(&mut self) {
        self.is_hit = false;
    }

    /// Likewise, and none is ever remembered.
    pub(crate) fn without_cache(&mut self) {
        *self = Self { is_hit: false, has_cache: false };
    }
}

/// A refusal where nobody knows for which provider.
pub(crate) fn refused_without_a_layer(kind: &'static str, reason: &'static str, via: &'static str) {
    counter!(DECISIONS, "provider" => "", "kind" => kind, "reason" => reason, "via" => via).increment(1);
}

/// An attempt to fetch `document`, one of a closed set, has ended. `failure` is its reason, another closed set.
pub(crate) fn document_fetched(provider: &str, document: &'static str, failure: Option<&'static str>) {
    counter!(FETCHES, "provider" => provider.to_owned(), "document" => document).increment(1);
    if let Some(reason) = failure {
        counter!(FETCH_FAILURES, "provider" => provider.to_owned(), "document" => document, "reason" => reason)
            .increment(1);
    }
}

pub(crate) fn keys_confirmed(provider: &str, at: SystemTime) {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    gauge!(KEYS_CONFIRMED, "provider" => provider.to_owned()).set(seconds);
}

#[cfg(feature = "login")]
pub(crate) use login::{login_failed, login_finished, login_started, session_ended, session_opened, session_refreshed};

#[cfg(feature = "login")]
mod login {
    use ::metrics::{counter, describe_counter};

    const STARTED: &str = "tower_oidc_logins_started_total";
    const FINISHED: &str = "tower_oidc_logins_finished_total";
    const FAILED: &str = "tower_oidc_logins_failed_total";
    const OPENED: &str = "tower_oidc_sessions_opened_total";
    const ENDED: &str = "tower_oidc_sessions_ended_total";
    const REFRESHED: &str = "tower_oidc_session_refreshes_total";

    pub(super) fn describe() {
        describe_counter!(STARTED, "Browsers sent to the provider to sign in");
        describe_counter!(FINISHED, "Logins that came to their end");
        describe_counter!(FAILED, "Logins that were refused or broke off");
        describe_counter!(OPENED, "Sessions opened");
        describe_counter!(ENDED, "Sessions ended");
        describe_counter!(REFRESHED, "Renewals of a session's tokens");
    }

    pub(crate) fn login_started(provider: &str) {
        counter!(STARTED, "provider" => provider.to_owned()).increment(1);
    }

    pub(crate) fn login_finished(provider: &str) {
        counter!(FINISHED, "provider" => provider.to_owned()).increment(1);
    }

    pub(crate) fn login_failed(provider: &str, reason: &'static str) {
        counter!(FAILED, "provider" => provider.to_owned(), "reason" => reason).increment(1);
    }

    pub(crate) fn session_opened(provider: &str) {
        counter!(OPENED, "provider" => provider.to_owned()).increment(1);
    }

    pub(crate) fn session_ended(provider: &str, cause: &'static str) {
        counter!(ENDED, "provider" => provider.to_owned(), "cause" => cause).increment(1);
    }

    pub(crate) fn session_refreshed(provider: &str, outcome: &'static str) {
        counter!(REFRESHED, "provider" => provider.to_owned(), "outcome" => outcome).increment(1);
    }
}
