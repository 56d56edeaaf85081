//! The parameters of a request to one of the login's own paths.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, Request, header::CONTENT_TYPE};
use url::form_urlencoded;

use super::LoginError;

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// The parameters of a query or of a form, which are to stand once each (RFC 6749 section 3.1). Those that nobody asks for are
/// passed over: the text is read anew for each name, so that a thousand of them take no memory.
pub(super) struct Parameters<'a>(&'a [u8]);

impl<'a> Parameters<'a> {
    pub(super) fn of_query(request: &'a Request<Bytes>) -> Self {
        Self(request.uri().query().unwrap_or_default().as_bytes())
    }

    /// # Errors
    /// [`LoginError::Body`]: the body is no form.
    pub(super) fn of_form(request: &'a Request<Bytes>) -> Result<Self, LoginError> {
        if is_form(request.headers()) { Ok(Self(request.body())) } else { Err(LoginError::Body) }
    }

    /// The parameter of that name; one without a value counts as absent.
    ///
    /// # Errors
    /// [`LoginError::Repeated`].
    pub(super) fn one(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, LoginError> {
        let mut values = form_urlencoded::parse(self.0).filter(|(own, _)| own == name).map(|(_, value)| value);
        let value = values.next();
        if values.next().is_some() {
            return Err(LoginError::Repeated { name });
        }
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// # Errors
    /// [`LoginError::Repeated`], [`LoginError::Missing`].
    pub(super) fn required(&self, name: &'static str) -> Result<Cow<'a, str>, LoginError> {
        self.one(name)?.ok_or(LoginError::Missing { name })
    }
}

/// Whether the body is said to be a form, in whatever character set: it is read as UTF-8.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let media_type = value.to_str().ok().and_then(|text| text.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(FORM))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, content_type: &[&str], body: &'static str) -> Request<Bytes> {
        let mut request = Request::builder().uri(uri);
        for value in content_type {
            request = request.header(CONTENT_TYPE, *value);
        }
        request.body(Bytes::from_static(body.as_bytes())).unwrap()
    }

    #[test]
    fn parameters_are_decoded_and_each_stands_once() {
        let request = request("/logout?return_to=%2Fa%3Fb%3Dc+d&empty=&x=1&x=2", &[], "");
        let query = Parameters::of_query(&request);
        assert_eq!(query.one("return_to").unwrap().as_deref(), Some("/a?b=c d"));
        assert_eq!((query.one("empty").unwrap(), query.one("absent").unwrap()), (None, None));
        assert!(matches!(query.one("x"), Err(LoginError::Repeated { name: "x" })));
        assert!(matches!(query.required("empty"), Err(LoginError::Missing { name: "empty" })));
        assert_eq!(query.required("return_to").unwrap(), "/a?b=c d");
    }

    #[test]
    fn a_form_is_told_by_its_content_type() {
        for content_type in
            [FORM, "application/x-www-form-urlencoded; charset=utf-8", "Application/X-WWW-Form-Urlencoded ;x"]
        {
            let request = request("/x?logout_token=query", &[content_type], "logout_token=form");
            assert_eq!(Parameters::of_form(&request).unwrap().required("logout_token").unwrap(), "form");
        }
        let none: [&[&str]; 5] =
            [&[], &[""], &["application/json"], &["multipart/form-data; boundary=x"], &[FORM, FORM]];
        for content_type in none {
            let request = request("/x", content_type, "logout_token=form");
            assert!(matches!(Parameters::of_form(&request), Err(LoginError::Body)), "{content_type:?}");
        }
    }
}
