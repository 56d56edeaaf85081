//! What the provider answers through the browser (RFC 6749 section 4.1.2, OAuth 2.0 Form Post Response Mode).

use std::borrow::Cow;

use bytes::Bytes;
use http::{Method, Request};
use url::form_urlencoded;

use crate::{
    config::{ResponseMode, ResponseType},
    provider::IssuerRule,
    types::Secret,
};

use crate::login::{AuthorizationErrorCode, LoginError, parameters::is_form};

/// Longest code, in bytes. The longest we know (Entra's) have about 2 KB, and most servers take no longer request line.
const MAX_CODE_BYTES: usize = 8 * 1024;

/// Longest state, in bytes: many times the length of ours.
const MAX_STATE_BYTES: usize = 512;

/// Longest issuer, in bytes: as long as an address may be in most browsers and servers.
const MAX_ISSUER_BYTES: usize = 2 * 1024;

/// The parameters that have a meaning in an answer. Others are passed over (RFC 6749 section 4.1.2).
const PARAMETERS: [&str; 14] = [
    "state",
    "iss",
    "code",
    "id_token",
    "access_token",
    "response",
    "error",
    "error_description",
    "error_uri",
    "token_type",
    "expires_in",
    "scope",
    "session_state",
    "refresh_token",
];

/// The answer to an authorization request, as the browser brings it. Nothing in it is proved.
#[derive(Debug)]
pub(in crate::login) struct AuthorizationResponse {
    /// `state`. `None` only in an error.
    pub(in crate::login) state: Option<Secret>,
    /// `iss` (RFC 9207).
    pub(in crate::login) iss: Option<String>,
    pub(in crate::login) outcome: Outcome,
}

/// What the provider decided.
#[derive(Debug)]
pub(in crate::login) enum Outcome {
    /// `code`.
    Code(Secret),
    /// `id_token`.
    IdToken(Secret),
    /// `error`.
    Error(AuthorizationErrorCode),
}

impl AuthorizationResponse {
    /// Reads the answer to a request for `asked`, from where `mode` has it.
    ///
    /// # Errors
    /// - [`LoginError::Method`], [`LoginError::Body`]: it comes by another way than was asked for;
    /// - [`LoginError::Repeated`]: a parameter stands twice (RFC 6749 section 3.1);
    /// - [`LoginError::ResponseType`]: it is of another type than was asked for, or of two at once;
    /// - [`LoginError::Missing`], [`LoginError::Malformed`]: a parameter is absent, too long, or no visible ASCII.
    pub(in crate::login) fn read(
        request: &Request<Bytes>,
        asked: ResponseType,
        mode: ResponseMode,
    ) -> Result<Self, LoginError> {
        let parameters = Parameters::parse(encoded(request, mode)?)?;
        let outcome = parameters.outcome(asked)?;
        let state = parameters.text("state", MAX_STATE_BYTES)?;
        if state.is_none() && !matches!(outcome, Outcome::Error(_)) {
            return Err(LoginError::Missing { name: "state" });
        }
        let iss = parameters.text("iss", MAX_ISSUER_BYTES)?.map(str::to_owned);
        Ok(Self { state: state.map(Secret::from), iss, outcome })
    }

    /// Checks who answers (RFC 9207 section 2.4): `iss` must be there when the metadata announce it, and where it is there
    /// it must be the provider's.
    ///
    /// For a template the tenant is read out of `iss` itself; it is compared with the ID token's issuer later.
    ///
    /// An ID token names its issuer by itself, under a signature: certified providers leave `iss` out beside one.
    ///
    /// # Errors
    /// [`LoginError::ResponseIssuer`].
    pub(in crate::login) fn check_issuer(&self, rule: &IssuerRule, announced: bool) -> Result<(), LoginError> {
        let is_named = matches!(self.outcome, Outcome::IdToken(_));
        match &self.iss {
            None if announced && !is_named => Err(LoginError::ResponseIssuer),
            Some(iss) if rule.named(iss).is_none() => Err(LoginError::ResponseIssuer),
            _ => Ok(()),
        }
    }
}

/// The parameters as they were sent.
fn encoded(request: &Request<Bytes>, mode: ResponseMode) -> Result<&[u8], LoginError> {
    match (mode, request.method()) {
        (ResponseMode::Query, &Method::GET) => Ok(request.uri().query().unwrap_or_default().as_bytes()),
        (ResponseMode::FormPost, &Method::POST) if is_form(request.headers()) => Ok(request.body()),
        (ResponseMode::FormPost, &Method::POST) => Err(LoginError::Body),
        _ => Err(LoginError::Method),
    }
}

