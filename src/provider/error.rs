//! What can go wrong with a provider, as data.

use std::{error::Error, fmt, time::Duration};

use http::StatusCode;
use url::{Position, Url};

use crate::{
    jose::JwkSetError,
    types::{ClaimsError, Issuer},
};

use super::http::HttpError;

/// Why an attempt to learn a provider's metadata or keys failed. Nothing in it comes from a body but the issuer that the
/// metadata names.
///
/// There are two kinds. A **contradiction** ([`is_contradiction`](Self::is_contradiction)) is the provider's own word
/// against the configuration: somebody must mend one of them. With everything else the provider is **unreachable**
/// ([`is_unreachable`](Self::is_unreachable)) for now, a 404 or an HTML page among it: that is what a proxy, a load balancer or
/// a maintenance page says while the provider starts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// No answer.
    #[error("{url} cannot be reached")]
    Unreachable {
        /// What was asked for.
        url: ShownUrl,
        /// Why there was no answer.
        source: HttpError,
    },
    /// An answer with another status than 200.
    #[error("{url} answered with status {status}")]
    Status {
        /// What was asked for.
        url: ShownUrl,
        /// The status.
        status: StatusCode,
        /// How long the provider asks to be left alone, by `Retry-After` (RFC 9110 section 10.2.3) or by its rate limit.
        retry_after: Option<Duration>,
    },
    /// A redirect, which is never followed.
    #[error("{url} redirects{}, which is not followed: configure the final URL", shown_target(.to.as_ref()))]
    Redirect {
        /// What was asked for.
        url: ShownUrl,
        /// Where the answer points to, if it says so in a way that can be read.
        to: Option<ShownUrl>,
    },
    /// A page for people: a login wall, an error page, a single-page application's catch-all.
    #[error("{url} answered with an HTML page, not with JSON")]
    Html {
        /// What was asked for.
        url: ShownUrl,
    },
    /// Metadata that are no JSON object.
    #[error("{url} answered with something else than a JSON object")]
    NotJson {
        /// What was asked for.
        url: ShownUrl,
        /// What is wrong with it.
        source: ClaimsError,
    },
    /// Metadata without a member that is needed. Contradiction.
    #[error("the metadata of {url} have no `{member}`")]
    Missing {
        /// Where the metadata came from.
        url: ShownUrl,
        /// The member's name.
        member: &'static str,
    },
    /// Metadata with a member of the wrong type. Contradiction.
    #[error("the metadata of {url} are malformed: `{member}` must be {expected}")]
    Metadata {
        /// Where the metadata came from.
        url: ShownUrl,
        /// The member's name.
        member: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// Metadata of another issuer than was asked for (OpenID Connect Discovery 1.0 section 4.3). Contradiction.
    #[error(
        "the metadata are of issuer {found:?}, but {expected:?} was asked for: if the first is who you mean, set `issuer` to it, \
         exactly"
    )]
    IssuerMismatch {
        /// The configured issuer, or the one that the discovery URL stands for.
        expected: Issuer,
        /// The issuer that the metadata name.
        found: Issuer,
    },
    /// A discovery URL that does not tell its issuer, with no issuer configured. Contradiction.
    #[error("{url} holds no `/.well-known/openid-configuration` to tell the issuer by: configure `issuer`")]
    UnknownIssuer {
        /// The discovery URL.
        url: ShownUrl,
    },
    /// An http URL in the metadata where only https may be. Contradiction.
    #[error("`{member}` of the metadata is not an https URL")]
    NotHttps {
        /// The member's name.
        member: &'static str,
    },
    /// A key document that cannot be read.
    #[error("{url} is not a usable JWK Set")]
    KeyDocument {
        /// What was asked for.
        url: ShownUrl,
        /// What is wrong with it.
        source: JwkSetError,
    },
    /// A key document without one key that fits the configured algorithms.
    #[error("{url} holds no key for the configured algorithms ({keys} for others, {skipped} unreadable)")]
    NoKeys {
        /// What was asked for.
        url: ShownUrl,
        /// How many keys are there for other algorithms.
        keys: usize,
        /// How many keys were skipped.
        skipped: usize,
    },
    /// Nobody asks the provider any more: the runtime of the key cache is shut down, or the HTTP client panicked.
    #[error("the key cache has stopped: its runtime is shut down, or the HTTP client panicked")]
    Stopped,
}

impl ProviderError {
    /// The reason as one word, for metrics to count by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Status { .. } => "status",
            Self::Redirect { .. } => "redirect",
            Self::Html { .. } => "html",
            Self::NotJson { .. } => "not_json",
            Self::Missing { .. } => "missing_member",
            Self::Metadata { .. } => "malformed_member",
            Self::IssuerMismatch { .. } => "another_issuer",
            Self::UnknownIssuer { .. } => "unknown_issuer",
            Self::NotHttps { .. } => "not_https",
            Self::KeyDocument { .. } => "not_a_key_set",
            Self::NoKeys { .. } => "no_keys",
            Self::Stopped => "stopped",
        }
    }

    /// Whether the provider answered, and its answer contradicts the configuration. Trying again will not help.
    #[must_use]
    pub fn is_contradiction(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. }
                | Self::Metadata { .. }
                | Self::IssuerMismatch { .. }
                | Self::UnknownIssuer { .. }
                | Self::NotHttps { .. }
        )
    }

    /// Whether the provider gave no usable answer. Trying again may help.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        !self.is_contradiction()
    }

    /// How long the provider asks to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// A URL as it may be shown: without user, password, query and fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct ShownUrl(Box<str>);

impl ShownUrl {
    /// The part of `url` that may be shown.
    #[must_use]
    pub fn new(url: &Url) -> Self {
        let scheme = url.scheme();
        let rest = &url[Position::BeforeHost..Position::AfterPath];
        Self(format!("{scheme}://{rest}").into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ShownUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ShownUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn shown_target(to: Option<&ShownUrl>) -> String {
    to.map(|to| format!(" to {to}")).unwrap_or_default()
}

/// An error with its causes in one line.
pub(crate) struct Causes<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_may_be_secret() {
        let url = Url::parse("https://user:pass@id.example:8443/keys?code=1#x").unwrap();
        assert_eq!(ShownUrl::new(&url).as_str(), "https://id.example:8443/keys");
    }

    #[test]
    fn causes_stand_in_one_line() {
        let url = ShownUrl::new(&Url::parse("https://id.example/keys").unwrap());
        let error = ProviderError::Unreachable { url, source: HttpError::Connect("refused".into()) };
        assert_eq!(Causes(&error).to_string(), "https://id.example/keys cannot be reached: no connection: refused");
    }

    #[test]
    fn a_redirect_says_where_to() {
        let url = |text| ShownUrl::new(&Url::parse(text).unwrap());
        let error = ProviderError::Redirect { url: url("http://a.example/"), to: Some(url("https://a.example/?x=1")) };
        assert_eq!(
            error.to_string(),
            "http://a.example/ redirects to https://a.example/, which is not followed: configure the final URL"
        );
    }
}
