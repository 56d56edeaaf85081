//! What a request to start a login may say.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use http::{Method, Request};
use url::form_urlencoded;

use crate::login::{LoginError, MAX_RETURN_TO_BYTES, parameters::is_form};

/// What a request to start a login may say: by a person's own wish, or by a third party (OpenID Connect Core 1.0 section 4). It
/// is all that the browser has a say in; other parameters are passed over, so that none can be smuggled to the provider, and so are
/// other values than the configured ones.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::login) struct Initiation {
    pub(in crate::login) issuer: Option<String>,
    /// `return_to`, or the specification's `target_link_uri`. It is not checked yet.
    pub(in crate::login) return_address: Option<String>,
    pub(in crate::login) login_hint: Option<String>,
    pub(in crate::login) ui_locales: Option<String>,
    /// Auth0 Organizations.
    pub(in crate::login) organization: Option<String>,
    /// Auth0 Organizations.
    pub(in crate::login) invitation: Option<String>,
    /// Those of `loginParams`.
    pub(in crate::login) chosen: Vec<(String, String)>,
}

/// A parameter: its name, its most bytes, and what it is made of.
struct Parameter(&'static str, usize, fn(char) -> bool);

/// An e-mail address has at most 254 characters; providers also make hints of their own, of a few hundred.
const MAX_LOGIN_HINT_BYTES: usize = 512;

/// Some twenty language tags (RFC 5646 section 4.4.1 advises 35 characters for each).
const MAX_UI_LOCALES_BYTES: usize = 256;

/// Auth0's ids have 20 characters, its names at most 50; a ticket has 32.
const MAX_AUTH0_BYTES: usize = 128;

/// As long as the return address that may stand beside it.
const MAX_ISSUER_BYTES: usize = MAX_RETURN_TO_BYTES;

const PARAMETERS: [Parameter; 7] = [
    Parameter("iss", MAX_ISSUER_BYTES, is_visible),
    Parameter("return_to", MAX_RETURN_TO_BYTES, is_visible),
    Parameter("target_link_uri", MAX_RETURN_TO_BYTES, is_visible),
    Parameter("login_hint", MAX_LOGIN_HINT_BYTES, |char| !char.is_control()),
    Parameter("ui_locales", MAX_UI_LOCALES_BYTES, |char| char.is_ascii_alphanumeric() || matches!(char, '-' | ' ')),
    Parameter("organization", MAX_AUTH0_BYTES, is_word),
    Parameter("invitation", MAX_AUTH0_BYTES, is_word),
];

fn is_visible(char: char) -> bool {
    char.is_ascii_graphic()
}

fn is_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.')
}

impl Initiation {
    /// Reads the query, and the form of a POST. `login_params` are the pairs that may be chosen.
    ///
    /// # Errors
    /// - [`LoginError::Method`], [`LoginError::Body`]: no such request;
    /// - [`LoginError::Repeated`]: a parameter stands twice, wherever;
    /// - [`LoginError::Malformed`]: a parameter is too long, or holds what it cannot hold.
    pub(in crate::login) fn read(
        request: &Request<Bytes>,
        login_params: &[(String, String)],
    ) -> Result<Self, LoginError> {
        let query = request.uri().query().unwrap_or_default().as_bytes();
        let fields = form_urlencoded::parse(query).chain(form_urlencoded::parse(form(request)?));
        let chosen = chosen(fields.clone(), login_params)?;
        let mut found = known(fields)?;
        let target = found.remove("target_link_uri");
        Ok(Self {
            issuer: found.remove("iss"),
            return_address: found.remove("return_to").or(target),
            login_hint: found.remove("login_hint"),
            ui_locales: found.remove("ui_locales"),
            organization: found.remove("organization"),
            invitation: found.remove("invitation"),
            chosen,
        })
    }
}

/// The form of a POST; an empty body is one too.
fn form(request: &Request<Bytes>) -> Result<&[u8], LoginError> {
    match *request.method() {
        Method::GET | Method::HEAD => Ok(&[]),
        Method::POST if request.body().is_empty() || is_form(request.headers()) => Ok(request.body()),
        Method::POST => Err(LoginError::Body),
        _ => Err(LoginError::Method),
    }
}

/// The parameters that are known and have a value (RFC 6749 section 3.1: without one, a parameter counts as absent).
fn known<'a>(
    fields: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
) -> Result<BTreeMap<&'static str, String>, LoginError> {
    let mut found = BTreeMap::new();
    for (field, value) in fields.filter(|(_, value)| !value.is_empty()) {
        let Some(Parameter(name, max_bytes, is_allowed)) = PARAMETERS.iter().find(|known| known.0 == field) else {
            continue;
        };
        if value.len() > *max_bytes || !value.chars().all(is_allowed) {
            return Err(LoginError::Malformed { name });
        }
        if found.insert(*name, value.into_owned()).is_some() {
            return Err(LoginError::Repeated { name });
        }
    }
    Ok(found)
}