/// The parameters that have a meaning, each once.
struct Parameters<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    fn parse(encoded: &'a [u8]) -> Result<Self, LoginError> {
        let mut found = Self(Vec::new());
        for (sent, value) in form_urlencoded::parse(encoded) {
            let Some(name) = PARAMETERS.into_iter().find(|name| *name == sent) else { continue };
            if found.0.iter().any(|(earlier, _)| *earlier == name) {
                return Err(LoginError::Repeated { name });
            }
            found.0.push((name, value));
        }
        Ok(found)
    }

    fn outcome(&self, asked: ResponseType) -> Result<Outcome, LoginError> {
        let (wanted, others) = match asked {
            ResponseType::Code => ("code", ["id_token", "access_token", "response"]),
            ResponseType::IdToken => ("id_token", ["code", "access_token", "response"]),
        };
        if others.iter().any(|other| self.value(other).is_some()) {
            return Err(LoginError::ResponseType);
        }
        match (self.value("error"), self.value(wanted)) {
            (Some(_), Some(_)) => Err(LoginError::ResponseType),
            (Some(error), None) => Ok(Outcome::Error(AuthorizationErrorCode::from_name(error))),
            (None, None) => Err(LoginError::Missing { name: wanted }),
            (None, Some(value)) => match asked {
                ResponseType::Code => visible("code", value, MAX_CODE_BYTES).map(|code| Outcome::Code(code.into())),
                // The route's body limit bounds it, and so does the validator.
                ResponseType::IdToken => {
                    visible("id_token", value, usize::MAX).map(|token| Outcome::IdToken(token.into()))
                }
            },
        }
    }

    fn text(&self, name: &'static str, longest: usize) -> Result<Option<&str>, LoginError> {
        self.value(name).map(|value| visible(name, value, longest)).transpose()
    }

    /// A parameter without a value counts as absent (RFC 6749 section 3.1).
    fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(own, _)| *own == name)?;
        (!value.is_empty()).then_some(value)
    }
}

