//! Whom a token may be sent to.

use std::{fmt, str::FromStr};

use http::Uri;
use url::Url;

use crate::config::is_loopback;

/// Scheme, host and port of the one service that a token is for (RFC 6454 section 4).
///
/// It is read from a URL, whose path does not count: `https://api.company.example/v1`. Plain http is taken for loopback
/// alone: a bearer token is worth as much to whoever reads it on the way.
///
/// ```
/// use tower_oidc::client::Origin;
///
/// let origin: Origin = "https://api.company.example/v1".parse()?;
/// assert!(origin.contains(&"https://API.company.example:443/v1/orders".parse()?));
/// assert!(!origin.contains(&"https://api.company.example.evil.example/".parse()?));
/// assert!("http://api.company.example".parse::<Origin>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    /// In lower case, as the URL standard writes it.
    host: Box<str>,
    port: u16,
}

/// Why a text is not an [`Origin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// Not an absolute http or https URL with a host.
    #[error("not a full http or https URL")]
    NotUrl,
    /// A user name or a password stands before the host.
    #[error("the URL holds a user name or a password")]
    Credentials,
    /// Plain http to another machine.
    #[error("a token is sent over https, or to this machine: the URL is http")]
    PlainHttp,
}

impl Origin {
    /// The origin of a URL.
    ///
    /// # Errors
    /// [`OriginError`]: a token may not go there.
    pub fn of(url: &Url) -> Result<Self, OriginError> {
        let origin = Self::dangerous_plain_http(url)?;
        if origin.https || is_loopback(url) { Ok(origin) } else { Err(OriginError::PlainHttp) }
    }

    /// The origin of a URL that may be plain http, in a network where every hop is trusted: a sidecar's, a compose file's.
    ///
    /// # Danger
    /// Whoever can read the traffic has the token, and is the service account until it expires.
    ///
    /// # Errors
    /// [`OriginError`]: no http or https URL, or one with credentials.
    pub fn dangerous_plain_http(url: &Url) -> Result<Self, OriginError> {
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(OriginError::NotUrl),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OriginError::Credentials);
        }
        let host = url.host_str().ok_or(OriginError::NotUrl)?;
        let port = url.port_or_known_default().ok_or(OriginError::NotUrl)?;
        Ok(Self { https, host: host.into(), port })
    }

    /// Whether a request to `uri` goes there. One without scheme and host goes nobody knows where, and does not.
    #[must_use]
    pub fn contains(&self, uri: &Uri) -> bool {
        let Some(authority) = uri.authority().filter(|authority| !authority.as_str().contains('@')) else {
            return false;
        };
        let scheme = if self.https { "https" } else { "http" };
        uri.scheme_str() == Some(scheme)
            && authority.host().eq_ignore_ascii_case(&self.host)
            && self.has_port(authority.as_str(), authority.port_u16())
    }

    /// Whether that is the port; an authority without one has the scheme's. A port that is no number is none.
    fn has_port(&self, authority: &str, port: Option<u16>) -> bool {
        let default = if self.https { 443 } else { 80 };
        match port {
            Some(port) => port == self.port,
            None => self.port == default && authority.eq_ignore_ascii_case(&self.host),
        }
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        Self::of(&Url::parse(text).map_err(|_| OriginError::NotUrl)?)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(origin: &str, uri: &str) -> bool {
        origin.parse::<Origin>().unwrap().contains(&uri.parse().unwrap())
    }

    #[test]
    fn an_origin_holds_every_path_of_its_host_and_port() {
        for (origin, uri) in [
            ("https://api.example", "https://api.example/orders?id=1"),
            ("https://api.example/v1", "https://api.example:443"),
            ("https://api.example:443", "https://API.Example/"),
            ("https://API.example:8443", "https://api.example:8443/"),
            ("https://bücher.example", "https://xn--bcher-kva.example/"),
            ("http://localhost:3000", "http://localhost:3000/"),
            ("http://127.0.0.1", "http://127.0.0.1:80/"),
            ("http://[::1]:3000", "http://[::1]:3000/"),
        ] {
            assert!(contains(origin, uri), "{origin} {uri}");
        }
    }

    #[test]
    fn any_other_scheme_host_or_port_is_another_origin() {
        for uri in [
            "http://api.example/",
            "http://api.example:443/",
            "https://api.example:8443/",
            "https://api.example:/",
            "https://api.example.evil.example/",
            "https://evil.example/https://api.example/",
            "https://evil.example#https://api.example",
            "https://api.example.:443/",
            "https://xapi.example/",
            "https://api.example@evil.example/",
            "https://user@api.example/",
            "https://user:443@api.example/",
            "ftp://api.example/",
            "//api.example/",
            "/orders",
            "*",
            "api.example:443",
        ] {
            if let Ok(uri) = uri.parse::<Uri>() {
                assert!(!"https://api.example".parse::<Origin>().unwrap().contains(&uri), "{uri}");
            }
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for text in ["http://api.example", "http://localhost.evil.example", "http://10.0.0.1:80", "http://0.0.0.0"] {
            assert_eq!(text.parse::<Origin>(), Err(OriginError::PlainHttp), "{text}");
        }
        let url = Url::parse("http://openmetadata-server:8585/api").unwrap();
        let origin = Origin::dangerous_plain_http(&url).unwrap();
        assert!(origin.contains(&"http://openmetadata-server:8585/api/v1/tables".parse().unwrap()));
        assert!(!origin.contains(&"https://openmetadata-server:8585/".parse().unwrap()));
    }

    #[test]
    fn what_is_no_url_of_a_service_is_no_origin() {
        for text in ["", "api.example", "/v1", "ftp://api.example", "file:///etc", "https://", "data:,x"] {
            assert_eq!(text.parse::<Origin>(), Err(OriginError::NotUrl), "{text}");
        }
        for text in ["https://user@api.example", "https://:pass@api.example"] {
            assert_eq!(text.parse::<Origin>(), Err(OriginError::Credentials), "{text}");
        }
    }
}
