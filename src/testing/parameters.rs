//! The parameters of a request, from its query or from the form in its body.

use bytes::Bytes;
use http::{Method, Request};
use url::form_urlencoded;

/// Parameters in the order they came.
#[derive(Debug, Clone)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`.
    pub(super) fn read(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Those of a request: the body of a POST, the query of any other.
    pub(super) fn of(request: &Request<Bytes>) -> Self {
        match *request.method() {
            Method::POST => Self::read(request.body()),
            _ => Self::read(request.uri().query().unwrap_or_default().as_bytes()),
        }
    }

    /// The value of a parameter that stands once.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    }

    /// Whether a parameter stands more than once (forbidden by RFC 6749 section 3.1).
    pub(super) fn repeat(&self) -> bool {
        self.0.iter().any(|(name, _)| self.get(name).is_none())
    }

    /// The others.
    pub(super) fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
    }

    /// The parameters as a query.
    pub(super) fn to_query(&self) -> String {
        to_query(&self.0)
    }
}

/// These parameters as a query.
pub(super) fn to_query(parameters: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// `url` with these parameters behind those that it has.
pub(super) fn with_query(url: &str, parameters: &[(String, String)]) -> String {
    match to_query(parameters) {
        query if query.is_empty() => url.to_owned(),
        query => format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_stands_twice_has_no_value() {
        let parameters = Parameters::read(b"state=a&scope=openid+email&state=b");
        assert_eq!((parameters.get("scope"), parameters.get("state")), (Some("openid email"), None));
        assert!(parameters.repeat() && !Parameters::read(b"a=1&b=1").repeat());
    }

    #[test]
    fn a_query_is_added_behind_the_one_that_is_there() {
        let state = [("state".to_owned(), "a b".to_owned())];
        assert_eq!(with_query("http://app.example", &state), "http://app.example?state=a+b");
        assert_eq!(with_query("http://app.example/?x=1", &state), "http://app.example/?x=1&state=a+b");
        assert_eq!(with_query("http://app.example/", &[]), "http://app.example/");
    }
}