/// `value`, if it is visible ASCII of at most `longest` bytes, as what the specifications define is (RFC 6749 appendix A).
fn visible<'v>(name: &'static str, value: &'v str, longest: usize) -> Result<&'v str, LoginError> {
    let fits = value.len() <= longest && value.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(value) } else { Err(LoginError::Malformed { name }) }
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;

    use super::*;
    use crate::{login::parameters::FORM, provider::IssuerTemplate, types::Issuer};

    const ISSUER: &str = "https://tenant.auth0.com/";

    fn get(query: &str) -> Request<Bytes> {
        Request::get(format!("/callback?{query}")).body(Bytes::new()).unwrap()
    }

    fn post(content_type: &str, form: &str) -> Request<Bytes> {
        let request = Request::post("/callback").header(CONTENT_TYPE, content_type);
        request.body(Bytes::from(form.to_owned())).unwrap()
    }

    fn code_answer(query: &str) -> Result<AuthorizationResponse, LoginError> {
        AuthorizationResponse::read(&get(query), ResponseType::Code, ResponseMode::Query)
    }

    fn id_token_answer(form: &str) -> Result<AuthorizationResponse, LoginError> {
        AuthorizationResponse::read(&post(FORM, form), ResponseType::IdToken, ResponseMode::FormPost)
    }

    /// The answer in one line: what was decided, state and issuer, or the error.
    fn told(answer: Result<AuthorizationResponse, LoginError>) -> String {
        let AuthorizationResponse { state, iss, outcome } = match answer {
            Ok(answer) => answer,
            Err(error) => return error.to_string(),
        };
        let outcome = match &outcome {
            Outcome::Code(code) => format!("code {}", code.expose()),
            Outcome::IdToken(token) => format!("id_token {}", token.expose()),
            Outcome::Error(code) => format!("error {code}"),
        };
        format!("{outcome}, {:?}, {iss:?}", state.as_ref().map(Secret::expose))
    }

    #[test]
    fn a_code_comes_by_query_with_its_state() {
        for (query, expected) in [
            ("code=c&state=s", r#"code c, Some("s"), None"#),
            ("state=s&code=a%2Bb%2Fc%3D", r#"code a+b/c=, Some("s"), None"#),
            ("code=c&state=s&iss=https%3A%2F%2Fa.example%2F", r#"code c, Some("s"), Some("https://a.example/")"#),
            ("code=c&state=s&session_state=x&foreign=1&foreign=2", r#"code c, Some("s"), None"#),
            ("code=c&state=s&error=&id_token=", r#"code c, Some("s"), None"#),
            ("code=c", "the parameter `state` is missing"),
            ("code=c&state=", "the parameter `state` is missing"),
            ("state=s", "the parameter `code` is missing"),
            ("code=&state=s", "the parameter `code` is missing"),
            ("", "the parameter `code` is missing"),
        ] {
            assert_eq!(told(code_answer(query)), expected, "{query}");
        }
    }

    #[test]
    fn an_id_token_comes_by_form_with_its_state() {
        for (form, expected) in [
            ("id_token=h.p.s&state=s", r#"id_token h.p.s, Some("s"), None"#),
            ("id_token=h.p.s", "the parameter `state` is missing"),
            ("state=s", "the parameter `id_token` is missing"),
        ] {
            assert_eq!(told(id_token_answer(form)), expected, "{form}");
        }
    }

    #[test]
    fn an_error_needs_no_state_and_keeps_only_a_known_code() {
        for (query, expected) in [
            ("error=login_required&state=s", r#"error login_required, Some("s"), None"#),
            ("error=access_denied&error_description=%3Cscript%3E", "error access_denied, None, None"),
            ("error=%3Cscript%3E&state=s", r#"error another_error, Some("s"), None"#),
        ] {
            assert_eq!(told(code_answer(query)), expected, "{query}");
            assert_eq!(told(id_token_answer(query)), expected, "{query}");
        }
    }

    // CVE-2026-82461..82464 (pac4j): among them a callback with nothing but an access token.
    #[test]
    fn an_answer_of_another_type_is_refused() {
        const REFUSED: &str = "the answer is of another response type than was asked for";
        for query in [
            "id_token=h.p.s&state=s",
            "access_token=a&state=s",
            "response=h.p.s",
            "code=c&state=s&id_token=h.p.s",
            "code=c&state=s&access_token=a",
            "code=c&state=s&error=access_denied",
            "error=access_denied&access_token=a",
        ] {
            assert_eq!(told(code_answer(query)), REFUSED, "{query}");
        }
        for form in [
            "code=c&state=s",
            "id_token=h.p.s&state=s&code=c",
            "id_token=h.p.s&state=s&access_token=a",
            "id_token=h.p.s&state=s&error=access_denied",
            "access_token=a&state=s",
        ] {
            assert_eq!(told(id_token_answer(form)), REFUSED, "{form}");
        }
    }

    #[test]
    fn a_parameter_that_stands_twice_is_refused() {
        for name in PARAMETERS {
            for twice in [format!("{name}=a&{name}=b"), format!("{name}=a&{name}=a"), format!("{name}=&{name}=a")] {
                let refused = format!("the parameter `{name}` stands twice");
                assert_eq!(told(code_answer(&format!("{twice}&x=1"))), refused, "{twice}");
                assert_eq!(told(id_token_answer(&twice)), refused, "{twice}");
            }
        }
        assert_eq!(told(code_answer("code=a&state=s&c%6fde=b")), "the parameter `code` stands twice");
    }

    #[test]
    fn the_answer_comes_by_the_way_that_was_asked_for() {
        let read =
            |request: &Request<Bytes>, mode| told(AuthorizationResponse::read(request, ResponseType::Code, mode));
        const ANSWER: &str = "code=c&state=s";
        const METHOD: &str = "the path does not answer that method";
        const BODY: &str = "the body is too long or is no form";
        const READ: &str = r#"code c, Some("s"), None"#;
        let head = Request::head(format!("/callback?{ANSWER}")).body(Bytes::new()).unwrap();
        for (request, by_query, by_form) in [
            (get(ANSWER), READ, METHOD),
            (post(FORM, ANSWER), METHOD, READ),
            (post("Application/X-WWW-Form-URLEncoded ; charset=UTF-8", ANSWER), METHOD, READ),
            (post("application/json", ANSWER), METHOD, BODY),
            (post("text/plain; application/x-www-form-urlencoded", ANSWER), METHOD, BODY),
            (post("", ANSWER), METHOD, BODY),
            (head, METHOD, METHOD),
        ] {
            assert_eq!(read(&request, ResponseMode::Query), by_query, "{request:?}");
            assert_eq!(read(&request, ResponseMode::FormPost), by_form, "{request:?}");
        }
    }

    #[test]
    fn the_query_of_a_posted_answer_says_nothing() {
        let request = Request::post("/callback?code=other&state=other").header(CONTENT_TYPE, FORM);
        let request = request.body(Bytes::from_static(b"code=c&state=s")).unwrap();
        let answer = AuthorizationResponse::read(&request, ResponseType::Code, ResponseMode::FormPost);
        assert_eq!(told(answer), r#"code c, Some("s"), None"#);
    }

    #[test]
    fn what_is_too_long_or_not_visible_ascii_is_refused() {
        let long = |length: usize| "a".repeat(length);
        assert!(code_answer(&format!("code={}&state={}", long(MAX_CODE_BYTES), long(MAX_STATE_BYTES))).is_ok());
        assert!(code_answer(&format!("code={}&state=s&iss={}", long(2500), long(2000))).is_ok(), "as long as Entra's");
        for (query, name) in [
            (format!("code={}&state=s", long(MAX_CODE_BYTES + 1)), "code"),
            (format!("code=c&state={}", long(MAX_STATE_BYTES + 1)), "state"),
            (format!("code=c&state=s&iss={}", long(MAX_ISSUER_BYTES + 1)), "iss"),
            ("code=a+b&state=s".to_owned(), "code"),
            ("code=a%00&state=s".to_owned(), "code"),
            ("code=%ff&state=s".to_owned(), "code"),
            ("code=%c3%a9&state=s".to_owned(), "code"),
            ("code=c&state=a%0d%0ab".to_owned(), "state"),
            ("error=access_denied&state=%7f".to_owned(), "state"),
        ] {
            let refused = LoginError::Malformed { name }.to_string();
            assert_eq!(told(code_answer(&query)), refused, "{query}");
        }
        assert_eq!(
            told(id_token_answer("id_token=a+b&state=s")),
            LoginError::Malformed { name: "id_token" }.to_string()
        );
    }

    #[test]
    fn the_issuer_must_be_the_providers_and_be_there_when_it_is_announced() {
        let rule = IssuerRule::Exact(Issuer::new(ISSUER));
        for answer in ["code=c&state=s", "error=access_denied"] {
            for (iss, unannounced, announced) in [
                ("", true, false),
                ("&iss=", true, false),
                ("&iss=https://tenant.auth0.com/", true, true),
                ("&iss=https://tenant.auth0.com", false, false),
                ("&iss=https://tenant.auth0.com/%2f", false, false),
                ("&iss=https://TENANT.auth0.com/", false, false),
                ("&iss=https://evil.example/", false, false),
            ] {
                let response = code_answer(&[answer, iss].concat()).unwrap();
                assert_eq!(response.check_issuer(&rule, false).is_ok(), unannounced, "{answer}{iss}");
                assert_eq!(response.check_issuer(&rule, true).is_ok(), announced, "{answer}{iss}");
            }
        }
    }

    #[test]
    fn beside_an_id_token_the_issuer_may_be_left_out_and_must_not_be_another() {
        let rule = IssuerRule::Exact(Issuer::new(ISSUER));
        for (iss, accepted) in
            [("", true), ("&iss=https://tenant.auth0.com/", true), ("&iss=https://evil.example/", false)]
        {
            let response = id_token_answer(&format!("id_token=h.p.s&state=s{iss}")).unwrap();
            assert_eq!(response.check_issuer(&rule, true).is_ok(), accepted, "{iss}");
        }
        let refusal = id_token_answer("error=access_denied&state=s").unwrap();
        assert!(refusal.check_issuer(&rule, true).is_err());
    }

    #[test]
    fn the_issuer_of_a_template_is_that_of_one_of_its_tenants() {
        const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
        let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
        let any = IssuerRule::Template(IssuerTemplate::parse(template, None).unwrap());
        let one = IssuerRule::Template(IssuerTemplate::parse(template, Some(TENANT)).unwrap());
        for (tenant, of_any, of_one) in
            [(TENANT, true, true), ("another", true, false), ("%7Btenantid%7D", false, false), ("a/b", false, false)]
        {
            let query = format!("code=c&state=s&iss=https://login.microsoftonline.com/{tenant}/v2.0");
            let response = code_answer(&query).unwrap();
            assert_eq!(response.check_issuer(&any, true).is_ok(), of_any, "{tenant}");
            assert_eq!(response.check_issuer(&one, true).is_ok(), of_one, "{tenant}");
        }
    }

    #[test]
    fn what_the_browser_brings_is_not_shown() {
        let shown = format!("{:?}", code_answer("code=hunter2&state=hunter2").unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
