//! Where the provider is found.

/// The issuer, and the URLs below it.
pub(super) struct Address {
    issuer: String,
    origin: String,
    /// The path of the issuer without a final slash: empty, or `/tenant`.
    path: String,
    cookie_name: String,
}

impl Address {
    /// A provider on that port of 127.0.0.1, under that path, whose issuer ends with a slash or does not.
    pub(super) fn new(port: u16, path: &str, slash: bool) -> Self {
        let origin = format!("http://127.0.0.1:{port}");
        let path = match path.trim_matches('/') {
            "" => String::new(),
            path => format!("/{path}"),
        };
        let issuer = format!("{origin}{path}{}", if slash { "/" } else { "" });
        Self { issuer, origin, path, cookie_name: format!("test_provider_{port}") }
    }

    /// The exact issuer.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The provider's cookie. The port is in its name: to browsers all ports of a host are one place.
    pub(super) fn cookie_name(&self) -> &str {
        &self.cookie_name
    }

    /// The path of the issuer without a final slash.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The URL of a path below the issuer; the path begins with a slash.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.path)
    }

    /// A request's path as seen from the issuer, if it is below it.
    pub(super) fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slash_is_in_the_issuer_alone() {
        let plain = Address::new(8080, "", false);
        let slash = Address::new(8080, "", true);
        assert_eq!(plain.issuer(), "http://127.0.0.1:8080");
        assert_eq!(slash.issuer(), "http://127.0.0.1:8080/");
        assert_eq!(plain.url("/jwks"), slash.url("/jwks"));
    }

    #[test]
    fn a_path_stands_before_every_endpoint() {
        for path in ["tenant", "/tenant", "/tenant/"] {
            let address = Address::new(8080, path, true);
            assert_eq!(address.issuer(), "http://127.0.0.1:8080/tenant/");
            assert_eq!(address.url("/jwks"), "http://127.0.0.1:8080/tenant/jwks");
            assert_eq!(address.below("/tenant/jwks"), Some("/jwks"));
            assert_eq!(address.below("/jwks"), None);
        }
    }
}