/// The pairs among the fields that are among `login_params`.
fn chosen<'a>(
    fields: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    login_params: &[(String, String)],
) -> Result<Vec<(String, String)>, LoginError> {
    let mut chosen: Vec<(String, String)> = Vec::new();
    for (field, value) in fields {
        let Some(pair) = login_params.iter().find(|(name, listed)| *name == field && *listed == value) else {
            continue;
        };
        if chosen.iter().any(|(name, _)| *name == pair.0) {
            return Err(LoginError::Repeated { name: "one of loginParams" });
        }
        chosen.push(pair.clone());
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;

    use super::*;

    fn get(query: &str) -> Result<Initiation, LoginError> {
        Initiation::read(&Request::get(format!("/login?{query}")).body(Bytes::new()).unwrap(), &[])
    }

    fn post(content_type: &str, body: &'static str) -> Result<Initiation, LoginError> {
        let request = Request::post("/login?return_to=/a").header(CONTENT_TYPE, content_type);
        Initiation::read(&request.body(Bytes::from_static(body.as_bytes())).unwrap(), &[])
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn all_that_a_third_party_may_say_is_read() {
        let expected = Initiation {
            issuer: text("https://id.example/"),
            return_address: text("https://app.example/a?b=c"),
            login_hint: text("j\u{f6}e doe@example.com"),
            ..Initiation::default()
        };
        let query = "iss=https%3A%2F%2Fid.example%2F&target_link_uri=https://app.example/a%3Fb=c&login_hint=j%C3%B6e+doe@example.com";
        assert_eq!(get(query).unwrap(), expected);
    }

    #[test]
    fn a_post_is_read_with_its_query() {
        let read =
            post("Application/x-www-form-urlencoded; charset=utf-8", "login_hint=joe&ui_locales=de-CH+en").unwrap();
        let expected = Initiation {
            return_address: text("/a"),
            login_hint: text("joe"),
            ui_locales: text("de-CH en"),
            ..Initiation::default()
        };
        assert_eq!(read, expected);
        assert_eq!(post("text/plain", "").unwrap().return_address, text("/a"));
        for content_type in ["text/plain", "application/json", "application/x-www-form-urlencodedx", ""] {
            assert!(matches!(post(content_type, "login_hint=joe"), Err(LoginError::Body)), "{content_type}");
        }
    }

    #[test]
    fn only_get_head_and_post_start_a_login() {
        for (method, answers) in [("HEAD", true), ("GET", true), ("POST", true), ("PUT", false), ("DELETE", false)] {
            let request = Request::builder().method(method).uri("/login").body(Bytes::new()).unwrap();
            let read = Initiation::read(&request, &[]);
            assert_eq!(!matches!(read, Err(LoginError::Method)), answers, "{method}");
        }
    }

    #[test]
    fn an_auth0_invitation_is_read() {
        let read = get("invitation=3dAb_x&organization=org_1-a&organization_name=acme").unwrap();
        assert_eq!((read.invitation, read.organization), (text("3dAb_x"), text("org_1-a")));
    }

    #[test]
    fn other_parameters_are_passed_over() {
        let query = "scope=admin&redirect_uri=https://evil.example&state=x&prompt=none&client_id=x&connection=x&RETURN_TO=/a&audience=x&max_age=9";
        assert_eq!(get(query).unwrap(), Initiation::default());
    }

    #[test]
    fn a_pair_that_is_configured_is_taken_and_no_other_value() {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let listed = [("screen_hint", "signup"), ("connection", "google-oauth2"), ("connection", "acme")].map(pair);
        let read = |query: &str| {
            let request = Request::get(format!("/login?{query}")).body(Bytes::new()).unwrap();
            Initiation::read(&request, &listed).map(|read| read.chosen)
        };
        for (query, expected) in [
            ("screen_hint=signup", vec![("screen_hint", "signup")]),
            ("connection=acme&screen_hint=signup", vec![("connection", "acme"), ("screen_hint", "signup")]),
            ("connection=evil&screen_hint=login&Screen_hint=signup&screen_hint=", vec![]),
            ("connection=evil&connection=acme", vec![("connection", "acme")]),
        ] {
            assert_eq!(read(query).unwrap(), expected.into_iter().map(pair).collect::<Vec<_>>(), "{query}");
        }
        for query in ["connection=acme&connection=google-oauth2", "screen_hint=signup&screen_hint=signup"] {
            assert!(matches!(read(query), Err(LoginError::Repeated { .. })), "{query}");
        }
    }

    #[test]
    fn an_empty_parameter_counts_as_absent() {
        assert_eq!(get("return_to=&iss&login_hint=").unwrap(), Initiation::default());
    }

    #[test]
    fn a_parameter_that_stands_twice_is_refused_wherever_it_stands() {
        for query in ["return_to=/a&return_to=/a", "iss=a&login_hint=b&iss=a", "login_hint=a&login%5Fhint=b"] {
            assert!(matches!(get(query), Err(LoginError::Repeated { .. })), "{query}");
        }
        let twice = post("application/x-www-form-urlencoded", "return_to=/b");
        assert!(matches!(twice, Err(LoginError::Repeated { name: "return_to" })));
    }

    #[test]
    fn the_own_name_of_the_return_address_goes_before_the_specifications() {
        assert_eq!(get("target_link_uri=/b&return_to=/a").unwrap().return_address, text("/a"));
    }

    #[test]
    fn what_is_too_long_or_holds_other_characters_is_refused() {
        for (name, max_bytes, wrong) in [
            ("iss", MAX_ISSUER_BYTES, "a b"),
            ("return_to", MAX_RETURN_TO_BYTES, "/\n"),
            ("target_link_uri", MAX_RETURN_TO_BYTES, "/\u{e9}"),
            ("login_hint", MAX_LOGIN_HINT_BYTES, "a\nb"),
            ("ui_locales", MAX_UI_LOCALES_BYTES, "de_CH"),
            ("organization", MAX_AUTH0_BYTES, "org&a"),
            ("invitation", MAX_AUTH0_BYTES, "a b"),
        ] {
            let read =
                |value: &str| get(&form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish());
            let refused =
                |value: &str| matches!(read(value), Err(LoginError::Malformed { name: told }) if told == name);
            assert!(read(&"a".repeat(max_bytes)).is_ok(), "{name}");
            assert!(refused(&"a".repeat(max_bytes + 1)) && refused(wrong), "{name}");
        }
    }
}
