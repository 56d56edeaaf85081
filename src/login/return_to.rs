//! Where a browser is sent when a login or a logout is over.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::{Position, Url};

use crate::config::LoginSettings;

/// Longest return address, in bytes. Sealed with the rest of its login it still fits in one cookie, of which browsers take
/// 4,096 bytes (RFC 6265bis section 5.6).
pub const MAX_RETURN_TO_BYTES: usize = 2048;

/// Where a browser may be sent when a login or a logout is over: a path of the own origin, or an address that the operator
/// trusts by its whole text.
///
/// What is emitted is the very text that was checked. A path passes when
///
/// 1. it is visible ASCII without a backslash, of at most [`MAX_RETURN_TO_BYTES`];
/// 2. a browser that resolves it (the WHATWG URL standard) stays on the own origin and changes nothing of it: it begins with one
///    slash and has no dot segments, however they are encoded;
/// 3. all of that holds as well for what its percent-encoding stands for, for the sake of proxies and routers that decode a path
///    before they look at it.
///
/// A whole URL is the own origin, spelt as the URL standard spells it, before such a path; or it is equal to one of
/// `additionalTrustedRedirectUris`. A fragment is cut off: it is of no use to a server.
///
/// ```
/// # use tower_oidc::{config::LoginSettings, login::ReturnTo};
/// fn address(text: &str, settings: &LoginSettings) -> Option<ReturnTo> {
///     ReturnTo::parse(text, settings)
/// }
/// ```
///
/// What was not parsed is none:
///
/// ```compile_fail,E0423
/// # use tower_oidc::{config::LoginSettings, login::ReturnTo};
/// fn address(text: &str, settings: &LoginSettings) -> Option<ReturnTo> {
///     Some(ReturnTo(text.to_owned()))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnTo(Target);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// Path and query, from `/` on.
    Own(String),
    /// One of `additionalTrustedRedirectUris`, as the URL standard spells it.
    Trusted(Url),
}

impl ReturnTo {
    /// The start page: the path of `serverUrl`.
    #[must_use]
    pub fn start(settings: &LoginSettings) -> Self {
        let root = || Self(Target::Own("/".to_owned()));
        Self::own(settings.server_url.path(), settings).unwrap_or_else(root)
    }

    /// Reads an address that came with a request: a path, or a whole URL of the own origin or of the trusted ones.
    #[must_use]
    pub fn parse(text: &str, settings: &LoginSettings) -> Option<Self> {
        let text = text.split_once('#').map_or(text, |(before, _)| before);
        if text.len() > MAX_RETURN_TO_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return None;
        }
        if text.starts_with('/') {
            return Self::own(text, settings);
        }
        match text.strip_prefix(&settings.server_url.origin().ascii_serialization()) {
            Some("") => Self::own("/", settings),
            Some(path) if path.starts_with('/') => Self::own(path, settings),
            _ => Self::trusted(text, settings),
        }
    }

    fn own(path: &str, settings: &LoginSettings) -> Option<Self> {
        // A host, which is not worth reading: names beyond ASCII cost many times their length.
        if path.starts_with("//") {
            return None;
        }
        let url = settings.server_url.join(path).ok()?;
        let unchanged = url.origin() == settings.server_url.origin() && url[Position::BeforePath..] == *path;
        let decoded = percent_decode_str(url.path()).decode_utf8().ok()?;
        let plain = unchanged && is_plain(url.path()) && is_plain(&decoded);
        plain.then(|| Self(Target::Own(url[Position::BeforePath..].to_owned())))
    }

    fn trusted(text: &str, settings: &LoginSettings) -> Option<Self> {
        let url = settings.trusted_redirects.iter().find(|url| is_spelling_of(text, url))?;
        Some(Self(Target::Trusted(url.clone())))
    }

    /// The text for a `Location` header or a link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Target::Own(path) => path,
            Target::Trusted(url) => url.as_str(),
        }
    }

    /// The whole URL, for the provider.
    #[must_use]
    pub fn to_url(&self, settings: &LoginSettings) -> Url {
        let mut url = settings.server_url.clone();
        match &self.0 {
            Target::Own(path) => {
                let (path, query) = path.split_once('?').map_or((&**path, None), |(path, query)| (path, Some(query)));
                url.set_path(path);
                url.set_query(query);
                url
            }
            Target::Trusted(trusted) => trusted.clone(),
        }
    }

    /// The path without its query, when it is of the own origin.
    pub(super) fn own_path(&self) -> Option<&str> {
        match &self.0 {
            Target::Own(path) => Some(path.split_once('?').map_or(path, |(path, _)| path)),
            Target::Trusted(_) => None,
        }
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a path means the same to whoever resolves it, and can be taken for no host.
fn is_plain(path: &str) -> bool {
    let under_root = path.strip_prefix('/').is_some_and(|rest| !rest.starts_with('/'));
    let has_dots = || path.split('/').any(|segment| matches!(segment, "." | ".."));
    under_root && !path.contains(|char: char| char.is_control() || char == '\\') && !has_dots()
}

/// Whether a text is that URL in the standard's spelling. The slash of a bare origin may be missing.
fn is_spelling_of(text: &str, url: &Url) -> bool {
    url.as_str() == text || (url[Position::BeforePath..] == *"/" && url[..Position::BeforePath] == *text)
}

#[cfg(test)]
mod tests;
