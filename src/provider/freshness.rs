//! How long an answer stays fresh, and how long a provider wants to be left alone (RFC 9110, RFC 9111).

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, StatusCode, header};

use crate::types::unix_seconds;

/// Shortest time between two planned fetches of one document, whatever its headers say.
pub const MIN_LIFETIME: Duration = Duration::from_secs(60);

/// Longest lifetime of a document, whatever its headers say: a revoked key must leave within a day.
pub const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Lifetime of a document that says nothing. Auth0 advises five to ten minutes.
pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Longest time that `Retry-After` is honoured. A provider that asks for a day would keep new keys from us for a day.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(5 * 60);

/// How long to wait when the provider limits requests and does not say until when.
pub const RATE_LIMIT_PAUSE: Duration = Duration::from_secs(5);

/// Shortest time to wait: a limit that opened in the past by our clock has not opened by the provider's.
const MIN_PAUSE: Duration = Duration::from_secs(1);

/// The lifetime that an answer gives itself by `Cache-Control`, less the `Age` it already has (RFC 9111 section 4.2), between
/// [`MIN_LIFETIME`] and [`MAX_LIFETIME`]. `None` when it says nothing.
pub(super) fn lifetime(headers: &HeaderMap) -> Option<Duration> {
    let mut max_age = None;
    for (name, value) in directives(headers) {
        match name {
            name if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") => {
                return Some(MIN_LIFETIME);
            }
            name if name.eq_ignore_ascii_case("max-age") => max_age = max_age.or_else(|| seconds(value)),
            _ => {}
        }
    }
    let age = text(headers, header::AGE).and_then(seconds).unwrap_or_default();
    max_age.map(|max_age| max_age.saturating_sub(age).clamp(MIN_LIFETIME, MAX_LIFETIME))
}

/// How long a document is not to be asked for again: as the provider's [rate limit](rate_limit) has it, or as `Retry-After` says with
/// any other status. `None`: the provider does not say.
pub(super) fn pause(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    rate_limit(status, headers, now).or_else(|| retry_after(headers, now))
}

/// What `Retry-After` asks for, at most [`MAX_RETRY_AFTER`] (RFC 9110 section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = text(headers, header::RETRY_AFTER)?;
    let until = || httpdate::parse_http_date(value).ok().map(|date| date.duration_since(now).unwrap_or_default());
    seconds(value).or_else(until).map(|asked| asked.min(MAX_RETRY_AFTER))
}

/// How long the provider wants to be left alone: with status 429 always, with 503 if it says so.
pub(super) fn rate_limit(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let asked = retry_after(headers, now);
    let pause = match status {
        StatusCode::TOO_MANY_REQUESTS => asked.or_else(|| rate_limit_reset(headers, now)).unwrap_or(RATE_LIMIT_PAUSE),
        StatusCode::SERVICE_UNAVAILABLE => asked?,
        _ => return None,
    };
    Some(pause.clamp(MIN_PAUSE, MAX_RETRY_AFTER))
}

/// The headers in which Auth0 and Okta say when a rate limit opens again, in seconds since 1970.
const RATE_LIMIT_RESETS: [HeaderName; 2] =
    [HeaderName::from_static("x-ratelimit-reset"), HeaderName::from_static("x-rate-limit-reset")];

/// The time until a rate limit opens again, by Auth0's and Okta's headers, at most [`MAX_RETRY_AFTER`].
fn rate_limit_reset(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let reset = RATE_LIMIT_RESETS.into_iter().find_map(|name| text(headers, name).and_then(seconds))?;
    Some(reset.saturating_sub(Duration::from_secs(unix_seconds(now))).min(MAX_RETRY_AFTER))
}

/// The directives of `Cache-Control` with their values.
fn directives(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::CACHE_CONTROL).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|directive| {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        (name.trim(), value.trim().trim_matches('"'))
    })
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `delta-seconds` (RFC 9111 section 1.2.2); a number too large for us is as large as can be.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn cache_control(value: &'static str) -> Option<u64> {
        lifetime(&headers(&[("cache-control", value)])).map(|lifetime| lifetime.as_secs())
    }

    #[test]
    fn max_age_is_taken_within_bounds() {
        assert_eq!(cache_control("public, max-age=900, must-revalidate"), Some(900));
        assert_eq!(cache_control("Max-Age=\"900\""), Some(900));
        assert_eq!(cache_control("max-age=0"), Some(60));
        assert_eq!(cache_control("max-age=31536000"), Some(86_400));
        assert_eq!(cache_control("max-age=99999999999999999999999"), Some(86_400));
        assert_eq!(cache_control("max-age=900, no-cache"), Some(60));
        assert_eq!(cache_control("no-store"), Some(60));
    }

    #[test]
    fn what_says_nothing_gives_nothing() {
        for value in ["public", "max-age=-1", "max-age=", "max-age=1.5", "s-maxage=900", ""] {
            assert_eq!(cache_control(value), None, "{value}");
        }
        assert_eq!(lifetime(&HeaderMap::new()), None);
    }

    #[test]
    fn the_age_an_answer_already_has_counts() {
        let aged = headers(&[("cache-control", "public"), ("cache-control", "max-age=3600"), ("age", "3000")]);
        assert_eq!(lifetime(&aged), Some(Duration::from_secs(600)));
        let old = headers(&[("cache-control", "max-age=3600"), ("age", "999999")]);
        assert_eq!(lifetime(&old), Some(MIN_LIFETIME));
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let asked = |value| retry_after(&headers(&[("retry-after", value)]), now).map(|asked| asked.as_secs());
        assert_eq!(asked("30"), Some(30));
        assert_eq!(asked("86400"), Some(300));
        assert_eq!(asked("Tue, 14 Nov 2023 22:13:50 GMT"), Some(30));
        assert_eq!(asked("Tue, 14 Nov 2023 22:13:10 GMT"), Some(0));
        assert_eq!(asked("Mon, 14 Nov 2033 22:13:10 GMT"), Some(300));
        assert_eq!(asked("soon"), None);
    }

    #[test]
    fn a_rate_limit_opens_at_a_time_of_day() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let opens = |name, value| rate_limit_reset(&headers(&[(name, value)]), now).map(|opens| opens.as_secs());
        assert_eq!(opens("x-ratelimit-reset", "1700000042"), Some(42));
        assert_eq!(opens("x-rate-limit-reset", "1700000042"), Some(42));
        assert_eq!(opens("x-ratelimit-reset", "1700086400"), Some(300));
        assert_eq!(opens("x-ratelimit-reset", "1699999999"), Some(0));
        assert_eq!(opens("x-ratelimit-reset", "1700000042.5"), None);
        assert_eq!(opens("ratelimit", "1700000042"), None);
    }
}
